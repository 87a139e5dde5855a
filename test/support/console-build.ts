/** Builds the console's present sources into a temporary folder, so that a test never sees an older build. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'

export async function buildConsole(): Promise<{ readonly directory: string; readonly remove: () => void }> {
  const directory = mkdtempSync(join(tmpdir(), 'outpost-console-'))
  const root = new URL('../../gateway/console', import.meta.url).pathname
  // The test runner says NODE_ENV=test; people get a production build.
  await build({
    root,
    configFile: join(root, 'vite.config.ts'),
    mode: 'production',
    logLevel: 'warn',
    build: { outDir: directory, emptyOutDir: true },
  })
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) }
}

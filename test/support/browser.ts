/** Debian's Chromium for tests of the console. It talks to nobody but the test's own server. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { describeWith } from './needs.ts'
import { findProgram } from './server-process.ts'

const root = new URL('../..', import.meta.url).pathname

/**
 * `describe` for tests that need a browser. Where there is none the group is skipped and says so; with
 * OUTPOST_REQUIRE_SERVERS set it fails instead.
 */
export function describeBrowser(title: string, body: () => void): void {
  const isThere = findProgram('chromium') !== undefined
  describeWith(isThere ? null : 'chromium not installed (Debian: apt-get install chromium)')(title, body)
}

export function launchBrowser(): Promise<Browser> {
  const executablePath = findProgram('chromium')
  if (executablePath === undefined) throw new Error('chromium is not installed; guard the test with describeBrowser')
  const quiet = ['background-networking', 'component-update', 'sync', 'quic', 'gpu'].map((name) => `--disable-${name}`)
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--no-first-run', ...quiet] })
}

/** Keeps a picture for people in the git-ignored folder `test-artifacts/`. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = join(root, 'test-artifacts')
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}

/** The command line as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import manifest from '../../package.json' with { type: 'json' }

const [, ...options] = manifest.scripts.outpost.split(' ').slice(0, -1)
/** Arguments of Node that start the command line as `npm run outpost` does. */
export const OUTPOST: readonly string[] = [...options, new URL('../../gateway/start.mjs', import.meta.url).pathname]

export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningCommand {
  readonly child: ChildProcess
  readonly result: Promise<CommandResult>
  /** Resolves once standard output has it; rejects when the command has ended without. */
  said(words: string): Promise<void>
}

export function startOutpost(...args: readonly string[]): RunningCommand {
  const child = spawn(process.execPath, [...OUTPOST, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (bytes) => {
    stdout += String(bytes)
  })
  child.stderr.on('data', (bytes) => {
    stderr += String(bytes)
  })
  const result = once(child, 'close').then(() => ({ code: child.exitCode, stdout, stderr }))
  return {
    child,
    result,
    async said(words) {
      const heard = Promise.withResolvers<void>()
      const look = () => stdout.includes(words) && heard.resolve()
      child.stdout.on('data', look)
      look()
      void result.then(({ code }) => heard.reject(new Error(`ended (${code}): ${stdout}${stderr}`)))
      await heard.promise.finally(() => child.stdout.off('data', look))
    },
  }
}

export async function outpost(...args: readonly string[]): Promise<CommandResult> {
  return await startOutpost(...args).result
}

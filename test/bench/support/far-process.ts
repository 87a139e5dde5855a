/** The far end of a benchmark as a process of its own, which says what it is reached by in one line of JSON. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { cpuSecondsOf } from './process-figures.ts'

export interface FarProcess<T> {
  /** What it said. */
  readonly said: T
  readonly pid: number
  /** Seconds of CPU that the process has used so far. */
  cpuSeconds(): number
  stop(): Promise<void>
}

export interface FarOptions {
  readonly args?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** `file` stands beside this one, and ends by itself or on SIGTERM. Rejects when it ends without a word. */
export async function startFarProcess<T>(
  file: string,
  { args = [], environment = {} }: FarOptions = {},
): Promise<FarProcess<T>> {
  const main = new URL(`./${file}`, import.meta.url).pathname
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const exited = once(child, 'exit').finally(() => process.off('exit', killWithUs))
  const silent = exited.then(([code]) => Promise.reject(new Error(`${file} ended (${code}) and said nothing`)))
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), silent])) as [string]
  return {
    said: JSON.parse(line) as T,
    pid: child.pid as number,
    cpuSeconds: () => cpuSecondsOf(child.pid as number),
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

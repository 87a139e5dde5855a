/** Runs `bare-aedes.ts`, the peer of the benchmarks, as a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { cpuSecondsOf } from './process-figures.ts'

export interface BareBroker {
  readonly port: number
  /** Seconds of CPU that the process has used so far. */
  cpuSeconds(): number
  stop(): Promise<void>
}

const MAIN = new URL('./bare-aedes.ts', import.meta.url).pathname

export async function startBareBroker(environment: Readonly<Record<string, string>> = {}): Promise<BareBroker> {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { port } = JSON.parse(line) as { port: number }
  return {
    port,
    cpuSeconds: () => cpuSecondsOf(child.pid as number),
    async stop() {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}

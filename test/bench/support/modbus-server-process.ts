/** Runs `modbus-servers-child.ts`, a station or what it is compared with, as a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface ModbusServer {
  readonly ports: readonly number[]
  stop(): Promise<void>
}

const MAIN = new URL('./modbus-servers-child.ts', import.meta.url).pathname

export async function startModbusServer(how: readonly string[]): Promise<ModbusServer> {
  const child = spawn(process.execPath, [MAIN, ...how], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { ports } = JSON.parse(line) as { ports: readonly number[] }
  return {
    ports,
    async stop() {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}

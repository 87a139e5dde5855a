/** Runs `modbus-servers-child.ts`, a station or what it is compared with, as a process of its own. */
import { type FarProcess, startFarProcess } from './far-process.ts'

export interface ModbusServer extends Pick<FarProcess<unknown>, 'stop'> {
  readonly ports: readonly number[]
}

export async function startModbusServer(how: readonly string[]): Promise<ModbusServer> {
  const { said, stop } = await startFarProcess<{ readonly ports: readonly number[] }>('modbus-servers-child.ts', {
    args: how,
  })
  return { ports: said.ports, stop }
}

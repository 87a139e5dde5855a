/** Runs `bare-aedes.ts`, the peer of the benchmarks, as a process of its own. */
import { type FarProcess, startFarProcess } from './far-process.ts'

export interface BareBroker extends Omit<FarProcess<unknown>, 'said'> {
  readonly port: number
}

export async function startBareBroker(environment: Readonly<Record<string, string>> = {}): Promise<BareBroker> {
  const { said, ...broker } = await startFarProcess<{ readonly port: number }>('bare-aedes.ts', { environment })
  return { ...broker, port: said.port }
}

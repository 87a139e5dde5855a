/**
 * What polling costs: processor and memory of the whole gateway, everything journaled on disk, against the limits we set
 * ourselves and against what others publish for the same load. It is the second start that is measured, because the first
 * one after an update has to compile; the station has no MQTT devices, so the gateway has no broker.
 */
import { rmSync } from 'node:fs'
import { GatewayProcess } from '../support/gateway-process.ts'
import type { Bench, Row } from './row.ts'
import { startFarProcess } from './support/far-process.ts'
import { writeRegisterProfiles } from './support/register-profiles.ts'
import { measureLoad, type SteadyLoad } from './support/steady-load.ts'

const WARM_UP_SECONDS = 20
const SECONDS = Number(process.env.OUTPOST_BENCH_SECONDS ?? 30)

interface Load {
  readonly name: string
  /** One TCP endpoint each. */
  readonly devices: number
  /** Of 32 bits, in registers that follow one another. */
  readonly floats: number
  readonly maxCores: number
  readonly maxMegabytes: number
  readonly published: string
}

const LOADS: readonly Load[] = [
  {
    ...{ name: '500 Modbus TCP devices × 30 points at 1 s', devices: 500, floats: 30 },
    ...{ maxCores: 0.2, maxMegabytes: 200, published: 'Neuron 2.2.1 publishes 1.24 cores' },
  },
  {
    ...{ name: '100,000 points/s (100 devices × 1000 floats at 1 s)', devices: 100, floats: 1000 },
    ...{ maxCores: 0.6, maxMegabytes: 350, published: 'NeuronEX 3.2.1 publishes 1.2 cores, 497 MB' },
  },
]

export const modbusPolling: Bench = {
  id: 'modbus-polling',
  async run() {
    const rows: Row[] = []
    for (const load of LOADS) rows.push(...rowsOf(load, await measure(load)))
    return rows
  },
}

async function measure({ devices, floats }: Load): Promise<SteadyLoad> {
  const field = await startFarProcess<{ readonly ports: readonly number[] }>('register-field.ts', {
    args: [`${devices}`],
  })
  const deviceProfiles = writeRegisterProfiles([{ floats }])
  const { ports } = field.said
  const gateway = await GatewayProcess.create({
    deviceProfiles,
    broker: false,
    lines: ports.map((port, i) => ({ id: `line-${i}`, type: 'modbus-tcp', host: '127.0.0.1', port })),
    devices: ports.map((_, i) => ({
      ...{ id: `device-${i}`, place: '机房', profile: `floats-${floats}`, line: `line-${i}`, unitId: 1 },
    })),
  })
  try {
    await gateway.start()
    await gateway.end('SIGTERM')
    await gateway.start()
    return await measureLoad(gateway, { warmUpSeconds: WARM_UP_SECONDS, seconds: SECONDS })
  } finally {
    await gateway.remove()
    await field.stop()
    rmSync(deviceProfiles, { recursive: true })
  }
}

function rowsOf({ name, devices, floats, maxCores, maxMegabytes, published }: Load, load: SteadyLoad): readonly Row[] {
  const { cores, megabytes, peakMegabytes, readingsPerSecond, skippedCycles } = load
  const stored = `${Math.round(readingsPerSecond).toLocaleString('en')} readings/s on disk`
  // A load that was not carried costs nothing. The polls of a second come together, so the ends of the window blur by one.
  const carried = readingsPerSecond > 0.95 * devices * floats
  const facts = `${stored}, ${skippedCycles} cycles left out; ${published}`
  return [
    {
      ...{ name: `${name}: processor`, ours: `${cores.toFixed(3)} cores`, against: `limit ${maxCores} cores` },
      ...{ ratio: cores / maxCores, aim: `≤ ${maxCores} cores`, met: carried && cores <= maxCores, note: facts },
    },
    {
      ...{ name: `${name}: resident memory, median`, ours: `${Math.round(megabytes)} MB` },
      ...{ against: `limit ${maxMegabytes} MB`, ratio: megabytes / maxMegabytes, aim: `≤ ${maxMegabytes} MB` },
      ...{ met: carried && megabytes <= maxMegabytes, note: `peak ${Math.round(peakMegabytes)} MB; ${published}` },
    },
  ]
}

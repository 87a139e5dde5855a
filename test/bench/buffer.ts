/**
 * What an outage of the time series costs: bytes on disk for each reading that waits, and memory of the process. A real
 * gateway, whose receiver takes everything at first and is then away, under the same load all the time.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayProcess } from '../support/gateway-process.ts'
import type { Bench, Row } from './row.ts'
import { BACKLOG, bringReadings, deadUrl, influxSink } from './support/backlog.ts'
import { startDeviceLoad } from './support/device-load.ts'
import { startGullibleReceiver } from './support/gullible-receiver.ts'
import { residentMegabytes } from './support/process-figures.ts'
import { median } from './support/statistics.ts'
import { READINGS_PER_MESSAGE, tagDevices } from './support/tags.ts'

const READINGS = 1.5 * BACKLOG
/** Memory is looked at after each part. */
const PARTS = 15
/** With the receiver there: until the heap has the size that this load needs. */
const WARM_UP_PARTS = 6
const LOOKS = 3
const MAX_BYTES = 25
const MAX_GROWTH_MB = 30
/** As in the field: few readings share a commit. */
const STEADY_PER_SECOND = 1000
const STEADY_SECONDS = 15

export const buffer: Bench = {
  id: 'buffer',
  async run() {
    const plan = { devices: tagDevices(200) }
    const receiver = await startGullibleReceiver()
    const gateway = await GatewayProcess.create({ ...plan, sinks: [influxSink(receiver.url)] })
    try {
      await gateway.start()
      const before = await bringParts(gateway, { parts: WARM_UP_PARTS, of: READINGS / PARTS })
      gateway.configure({ ...plan, sinks: [influxSink(await deadUrl())] })
      await gateway.post('/api/reload')
      const outage = await measured(gateway, () => bringParts(gateway, { parts: PARTS, of: READINGS / PARTS }))
      const steady = await measured(gateway, () => steadyLoad(gateway))
      await gateway.end()
      return [
        bytesRow('at full speed', outage),
        bytesRow(`at ${STEADY_PER_SECOND.toLocaleString('en')} readings/s`, steady),
        growthRow({ before: before.megabytes, during: outage.of.megabytes, readings: outage.readings }),
      ]
    } finally {
      await gateway.remove()
      await receiver.close()
    }
  },
}

interface Parts {
  /** Resident, after each part. */
  readonly megabytes: readonly number[]
}

async function bringParts(
  gateway: GatewayProcess,
  { parts, of }: { readonly parts: number; readonly of: number },
): Promise<Parts> {
  const megabytes: number[] = []
  for (let part = 0; part < parts; part++) {
    await bringReadings(gateway, of)
    megabytes.push(residentMegabytes(gateway.pid as number))
  }
  return { megabytes }
}

async function steadyLoad(gateway: GatewayProcess): Promise<void> {
  const devices = 200
  const intervalSeconds = (devices * READINGS_PER_MESSAGE) / STEADY_PER_SECOND
  const load = await startDeviceLoad({ port: gateway.mqttPort, devices, intervalSeconds })
  try {
    await load.run(STEADY_SECONDS)
  } finally {
    await load.stop()
  }
}

interface Stored<T> {
  readonly of: T
  readonly readings: number
  readonly bytes: number
}

/** What the reading journal has more afterwards. */
async function measured<T>(gateway: GatewayProcess, bring: () => Promise<T>): Promise<Stored<T>> {
  const before = look(gateway)
  const of = await bring()
  const after = look(gateway)
  return { of, readings: after.readings - before.readings, bytes: after.bytes - before.bytes }
}

/** From the file, not from the gateway. Pages that are free belong to no reading: the outage before left them. */
function look(gateway: GatewayProcess): { readonly readings: number; readonly bytes: number } {
  const db = new DatabaseSync(join(gateway.folder, 'data/readings.sqlite'), { readOnly: true, timeout: 1000 })
  try {
    const number = (sql: string): number => Number(Object.values(db.prepare(sql).get() ?? {})[0])
    const pages = number('PRAGMA page_count') - number('PRAGMA freelist_count')
    return {
      readings: number('SELECT sum(last_seq - first_seq + 1) FROM block'),
      bytes: pages * number('PRAGMA page_size'),
    }
  } finally {
    db.close()
  }
}

function bytesRow(how: string, { readings, bytes }: Stored<unknown>): Row {
  const perReading = bytes / readings
  return {
    name: `bytes on disk for each reading that waits, ${how}`,
    ours: `${perReading.toFixed(1)} bytes`,
    ...{ against: `aim ${MAX_BYTES} bytes`, ratio: perReading / MAX_BYTES, aim: '≤ 1', met: perReading <= MAX_BYTES },
    note: `${readings.toLocaleString('en')} readings, ${(bytes / 2 ** 20).toFixed(1)} MiB`,
  }
}

function growthRow({
  before,
  during,
  readings,
}: {
  readonly before: readonly number[]
  readonly during: readonly number[]
  readonly readings: number
}): Row {
  const [calm, end] = [median(before.slice(-LOOKS)), median(during.slice(-LOOKS))]
  const growth = end - calm
  return {
    name: `memory (VmRSS) that an outage of ${readings.toLocaleString('en')} readings adds`,
    ours: `${growth.toFixed(1)} MB`,
    against: `aim ${MAX_GROWTH_MB} MB (${calm.toFixed(0)} MB before it, same load)`,
    ...{ ratio: growth / MAX_GROWTH_MB, aim: '≤ 1', met: growth <= MAX_GROWTH_MB },
    note: `before ${listed(before)}; during ${listed(during)} MB`,
  }
}

function listed(megabytes: readonly number[]): string {
  return megabytes.map((each) => each.toFixed(0)).join(' ')
}

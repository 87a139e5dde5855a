/**
 * From the publish of a sensor to the webhook of dispatch while the gateway has other things to do: half of the most that it can take,
 * and the drain of a long backlog into a real InfluxDB; against the same sensor at the same gateway when it is idle.
 */
import { GatewayProcess } from '../support/gateway-process.ts'
import { type HttpReceiver, startReceiver } from '../support/http-receiver.ts'
import { hasServer, startInfluxd } from '../support/real-servers.ts'
import { type Bench, notMeasured, type Row, roundsOr } from './row.ts'
import { BACKLOG, bringReadings, createDatabase, deadUrl, influxSink, watchDrain } from './support/backlog.ts'
import { startDeviceLoad } from './support/device-load.ts'
import { median, quantile } from './support/statistics.ts'
import { READINGS_PER_MESSAGE, tagDevice, tagDevices } from './support/tags.ts'
import { webhookLatencies } from './support/webhook-latency.ts'

const TAGS = 200
const SENSOR = 'sensor'
const ROUNDS = roundsOr(3)
const MESSAGES = 400
const WARM_UP = 100
/** How much of the maximum load is there meanwhile. */
const SHARE = 0.5
const MAX_LOAD_READINGS = 200_000
const AIM = 5
const AIM_MS = 50

interface Bed {
  readonly gateway: GatewayProcess
  readonly receiver: HttpReceiver
}

const NAME = 'publish to webhook, p99'

export const latencyLoad: Bench = {
  id: 'latency-load',
  run: () => withBed((bed) => atHalfLoad(bed)),
}

export const latencyDrain: Bench = {
  id: 'latency-drain',
  async run() {
    if (hasServer('influxd')) return await withBed(async (bed) => [await duringDrain(bed)])
    const why = 'influxd is not installed (Debian: apt-get install influxdb)'
    return [notMeasured(`${NAME}, during a drain`, { aim: `≤ ${AIM} and ≤ ${AIM_MS} ms`, why })]
  },
}

async function withBed(measure: (bed: Bed) => Promise<readonly Row[]>): Promise<readonly Row[]> {
  const receiver = await startReceiver()
  const gateway = await GatewayProcess.create(planOf(receiver, await deadUrl()))
  try {
    await gateway.start()
    const rows = await measure({ gateway, receiver })
    await gateway.end()
    return rows
  } finally {
    await gateway.remove()
    await receiver.close()
  }
}

function planOf(receiver: HttpReceiver, influxUrl: string) {
  return {
    devices: [...tagDevices(TAGS), tagDevice(SENSOR, { rules: { removed: { onDelay: '0s' } } })],
    sinks: [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration file
      { id: 'dispatch', type: 'webhook', url: receiver.url, secret: '${DISPATCH_SECRET}' },
      influxSink(influxUrl),
    ],
    environment: { DISPATCH_SECRET: 'known-to-both' },
  }
}

function latencies(
  { gateway, receiver }: Bed,
  goesOn: (measured: number) => boolean = (measured) => measured < MESSAGES,
): Promise<readonly number[]> {
  return webhookLatencies({ port: gateway.mqttPort, receiver, tag: SENSOR, warmUp: WARM_UP, goesOn })
}

interface Round {
  readonly idle: readonly number[]
  readonly busy: readonly number[]
}

async function atHalfLoad(bed: Bed): Promise<readonly Row[]> {
  const { gateway } = bed
  await bringReadings(gateway, MAX_LOAD_READINGS / 4)
  const begun = performance.now()
  const most = (await bringReadings(gateway, MAX_LOAD_READINGS)) / ((performance.now() - begun) / 1000)
  const intervalSeconds = (TAGS * READINGS_PER_MESSAGE) / (SHARE * most)
  const load = await startDeviceLoad({ port: gateway.mqttPort, devices: TAGS, intervalSeconds })
  try {
    const rounds: Round[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const idle = await latencies(bed)
      rounds.push({ idle, busy: await whileBusy(bed, load) })
    }
    const rate = `${Math.round(SHARE * most).toLocaleString('en')} of ${Math.round(most).toLocaleString('en')} readings/s`
    return [rowOf('at half of the maximum load', { rounds, note: rate })]
  } finally {
    await load.stop()
  }
}

async function whileBusy(bed: Bed, load: Awaited<ReturnType<typeof startDeviceLoad>>): Promise<readonly number[]> {
  const LOAD_SECONDS = 5
  let isOver = false
  const running = load.run(LOAD_SECONDS).then(() => {
    isOver = true
  })
  const busy = await latencies(bed, () => !isOver)
  await running
  return busy
}

async function duringDrain(bed: Bed): Promise<Row> {
  const { gateway, receiver } = bed
  const server = await startInfluxd()
  try {
    await createDatabase(server)
    const idle = await latencies(bed)
    const readings = await bringReadings(gateway, BACKLOG)
    gateway.configure(planOf(receiver, server.url))
    await gateway.post('/api/reload')
    const { busy, drain } = await whileDraining(bed)
    const rate = `${Math.round(drain.readings / drain.seconds).toLocaleString('en')} readings/s`
    const note = `${readings.toLocaleString('en')} readings, ${rate}, ${busy.length} messages`
    return rowOf(`during the drain of ${readings.toLocaleString('en')} readings`, { rounds: [{ idle, busy }], note })
  } finally {
    await server.remove()
  }
}

async function whileDraining(bed: Bed) {
  let isOver = false
  const draining = watchDrain(bed.gateway).finally(() => {
    isOver = true
  })
  const busy = await latencies(bed, () => !isOver)
  return { busy, drain: await draining }
}

function rowOf(when: string, { rounds, note }: { readonly rounds: readonly Round[]; readonly note: string }): Row {
  const p99s = rounds.map(({ idle, busy }) => ({ idle: quantile(idle, 0.99), busy: quantile(busy, 0.99) }))
  const [idle, busy] = [median(p99s.map((each) => each.idle)), median(p99s.map((each) => each.busy))]
  const ratio = median(p99s.map((each) => each.busy / each.idle))
  const p50 = median(rounds.flatMap((round) => round.busy))
  return {
    name: `${NAME}, ${when}`,
    ours: `${busy.toFixed(2)} ms`,
    against: `the same idle ${idle.toFixed(2)} ms`,
    ...{ ratio, aim: `≤ ${AIM} and ≤ ${AIM_MS} ms`, met: ratio <= AIM && busy <= AIM_MS },
    note: `${p99s.map((each) => each.busy.toFixed(1)).join(' ')} ms; p50 ${p50.toFixed(2)} ms; ${note}`,
  }
}

/**
 * What many devices cost that are connected all the time and say little: 10,000 of them, each of which publishes at QoS 1
 * every ten seconds, while a subscriber to everything has stopped reading. Against bare aedes with the same connections and
 * publishes, without the subscriber, which would hold up all others there.
 */
import { GatewayProcess } from '../support/gateway-process.ts'
import type { Bench, Row } from './row.ts'
import { startBareBroker } from './support/bare-broker-process.ts'
import { type Spoken, startDeviceLoad } from './support/device-load.ts'
import { FrozenSubscriber } from './support/frozen-subscriber.ts'
import { cpuSecondsOf, residentMegabytes } from './support/process-figures.ts'
import { quantile } from './support/statistics.ts'

const DEVICES = Number(process.env.OUTPOST_BENCH_DEVICES ?? 10_000)
const INTERVAL_SECONDS = 10
/** Every device has spoken once: its decoder, its rules and its session are warm. */
const WARM_UP_SECONDS = INTERVAL_SECONDS
const SECONDS = 2 * INTERVAL_SECONDS
const MAX_CORES = 1
/** From the publish to the PUBACK, which comes after the commit. */
const MAX_P99_MS = 100

interface Figures {
  /** User and system time of all threads, as a share of one core. */
  readonly cores: number
  readonly bytesPerClient: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly acknowledgedPerSecond: number
  readonly unacknowledged: number
  readonly longestPauseMs: number
}

export const brokerDevices: Bench = {
  id: 'broker-devices',
  async run() {
    const bare = await measureBare()
    const { figures: ours, cutOff } = await measureGateway()
    return rowsOf({ ours, bare, note: `frozen subscriber to everything present, cut off ${cutOff} times` })
  },
}

async function measureBare(): Promise<Figures> {
  const broker = await startBareBroker()
  try {
    return await measure(broker)
  } finally {
    await broker.stop()
  }
}

async function measureGateway(): Promise<{ readonly figures: Figures; readonly cutOff: number }> {
  const room = DEVICES + 1000
  const gateway = await GatewayProcess.create({
    devices: Array.from({ length: DEVICES }, (_, index) => ({
      ...{ id: `tag-${index}`, place: '大厅', profile: 'outpost-ref-extinguisher-tag' },
      ...{ broker: 'embedded', address: `tag-${index}`, interval: `${INTERVAL_SECONDS}s` },
    })),
    brokerLimits: { maxClients: room, maxConnectionsPerAddress: room, maxSessions: room },
  })
  const subscriber = new FrozenSubscriber(gateway.mqttPort)
  try {
    await gateway.start()
    const peer = { port: gateway.mqttPort, pid: gateway.pid as number }
    const figures = await measure(peer, () => subscriber.start())
    return { figures, cutOff: subscriber.timesCutOff }
  } finally {
    subscriber.stop()
    await gateway.remove()
  }
}

/** `onConnected` is called when all devices are connected, before the first publishes. */
async function measure(
  { port, pid }: { readonly port: number; readonly pid: number },
  onConnected: () => Promise<void> = () => Promise.resolve(),
): Promise<Figures> {
  const empty = residentMegabytes(pid)
  const load = await startDeviceLoad({ port, devices: DEVICES, intervalSeconds: INTERVAL_SECONDS })
  try {
    await onConnected()
    await load.run(WARM_UP_SECONDS)
    const before = cpuSecondsOf(pid)
    const result = await load.run(SECONDS)
    return figuresOf(result, { cpuSeconds: cpuSecondsOf(pid) - before, megabytes: residentMegabytes(pid) - empty })
  } finally {
    await load.stop()
  }
}

function figuresOf(
  { published, seconds, latencies, longestPauseMs }: Spoken,
  { cpuSeconds, megabytes }: { readonly cpuSeconds: number; readonly megabytes: number },
): Figures {
  return {
    ...{ cores: cpuSeconds / seconds, bytesPerClient: (megabytes * 1024 * 1024) / DEVICES },
    ...{ p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99), longestPauseMs },
    acknowledgedPerSecond: latencies.length / seconds,
    unacknowledged: published - latencies.length,
  }
}

function rowsOf({
  ours,
  bare,
  note,
}: {
  readonly ours: Figures
  readonly bare: Figures
  readonly note: string
}): Row[] {
  const name = `${DEVICES.toLocaleString('en')} devices, each publishes every ${INTERVAL_SECONDS} s at QoS 1`
  // A load that was not carried costs nothing.
  const carried = ours.unacknowledged === 0
  const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} kB`
  const rate = `${Math.round(ours.acknowledgedPerSecond).toLocaleString('en')} PUBACKs/s, ${ours.unacknowledged} missing`
  return [
    {
      ...{ name: `${name}: processor`, ours: `${ours.cores.toFixed(2)} cores` },
      ...{ against: `bare aedes ${bare.cores.toFixed(2)} cores`, ratio: ours.cores / bare.cores },
      ...{ aim: `≤ ${MAX_CORES} core`, met: carried && ours.cores <= MAX_CORES, note: `${rate}; ${note}` },
    },
    {
      ...{ name: `${name}: resident memory per client`, ours: kilobytes(ours.bytesPerClient) },
      ...{ against: `bare aedes ${kilobytes(bare.bytesPerClient)}`, ratio: ours.bytesPerClient / bare.bytesPerClient },
      ...{ aim: '–', met: carried, note: 'what connecting and publishing adds to the process, divided by the clients' },
    },
    {
      ...{ name: `${name}: publish to PUBACK, p99`, ours: `${ours.p99Ms.toFixed(1)} ms` },
      ...{ against: `bare aedes ${bare.p99Ms.toFixed(1)} ms`, ratio: ours.p99Ms / bare.p99Ms },
      ...{ aim: `≤ ${MAX_P99_MS} ms`, met: carried && ours.p99Ms <= MAX_P99_MS },
      note: `p50 ${ours.p50Ms.toFixed(1)} ms, bare ${bare.p50Ms.toFixed(1)} ms; ours is on disk by then; the devices stood still for ${Math.round(ours.longestPauseMs)} ms at most`,
    },
  ]
}

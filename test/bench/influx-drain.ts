/**
 * How fast a backlog goes into a real InfluxDB (1.x, from Debian): read from the journal, decoded, written as line protocol,
 * cursor moved after each confirmation; against the official client, which writes lines that it has in memory. Same server,
 * same lines, 2,000 of them in each request, one request at a time; they take turns.
 */
import { GatewayProcess } from '../support/gateway-process.ts'
import { hasServer, startInfluxd } from '../support/real-servers.ts'
import type { RealServer } from '../support/server-process.ts'
import { type Bench, notMeasured, type Row, roundsOr } from './row.ts'
import {
  BACKLOG,
  bringReadings,
  createDatabase,
  DATABASE,
  type Drain,
  deadUrl,
  influxSink,
  watchDrain,
} from './support/backlog.ts'
import { startFarProcess } from './support/far-process.ts'
import { median } from './support/statistics.ts'
import { tagDevices } from './support/tags.ts'

const ROUNDS = roundsOr(5)
/** Of one round. */
const READINGS = BACKLOG / 4
const AIM = 0.8
const NAME = 'backlog into InfluxDB 1.x, 2,000 lines a request'

export const influxDrain: Bench = {
  id: 'influx-drain',
  async run() {
    if (!hasServer('influxd')) {
      return [
        notMeasured(NAME, { aim: `≥ ${AIM}`, why: 'influxd is not installed (Debian: apt-get install influxdb)' }),
      ]
    }
    const server = await startInfluxd()
    const plan = { devices: tagDevices(200) }
    const gateway = await GatewayProcess.create({ ...plan, sinks: [influxSink(await deadUrl())] })
    try {
      await createDatabase(server)
      await gateway.start()
      const rounds: { ours: number; client: number }[] = []
      // The first round lets both sides and the server compile, map and allocate what they need.
      for (let round = -1; round < ROUNDS; round++) {
        const client = perSecondOf(await writeWithClient(server))
        const ours = perSecondOf(await drainOnce(gateway, { server, plan }))
        if (round >= 0) rounds.push({ ours, client })
      }
      await gateway.end()
      return [rowOf(rounds)]
    } finally {
      await gateway.remove()
      await server.remove()
    }
  },
}

async function drainOnce(
  gateway: GatewayProcess,
  { server, plan }: { readonly server: RealServer; readonly plan: { readonly devices: readonly object[] } },
): Promise<Drain> {
  const point = async (url: string): Promise<void> => {
    gateway.configure({ ...plan, sinks: [influxSink(url)] })
    const { status, body } = await gateway.post('/api/reload')
    if (status !== 200) throw new Error(`reload: ${status} ${JSON.stringify(body)}`)
  }
  await point(await deadUrl())
  await bringReadings(gateway, READINGS)
  await point(server.url)
  return await watchDrain(gateway)
}

async function writeWithClient(server: RealServer): Promise<Drain> {
  const process = await startFarProcess<Drain>('influx-client-process.ts', {
    args: [server.url, DATABASE, `${READINGS}`],
  })
  await process.stop()
  return process.said
}

function perSecondOf({ readings, seconds }: Drain): number {
  return readings / seconds
}

function rowOf(rounds: readonly { readonly ours: number; readonly client: number }[]): Row {
  const ratios = rounds.map(({ ours, client }) => ours / client)
  const ratio = median(ratios)
  const points = (values: readonly number[]): string => `${Math.round(median(values)).toLocaleString('en')} points/s`
  return {
    name: NAME,
    ours: points(rounds.map(({ ours }) => ours)),
    against: `official client, lines in memory ${points(rounds.map(({ client }) => client))}`,
    ...{ ratio, aim: `≥ ${AIM}`, met: ratio >= AIM },
    note: ratios.map((each) => each.toFixed(2)).join(' '),
  }
}

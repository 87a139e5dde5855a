/**
 * The same job for Node-RED 5 and for us: what devices publish at a broker (mosquitto) comes to a threshold and into
 * InfluxDB. Messages per second from the first publish until the last value can be queried; they take turns at the same
 * broker and the same server. Ours is on disk before it is acknowledged; Node-RED keeps it in memory.
 */
import { GatewayProcess } from '../support/gateway-process.ts'
import { hasServer, queryInfluxd, type ServerName, startInfluxd, startMosquitto } from '../support/real-servers.ts'
import type { RealServer } from '../support/server-process.ts'
import { type Bench, notMeasured, type Row, roundsOr } from './row.ts'
import { createDatabase, DATABASE, influxSink } from './support/backlog.ts'
import { runMqttLoad } from './support/mqtt-load.ts'
import { installNodeRed, type NodeRedInstall, startNodeRed } from './support/node-red.ts'
import { flowOf } from './support/node-red-flow.ts'
import { median } from './support/statistics.ts'
import { tagDevices } from './support/tags.ts'

const MESSAGES = Number(process.env.OUTPOST_BENCH_MESSAGES ?? 40_000)
/** Node-RED gets fewer, so that a round of it does not last for ever. */
const SHARE_OF_NODE_RED = 0.25
const ROUNDS = roundsOr(3)
const TAGS = 200
const AIM = 5
const LOOK_EVERY_MS = 200
const STALLED_AFTER_MS = 20_000
const PER_WRITE = 500
const NAME = 'MQTT in, threshold, InfluxDB out'
const SERVERS: readonly ServerName[] = ['mosquitto', 'influxd']

interface Field {
  readonly mosquitto: RealServer
  readonly influxd: RealServer
}

export const nodeRed: Bench = {
  id: 'node-red',
  async run() {
    const aim = `≥ ${AIM}`
    const missing = SERVERS.filter((name) => !hasServer(name))
    if (missing.length > 0) {
      return [notMeasured(NAME, { aim, why: `not installed: ${missing.join(', ')} (Debian: influxdb, mosquitto)` })]
    }
    const install = await installNodeRed().catch((error: unknown) => String(error).split('\n').slice(0, 3).join(' '))
    if (typeof install === 'string') {
      return [notMeasured(NAME, { aim, why: `the registry did not give Node-RED: ${install}` })]
    }
    try {
      return await withField(async (field) => [
        await compare(field, { install, perWrite: 1, aim: AIM }),
        await compare(field, { install, perWrite: PER_WRITE, aim: null }),
      ])
    } finally {
      install.remove()
    }
  },
}

async function withField(measure: (field: Field) => Promise<readonly Row[]>): Promise<readonly Row[]> {
  // It must not drop what either side is too slow for, nor hold back a quick one.
  const mosquitto = await startMosquitto({ config: ['max_queued_messages 0', 'max_inflight_messages 2000'] })
  const influxd = await startInfluxd()
  try {
    return await measure({ mosquitto, influxd })
  } finally {
    await influxd.remove()
    await mosquitto.remove()
  }
}

interface Comparison {
  readonly install: NodeRedInstall
  readonly perWrite: number
  readonly aim: number | null
}

async function compare(field: Field, { install, perWrite, aim }: Comparison): Promise<Row> {
  const rounds: { ours: number; theirs: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({ theirs: await nodeRedRound(field, { install, perWrite }), ours: await ourRound(field) })
  }
  const ratios = rounds.map(({ ours, theirs }) => ours / theirs)
  const ratio = median(ratios)
  const perSecond = (values: readonly number[]) => `${Math.round(median(values)).toLocaleString('en')} messages/s`
  return {
    name: `${NAME}, ${perWrite === 1 ? 'its InfluxDB node as it comes' : `with ${perWrite} points a write there`}`,
    ours: perSecond(rounds.map(({ ours }) => ours)),
    against: `Node-RED ${install.version} ${perSecond(rounds.map(({ theirs }) => theirs))}`,
    ...{ ratio, aim: aim === null ? '–' : `≥ ${aim}`, met: aim === null || ratio >= aim },
    note: ratios.map((each) => each.toFixed(1)).join(' '),
  }
}

async function nodeRedRound(
  field: Field,
  { install, perWrite }: { readonly install: NodeRedInstall; readonly perWrite: number },
): Promise<number> {
  const { mosquitto, influxd } = field
  await emptyDatabase(influxd)
  const flow = flowOf({ mqttPort: mosquitto.port, influxPort: influxd.port, database: DATABASE, perWrite })
  const theirs = await startNodeRed(install, flow)
  try {
    return await measure(field, MESSAGES * SHARE_OF_NODE_RED)
  } catch (error) {
    throw new Error(`Node-RED: ${String(error)}; it said:\n${theirs.output().slice(-2000)}`, { cause: error })
  } finally {
    await theirs.stop()
  }
}

async function ourRound(field: Field): Promise<number> {
  const { mosquitto, influxd } = field
  await emptyDatabase(influxd)
  const gateway = await GatewayProcess.create({
    ...{ broker: false, brokers: [{ id: 'field', url: mosquitto.url }] },
    ...{ devices: tagDevices(TAGS, { broker: 'field' }), sinks: [influxSink(influxd.url)] },
  })
  try {
    await gateway.start()
    await gateway.said('MQTT broker is connected')
    return await measure(field, MESSAGES)
  } finally {
    await gateway.remove()
  }
}

async function emptyDatabase(influxd: RealServer): Promise<void> {
  await queryInfluxd(influxd, { query: `DROP DATABASE "${DATABASE}"` })
  await createDatabase(influxd)
}

/** Messages per second, after a quarter of them have warmed everything up. */
async function measure(field: Field, wanted: number): Promise<number> {
  const [warmUp, messages] = [wholeShares(wanted / 4), wholeShares(wanted)]
  const firstTime = Date.now() - (warmUp + messages) / TAGS
  await bring(field, { messages: warmUp, stored: 0, firstTime })
  const seconds = await bring(field, { messages, stored: warmUp, firstTime: firstTime + warmUp / TAGS })
  return messages / seconds
}

/** The same for each tag, and whole writes. */
function wholeShares(messages: number): number {
  return Math.max(1, Math.round(messages / (2 * PER_WRITE))) * 2 * PER_WRITE
}

interface Messages {
  readonly messages: number
  /** So many are in the database. */
  readonly stored: number
  /** ms since 1970; each tag measures once a millisecond, so that no point takes the place of another. */
  readonly firstTime: number
}

/** Seconds until all are there beside those that were. */
async function bring({ mosquitto, influxd }: Field, { messages, stored, firstTime }: Messages): Promise<number> {
  const started = performance.now()
  await runMqttLoad({
    ...{ port: mosquitto.port, connections: TAGS, window: 10, publishes: messages, distinct: messages / TAGS },
    ...{ username: 'field', password: 'unasked' },
    message: (tag, index) => ({
      topic: `outpost/extinguisher/tag-${tag}`,
      payload: JSON.stringify({ pressure: 1150 + (index % 50), time: firstTime + index }),
    }),
  })
  let [count, movedAt] = [stored, performance.now()]
  while (count < stored + messages) {
    await later(LOOK_EVERY_MS)
    const now = await countIn(influxd)
    if (now > count) [count, movedAt] = [now, performance.now()]
    else if (performance.now() - movedAt > STALLED_AFTER_MS) {
      throw new Error(`only ${count - stored} of ${messages} messages came to InfluxDB`)
    }
  }
  return (movedAt - started) / 1000
}

async function countIn(influxd: RealServer): Promise<number> {
  const query = `SELECT COUNT(value) FROM reading WHERE point = 'pressure'`
  const [series] = await queryInfluxd(influxd, { query, database: DATABASE })
  return Number(series?.values[0]?.[1] ?? 0)
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

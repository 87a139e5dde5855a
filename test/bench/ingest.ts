/**
 * Durable ingest: publishes per second through the whole line (JSON decoding, quality, rules, commit to disk with
 * a full sync before the PUBACK or PUBREC) against bare aedes, which keeps no message: as it comes, and with the sessions,
 * queues and retained messages that the gateway keeps, in a file as the gateway's. They take turns, and the ratio is taken
 * round by round, so that a noisy neighbour hits all.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import type { Bench, Row } from './row.ts'
import { type BareBroker, startBareBroker } from './support/bare-broker-process.ts'
import { runMqttLoad } from './support/mqtt-load.ts'
import { median } from './support/statistics.ts'

const ROUNDS = 7
/** Until both have compiled what they run. */
const WARM_UP_ROUNDS = 3
const CLIENTS = 200

interface Load {
  readonly name: string
  /** 1 if absent. */
  readonly qos?: 0 | 2
  /** Publishes of one client that wait for their acknowledgement at the same time. */
  readonly window: number
  readonly publishes: number
  readonly values: (index: number) => object
  /** Against bare aedes as it comes. */
  readonly aim: number | null
  /** Against bare aedes that keeps the same sessions; not asked where absent. */
  readonly aimWithSessions?: number
}

const one = (index: number): object => ({ pressure: 1150 + (index % 50) })
const four = (index: number): object => ({ ...one(index), temperature: 21.5, present: true, battery: 88 })

const LOADS: readonly Load[] = [
  {
    ...{ name: 'one value, each waits for its PUBACK', window: 1, publishes: 60_000, values: one },
    ...{ aim: 0.9, aimWithSessions: 0.9 },
  },
  { name: 'four values, each waits for its PUBACK', window: 1, publishes: 60_000, values: four, aim: null },
  { name: 'four values, 10 publishes of each in flight', window: 10, publishes: 120_000, values: four, aim: null },
  {
    name: 'four values, batches of 10 with the last at QoS 1',
    qos: 0,
    window: 10,
    publishes: 40_000,
    values: four,
    aim: null,
  },
  { name: 'four values, each waits for its PUBCOMP', qos: 2, window: 1, publishes: 20_000, values: four, aim: null },
  {
    name: 'four values, 10 publishes of each in flight',
    qos: 2,
    window: 10,
    publishes: 60_000,
    values: four,
    aim: null,
  },
]

export const ingest: Bench = {
  id: 'ingest',
  async run() {
    const gateway = await GatewayProcess.create({
      devices: Array.from({ length: CLIENTS }, (_, index) => ({
        ...{ id: `tag-${index}`, place: '大厅', profile: 'outpost-ref-extinguisher-tag' },
        ...{ broker: 'embedded', address: `tag-${index}` },
      })),
    })
    const folder = await mkdtemp(join(tmpdir(), 'outpost-bench-sessions-'))
    const bare = await startBareBroker()
    const withSessions = await startBareBroker({ SESSIONS: join(folder, 'sessions.sqlite') })
    try {
      await gateway.start()
      const rows: Row[] = []
      for (const load of LOADS) rows.push(...(await compare(load, { gateway, bare, withSessions })))
      return rows
    } finally {
      await bare.stop()
      await withSessions.stop()
      await gateway.remove()
      await rm(folder, { recursive: true })
    }
  },
}

interface Brokers {
  readonly gateway: GatewayProcess
  readonly bare: BareBroker
  readonly withSessions: BareBroker
}

async function compare(load: Load, { gateway, bare, withSessions }: Brokers): Promise<readonly Row[]> {
  const peers = [
    { name: 'bare aedes', port: bare.port, aim: load.aim },
    ...(load.aimWithSessions === undefined
      ? []
      : [{ name: 'bare aedes with the same sessions', port: withSessions.port, aim: load.aimWithSessions }]),
  ]
  const round = async () => {
    const ofPeers: number[] = []
    for (const { port } of peers) ofPeers.push(await publish(load, port))
    return { ofPeers, ours: await publish(load, gateway.mqttPort) }
  }
  for (let warmUp = 0; warmUp < WARM_UP_ROUNDS; warmUp++) await round()
  const rounds: Awaited<ReturnType<typeof round>>[] = []
  while (rounds.length < ROUNDS) rounds.push(await round())
  return peers.map(({ name, aim }, index) =>
    rowOf(load, { name, aim, rounds: rounds.map(({ ours, ofPeers }) => ({ ours, theirs: ofPeers[index] as number })) }),
  )
}

interface Comparison {
  readonly name: string
  readonly aim: number | null
  readonly rounds: readonly { readonly ours: number; readonly theirs: number }[]
}

function rowOf(load: Load, { name, aim, rounds }: Comparison): Row {
  const ratios = rounds.map(({ ours, theirs }) => ours / theirs)
  const ratio = median(ratios)
  const perSecond = (value: number) => `${Math.round(value).toLocaleString('en')} /s`
  return {
    name: `durable ingest, QoS ${load.qos ?? 1}, ${CLIENTS} clients, ${load.name}`,
    ours: perSecond(median(rounds.map(({ ours }) => ours))),
    against: `${name} ${perSecond(median(rounds.map(({ theirs }) => theirs)))}`,
    ratio,
    aim: aim === null ? '–' : `≥ ${aim}`,
    met: aim === null || ratio >= aim,
    note: ratios.map((each) => each.toFixed(2)).join(' '),
  }
}

/** No message carries a time of its own, so none is taken for a redelivery: every value is stored. */
async function publish({ qos, window, publishes, values }: Load, port: number): Promise<number> {
  const { perSecond } = await runMqttLoad({
    ...{ port, connections: CLIENTS, qos, window, publishes },
    ...{ username: FIELD_USER.name, password: FIELD_USER.password },
    message: (connection, index) => ({
      topic: `outpost/extinguisher/tag-${connection}`,
      payload: JSON.stringify(values(index)),
    }),
  })
  return perSecond
}

/**
 * Durable ingest: publishes per second through the whole line (JSON decoding, quality, rules, commit to disk with
 * a full sync before the PUBACK or PUBREC) against bare aedes, which keeps nothing. The two take turns, and the ratio is taken
 * round by round, so that a noisy neighbour hits both.
 */
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
  readonly aim: number | null
}

const one = (index: number): object => ({ pressure: 1150 + (index % 50) })
const four = (index: number): object => ({ ...one(index), temperature: 21.5, present: true, battery: 88 })

const LOADS: readonly Load[] = [
  { name: 'one value, each waits for its PUBACK', window: 1, publishes: 60_000, values: one, aim: 0.8 },
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
    const bare = await startBareBroker()
    try {
      await gateway.start()
      const rows: Row[] = []
      for (const load of LOADS) rows.push(await compare(load, { gateway, bare }))
      return rows
    } finally {
      await bare.stop()
      await gateway.remove()
    }
  },
}

async function compare(
  load: Load,
  { gateway, bare }: { readonly gateway: GatewayProcess; readonly bare: BareBroker },
): Promise<Row> {
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    await publish(load, gateway.mqttPort)
    await publish(load, bare.port)
  }
  const rounds: { ours: number; bare: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({ bare: await publish(load, bare.port), ours: await publish(load, gateway.mqttPort) })
  }
  const ratio = median(rounds.map((round) => round.ours / round.bare))
  const perSecond = (value: number) => `${Math.round(value).toLocaleString('en')} /s`
  return {
    name: `durable ingest, QoS ${load.qos ?? 1}, ${CLIENTS} clients, ${load.name}`,
    ours: perSecond(median(rounds.map((round) => round.ours))),
    against: `bare aedes ${perSecond(median(rounds.map((round) => round.bare)))}`,
    ratio,
    aim: load.aim === null ? '–' : `≥ ${load.aim}`,
    met: load.aim === null || ratio >= load.aim,
    note: rounds.map((round) => (round.ours / round.bare).toFixed(2)).join(' '),
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

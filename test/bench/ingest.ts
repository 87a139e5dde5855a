/**
 * Durable ingest: QoS 1 publishes per second through the whole line (JSON decoding, quality, rules, commit to disk with
 * a full sync before the PUBACK) against bare aedes, which keeps nothing. The two take turns, and the ratio is taken
 * round by round, so that a noisy neighbour hits both.
 */
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import type { Bench, Row } from './row.ts'
import { type BareBroker, startBareBroker } from './support/bare-broker-process.ts'
import { runMqttLoad } from './support/mqtt-load.ts'
import { median } from './support/statistics.ts'

const ROUNDS = 5
const CLIENTS = 200

interface Load {
  readonly name: string
  readonly window: number
  readonly publishes: number
  readonly aim: number | null
}

const LOADS: readonly Load[] = [
  { name: 'each waits for its PUBACK, as sensors do', window: 1, publishes: 60_000, aim: 0.8 },
  { name: '10 publishes of each in flight', window: 10, publishes: 120_000, aim: null },
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
  await publish(load, gateway.mqttPort)
  await publish(load, bare.port)
  const rounds: { ours: number; bare: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({ bare: await publish(load, bare.port), ours: await publish(load, gateway.mqttPort) })
  }
  const ratio = median(rounds.map((round) => round.ours / round.bare))
  const perSecond = (value: number) => `${Math.round(value).toLocaleString('en')} /s`
  return {
    name: `durable ingest, QoS 1, ${CLIENTS} clients, ${load.name}`,
    ours: perSecond(median(rounds.map((round) => round.ours))),
    against: `bare aedes ${perSecond(median(rounds.map((round) => round.bare)))}`,
    ratio,
    aim: load.aim === null ? '–' : `≥ ${load.aim}`,
    met: load.aim === null || ratio >= load.aim,
    note: rounds.map((round) => (round.ours / round.bare).toFixed(2)).join(' '),
  }
}

let clock = Date.now() - 86_400_000

/** Every message has a time of its own, so that none is taken for a redelivery. */
async function publish({ window, publishes }: Load, port: number): Promise<number> {
  const { perSecond } = await runMqttLoad({
    ...{ port, connections: CLIENTS, window, publishes },
    ...{ username: FIELD_USER.name, password: FIELD_USER.password },
    message: (connection, index) => ({
      topic: `outpost/extinguisher/tag-${connection}`,
      payload: JSON.stringify({
        pressure: 1150 + (index % 50),
        temperature: 21.5,
        present: true,
        battery: 88,
        n: clock++,
      }),
    }),
  })
  return perSecond
}

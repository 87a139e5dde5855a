/**
 * Ten thousand alarms in a minute over two hundred stations, every twentieth of them urgent: how long each takes from the publish of
 * the device to the first notification at the receiver of its station; and whether all came, none under two ids, without a gap in
 * the numbers.
 */
import mqtt from 'mqtt'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import { type HttpReceiver, type ReceivedRequest, startReceiver, status } from '../support/http-receiver.ts'
import { DISPATCH_ENVIRONMENT, dispatchSink, tagDevice } from '../support/tag-station.ts'
import type { Bench, Row } from './row.ts'
import { quantile } from './support/statistics.ts'

const ALARMS = Number(process.env.OUTPOST_BENCH_DEVICES ?? 10_000)
const STATIONS = 200
const MINUTE_MS = 60_000
const AIM_MS = 1000
/** Publishes leave together so often. */
const STEP_MS = 20

const isUrgent = (i: number): boolean => i % 20 === 0

export const dispatchStorm: Bench = {
  id: 'dispatch-storm',
  async run() {
    const times = new Map<string, number>()
    const receiver = await startReceiver((request, response) => {
      note(request, times)
      status(204)(request, response)
    })
    const gateway = await GatewayProcess.create({ ...districtOf(receiver), environment: DISPATCH_ENVIRONMENT })
    try {
      await gateway.start()
      const published = await publishAll(gateway)
      await allHeard(times)
      return rowsOf({ published, times, receiver })
    } finally {
      await gateway.remove()
      await receiver.close()
    }
  },
}

/** This gateway is the bureau's; each station has a place of its own, and all are told over one channel. */
function districtOf({ url }: HttpReceiver) {
  // Of each its own, or the file would name one and point to it.
  const elsewhere = () => ({ type: 'elsewhere' })
  const numbers = Array.from({ length: STATIONS }, (_, i) => i)
  const name = (i: number) => ({ zh: `${i} 号站`, en: `Station ${i}` })
  return {
    devices: Array.from({ length: ALARMS }, (_, i) =>
      tagDevice(`tag-${i}`, {
        place: `place-${i % STATIONS}`,
        rules: { removed: { onDelay: '0s', priority: isUrgent(i) ? 'urgent' : 'medium' } },
      }),
    ),
    registry: {
      station: {
        id: 'bureau',
        level: 'bureau',
        name: { zh: '区应急局', en: 'Bureau' },
        address: '行政八路',
        duty: elsewhere(),
      },
      stations: numbers.map((i) => ({
        ...{
          id: `station-${i}`,
          level: 'station',
          type: 'community',
          name: name(i),
          address: `${i} 号`,
          duty: elsewhere(),
        },
        parent: 'bureau',
      })),
      places: numbers.map((i) => ({
        ...{ id: `place-${i}`, name: name(i), kind: 'old-estate', risk: 'yellow', address: `${i} 号` },
        station: `station-${i}`,
      })),
    },
    dispatch: {
      channels: [dispatchSink(url, { id: 'desk' })],
      routes: [{ id: 'all', channels: ['desk'] }],
    },
  }
}

interface Told {
  readonly purpose: string
  readonly seq: number
  readonly events: readonly { readonly alarm: { readonly device: string } }[]
}

const told = ({ body }: ReceivedRequest): Told => JSON.parse(body) as Told

function note(request: ReceivedRequest, times: Map<string, number>): void {
  const { purpose, events } = told(request)
  if (purpose !== 'first') return
  const now = performance.now()
  for (const { alarm } of events) if (!times.has(alarm.device)) times.set(alarm.device, now)
}

/** Evenly over a minute. Gives when each left. */
async function publishAll({ mqttPort }: GatewayProcess): Promise<readonly number[]> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${mqttPort}`, {
    ...{ username: FIELD_USER.name, password: FIELD_USER.password },
  })
  const published: number[] = []
  const acknowledged: Promise<unknown>[] = []
  const began = performance.now()
  while (published.length < ALARMS) {
    const due = Math.ceil(((performance.now() - began) / MINUTE_MS) * ALARMS)
    for (let i = published.length; i < Math.min(due, ALARMS); i++) {
      published.push(performance.now())
      const payload = JSON.stringify({ present: false })
      acknowledged.push(client.publishAsync(`outpost/extinguisher/tag-${i}`, payload, { qos: 1 }))
    }
    await new Promise((resolve) => setTimeout(resolve, STEP_MS))
  }
  await Promise.all(acknowledged)
  await client.endAsync()
  return published
}

async function allHeard(times: ReadonlyMap<string, number>): Promise<void> {
  const deadline = performance.now() + MINUTE_MS
  while (times.size < ALARMS) {
    if (performance.now() > deadline) throw new Error(`of ${ALARMS} alarms ${times.size} were told`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function rowsOf({
  published,
  times,
  receiver: { requests },
}: {
  readonly published: readonly number[]
  readonly times: ReadonlyMap<string, number>
  readonly receiver: HttpReceiver
}): readonly Row[] {
  const waits = published.map((at, i) => ({ i, ms: (times.get(`tag-${i}`) ?? Number.NaN) - at }))
  const urgent = waits.filter(({ i }) => isUrgent(i)).map(({ ms }) => ms)
  const others = waits.filter(({ i }) => !isUrgent(i)).map(({ ms }) => ms)
  const ids = new Set(requests.map(({ headers }) => headers['idempotency-key']))
  const seqs = new Set(requests.map((request) => told(request).seq))
  const gaps = Math.max(...seqs) - seqs.size
  const firsts = requests.filter((request) => told(request).purpose === 'first').length
  const isWhole = gaps === 0 && ids.size === requests.length && firsts === ALARMS
  const facts = `${requests.length} notifications, ${requests.length - ids.size} twice, ${gaps} numbers missing`
  const row = (what: string, list: readonly number[]): Row => {
    const p99 = quantile(list, 0.99)
    return {
      name: `${ALARMS} alarms in a minute over ${STATIONS} stations, first notification p99, ${what}`,
      ours: `${p99.toFixed(0)} ms`,
      against: `aim ${AIM_MS} ms`,
      ...{ ratio: p99 / AIM_MS, aim: '≤ 1', met: isWhole && p99 <= AIM_MS },
      note: `p50 ${quantile(list, 0.5).toFixed(0)} ms; ${facts}`,
    }
  }
  return [row('urgent', urgent), row('others', others)]
}

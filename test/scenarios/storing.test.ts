/** A point that is stored on change, from the device to the trend, the time series and the console, over a kill and a reload. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HistoryItem, PointView } from '../../gateway/http/gateway-view.ts'
import type { Reading } from '../../gateway/model.ts'
import { EventReader } from '../support/event-reader.ts'
import { type GatewayPlan, GatewayProcess } from '../support/gateway-process.ts'
import { type HttpReceiver, startReceiver } from '../support/http-receiver.ts'
import { parseLine } from '../support/line-protocol.ts'
import { tagDevice } from '../support/tag-station.ts'

const planOf = (url: string, deadband = 20): GatewayPlan => ({
  devices: [
    {
      ...tagDevice('tag'),
      rules: { pressure: { enabled: false } },
      store: { pressure: { type: 'on-change', deadband, maxInterval: '1h' } },
    },
  ],
  sinks: [{ id: 'series', type: 'influxdb-1', url, database: 'outpost', sends: ['readings'] }],
})

let gateway: GatewayProcess
let series: HttpReceiver
const start = Date.now() - 60_000
let told = 0

beforeAll(async () => {
  series = await startReceiver()
  gateway = await GatewayProcess.create(planOf(series.url))
  await gateway.start()
})
afterAll(async () => {
  await gateway?.remove()
  await series?.close()
})

/** One second after the one before; resolves with the PUBACK of the last. */
async function say(...pressures: readonly number[]): Promise<void> {
  const client = await gateway.connect('tag')
  for (const pressure of pressures) {
    const body = JSON.stringify({ pressure, time: start + 1000 * told++ })
    await client.publishAsync('outpost/extinguisher/tag', body, { qos: 1 })
  }
  await client.endAsync()
}

async function trend(): Promise<readonly (readonly [number, HistoryItem['value']])[]> {
  const { items } = await gateway.get<{ items: readonly HistoryItem[] }>('/api/readings?point=tag.pressure')
  return items.map(({ time, value }) => [(time - start) / 1000, value])
}

function inSeries(): readonly (readonly [number, number])[] {
  const lines = series.requests.flatMap(({ body }) => body.split('\n').map(parseLine))
  const pressures = lines.filter(({ tags }) => tags.point === 'pressure')
  return pressures.map(({ time, fields }) => [(Number(time / 1_000_000n) - start) / 1000, Number(fields.value?.value)])
}

test('changes are stored with the reading before them, and whoever looks sees the newest one', async () => {
  const reader = await EventReader.open(`http://127.0.0.1:${gateway.httpPort}/api/events`)
  await say(1200, 1210, 1190, 1300, 1305)
  const stored = [
    [0, 1200],
    [2, 1190],
    [3, 1300],
  ]
  await expect.poll(inSeries).toEqual(stored)
  // The trend ends with what is known now.
  expect(await trend()).toEqual([...stored, [4, 1305]])
  expect(await gateway.reading('tag.pressure')).toMatchObject({ value: 1305, time: start + 4000 })
  const values = () =>
    reader.named('readings').flatMap(({ data }) => data.readings.map(({ value }: Reading) => value as number))
  await reader.waitUntil(() => values().includes(1305))
  reader.close()
  const name = 'outpost_readings_unchanged_total{source="embedded"}'
  // 1210 can no longer be stored; 1305 may still be.
  expect(await gateway.metric(name)).toBe(1)
})

test('what was acknowledged and had to be stored survives a kill; then the first reading is stored again', async () => {
  await say(1400)
  await gateway.end('SIGKILL')
  await gateway.start()
  await say(1400, 1400)
  expect(await trend()).toEqual([
    ...[[0, 1200] as const, [2, 1190] as const, [3, 1300] as const, [4, 1305] as const],
    ...[[5, 1400] as const, [6, 1400] as const, [7, 1400] as const],
  ])
  await expect.poll(() => inSeries().at(-1)).toEqual([6, 1400])
})

test('a changed deadband holds from the next reading on, compared with what was stored before', async () => {
  gateway.configure(planOf(series.url, 50))
  expect(await gateway.post('/api/reload')).toMatchObject({ status: 200, body: { changes: ['changed device tag'] } })
  await say(1440, 1460)
  expect((await trend()).slice(-3)).toEqual([
    [6, 1400],
    [8, 1440],
    [9, 1460],
  ])
  const { points } = await gateway.get<{ points: readonly PointView[] }>('/api/points?device=tag')
  expect(points.map(({ storeIntervalMs }) => storeIntervalMs)).toEqual([
    3_600_000,
    ...Array(5).fill(900_000),
    // What is computed from days.
    ...[21_600_000, 86_400_000, 86_400_000],
  ])
})

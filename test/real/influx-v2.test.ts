import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../gateway/clock.ts'
import type { JournaledReading } from '../../gateway/delivery-model.ts'
import { createInfluxSink } from '../../gateway/sinks/influx.ts'
import { readingLine } from '../../gateway/sinks/influx-lines.ts'
import { createDeliveryBench } from '../support/delivery-bench.ts'
import { describeReal, startVictoriaMetrics } from '../support/real-servers.ts'
import type { RealServer } from '../support/server-process.ts'

interface ExportedSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly number[]
  readonly timestamps: readonly number[]
}

describeReal('victoria-metrics')('VictoriaMetrics by the v2 write API', () => {
  let server: RealServer
  beforeAll(async () => {
    server = await startVictoriaMetrics()
  })
  afterAll(() => server?.remove())

  /** What was written becomes visible to queries only when its memory is flushed, on request here. */
  async function exported(match: string): Promise<ExportedSeries[]> {
    await fetch(`${server.url}/internal/force_flush`)
    const response = await fetch(`${server.url}/api/v1/export?match[]=${encodeURIComponent(match)}`)
    const text = await response.text()
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as ExportedSeries)
  }

  function readings(point: string, count: number): JournaledReading[] {
    return Array.from({ length: count }, (_, index) => {
      const time = Date.UTC(2026, 7, 1) + index * 1000
      return { seq: index + 1, point, time, receivedAt: time, value: index / 8, quality: 'good' }
    })
  }

  function bench(items: readonly JournaledReading[]) {
    const sink = createInfluxSink<JournaledReading>({
      id: 'metrics',
      url: server.url,
      server: { version: 2, org: 'any', bucket: 'outpost', token: 'not-checked-there' },
      clock: systemClock,
      toLine: (reading) =>
        readingLine(reading, () => ({
          station: '石井, community = 1',
          device: 'culvert-1',
          pointId: reading.point.split('.')[1] ?? '',
          kind: 'water-level',
          type: 'number',
          unit: 'm',
        })),
      maxBatch: 400,
    })
    return createDeliveryBench({ sink, items })
  }

  test('gives back every value with its own time and its tags', async () => {
    const items = readings('culvert-1.level', 1000)
    const { delivery, journal } = bench(items)
    delivery.start()
    await journal.reached(1000)
    await delivery.stop()
    const [series, ...others] = await exported('reading_value{point="level"}')
    expect(others).toEqual([])
    expect(series?.metric).toMatchObject({ station: '石井, community = 1', device: 'culvert-1', unit: 'm' })
    expect(series?.timestamps).toEqual(items.map(({ time }) => time))
    expect(series?.values).toEqual(items.map(({ value }) => value))
    expect(delivery.status()).toMatchObject({ delivered: 1000, attempts: 3 })
  })

  test('loses nothing over a stop and a start', async () => {
    const items = readings('culvert-1.flow', 600)
    const { delivery, journal, clock } = bench(items.slice(0, 200))
    delivery.start()
    await journal.reached(200)
    await server.stop()
    journal.items.push(...items.slice(200))
    delivery.wake()
    await clock.nextSleep()
    expect(delivery.status()).toMatchObject({ state: 'waiting', cursor: 200 })
    await server.start()
    await clock.advance(1000)
    await journal.reached(600)
    await delivery.stop()
    const [series] = await exported('reading_value{point="flow"}')
    expect(series?.timestamps).toEqual(items.map(({ time }) => time))
  })
})

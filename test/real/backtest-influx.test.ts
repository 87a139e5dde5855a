/** A backtest reads back from InfluxDB what the gateway has written there: all of it, once, in order, page by page. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { readInflux } from '../../gateway/backtest/influx-query.ts'
import type { RecordedReading, RecordedReadings } from '../../gateway/backtest/recorded-reading.ts'
import type { Reading } from '../../gateway/model.ts'
import { readingLine } from '../../gateway/sinks/influx-lines.ts'
import type { Describe } from '../../gateway/sinks/point-description.ts'
import { describeReal, queryInfluxd, startInfluxd, startVictoriaMetrics } from '../support/real-servers.ts'
import type { RealServer } from '../support/server-process.ts'

const T0 = Date.UTC(2026, 10, 20)
const COUNT = 25_000
const describePoint: Describe = (point) => ({
  ...{ station: 's', device: point.split('.')[0] ?? '', pointId: point.split('.')[1] ?? '', kind: 'k', unit: 'm' },
  type: point.endsWith('.on') ? 'boolean' : 'number',
})

describeReal('influxd')('readings in InfluxDB 1.6', () => {
  let server: RealServer
  const account = { user: 'admin', password: 'a password' }
  const environment = { OUTPOST_USERNAME: account.user, OUTPOST_PASSWORD: account.password }
  beforeAll(async () => {
    server = await startInfluxd({ ...account })
    await queryInfluxd(server, { query: 'CREATE DATABASE outpost', database: 'outpost', epoch: 'ns', ...account })
    const lines = Array.from({ length: COUNT }, (_, i) => readingLine(readingAt(i), describePoint))
    const authorization = `Basic ${Buffer.from(`${account.user}:${account.password}`).toString('base64')}`
    const answer = await fetch(`${server.url}/write?db=outpost`, {
      method: 'POST',
      body: lines.join('\n'),
      headers: { authorization },
    })
    expect(answer.status).toBe(204)
  })
  afterAll(() => server?.remove())

  /** Twelve points share each time, so that pages end in the middle of one. */
  function readingAt(i: number): Reading {
    const time = T0 + Math.floor(i / 12) * 1000
    const own = { point: i % 12 === 11 ? 'd-1.on' : `d-${i % 12}.x`, time, receivedAt: time }
    if (i % 100 === 7) return { ...own, value: null, quality: 'bad', reason: 'sentinel' }
    return { ...own, value: i % 12 === 11 ? 1 : i, quality: 'good', ...(i % 100 === 8 && { replayed: true }) }
  }

  async function all(readings: RecordedReadings): Promise<RecordedReading[]> {
    const found: RecordedReading[] = []
    for await (const batch of readings) found.push(...batch)
    return found
  }
  const source = () => ({ url: `${server.url}/`, database: 'outpost' })

  test('come back as they were', async () => {
    const span = { from: T0, to: T0 + 86_400_000 }
    const readings = await all(readInflux(source(), span, { wanted: () => true, environment }))
    const key = ({ time, point }: RecordedReading) => `${time} ${point}`
    expect(readings).toHaveLength(COUNT)
    expect(new Set(readings.map(key)).size).toBe(COUNT)
    expect(readings.every(({ time }, i) => i === 0 || time >= (readings[i - 1]?.time ?? 0))).toBe(true)
    const byKey = new Map(readings.map((reading) => [key(reading), reading]))
    for (const i of [0, 7, 8, 11, 9999, 10_000, 10_001, COUNT - 1]) {
      const { receivedAt: _, ...written } = readingAt(i)
      expect(byKey.get(key(written))).toEqual(written)
    }
  })

  test('a span, some points, and what is refused', async () => {
    const span = { from: T0 + 1000, to: T0 + 3000 }
    const some = await all(readInflux(source(), span, { wanted: (point) => point === 'd-1.x', environment }))
    expect(some.map(({ value }) => value)).toEqual([13, 25])
    const wrong = { ...environment, OUTPOST_PASSWORD: 'wrong' }
    await expect(all(readInflux(source(), span, { wanted: () => true, environment: wrong }))).rejects.toThrow(
      /got status 401/,
    )
    const nowhere = { ...source(), database: 'nowhere' }
    await expect(all(readInflux(nowhere, span, { wanted: () => true, environment }))).rejects.toThrow(
      /database not found/,
    )
  })
})

describeReal('victoria-metrics')('VictoriaMetrics', () => {
  test('takes what is written and gives nothing back by InfluxQL: refused, and not taken for a time without readings', async () => {
    const server = await startVictoriaMetrics()
    onTestFinished(() => server.remove())
    const source = { url: server.url, database: 'outpost' }
    const readings = readInflux(source, { from: T0, to: T0 + 1000 }, { wanted: () => true, environment: {} })
    await expect(Array.fromAsync(readings)).rejects.toThrow(/does not understand InfluxQL.*--data.*--csv/)
  })
})

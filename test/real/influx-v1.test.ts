import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { AlarmEvent } from '../../gateway/alarm-model.ts'
import { systemClock } from '../../gateway/clock.ts'
import { DeliveryError, type JournaledReading, type Sink } from '../../gateway/delivery-model.ts'
import { createInfluxSink, type InfluxServer } from '../../gateway/sinks/influx.ts'
import { alarmEventLine, readingLine } from '../../gateway/sinks/influx-lines.ts'
import type { Describe } from '../../gateway/sinks/point-description.ts'
import { alarmEvent } from '../support/alarm-events.ts'
import { createDeliveryBench } from '../support/delivery-bench.ts'
import { describeReal, queryInfluxd, startInfluxd } from '../support/real-servers.ts'
import type { RealServer } from '../support/server-process.ts'

const account = { user: 'admin', password: 'it\'s "a\\secret' }
const describePoint: Describe = (point) => ({
  station: 'shi-jing',
  device: point.split('.')[0] ?? '',
  pointId: point.split('.')[1] ?? '',
  kind: 'water-level',
  type: point.endsWith('.state') ? 'enum' : 'number',
  unit: 'm³/h, 100 %',
})

function readings(count: number, change: (seq: number) => Partial<JournaledReading> = () => ({})): JournaledReading[] {
  return Array.from({ length: count }, (_, index) => {
    const seq = index + 1
    // A microsecond apart, so that a rounded time would lose readings.
    const time = 1_788_250_000_000 + seq / 1000
    return { seq, point: 'culvert-1.level', time, receivedAt: time, value: seq / 4, quality: 'good', ...change(seq) }
  })
}

describeReal('influxd')('InfluxDB 1.6 by the v1 write path', () => {
  let server: RealServer
  let tests = 0
  let database: string
  const ending: (() => Promise<void>)[] = []

  beforeAll(async () => {
    server = await startInfluxd({ user: account.user, password: account.password })
  })
  afterAll(() => server?.remove())
  beforeEach(async () => {
    tests += 1
    database = `outpost ${tests}`
    await query(`CREATE DATABASE "${database}"`)
  })
  afterEach(async () => {
    for (const end of ending.splice(0)) await end()
  })

  const query = (text: string) => queryInfluxd(server, { query: text, database, epoch: 'ns', ...account })
  const count = async () => {
    const [series] = await query('SELECT COUNT(value) FROM reading')
    return series?.values[0]?.[1] ?? 0
  }

  function sinkOf<T>(
    toLine: (item: T) => string,
    change: { maxBatch?: number; timeoutMs?: number; server?: InfluxServer } = {},
  ): Sink<T> {
    const { user: username, password } = account
    const sink = createInfluxSink<T>({
      id: 'influx',
      url: server.url,
      server: { version: 1, database, username, password },
      toLine,
      clock: systemClock,
      timeoutMs: 3000,
      ...change,
    })
    ending.push(() => sink.stop())
    return sink
  }
  const readingSink = (change: { maxBatch?: number; timeoutMs?: number; server?: InfluxServer } = {}) =>
    sinkOf<JournaledReading>((reading) => readingLine(reading, describePoint), change)

  function deliver(sink: Sink<JournaledReading>, items: readonly JournaledReading[]) {
    const parts = createDeliveryBench({ sink, items })
    ending.push(() => parts.delivery.stop())
    parts.delivery.start()
    return parts
  }

  test('keeps value, quality, tags and the exact time of a reading', async () => {
    const [reading] = readings(1, () => ({
      time: 1_788_250_000_123.456,
      replayed: true,
      quality: 'uncertain',
      reason: 'unconfirmed',
    }))
    await readingSink().write(reading === undefined ? [] : [reading], new AbortController().signal)
    const [series] = await query('SELECT * FROM reading')
    const row = Object.fromEntries((series?.columns ?? []).map((column, index) => [column, series?.values[0]?.[index]]))
    // The time in the answer is rounded by JSON.parse, so its last digits are asked for below.
    expect(row).toMatchObject({
      station: 'shi-jing',
      device: 'culvert-1',
      point: 'level',
      kind: 'water-level',
      unit: 'm³/h, 100 %',
      value: 0.25,
      quality: 'uncertain',
      reason: 'unconfirmed',
      replayed: true,
    })
    const [exact] = await query('SELECT value FROM reading WHERE time = 1788250000123456000')
    expect(exact?.values).toHaveLength(1)
  })

  test('takes the same batch twice without a difference', async () => {
    const sink = readingSink()
    const signal = new AbortController().signal
    await sink.write(readings(500), signal)
    await sink.write(readings(500), signal)
    expect(await count()).toBe(500)
  })

  test('keeps an alarm event with all its words, and two events of one moment', async () => {
    const sink = sinkOf<AlarmEvent>(alarmEventLine)
    const comment = 'line 1\nline 2, "quoted" \\ 烟雾 \\'
    const events = [
      alarmEvent(1, { time: 5000 }),
      alarmEvent(2, { time: 5000, type: 'acknowledged', by: '王 强', comment }),
    ]
    await sink.write(events, new AbortController().signal)
    const [series] = await query('SELECT seq, type, "by", comment, reason_zh, value, setpoint, "rule" FROM alarm_event')
    expect(series?.values.map((row) => row.slice(1))).toEqual([
      [1, 'raised', null, null, '水位 0.32 m，高于 0.27 m', 0.32, 0.27, 'level'],
      [
        2,
        'acknowledged',
        '王 强',
        'line 1\\nline 2, "quoted" \\ 烟雾 \\',
        '水位 0.32 m，高于 0.27 m',
        0.32,
        0.27,
        'level',
      ],
    ])
  })

  test('buries a reading whose field has another type there, and brings all others', async () => {
    // Someone else has written the field with another type before.
    const sink = sinkOf<string>((line) => line)
    await sink.write(['reading,device=other state="on" 1788249999000000000'], new AbortController().signal)
    const items = readings(200, (seq) => (seq === 77 ? { point: 'culvert-1.state', value: 1 } : {}))
    const { journal, delivery } = deliver(readingSink({ maxBatch: 200 }), items)
    await journal.reached(200)
    expect(journal.deadLetters).toMatchObject([
      { seq: 77, error: expect.stringMatching(/answered 400: partial write: field type conflict.*"state"/) },
    ])
    expect(await count()).toBe(199)
    expect(delivery.status()).toMatchObject({ delivered: 199, deadLettered: 1 })
  })

  test('loses nothing while it is down, and resumes on the same port', async () => {
    const { journal, clock, delivery } = deliver(readingSink({ maxBatch: 100 }), readings(300))
    await journal.reached(300)
    await server.stop()
    journal.items.push(...readings(900).slice(300))
    delivery.wake()
    expect(await clock.nextSleep()).toBe(1000)
    expect(delivery.status()).toMatchObject({ state: 'waiting', failure: 'unreachable' })
    await server.start()
    await clock.advance(1000)
    await journal.reached(900)
    expect(await count()).toBe(900)
  })

  test('is given up after the time-out while it is frozen, and gets everything afterwards', async () => {
    const sink = readingSink({ timeoutMs: 300 })
    await sink.write(readings(1), new AbortController().signal)
    server.pause()
    const { journal, clock, delivery } = deliver(sink, readings(10))
    await clock.nextSleep()
    expect(delivery.status()).toMatchObject({
      failure: 'unreachable',
      message: expect.stringMatching(/within 300 ms/),
    })
    server.resume()
    await clock.advance(1000)
    await journal.reached(10)
    expect(await count()).toBe(10)
  })

  test('answers a missing database and a wrong password so that nothing is buried', async () => {
    const { user: username, password } = account
    const cases = [
      { version: 1, database: 'nowhere', username, password },
      { version: 1, database, username, password: 'wrong' },
      { version: 1, database: '', username, password },
    ] as const
    for (const wrong of cases) {
      const write = readingSink({ server: wrong }).write(readings(2), new AbortController().signal)
      await expect(write).rejects.toMatchObject({ failure: 'refused' })
      await expect(write).rejects.toThrow(DeliveryError)
    }
  })
})

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AlarmEvent } from '../../../gateway/alarm-model.ts'
import { systemClock } from '../../../gateway/clock.ts'
import type { JournaledReading, Sink } from '../../../gateway/delivery-model.ts'
import { createInfluxSink } from '../../../gateway/sinks/influx.ts'
import { readingLine } from '../../../gateway/sinks/influx-lines.ts'
import { createWebhookSink } from '../../../gateway/sinks/webhook.ts'
import { alarmEvent } from '../../support/alarm-events.ts'
import { createDeliveryBench } from '../../support/delivery-bench.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { type HttpReceiver, startReceiver, status } from '../../support/http-receiver.ts'

let receiver: HttpReceiver
const ending: (() => Promise<void>)[] = []
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(async () => {
  for (const end of ending.splice(0)) await end()
  await receiver.close()
})

function bench<T extends { readonly seq: number }>(sink: Sink<T>, items: readonly T[], random = 0) {
  const parts = createDeliveryBench({ sink, items, random })
  ending.push(() => parts.delivery.stop())
  return parts
}

function readings(count: number): JournaledReading[] {
  return Array.from({ length: count }, (_, index) => {
    const time = 1_788_250_000_000 + index
    return { seq: index + 1, point: 'a.level', time, receivedAt: time, value: index, quality: 'good' as const }
  })
}

function influxSink(maxBatch: number): Sink<JournaledReading> {
  return createInfluxSink<JournaledReading>({
    id: 'influx',
    url: receiver.url,
    server: { version: 2, org: 'o', bucket: 'b' },
    toLine: (reading) => readingLine(reading, () => undefined),
    clock: systemClock,
    maxBatch,
  })
}

/** The `value` fields of all requests that were answered with 204, without repetitions. */
function collectValues(poisonous: (value: number) => boolean): Set<number> {
  const accepted = new Set<number>()
  receiver.answer = ({ body }, response) => {
    const values = [...body.matchAll(/value=(\d+)/g)].map(([, value]) => Number(value))
    if (values.some(poisonous)) response.writeHead(400).end('{"error":"partial write: field type conflict"}')
    else {
      for (const value of values) accepted.add(value)
      response.writeHead(204).end()
    }
  }
  return accepted
}

describe('readings on their way to InfluxDB', () => {
  test('one poisonous among 5,000 costs 27 requests at most and takes no other with it', async () => {
    const accepted = collectValues((value) => value === 3333)
    const { delivery, journal } = bench(influxSink(5000), readings(5000))
    delivery.start()
    await journal.reached(5000)
    expect(journal.deadLetters.map(({ seq, error }) => [seq, error])).toEqual([
      [3334, expect.stringMatching(/answered 400: partial write: field type conflict$/)],
    ])
    expect(accepted.size).toBe(4999)
    expect(receiver.requests.length).toBeLessThanOrEqual(27)
  })

  test('a server with a small limit gets smaller requests, and a single one above it dies', async () => {
    receiver.answer = ({ body }, response) => {
      response.writeHead(body.length > 1000 ? 413 : 204).end()
    }
    const items = readings(64)
    items[40] = { ...items[40], value: 'x'.repeat(2000) } as JournaledReading
    const { delivery, journal } = bench(influxSink(64), items)
    delivery.start()
    await journal.reached(64)
    expect(journal.deadLetters.map(({ seq }) => seq)).toEqual([41])
    expect(delivery.status()).toMatchObject({ delivered: 63, deadLettered: 1 })
  })

  test('a database that does not exist yet loses nothing', async () => {
    receiver.answer = status(404, {}, '{"error":"database not found: \\"b\\""}')
    const { delivery, journal, clock } = bench(influxSink(100), readings(3))
    delivery.start()
    expect(await clock.nextSleep()).toBe(60_000)
    expect(delivery.status()).toMatchObject({ state: 'refused', message: expect.stringMatching(/database not found/) })
    const accepted = collectValues(() => false)
    await clock.advance(60_000)
    await journal.reached(3)
    expect([...accepted]).toEqual([0, 1, 2])
    expect(journal.deadLetters).toEqual([])
  })
})

describe('alarm events on their way to a webhook', () => {
  const events = (count: number) => Array.from({ length: count }, (_, index) => alarmEvent(index + 1))
  const webhook = () =>
    createWebhookSink({ id: 'dispatch', url: receiver.url, secret: 'secret', clock: new FakeClock() })
  const keys = () => receiver.requests.map(({ headers }) => headers['idempotency-key'])

  test('arrive in order, and again under the same key after an answer got lost', async () => {
    let lost = false
    receiver.answer = ({ headers }, response) => {
      if (headers['idempotency-key'] === 'gateway-1:2' && !lost) {
        lost = true
        response.destroy()
      } else response.end()
    }
    const { delivery, journal, clock } = bench<AlarmEvent>(webhook(), events(3))
    delivery.start()
    await clock.nextSleep()
    expect(journal.cursor).toBe(1)
    await clock.advance(1000)
    await journal.reached(3)
    expect(keys()).toEqual(['gateway-1:1', 'gateway-1:2', 'gateway-1:2', 'gateway-1:3'])
  })

  test('wait as long as the receiver asks, and not a moment less', async () => {
    receiver.answer = status(503, { 'retry-after': '90' })
    const { delivery, journal, clock } = bench<AlarmEvent>(webhook(), events(1))
    delivery.start()
    expect(await clock.nextSleep()).toBe(90_000)
    receiver.answer = status(200)
    delivery.wake()
    await clock.advance(89_999)
    expect(receiver.requests).toHaveLength(1)
    await clock.advance(1)
    await journal.reached(1)
    expect(receiver.requests).toHaveLength(2)
  })

  test('an hour of a receiver that is gone leaves nothing out', async () => {
    const port = Number(new URL(receiver.url).port)
    await receiver.close()
    const { delivery, journal, clock, log } = bench<AlarmEvent>(webhook(), events(20), 0.9)
    delivery.start()
    let waited = 0
    while (waited < 3_600_000) {
      const ms = await clock.nextSleep()
      waited += ms
      if (waited >= 3_600_000) receiver = await startReceiver(status(200), port)
      await clock.advance(ms)
    }
    await journal.reached(20)
    expect(keys()).toEqual(events(20).map(({ id }) => id))
    expect(log.lines.map(({ message }) => message)).toEqual(['delivery fails', 'delivery works again'])
  })

  test('one that the receiver can never accept does not stand before the next', async () => {
    receiver.answer = ({ headers }, response) => {
      response.writeHead(headers['idempotency-key'] === 'gateway-1:2' ? 422 : 200).end('{"error":"no such station"}')
    }
    const { delivery, journal } = bench<AlarmEvent>(webhook(), events(3))
    delivery.start()
    await journal.reached(3)
    expect(journal.deadLetters).toEqual([
      { seq: 2, item: alarmEvent(2), error: expect.stringMatching(/answered 422: .*no such station/) },
    ])
    expect(receiver.requests).toHaveLength(3)
  })
})

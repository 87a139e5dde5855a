import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AlarmEvent } from '../../../gateway/alarm-model.ts'
import { DeliveryError, type Heartbeat, type Sink } from '../../../gateway/delivery-model.ts'
import { createHeartbeatWebhook, createWebhookSink, type WebhookSinkOptions } from '../../../gateway/sinks/webhook.ts'
import { verifyWebhook } from '../../../gateway/sinks/webhook-signature.ts'
import { alarmEvent } from '../../support/alarm-events.ts'
import { startTcpServer } from '../../support/failing-server.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { type HttpReceiver, startReceiver, status } from '../../support/http-receiver.ts'
import { freePort } from '../../support/server-process.ts'

const secret = 'shared-with-dispatch'
const never = new AbortController().signal
const clock = new FakeClock()

let receiver: HttpReceiver
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.close())

function sinkFor(options: Partial<WebhookSinkOptions> = {}): Sink<AlarmEvent> {
  return createWebhookSink({ id: 'dispatch', url: `${receiver.url}/hook/KEY?k=KEY`, secret, clock, ...options })
}

async function failureOf(write: Promise<void>): Promise<DeliveryError> {
  const error = await write.then(
    () => new Error('the write was confirmed'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof DeliveryError)) throw error
  return error
}

describe('a webhook', () => {
  test('posts the event as JSON, with its id and a signature that a receiver can check', async () => {
    const event = alarmEvent(7)
    await sinkFor().write([event], never)
    const request = await receiver.received(1)
    expect(request).toMatchObject({ method: 'POST', path: '/hook/KEY?k=KEY' })
    expect(request.headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': 'gateway-1:7' })
    expect(JSON.parse(request.body)).toEqual({ version: 1, ...event })
    expect(request.headers['x-outpost-timestamp']).toBe(String(clock.now().wall / 1000))
    expect(verifyWebhook(request, { secret, now: clock.now().wall })).toEqual({ ok: true })
    expect(verifyWebhook(request, { secret: 'another', now: clock.now().wall })).toMatchObject({ ok: false })
  })

  test('sends one event per request, over connections that it keeps', async () => {
    const sink = sinkFor()
    const events = Array.from({ length: 20 }, (_, index) => alarmEvent(index + 1))
    expect(sink.maxBatch).toBe(1)
    await sink.write(events, never)
    expect(receiver.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(events.map(({ id }) => id))
    // fetch opens a second one when it finds the first not quite free yet.
    expect(receiver.connections).toBeLessThanOrEqual(2)
  })

  test('posts a heartbeat in the same way', async () => {
    const beat: Heartbeat = {
      ...{ version: 1, type: 'heartbeat', gateway: 'gateway-1', station: 'shi-jing', time: 1_788_000_000_000 },
      ...{ startedAt: 1_787_000_000_000, intervalMs: 30_000, health: 'ok', lastSeq: 7 },
    }
    await createHeartbeatWebhook({ id: 'dispatch', url: receiver.url, secret, clock }).write([beat], never)
    const request = await receiver.received(1)
    expect(JSON.parse(request.body)).toEqual(beat)
    expect(request.headers['idempotency-key']).toBe('heartbeat-gateway-1-1788000000000')
    expect(verifyWebhook(request, { secret, now: clock.now().wall })).toEqual({ ok: true })
  })

  test.each([200, 201, 202, 204])('%d confirms', async (code) => {
    receiver.answer = status(code)
    await sinkFor().write([alarmEvent(1)], never)
    expect(receiver.requests).toHaveLength(1)
  })

  test.each([
    [400, 'unacceptable'],
    [401, 'refused'],
    [403, 'refused'],
    [404, 'refused'],
    [408, 'unreachable'],
    [413, 'unacceptable'],
    [422, 'unacceptable'],
    [425, 'unreachable'],
    [429, 'busy'],
    [500, 'unreachable'],
    [502, 'unreachable'],
    [503, 'busy'],
  ] as const)('%d is %s', async (code, failure) => {
    receiver.answer = status(code, {}, `no: ${secret}`)
    const error = await failureOf(sinkFor().write([alarmEvent(1)], never))
    expect(error.failure).toBe(failure)
    expect(error.message).toBe(`${receiver.url} answered ${code}: no: ***`)
    expect(receiver.requests).toHaveLength(1)
  })

  test.each([
    ['7', 7000],
    [new Date(clock.now().wall + 90_000).toUTCString(), 90_000],
  ])('waits as Retry-After %s says', async (header, ms) => {
    receiver.answer = status(429, { 'retry-after': header })
    expect((await failureOf(sinkFor().write([alarmEvent(1)], never))).retryAfterMs).toBe(ms)
  })

  test('does not carry an alarm to where a redirect points', async () => {
    const other = await startReceiver()
    try {
      receiver.answer = status(307, { location: other.url })
      expect(await failureOf(sinkFor().write([alarmEvent(1)], never))).toMatchObject({ failure: 'refused' })
      expect(other.requests).toEqual([])
    } finally {
      await other.close()
    }
  })

  test('refuses settings that would be unsafe, without showing them', () => {
    expect(() => sinkFor({ url: 'https://u:hidden@example.org/' })).toThrow(
      /^sink dispatch: the URL contains an account/,
    )
    expect(() => sinkFor({ secret: '' })).toThrow(/anyone could sign/)
  })
})

describe('a receiver that misbehaves', () => {
  test('nobody listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}/hook/KEY`
    const error = await failureOf(sinkFor({ url }).write([alarmEvent(1)], never))
    expect(error).toMatchObject({ failure: 'unreachable', message: expect.stringMatching(/connection refused/) })
    expect(error.message).not.toContain('KEY')
  })

  test('its name does not exist', async () => {
    const error = await failureOf(sinkFor({ url: 'http://no-such-host.invalid/' }).write([alarmEvent(1)], never))
    expect(error).toMatchObject({ failure: 'unreachable', message: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) })
  })

  test('it takes the request and says nothing', async () => {
    const closed = Promise.withResolvers<void>()
    const server = await startTcpServer((socket) => {
      socket.resume()
      socket.on('close', () => closed.resolve())
    })
    try {
      const sink = sinkFor({ url: `http://127.0.0.1:${server.port}`, timeoutMs: 50 })
      const error = await failureOf(sink.write([alarmEvent(1)], never))
      expect(error).toMatchObject({ failure: 'unreachable', message: expect.stringMatching(/no answer within 50 ms/) })
      await closed.promise
    } finally {
      await server.close()
    }
  })

  test('it cuts the connection after the body', async () => {
    receiver.answer = (_, response) => response.destroy()
    const error = await failureOf(sinkFor().write([alarmEvent(1)], never))
    expect(error).toMatchObject({ failure: 'unreachable', message: expect.stringMatching(/cut before an answer/) })
    expect(receiver.requests).toHaveLength(1)
  })

  test('it confirms and cuts the connection within the text behind', async () => {
    receiver.answer = (_, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('half', () => response.destroy())
    }
    await sinkFor().write([alarmEvent(1)], never)
  })

  test.each([
    [200, 'confirmed'],
    [500, 'unreachable'],
  ])('its text behind %d floods without end', async (code, meaning) => {
    const closed = Promise.withResolvers<void>()
    receiver.answer = (_, response) => {
      response.on('close', closed.resolve)
      response.writeHead(code)
      const flood = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      }
      response.on('drain', flood)
      flood()
    }
    const write = sinkFor({ timeoutMs: 20_000 }).write([alarmEvent(1)], never)
    if (meaning === 'confirmed') await write
    else expect((await failureOf(write)).message.length).toBeLessThan(400)
    await closed.promise
  })

  test('its text behind a confirmation trickles without end', async () => {
    const closed = Promise.withResolvers<void>()
    receiver.answer = (_, response) => {
      response.on('close', closed.resolve)
      response.writeHead(200)
      response.write('.')
    }
    await sinkFor({ timeoutMs: 20_000 }).write([alarmEvent(1)], never)
    await closed.promise
  })

  test('a stop ends the request with the reason of the stop', async () => {
    const stopping = new AbortController()
    receiver.answer = () => stopping.abort(new Error('stopping'))
    await expect(sinkFor().write([alarmEvent(1)], stopping.signal)).rejects.toThrow('stopping')
    await expect(sinkFor().write([alarmEvent(1)], stopping.signal)).rejects.toThrow('stopping')
    expect(receiver.requests).toHaveLength(1)
  })
})

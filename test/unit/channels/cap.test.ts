import { afterEach, beforeEach, expect, test } from 'vitest'
import { readXml } from '../../../gateway/channels/cap/xml-reader.ts'
import { createCapChannel } from '../../../gateway/channels/cap.ts'
import { CAP_OPTIONS } from '../../support/cap-options.ts'
import { text } from '../../support/cap-rules.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { type HttpReceiver, startReceiver, status } from '../../support/http-receiver.ts'
import { notification } from '../../support/notifications.ts'

let receiver: HttpReceiver
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.close())

const TOKEN = 'very-secret-token-0123'
const never = new AbortController().signal
const channel = (url: string | null = `${receiver.url}/cap?key=hidden`) =>
  createCapChannel({ id: 'bureau', message: CAP_OPTIONS, url, token: TOKEN, clock: new FakeClock() })

test('posts the message, and the status confirms it', async () => {
  await expect(channel().send(notification(1), never)).resolves.toEqual({ state: 'sent' })
  const [request] = receiver.requests
  expect(request?.headers).toMatchObject({
    ...{ 'content-type': 'application/cap+xml; charset=utf-8', 'idempotency-key': 'gateway-1-n1' },
    authorization: `Bearer ${TOKEN}`,
  })
  expect(text(readXml(request?.body ?? ''), 'identifier')).toBe('gateway-1-n1')
})

test.each([
  [503, 'busy', 2000],
  [401, 'refused', null],
  [422, 'unacceptable', null],
  [500, 'unreachable', null],
])('an answer of %d is %s, and says neither token nor key', async (code, failure, retryAfterMs) => {
  receiver.answer = status(code, { 'retry-after': code === 503 ? '2' : '' }, `no ${TOKEN}`)
  const error = await channel()
    .send(notification(1), never)
    .catch((reason: Error) => reason)
  expect(error).toMatchObject({ failure, retryAfterMs })
  expect(String(error)).not.toContain(TOKEN)
  expect(String(error)).not.toContain('hidden')
})

test('a receiver that is not there is unreachable', async () => {
  const { url } = receiver
  await receiver.close()
  await expect(channel(url).send(notification(1), never)).rejects.toMatchObject({ failure: 'unreachable' })
  receiver = await startReceiver()
})

test('without a URL it is for those who fetch', async () => {
  await expect(channel(null).send(notification(1), never)).resolves.toEqual({ state: 'sent', detail: 'in the feed' })
})

test('a notification without an event says nothing, and will never', async () => {
  await expect(channel().send(notification(1, { events: [] }), never)).rejects.toMatchObject({
    failure: 'unacceptable',
  })
})

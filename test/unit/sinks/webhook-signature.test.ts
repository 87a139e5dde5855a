import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { signWebhook, verifyWebhook } from '../../../gateway/sinks/webhook-signature.ts'

const secret = "it's a secret"
const body = '{"version":1,"name":"烟雾"}'
const timestamp = 1_788_250_000
const now = timestamp * 1000 + 400

function message(change: { body?: string; headers?: Record<string, string | undefined> } = {}) {
  return {
    body: change.body ?? body,
    headers: {
      'x-outpost-timestamp': String(timestamp),
      'x-outpost-signature': signWebhook(body, { secret, timestamp }),
      ...change.headers,
    },
  }
}

describe('the signature of a webhook', () => {
  test('is the HMAC-SHA256 of time, point and body', () => {
    const expected = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
    expect(signWebhook(body, { secret, timestamp })).toBe(`sha256=${expected}`)
  })

  test('has not changed since receivers were written (computed by openssl dgst -sha256 -hmac)', () => {
    expect(signWebhook('{"version":1}', { secret: 'outpost', timestamp: 1_700_000_000 })).toBe(
      'sha256=c9531dc75cab7d3f838a560f0eb4614a0161c0a15dfaf450859e0a946b019345',
    )
  })

  test('is the same for text and for its bytes', () => {
    expect(signWebhook(Buffer.from(body), { secret, timestamp })).toBe(signWebhook(body, { secret, timestamp }))
  })
})

describe('a receiver', () => {
  test('takes a message that is right', () => {
    expect(verifyWebhook(message(), { secret, now })).toEqual({ ok: true })
  })

  test.each([
    ['a changed body', message({ body: body.replace('1', '2') }), /does not match/],
    ['a changed time', message({ headers: { 'x-outpost-timestamp': String(timestamp + 1) } }), /does not match/],
    ['no time', message({ headers: { 'x-outpost-timestamp': undefined } }), /timestamp is missing/],
    ['a time in words', message({ headers: { 'x-outpost-timestamp': 'now' } }), /not in whole seconds/],
    ['no signature', message({ headers: { 'x-outpost-signature': undefined } }), /signature is missing/],
    ['half a signature', message({ headers: { 'x-outpost-signature': 'sha256=12' } }), /does not match/],
    [
      'a signature of another length in bytes',
      message({ headers: { 'x-outpost-signature': '烟'.repeat(71) } }),
      /does not match/,
    ],
  ])('refuses %s', (_, received, reason) => {
    expect(verifyWebhook(received, { secret, now })).toEqual({ ok: false, reason: expect.stringMatching(reason) })
  })

  test('refuses another secret', () => {
    expect(verifyWebhook(message(), { secret: 'other', now })).toMatchObject({ ok: false })
  })

  test('refuses a message that is too old or too far ahead, and says by how much', () => {
    const late = { secret, now: now + 301_000 }
    expect(verifyWebhook(message(), late)).toEqual({ ok: false, reason: expect.stringMatching(/301 s away/) })
    expect(verifyWebhook(message(), { secret, now: now - 301_000 })).toMatchObject({ ok: false })
    expect(verifyWebhook(message(), { ...late, maxAgeSeconds: 600 })).toEqual({ ok: true })
  })
})

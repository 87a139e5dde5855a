/** How a webhook proves where it comes from, for both ends. */
import { createHmac, timingSafeEqual } from 'node:crypto'

export const TIMESTAMP_HEADER = 'x-outpost-timestamp'
export const SIGNATURE_HEADER = 'x-outpost-signature'

/** `sha256=` and the hexadecimal HMAC-SHA256 of `timestamp + "." + body`; `timestamp` in whole seconds since 1970. */
export function signWebhook(body: string | Uint8Array, key: { secret: string; timestamp: number }): string {
  const digest = createHmac('sha256', key.secret).update(`${key.timestamp}.`).update(body).digest('hex')
  return `sha256=${digest}`
}

export interface WebhookCheck {
  readonly secret: string
  /** Now, in ms since 1970. */
  readonly now: number
  /** A message older or newer than this is refused, so that a recorded one cannot be played again later. Default 300 s. */
  readonly maxAgeSeconds?: number
}

/**
 * For receivers: checks the raw body (before any parsing) against its headers, whose names are lower-case as node gives
 * them. Takes the same time whether the signature is nearly right or quite wrong.
 */
export function verifyWebhook(
  message: {
    readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
    readonly body: string | Uint8Array
  },
  check: WebhookCheck,
): { readonly ok: true } | { readonly ok: false; readonly reason: string } {
  const timestamp = message.headers[TIMESTAMP_HEADER]
  const signature = message.headers[SIGNATURE_HEADER]
  if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp)) {
    return { ok: false, reason: `header ${TIMESTAMP_HEADER} is missing or not in whole seconds` }
  }
  if (typeof signature !== 'string') return { ok: false, reason: `header ${SIGNATURE_HEADER} is missing` }
  const expected = Buffer.from(signWebhook(message.body, { secret: check.secret, timestamp: Number(timestamp) }))
  const given = Buffer.from(signature)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return { ok: false, reason: 'the signature does not match the body, the time and the secret' }
  }
  const age = Math.abs(check.now / 1000 - Number(timestamp))
  const maxAge = check.maxAgeSeconds ?? 300
  if (age > maxAge)
    return { ok: false, reason: `the message is ${Math.round(age)} s away from now, more than ${maxAge} s` }
  return { ok: true }
}

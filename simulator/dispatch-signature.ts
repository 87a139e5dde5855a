/**
 * The receiver's half of a signed webhook, written from its documentation and not from the gateway's code: a receiver
 * somewhere else has nothing but that page either, and two mistakes that agree would pass every test.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** A message from further away than this could be a recorded one that is played again. */
const MAX_AGE_SECONDS = 300

/**
 * Null where the headers fit the raw body, else why not. `x-outpost-timestamp`: whole seconds since 1970;
 * `x-outpost-signature`: `sha256=` and the hexadecimal HMAC-SHA256 of timestamp, point and body.
 */
export function signatureProblem(
  { headers, body }: { readonly headers: IncomingHttpHeaders; readonly body: Uint8Array },
  { secret, now }: { readonly secret: string; readonly now: number },
): string | null {
  const timestamp = headers['x-outpost-timestamp']
  const signature = headers['x-outpost-signature']
  if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp))
    return 'x-outpost-timestamp is missing or no number'
  if (typeof signature !== 'string') return 'x-outpost-signature is missing'
  const expected = createHmac('sha256', secret).update(timestamp).update('.').update(body).digest()
  const given = Buffer.from(/^sha256=([0-9a-f]{64})$/.exec(signature)?.[1] ?? '', 'hex')
  // timingSafeEqual throws on different lengths; a malformed signature has none.
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    return 'the signature does not fit the body'
  const age = Math.abs(now / 1000 - Number(timestamp))
  return age <= MAX_AGE_SECONDS ? null : `the message is ${Math.round(age)} s away from the present`
}

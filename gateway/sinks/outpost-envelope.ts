/**
 * Batches, reports and their answers as MQTT messages. A broker in between may serve others too, so both ends prove that they know the
 * token, without sending it and without any clock: HMAC-SHA256 over the number of the request, what it is, and the body.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

export type EnvelopeKind = 'events' | 'report' | 'answer'

export interface Envelope {
  readonly version: 1
  /** Made by who asks; the answer bears the same. */
  readonly request: string
  readonly kind: EnvelopeKind
  /** JSON */
  readonly body: string
  readonly signature: string
}

/** What the gateway above says to a batch or a report. */
export type EnvelopeAnswer =
  | { readonly type: 'taken' | 'gap' | 'report'; readonly answer: unknown }
  | { readonly type: 'busy'; readonly waitMs: number; readonly message: string }
  | { readonly type: 'refused'; readonly message: string }

export function topicUp(child: string): string {
  return `outpost/children/${child}/up`
}

export function topicDown(child: string): string {
  return `outpost/children/${child}/down`
}

export function seal(
  { request, kind, body }: { readonly request: string; readonly kind: EnvelopeKind; readonly body: unknown },
  token: string,
): Buffer {
  const text = JSON.stringify(body)
  const envelope: Envelope = {
    version: 1,
    request,
    kind,
    body: text,
    signature: sign({ request, kind, body: text }, token),
  }
  return Buffer.from(JSON.stringify(envelope))
}

/** Null where it is none, or was not made by somebody who knows the token. */
export function unseal(
  payload: Uint8Array,
  token: string,
): { readonly request: string; readonly kind: EnvelopeKind; readonly body: unknown } | null {
  try {
    const { request, kind, body, signature } = JSON.parse(Buffer.from(payload).toString('utf8')) as Envelope
    if ([request, kind, body, signature].some((part) => typeof part !== 'string')) return null
    const [given, expected] = [Buffer.from(signature), Buffer.from(sign({ request, kind, body }, token))]
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null
    return { request, kind, body: JSON.parse(body) as unknown }
  } catch {
    return null
  }
}

function sign({ request, kind, body }: Pick<Envelope, 'request' | 'kind' | 'body'>, token: string): string {
  return createHmac('sha256', token)
    .update(JSON.stringify([request, kind]))
    .update(body)
    .digest('hex')
}

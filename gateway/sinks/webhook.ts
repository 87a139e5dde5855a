/**
 * Tells a receiver of each alarm event by one POST, and of heartbeats in the same way.
 *
 * The body is the AlarmEvent of `gateway/alarm-model.ts` as JSON with `version: 1` in front: seq, id, gateway, time, type,
 * previousState, by, comment, and in `alarm` the whole row after the change. Times are ms since 1970. A receiver confirms
 * with any 2xx. The same event may come more than once, with the same `idempotency-key`, and `seq` has no gap, so a receiver
 * can tell a repetition and notice a hole. `verifyWebhook` checks the signature. The body of a heartbeat is the `Heartbeat` of
 * `gateway/delivery-model.ts`.
 */

import type { AlarmEvent } from '../alarm-model.ts'
import type { Heartbeat, Sink } from '../delivery-model.ts'
import type { Clock } from '../model.ts'
import { checkUrl } from './http-answer.ts'
import { postHttp } from './http-post.ts'
import { SIGNATURE_HEADER, signWebhook, TIMESTAMP_HEADER } from './webhook-signature.ts'

export interface WebhookSinkOptions {
  readonly id: string
  readonly url: string
  /** Key of the signature, shared with the receiver. */
  readonly secret: string
  readonly clock: Pick<Clock, 'now'>
  /** For one request up to its status, in ms. Default 10 s. */
  readonly timeoutMs?: number
}

/** How one kind of item becomes a request. */
interface PostFormat<T> {
  /** The same for the same item, however often it is sent. */
  key(item: T): string
  body(item: T): string
}

export function createWebhookSink(options: WebhookSinkOptions): Sink<AlarmEvent> {
  return create(options, { key: ({ id }) => id, body: webhookBody })
}

export function createHeartbeatWebhook(options: WebhookSinkOptions): Sink<Heartbeat> {
  return create(options, {
    key: ({ gateway, time }) => `heartbeat-${gateway}-${time}`,
    body: (beat) => JSON.stringify(beat),
  })
}

export function webhookBody(event: AlarmEvent): string {
  return JSON.stringify({ version: 1, ...event })
}

function create<T>(options: WebhookSinkOptions, format: PostFormat<T>): Sink<T> {
  checkUrl(options.url, `sink ${options.id}`)
  if (options.secret === '') throw new Error(`sink ${options.id}: the secret is empty, so anyone could sign`)
  return new WebhookSink(options, format)
}

class WebhookSink<T> implements Sink<T> {
  readonly id: string
  /** One item per request: a confirmation then speaks of exactly one, and a poisonous one stands alone at once. */
  readonly maxBatch = 1
  readonly #options: WebhookSinkOptions
  readonly #format: PostFormat<T>

  constructor(options: WebhookSinkOptions, format: PostFormat<T>) {
    this.id = options.id
    this.#options = options
    this.#format = format
  }

  async write(batch: readonly T[], signal: AbortSignal): Promise<void> {
    for (const item of batch) await this.#post(item, signal)
  }

  #post(item: T, signal: AbortSignal): Promise<string> {
    const { url, secret, clock, timeoutMs } = this.#options
    const body = this.#format.body(item)
    const timestamp = Math.floor(clock.now().wall / 1000)
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': this.#format.key(item),
      [TIMESTAMP_HEADER]: String(timestamp),
      [SIGNATURE_HEADER]: signWebhook(body, { secret, timestamp }),
    }
    const post = { url, headers, body, secrets: [secret], clock, ...(timeoutMs !== undefined && { timeoutMs }) }
    return postHttp(post, signal)
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }
}

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
import { DeliveryError, type Heartbeat, type Sink } from '../delivery-model.ts'
import type { Clock } from '../model.ts'
import { withDeadline } from './deadline.ts'
import { checkUrl, excerpt, failureOfStatus, networkReason, originOf, parseRetryAfter } from './http-answer.ts'
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

/** The status decides; the text behind it is only for a message, and may be endless. */
const MOST_BODY_BYTES = 4096
const READ_BODY_WITHIN_MS = 1000

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

  async #post(item: T, signal: AbortSignal): Promise<void> {
    try {
      await withDeadline({ signal, ms: this.#options.timeoutMs ?? 10_000 }, async (limit) => {
        const response = await this.#request(item, limit)
        const text = await readStart(response)
        if (!response.ok) throw this.#failureOf(response, text)
      })
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof DeliveryError) throw error
      throw new DeliveryError('unreachable', `${originOf(this.#options.url)}: ${networkReason(error)}`, {
        cause: error,
      })
    }
  }

  #request(item: T, signal: AbortSignal): Promise<Response> {
    const { url, secret, clock } = this.#options
    const body = this.#format.body(item)
    const timestamp = Math.floor(clock.now().wall / 1000)
    return fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': this.#format.key(item),
        [TIMESTAMP_HEADER]: String(timestamp),
        [SIGNATURE_HEADER]: signWebhook(body, { secret, timestamp }),
      },
      body,
      // A redirect would carry a signed alarm to an address that nobody configured.
      redirect: 'manual',
      signal,
    })
  }

  #failureOf(response: Response, text: string): DeliveryError {
    const { url, secret, clock } = this.#options
    const failure = failureOfStatus(response.status)
    const said = excerpt(text, [secret])
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), clock.now().wall)
    return new DeliveryError(
      failure,
      `${originOf(url)} answered ${response.status}${said === '' ? '' : `: ${said}`}`,
      retryAfterMs === null ? {} : { retryAfterMs },
    )
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }
}

/** The begin of the body as text. Reading it to its end lets the connection be used again; an endless one is cut off. */
async function readStart(response: Response): Promise<string> {
  if (response.body === null) return ''
  const reader = response.body.getReader()
  const enough = setTimeout(() => void reader.cancel().catch(() => {}), READ_BODY_WITHIN_MS)
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      chunks.push(value)
      size += value.length
      if (size > MOST_BODY_BYTES) {
        await reader.cancel()
        break
      }
    }
  } catch {
    // The connection broke after the status, and the status has said it all.
  } finally {
    clearTimeout(enough)
  }
  return Buffer.concat(chunks).subarray(0, MOST_BODY_BYTES).toString('utf8')
}

/**
 * Tells a receiver of each notification by one signed POST.
 *
 * The body is the `Notification` of `gateway/dispatch-model.ts` as JSON with `version: 1` and `type: notification` in front. A receiver
 * confirms with any 2xx; the same notification may come again under the same `idempotency-key`. An answer whose JSON has a
 * `state` (delivered, seen, acknowledged) and `by` says more than that it was taken. `verifyWebhook` checks the signature.
 */
import type { Channel, Handover, Notification } from '../dispatch-model.ts'
import type { Clock } from '../model.ts'
import { checkUrl } from '../sinks/http-answer.ts'
import { postHttp } from '../sinks/http-post.ts'
import { SIGNATURE_HEADER, signWebhook, TIMESTAMP_HEADER } from '../sinks/webhook-signature.ts'

export interface WebhookChannelOptions {
  readonly id: string
  readonly url: string
  /** Key of the signature, shared with the receiver. */
  readonly secret: string
  readonly clock: Pick<Clock, 'now'>
  /** For one request up to its status, in ms. Default 10 s. */
  readonly timeoutMs?: number
}

/** Requests at a time: a receiver that is far away must not let thousands wait for their turn. */
const AT_ONCE = 4
const STATES = ['sent', 'delivered', 'seen', 'acknowledged'] as const

export function createWebhookChannel({ id, url, secret, clock, timeoutMs }: WebhookChannelOptions): Channel {
  checkUrl(url, `channel ${id}`)
  if (secret === '') throw new Error(`channel ${id}: the secret is empty, so anyone could sign`)
  return {
    id,
    atOnce: AT_ONCE,
    async send(notification: Notification, signal: AbortSignal): Promise<Handover> {
      const body = JSON.stringify({ version: 1, type: 'notification', ...notification })
      const timestamp = Math.floor(clock.now().wall / 1000)
      const headers = {
        'content-type': 'application/json',
        'idempotency-key': notification.id,
        [TIMESTAMP_HEADER]: String(timestamp),
        [SIGNATURE_HEADER]: signWebhook(body, { secret, timestamp }),
      }
      const post = { url, headers, body, secrets: [secret], clock, ...(timeoutMs !== undefined && { timeoutMs }) }
      return handoverOf(await postHttp(post, signal))
    },
  }
}

/** What the status says is true whatever the text behind it is. */
function handoverOf(text: string): Handover {
  try {
    const said: unknown = JSON.parse(text)
    if (typeof said !== 'object' || said === null) return { state: 'sent' }
    const { state, by } = said as { readonly state?: unknown; readonly by?: unknown }
    const known = STATES.find((word) => word === state) ?? 'sent'
    return { state: known, ...(typeof by === 'string' && by !== '' && { by: by.slice(0, 100) }) }
  } catch {
    return { state: 'sent' }
  }
}

/**
 * Tells a receiver of CAP 1.2 by one POST of the message. The receiver confirms with any 2xx, and acknowledges, when a person
 * has taken it on, with an Ack of its own to `POST /api/cap`. Without a URL nothing is sent: receivers fetch from `GET /api/cap`.
 */
import type { Channel, Handover, Notification } from '../dispatch-model.ts'
import type { Clock } from '../model.ts'
import { checkUrl } from '../sinks/http-answer.ts'
import { postHttp } from '../sinks/http-post.ts'
import { type CapOptions, capMessage } from './cap/cap-message.ts'
import { CAP_MEDIA_TYPE, capXml } from './cap/cap-xml.ts'

export interface CapChannelOptions {
  readonly id: string
  readonly message: CapOptions
  /** Null: only for those who fetch. */
  readonly url: string | null
  /** Sent as `authorization: Bearer`. */
  readonly token: string | null
  readonly clock: Pick<Clock, 'now'>
  readonly timeoutMs?: number
}

export function createCapChannel(options: CapChannelOptions): Channel {
  const { id, url, token, clock, timeoutMs, message } = options
  if (url !== null) checkUrl(url, `channel ${id}`)
  return {
    id,
    async send(notification: Notification, signal: AbortSignal): Promise<Handover> {
      const body = capXml(capMessage(notification, message))
      if (url === null) return { state: 'sent', detail: 'in the feed' }
      const headers = {
        'content-type': `${CAP_MEDIA_TYPE}; charset=utf-8`,
        'idempotency-key': notification.id,
        ...(token !== null && { authorization: `Bearer ${token}` }),
      }
      const limit = timeoutMs === undefined ? {} : { timeoutMs }
      await postHttp({ url, headers, body, secrets: [token ?? undefined], clock, ...limit }, signal)
      return { state: 'sent' }
    },
  }
}

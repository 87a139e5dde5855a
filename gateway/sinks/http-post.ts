/** One POST to a receiver that says by its status whether it has taken what was sent. */
import { DeliveryError } from '../delivery-model.ts'
import type { Clock } from '../model.ts'
import { withDeadline } from './deadline.ts'
import { excerpt, failureOfStatus, networkReason, originOf, parseRetryAfter } from './http-answer.ts'

export interface HttpPost {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Blotted out where the answer repeats them. */
  readonly secrets: readonly (string | undefined)[]
  readonly clock: Pick<Clock, 'now'>
  /** For the request up to its status, in ms. Default 10 s. */
  readonly timeoutMs?: number
}

/** The status decides; the text behind it is only for a message, and may be endless. */
const MOST_BODY_BYTES = 4096
const READ_BODY_WITHIN_MS = 1000

/** The begin of the text of a 2xx answer. Throws a `DeliveryError` otherwise, which never shows more of the URL than its origin. */
export async function postHttp(post: HttpPost, signal: AbortSignal): Promise<string> {
  try {
    return await withDeadline({ signal, ms: post.timeoutMs ?? 10_000 }, async (limit) => {
      const { url, headers, body } = post
      // A redirect would carry an alarm to an address that nobody configured.
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: limit })
      const text = await readStart(response)
      if (!response.ok) throw failureOf(post, response, text)
      return text
    })
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof DeliveryError) throw error
    throw new DeliveryError('unreachable', `${originOf(post.url)}: ${networkReason(error)}`, { cause: error })
  }
}

function failureOf({ url, secrets, clock }: HttpPost, response: Response, text: string): DeliveryError {
  const said = excerpt(text, secrets)
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), clock.now().wall)
  return new DeliveryError(
    failureOfStatus(response.status),
    `${originOf(url)} answered ${response.status}${said === '' ? '' : `: ${said}`}`,
    retryAfterMs === null ? {} : { retryAfterMs },
  )
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

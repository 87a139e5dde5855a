/** What the answer of an HTTP receiver, or its absence, means for a delivery. */
import type { DeliveryFailure } from '../delivery-model.ts'

/**
 * The meaning of every status that is not the expected confirmation. Statuses about the address, the account or the method
 * are `refused`: no item is at fault, so none may become a dead letter for them.
 */
export function failureOfStatus(status: number): DeliveryFailure {
  if (status === 429 || status === 503) return 'busy'
  // 409 under an idempotency key: the receiver is still at work on the same item and will know it the next time.
  if (status === 408 || status === 409 || status === 425 || status >= 500 || status < 300) return 'unreachable'
  if (status < 400 || [401, 402, 403, 404, 405, 407, 410, 421, 426, 451, 511].includes(status)) return 'refused'
  return 'unacceptable'
}

/** `Retry-After` (RFC 9110 10.2.3: seconds or an HTTP date) in ms from `wall`; null when absent or not understood. */
export function parseRetryAfter(header: string | null | undefined, wall: number): number | null {
  const text = header?.trim() ?? ''
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000
  // Date.parse takes much more than an HTTP date; a date has the name of its day.
  const date = /^[A-Z][a-z]+,? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? null : Math.max(0, date - wall)
}

/** One short line out of a receiver's answer, for a message; `secrets` that it may repeat are blotted out. */
export function excerpt(answer: string, secrets: readonly (string | undefined)[] = []): string {
  const open = secrets.reduce<string>((text, secret) => (secret ? text.replaceAll(secret, '***') : text), answer)
  const line = open.replace(/[\p{Cc}\s]+/gu, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}

const PLAIN: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was cut before an answer came',
  UND_ERR_SOCKET: 'the connection was cut before an answer came',
  EPIPE: 'the connection was cut before an answer came',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the name server does not answer',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'the host does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'the host does not answer',
}

/** Why no answer came, in words and with the system's code. fetch hides the reason in `cause`, sometimes more than once. */
export function networkReason(error: unknown): string {
  let reason = error
  for (let depth = 0; depth < 5 && reason instanceof Error; depth += 1) {
    const code = 'code' in reason && typeof reason.code === 'string' ? reason.code : undefined
    if (code !== undefined)
      return PLAIN[code] === undefined ? `${reason.message} (${code})` : `${PLAIN[code]} (${code})`
    if (reason.cause === undefined) return reason.message
    reason = reason.cause
  }
  return String(reason)
}

/** The part of a URL that may be shown: paths and queries of receivers often hold a key. */
export function originOf(url: string): string {
  return new URL(url).origin
}

/** Refuses a URL with an account in it: such a URL ends up in messages, and neither client would use the account. */
export function checkUrl(url: string, where: string): void {
  const { username, password, protocol } = new URL(url)
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new Error(`${where}: expected http:// or https://, got ${protocol}`)
  if (username !== '' || password !== '') {
    throw new Error(`${where}: the URL contains an account; give user name, password or token as keys of their own`)
  }
}

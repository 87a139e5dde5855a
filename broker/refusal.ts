/** Why a client was refused or cut off. */
export type RefusalReason =
  | 'accept-failed'
  | 'too-many-clients'
  | 'too-many-of-address'
  | 'tls'
  | 'websocket'
  | 'connect-timeout'
  | 'authentication'
  | 'too-many-failures'
  | 'rights'
  | 'rate'
  | 'client-id'
  | 'protocol-version'
  | 'keep-alive-timeout'
  | 'slow-subscriber'
  | 'oversized-packet'
  | 'malformed-packet'
  | 'topic'
  | 'ingest-failed'
  | 'connection-lost'

/** An error that says which limit or rule the client broke. `returnCode` is what a CONNACK tells it [MQTT-3.2.2-4]. */
export class Refusal extends Error {
  readonly reason: RefusalReason
  readonly returnCode: number | undefined
  constructor(reason: RefusalReason, message: string, options: { returnCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'Refusal'
    this.reason = reason
    this.returnCode = options.returnCode
  }
}

/** aedes and the socket name their errors by text and code only. */
export function reasonOf(error: Error & { code?: unknown; errorCode?: unknown }): RefusalReason {
  if (error instanceof Refusal) return error.reason
  if (error.errorCode === 1) return 'protocol-version'
  if (error.message === 'connect did not arrive in time') return 'connect-timeout'
  if (error.message === 'keep alive timeout') return 'keep-alive-timeout'
  if (error.message === 'drain timeout') return 'slow-subscriber'
  if (typeof error.code === 'string') return 'connection-lost'
  return 'malformed-packet'
}

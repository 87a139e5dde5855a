/** The words between the journals and their receivers. Times as in `model.ts`. */
import type { Reading } from './model.ts'

/** A numbered reading, as the journal gives it to deliveries. */
export interface JournaledReading extends Reading {
  readonly seq: number
  /** It waited for its receiver: judged when it was measured, and delivered late. */
  readonly backlog?: true
}

/**
 * Brings a batch to a receiver. Resolves only when the receiver has confirmed all of it.
 * Throws a `DeliveryError` otherwise; any other error counts as 'unreachable'.
 */
export interface Sink<T> {
  readonly id: string
  /** Most items one `write` takes. */
  readonly maxBatch: number
  write(batch: readonly T[], signal: AbortSignal): Promise<void>
  stop(): Promise<void>
}

export type DeliveryFailure =
  /** No answer, or an answer that promises nothing: try again with growing delays. */
  | 'unreachable'
  /** The receiver is alive and asks for time (429, 503). */
  | 'busy'
  /** A person must mend something (401, 403, 404): try slowly and raise an alarm. */
  | 'refused'
  /** These very items can never be accepted (400, 413, 422): isolate them as dead letters. */
  | 'unacceptable'

export class DeliveryError extends Error {
  readonly failure: DeliveryFailure
  /** From `Retry-After`, where the receiver sent one. */
  readonly retryAfterMs: number | null
  constructor(failure: DeliveryFailure, message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'DeliveryError'
    this.failure = failure
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

/** What tells dispatch that the gateway lives. Times in ms since 1970. */
export interface Heartbeat {
  readonly version: 1
  readonly type: 'heartbeat'
  readonly gateway: string
  readonly station: string
  readonly time: number
  readonly startedAt: number
  /** After about three of these without one, it is to be taken for dead. */
  readonly intervalMs: number
  /** `stopping`: it was told to end, and will say nothing more. */
  readonly health: 'ok' | 'degraded' | 'failing' | 'stopping'
  /** Number of its last alarm event: who has not got that far has lost some, or will get them soon. */
  readonly lastSeq: number
}

import { DeliveryError } from '../delivery-model.ts'
import type { Clock, Log } from '../model.ts'
import { type Backoff, DEFAULT_BACKOFF, delayAfter, type Failure } from './backoff.ts'

export interface RetryOptions {
  readonly id: string
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  readonly backoff?: Partial<Backoff>
  /** A number in [0, 1) for the jitter. */
  readonly random?: () => number
}

/** What keeps a delivery from going on. */
export interface Trouble {
  readonly failure: Failure
  readonly message: string
  /** When it became what it is (ms since 1970). */
  readonly since: number
  /** When the first of the failures in a row came (monotonic, ms). */
  readonly failingSince: number
  /** Failed attempts in a row, over all kinds of failure. */
  readonly failures: number
}

/** Repeats the steps of one delivery until they succeed, and speaks in the log only when a failure changes or ends. */
export class Retry {
  readonly #options: RetryOptions
  readonly #pace: { readonly backoff: Backoff; readonly random: () => number }
  #trouble: Trouble | null = null

  constructor(options: RetryOptions) {
    this.#options = options
    this.#pace = { backoff: { ...DEFAULT_BACKOFF, ...options.backoff }, random: options.random ?? Math.random }
  }

  /** Null from the first success on. */
  get trouble(): Trouble | null {
    return this.#trouble
  }

  /**
   * Resolves with the result of `step`, which is tried at least once; rejects only with the signal's reason.
   * `otherwise`: what an error means that is not a DeliveryError.
   */
  async until<R>(otherwise: Failure, step: () => Promise<R>): Promise<R> {
    const { clock, signal } = this.#options
    for (;;) {
      // No look at the signal first: what was confirmed while stopping is still noted in the journal.
      try {
        const result = await step()
        this.#recover()
        return result
      } catch (error) {
        signal.throwIfAborted()
        await clock.sleep(this.#fail(error, otherwise), signal)
      }
    }
  }

  /** Notes the failure and returns how long to wait, in ms. */
  #fail(error: unknown, otherwise: Failure): number {
    const failure = error instanceof DeliveryError ? error.failure : otherwise
    const retryAfterMs = error instanceof DeliveryError ? error.retryAfterMs : null
    const message = error instanceof Error ? error.message : String(error)
    const before = this.#trouble
    const failuresBefore = before?.failures ?? 0
    const changed = before?.failure !== failure
    const { wall, mono } = this.#options.clock.now()
    const since = changed ? wall : before.since
    this.#trouble = {
      ...{ failure, message, since, failingSince: before?.failingSince ?? mono },
      failures: failuresBefore + 1,
    }
    if (changed) this.#options.log.warn({ delivery: this.#options.id, failure, error: message }, 'delivery fails')
    return delayAfter({ failure, retryAfterMs, failuresBefore }, this.#pace)
  }

  #recover(): void {
    if (this.#trouble === null) return
    const { failure, since, failures } = this.#trouble
    this.#trouble = null
    this.#options.log.info({ delivery: this.#options.id, failure, since, failures }, 'delivery works again')
  }
}

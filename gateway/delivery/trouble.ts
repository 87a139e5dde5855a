/** What keeps a delivery from going on, and how long it waits; the log hears only when a failure changes or ends. */
import { DeliveryError } from '../delivery-model.ts'
import type { Clock, Log } from '../model.ts'
import { type Backoff, DEFAULT_BACKOFF, delayAfter, type Failure } from './backoff.ts'

export interface TroubleOptions {
  readonly id: string
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  readonly backoff?: Partial<Backoff>
  /** A number in [0, 1) for the jitter. */
  readonly random?: () => number
}

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

export class TroubleWatch {
  readonly #options: TroubleOptions
  readonly #pace: { readonly backoff: Backoff; readonly random: () => number }
  #trouble: Trouble | null = null

  constructor(options: TroubleOptions) {
    this.#options = options
    this.#pace = { backoff: { ...DEFAULT_BACKOFF, ...options.backoff }, random: options.random ?? Math.random }
  }

  /** Null from the first success on. */
  get trouble(): Trouble | null {
    return this.#trouble
  }

  /** Notes the failure and returns how long to wait, in ms. `otherwise`: what an error means that is not a DeliveryError. */
  fail(error: unknown, otherwise: Failure): number {
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

  recover(): void {
    if (this.#trouble === null) return
    const { failure, since, failures } = this.#trouble
    this.#trouble = null
    this.#options.log.info({ delivery: this.#options.id, failure, since, failures }, 'delivery works again')
  }
}

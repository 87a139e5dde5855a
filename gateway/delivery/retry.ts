import type { Clock } from '../model.ts'
import type { Failure } from './backoff.ts'
import { type Trouble, type TroubleOptions, TroubleWatch } from './trouble.ts'

export interface RetryOptions extends TroubleOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Repeats the steps of one delivery until they succeed. */
export class Retry {
  readonly #options: RetryOptions
  readonly #watch: TroubleWatch

  constructor(options: RetryOptions) {
    this.#options = options
    this.#watch = new TroubleWatch(options)
  }

  /** Null from the first success on. */
  get trouble(): Trouble | null {
    return this.#watch.trouble
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
        this.#watch.recover()
        return result
      } catch (error) {
        signal.throwIfAborted()
        await clock.sleep(this.#watch.fail(error, otherwise), signal)
      }
    }
  }
}

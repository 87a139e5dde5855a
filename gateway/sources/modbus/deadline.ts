import type { Clock } from '../../model.ts'

/**
 * A process that was held up for longer than this may have what it waits for in its sockets, and timers come before sockets:
 * it reads them first.
 */
const STALL_MS = 10

/**
 * One deadline that moves on with every request. A timer for each request would cost more than the request itself, so one
 * sleep is kept and looks, when it ends, whether the deadline has moved meanwhile.
 */
export class Deadline {
  readonly #clock: Clock
  readonly #expired: () => void
  /** On the monotonic clock; null while nothing is awaited. */
  #at: number | null = null
  #graceFor: number | null = null
  #sleep: { readonly until: number; readonly end: AbortController } | null = null

  constructor(clock: Clock, expired: () => void) {
    this.#clock = clock
    this.#expired = expired
  }

  set(at: number): void {
    this.#at = at
    if (this.#sleep !== null && this.#sleep.until <= at) return
    this.#sleep?.end.abort()
    this.#sleepUntil(at)
  }

  /** The deadline is met. */
  clear(): void {
    this.#at = null
  }

  /** Nothing will be awaited for a while: no sleep is left behind. */
  release(): void {
    this.#at = null
    this.#sleep?.end.abort()
    this.#sleep = null
  }

  #sleepUntil(until: number): void {
    const sleep = { until, end: new AbortController() }
    this.#sleep = sleep
    this.#clock.sleep(Math.max(0, until - this.#clock.now().mono), sleep.end.signal).then(
      () => this.#woke(),
      () => {},
    )
  }

  #woke(): void {
    this.#sleep = null
    if (this.#at === null) return
    const now = this.#clock.now().mono
    if (now < this.#at) {
      this.#sleepUntil(this.#at)
    } else if (now - this.#at > STALL_MS && this.#at !== this.#graceFor) {
      this.#graceFor = this.#at
      this.#sleepUntil(now)
    } else {
      this.#at = null
      this.#expired()
    }
  }
}

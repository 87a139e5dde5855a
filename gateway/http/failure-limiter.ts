import type { Clock } from '../model.ts'

/** Addresses that are remembered; beyond it the oldest is forgotten, so that many addresses cannot fill the memory. */
const MAX_ADDRESSES = 1000

/** Counts the failures of each address in a window of time that begins with the first. */
export class FailureLimiter {
  readonly #clock: Clock
  readonly #limit: number
  readonly #windowMs: number
  readonly #failures = new Map<string, { readonly since: number; count: number }>()

  constructor(options: { readonly clock: Clock; readonly limit: number; readonly windowMs: number }) {
    this.#clock = options.clock
    this.#limit = options.limit
    this.#windowMs = options.windowMs
  }

  /** How long the address must wait before it may try again; 0 when it may now. */
  waitMs(address: string): number {
    const entry = this.#current(address)
    if (entry === undefined || entry.count < this.#limit) return 0
    return entry.since + this.#windowMs - this.#clock.now().mono
  }

  count(address: string): void {
    const entry = this.#current(address)
    if (entry !== undefined) {
      entry.count++
      return
    }
    const oldest = this.#failures.keys().next()
    if (this.#failures.size >= MAX_ADDRESSES && !oldest.done) this.#failures.delete(oldest.value)
    this.#failures.set(address, { since: this.#clock.now().mono, count: 1 })
  }

  #current(address: string) {
    const entry = this.#failures.get(address)
    if (entry === undefined || this.#clock.now().mono - entry.since < this.#windowMs) return entry
    this.#failures.delete(address)
    return undefined
  }
}

const MAX_TIMEOUTS = 64

/** Tells a connection that only this end believes in: nothing comes any more, and nobody says why. */
export class HalfOpenWatch {
  readonly #afterTimeouts: number
  #limit: number
  #inRow = 0

  /** `afterTimeouts`: so many in a row are enough. */
  constructor(afterTimeouts: number) {
    this.#afterTimeouts = afterTimeouts
    this.#limit = afterTimeouts
  }

  connected(): void {
    this.#inRow = 0
  }

  replied(): void {
    this.#inRow = 0
    this.#limit = this.#afterTimeouts
  }

  /** Returns how many time-outs in a row speak for a half-open connection, or null while they are too few. */
  timedOut(): number | null {
    this.#inRow++
    if (this.#inRow < this.#limit) return null
    // Units that are simply dead must not cost a connection every few requests.
    this.#limit = Math.min(this.#limit * 2, MAX_TIMEOUTS)
    return this.#inRow
  }
}

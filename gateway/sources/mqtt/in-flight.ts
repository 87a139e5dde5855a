/** Counts commits under way, so that reading can stop at a limit and an end can wait for the last one. */
export class InFlight {
  readonly #limit: number
  #count = 0
  #whenBelowLimit: (() => void)[] = []
  #whenIdle: (() => void)[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  /** `settled` gets null, or the error of the commit. */
  track(commit: Promise<unknown>, settled: (error: unknown) => void): void {
    this.#count++
    const end = (error: unknown): void => {
      this.#count--
      settled(error)
      if (this.#count < this.#limit) for (const run of this.#whenBelowLimit.splice(0)) run()
      if (this.#count === 0) for (const run of this.#whenIdle.splice(0)) run()
    }
    commit.then(
      () => end(null),
      (error: unknown) => end(error ?? new Error('no reason given')),
    )
  }

  /** Runs `go` now, or as soon as fewer commits than the limit are under way. */
  belowLimit(go: () => void): void {
    if (this.#count < this.#limit) go()
    else this.#whenBelowLimit.push(go)
  }

  idle(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenIdle.push(resolve))
  }
}

/** How often something may fail in a minute, by name. */
const WINDOW_MS = 60_000
/** Beyond it the name with the oldest window is forgotten, so that many names cannot fill the memory. */
const MAX_NAMES = 10_000

/** Times are monotonic, in milliseconds. */
export class FailureBudget {
  readonly #perMinute: number
  /** In order of their first failure. */
  readonly #failures = new Map<string, { readonly since: number; count: number }>()

  constructor(perMinute: number) {
    this.#perMinute = perMinute
  }

  isSpent(name: string, now: number): boolean {
    return (this.#current(name, now)?.count ?? 0) >= this.#perMinute
  }

  count(name: string, now: number): void {
    const entry = this.#current(name, now)
    if (entry !== undefined) {
      entry.count++
      return
    }
    const oldest = this.#failures.keys().next()
    if (this.#failures.size >= MAX_NAMES && !oldest.done) this.#failures.delete(oldest.value)
    this.#failures.set(name, { since: now, count: 1 })
  }

  #current(name: string, now: number) {
    const entry = this.#failures.get(name)
    if (entry === undefined || now - entry.since < WINDOW_MS) return entry
    this.#failures.delete(name)
    return undefined
  }
}

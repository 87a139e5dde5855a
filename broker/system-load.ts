/** Rates per minute, averaged over one, five and fifteen minutes, as mosquitto and the load of a Unix machine are. */
export const LOAD_MINUTES = [1, 5, 15] as const
export type LoadMinutes = (typeof LOAD_MINUTES)[number]

const MINUTE_MS = 60_000

export class SystemLoad {
  #count = 0
  readonly #rates = new Map<LoadMinutes, number>(LOAD_MINUTES.map((minutes) => [minutes, 0]))

  /** `count` since the start, `ms` after the update before. */
  update(count: number, ms: number): void {
    const perMinute = ((count - this.#count) / ms) * MINUTE_MS
    this.#count = count
    for (const [minutes, rate] of this.#rates) {
      const weight = Math.exp(-ms / (minutes * MINUTE_MS))
      this.#rates.set(minutes, rate * weight + perMinute * (1 - weight))
    }
  }

  rate(minutes: LoadMinutes): number {
    return this.#rates.get(minutes) ?? 0
  }
}

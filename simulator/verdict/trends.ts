/** The course of values as a gateway told it, in bounded memory. */
import type { ToldReading } from './event-watch.ts'

interface Value {
  readonly time: number
  readonly value: number | null
}

/** Of one point; more than a picture is wide. */
const MOST_VALUES = 4000

export class Trends {
  readonly #values: ReadonlyMap<string, Value[]>
  readonly #every = new Map<string, { step: number; count: number }>()

  constructor(points: readonly string[]) {
    this.#values = new Map(points.map((point) => [point, []]))
  }

  /** Of other points, passed over. */
  add(readings: readonly ToldReading[]): void {
    for (const { point, time, value } of readings) {
      const values = this.#values.get(point)
      if (values === undefined) continue
      const pace = this.#every.get(point) ?? { step: 1, count: 0 }
      this.#every.set(point, pace)
      if (pace.count++ % pace.step === 0) values.push({ time, value })
      if (values.length < MOST_VALUES) continue
      // The story is longer than was thought: from now on every second one, of the past too.
      const kept = values.filter((_, i) => i % 2 === 0)
      values.splice(0, values.length, ...kept)
      pace.step *= 2
    }
  }

  /** With times in ms since `begin`. */
  since(begin: number): ReadonlyMap<string, readonly { readonly ms: number; readonly value: number | null }[]> {
    return new Map(
      [...this.#values].map(([point, values]) => [
        point,
        values.map(({ time, value }) => ({ ms: time - begin, value })),
      ]),
    )
  }
}

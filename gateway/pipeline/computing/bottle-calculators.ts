/** Extinguishers: pressure referred to 20 °C, loss per day, days to the limit. */
import { withoutNoise } from '../../../device-profiles/codec/conversion.ts'
import type { Calculator, Computed } from './calculator.ts'
import { pressureAt20 } from './gas-law.ts'
import { daysToLimit, lossPerDay } from './leak.ts'
import { SampleParts, whyTooLittle } from './sample-parts.ts'

const DAY_MS = 86_400_000
/** Six hours each of a window of two weeks. */
const PARTS = 56
const FEWEST_PARTS = 12
/** A bottle that has gained so much (kPa) from one reading to the next was filled or changed: what was before is not its past. */
const REFILL = 100
/** Of a kPa: no gauge is better, and what is not noise is shorter on disk. */
const HUNDREDTHS = 100

export class PressureAt20 implements Calculator {
  readonly #newest = [Number.NaN, Number.NaN]

  add(input: number, value: number): void {
    this.#newest[input] = value
  }

  value(): Computed {
    const [gauge, celsius] = this.#newest as [number, number]
    return Number.isNaN(gauge + celsius)
      ? { unknown: 'pressure and temperature are not both known' }
      : { value: Math.round(pressureAt20(gauge, celsius) * HUNDREDTHS) / HUNDREDTHS }
  }
}

interface LossOptions {
  readonly windowMs: number
  /** Null: the loss itself is asked for. */
  readonly until: { readonly limit: number | null; readonly horizonDays: number } | null
}

export class Loss implements Calculator {
  readonly #options: LossOptions
  readonly #samples: SampleParts
  #known: Computed | null = null
  #last = Number.NaN

  constructor(options: LossOptions) {
    this.#options = options
    this.#samples = new SampleParts({ windowMs: options.windowMs, parts: PARTS })
  }

  add(_input: number, value: number, mono: number): void {
    if (value - this.#last > REFILL) {
      this.#samples.clear()
      this.#known = null
    }
    this.#last = value
    // A line through days need not be drawn again with each reading.
    if (this.#samples.add(value, mono)) this.#known = null
  }

  value(): Computed {
    this.#known ??= this.#compute()
    return this.#known
  }

  #compute(): Computed {
    const { windowMs, until } = this.#options
    const why = whyTooLittle(this.#samples, { windowMs, fewest: FEWEST_PARTS })
    if (why !== null) return { unknown: why }
    const points = this.#samples.means({ unitMs: DAY_MS })
    if (until === null) return { value: withoutNoise(lossPerDay(points) ?? 0) }
    if (until.limit === null) return { unknown: 'the point has no low limit' }
    const forecast = daysToLimit(points, until.limit)
    const days = forecast?.type === 'days' ? forecast.days : until.horizonDays
    return { value: withoutNoise(Math.min(days, until.horizonDays)) }
  }
}

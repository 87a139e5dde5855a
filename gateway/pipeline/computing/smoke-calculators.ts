/** Analogue smoke detectors: clean-air baseline, the value without it, and how much of the compensation is used. */
import { withoutNoise } from '../../../device-profiles/codec/conversion.ts'
import { compensated, followed, LONGEST_STEP_HOURS } from './baseline.ts'
import type { Calculator, Computed } from './calculator.ts'

const HOUR_MS = 3_600_000
const UNKNOWN: Computed = { unknown: 'nothing was read yet' }

export class Baseline implements Calculator {
  readonly #perHour: number
  #baseline = 0
  #at: number | null = null

  constructor({ perHour }: { readonly perHour: number }) {
    this.#perHour = perHour
  }

  add(_input: number, value: number, mono: number): void {
    const hours = this.#at === null ? 0 : Math.min((mono - this.#at) / HOUR_MS, LONGEST_STEP_HOURS)
    this.#baseline = followed(this.#baseline, value, { perHour: this.#perHour, hours })
    this.#at = mono
  }

  value(): Computed {
    return this.#at === null ? UNKNOWN : { value: withoutNoise(this.#baseline) }
  }
}

/** Inputs: value, baseline. */
export class Compensated implements Calculator {
  readonly #limit: number
  readonly #newest = [Number.NaN, Number.NaN]

  constructor({ limit }: { readonly limit: number }) {
    this.#limit = limit
  }

  add(input: number, value: number): void {
    this.#newest[input] = value
  }

  value(): Computed {
    const [value, baseline] = this.#newest as [number, number]
    return Number.isNaN(value + baseline) ? UNKNOWN : { value: withoutNoise(compensated(value, baseline, this.#limit)) }
  }
}

export class CompensationUsed implements Calculator {
  readonly #limit: number
  #baseline = Number.NaN

  constructor({ limit }: { readonly limit: number }) {
    this.#limit = limit
  }

  add(_input: number, value: number): void {
    this.#baseline = value
  }

  /** Per cent; above 100 where no more is compensated. */
  value(): Computed {
    if (Number.isNaN(this.#baseline)) return UNKNOWN
    return { value: withoutNoise((Math.abs(this.#baseline) / this.#limit) * 100) }
  }
}

/** Slopes through short windows: how fast a level rises, how fast a slope moves, and when a level is reached. */
import { withoutNoise } from '../../../device-profiles/codec/conversion.ts'
import { TrendWindow } from '../trend-window.ts'
import type { Calculator, Computed } from './calculator.ts'
import { minutesToLevel } from './time-to-level.ts'

const TOO_LITTLE: Computed = { unknown: 'less than half of the window is known without a hole' }
const MINUTE_MS = 60_000

export class Rate implements Calculator {
  readonly #window: TrendWindow

  constructor({
    windowMs,
    per,
    perMs,
  }: {
    readonly windowMs: number
    readonly per: 'minute' | 'hour' | 'day'
    readonly perMs: number
  }) {
    this.#window = new TrendWindow({ type: 'rate', windowMs, per, perMs })
  }

  add(_input: number, value: number, mono: number): void {
    this.#window.add(value, mono)
  }

  value(mono: number): Computed {
    const rate = this.#window.at(mono)
    return rate === null ? TOO_LITTLE : { value: rate.value }
  }
}

interface TimeToLevelOptions {
  readonly windowMs: number
  readonly setpoints: readonly number[]
  readonly horizonMinutes: number
  readonly leastRise: number
}

export class TimeToLevel implements Calculator {
  readonly #options: TimeToLevelOptions
  readonly #window: TrendWindow
  #newest = Number.NaN

  constructor(options: TimeToLevelOptions) {
    this.#options = options
    this.#window = new TrendWindow({ type: 'rate', windowMs: options.windowMs, per: 'minute', perMs: MINUTE_MS })
  }

  add(_input: number, value: number, mono: number): void {
    this.#newest = value
    this.#window.add(value, mono)
  }

  value(mono: number): Computed {
    const { windowMs, setpoints, horizonMinutes, leastRise } = this.#options
    const rate = this.#window.at(mono)?.value
    if (rate === undefined) return TOO_LITTLE
    const isRise = rate * (windowMs / MINUTE_MS) >= leastRise
    const minutes = isRise ? minutesToLevel({ value: this.#newest, rate }, setpoints) : null
    return { value: withoutNoise(Math.min(minutes ?? horizonMinutes, horizonMinutes)) }
  }
}

import type { GatewayConfig } from '../config/config.ts'
import type { Clock, Instant } from '../model.ts'
import { type DetectionTime, DetectionTimes } from './detection-times.ts'

/** How old a measured detection time may be. */
const EVERY_MS = 1000

export interface DetectionMeterOptions {
  readonly clock: Clock
  /** How long a change of a point could go unseen lately, in ms. */
  readonly paceOf: (point: string, now: Instant) => number | null
}

/** Not with every question: there are as many as rules, and whoever asks for the health asks often. */
export class DetectionMeter {
  readonly #options: DetectionMeterOptions
  #watched: GatewayConfig
  #times: DetectionTimes
  #measured: { readonly mono: number; readonly times: readonly DetectionTime[] } | null = null

  constructor(first: GatewayConfig, options: DetectionMeterOptions) {
    this.#options = options
    this.#watched = first
    this.#times = new DetectionTimes(first)
  }

  watch(next: GatewayConfig): void {
    if (next === this.#watched) return
    this.#watched = next
    this.#times = new DetectionTimes(next)
    this.#measured = null
  }

  measure(): readonly DetectionTime[] {
    const now = this.#options.clock.now()
    if (this.#measured === null || now.mono - this.#measured.mono >= EVERY_MS) {
      const times = this.#times.measure((point) => this.#options.paceOf(point, now))
      this.#measured = { mono: now.mono, times }
    }
    return this.#measured.times
  }
}

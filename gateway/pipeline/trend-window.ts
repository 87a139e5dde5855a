/**
 * How a value changes, over a sliding window of the monotonic clock.
 *
 * The window is kept as a few dozen buckets of sums, so that its cost does not depend on how often a device speaks, and so
 * that irregular and missing readings are given the weight they have: the rate is the least-squares line through all
 * readings at the times they came, not a difference of two.
 *
 * Pure but for its own state. What is not known is null: too short a history, or a gap in it.
 */
import { withoutNoise } from '../../device-profiles/codec/conversion.ts'
import type { Trend } from '../../device-profiles/trend.ts'

/** What a trend says now. */
export interface TrendValue {
  readonly value: number
  /** False while the history is shorter than the window: enough to raise an alarm, not to clear one. */
  readonly whole: boolean
}

/** Sums over the readings of one stretch of time. Times in seconds from `start`, values from the window's origin. */
interface Bucket {
  /** Monotonic, ms. */
  readonly start: number
  n: number
  t: number
  tt: number
  v: number
  tv: number
  first: number
  last: number
  lastAt: number
  /** What came on top in it: rising steps of a counter, or increments. */
  gained: number
}

const BUCKETS = 32
/** The history reaches back over the window as nearly as its buckets can tell. */
const WHOLE = 0.9
/** A line through less of the window than this is a guess. */
const ENOUGH = 0.5
/** A hole this long in the window: nobody knows what happened in it. */
const LONGEST_GAP = 1 / 3
const FEWEST_READINGS = 3
const MINUTE_MS = 60_000

export class TrendWindow {
  readonly #trend: Trend
  readonly #windowMs: number
  #buckets: Bucket[] = []
  #origin = 0
  #newest = { value: 0, at: Number.NEGATIVE_INFINITY }
  /** For 'unchanged': the value from which it has not moved, and since when. */
  #anchor: { readonly value: number; readonly at: number } | null = null
  /** Since when all that happened is known. */
  #knownSince = Number.POSITIVE_INFINITY

  constructor(trend: Trend) {
    this.#trend = trend
    this.#windowMs = trend.type === 'unchanged' ? 0 : trend.windowMs
  }

  /** A good value. Times never go back. */
  add(value: number, mono: number): void {
    if (this.#trend.type === 'unchanged') {
      this.#anchor = this.#follow(this.#trend.tolerance, { value, at: mono })
      return
    }
    if (this.#buckets.length === 0 || this.#isBroken(mono)) this.#begin(value, mono)
    const gained = this.#gain(value)
    this.#put({ value: value - this.#origin, gained, mono })
    this.#newest = { value, at: mono }
    this.#forget(mono)
  }

  /** Null: not known. */
  at(mono: number): TrendValue | null {
    if (this.#trend.type === 'unchanged') {
      return this.#anchor === null ? null : { value: (mono - this.#anchor.at) / MINUTE_MS, whole: true }
    }
    this.#forget(mono)
    if (this.#buckets.length === 0 || this.#isBroken(mono)) return null
    const known = Math.min(mono - this.#knownSince, this.#windowMs)
    const whole = known >= WHOLE * this.#windowMs
    switch (this.#trend.type) {
      case 'rate':
        return known < ENOUGH * this.#windowMs ? null : this.#rate(this.#trend.perMs, whole)
      case 'change':
        return { value: withoutNoise(this.#last() - (this.#buckets[0]?.first ?? 0)), whole }
      case 'amount':
        return { value: withoutNoise(this.#sum(({ gained }) => gained)), whole }
      case 'deviation':
        return known < ENOUGH * this.#windowMs ? null : this.#deviation(whole)
    }
  }

  /** What happened before is not known any more. */
  clear(): void {
    this.#buckets = []
    this.#anchor = null
    this.#newest = { value: 0, at: Number.NEGATIVE_INFINITY }
  }

  /** A counter says at the end of a hole what came on top in it. */
  #isBroken(mono: number): boolean {
    const isGap = mono - this.#newest.at > this.#windowMs * LONGEST_GAP
    return isGap && !(this.#trend.type === 'amount' && this.#trend.of === 'counter')
  }

  #follow(tolerance: number, now: { readonly value: number; readonly at: number }): { value: number; at: number } {
    const anchor = this.#anchor
    return anchor !== null && withoutNoise(Math.abs(now.value - anchor.value)) <= tolerance ? anchor : now
  }

  #begin(value: number, mono: number): void {
    this.#buckets = []
    this.#origin = value
    this.#knownSince = mono
    this.#newest = { value, at: Number.NEGATIVE_INFINITY }
  }

  #gain(value: number): number {
    if (this.#trend.type !== 'amount') return 0
    if (this.#trend.of === 'increments') return Math.max(0, value)
    if (this.#newest.at === Number.NEGATIVE_INFINITY) return 0
    // A counter that goes back has begun again at 0.
    return value >= this.#newest.value ? value - this.#newest.value : Math.max(0, value)
  }

  #put({ value, gained, mono }: { readonly value: number; readonly gained: number; readonly mono: number }): void {
    const width = this.#windowMs / BUCKETS
    let bucket = this.#buckets.at(-1)
    if (bucket === undefined || mono - bucket.start >= width) {
      bucket = { start: mono, n: 0, t: 0, tt: 0, v: 0, tv: 0, first: value, last: value, lastAt: mono, gained: 0 }
      this.#buckets.push(bucket)
    }
    const t = (mono - bucket.start) / 1000
    bucket.n++
    bucket.t += t
    bucket.tt += t * t
    bucket.v += value
    bucket.tv += t * value
    bucket.last = value
    bucket.lastAt = mono
    bucket.gained += gained
  }

  #forget(mono: number): void {
    while ((this.#buckets[0]?.lastAt ?? mono) < mono - this.#windowMs) this.#buckets.shift()
  }

  #last(): number {
    return this.#buckets.at(-1)?.last ?? 0
  }

  #sum(of: (bucket: Bucket) => number): number {
    return this.#buckets.reduce((total, bucket) => total + of(bucket), 0)
  }

  #rate(perMs: number, whole: boolean): TrendValue | null {
    const n = this.#sum((bucket) => bucket.n)
    if (n < FEWEST_READINGS) return null
    // Seconds from the middle of all readings: sums of squares stay small.
    const zero = this.#buckets[0]?.start ?? 0
    const shift = (bucket: Bucket): number => (bucket.start - zero) / 1000
    const meanT = this.#sum((bucket) => bucket.t + bucket.n * shift(bucket)) / n
    const meanV = this.#sum(({ v }) => v) / n
    let square = 0
    let product = 0
    for (const bucket of this.#buckets) {
      const offset = shift(bucket) - meanT
      square += bucket.tt + 2 * offset * bucket.t + bucket.n * offset * offset
      product += bucket.tv + offset * bucket.v - meanV * (bucket.t + bucket.n * offset)
    }
    if (square <= 0) return null
    return { value: withoutNoise((product / square) * (perMs / 1000)), whole }
  }

  #deviation(whole: boolean): TrendValue | null {
    const before = this.#buckets.slice(0, -1)
    const n = before.reduce((total, bucket) => total + bucket.n, 0)
    if (n < FEWEST_READINGS) return null
    const mean = before.reduce((total, bucket) => total + bucket.v, 0) / n
    return { value: withoutNoise(this.#last() - mean), whole }
  }
}

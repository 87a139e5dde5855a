/**
 * How a unit stands with its line. One that answers nothing, or too little of what it is asked, takes the line from its
 * neighbours: it is then asked in a hurry and less often, so that what it costs them stays a small share of the line's time.
 */
import type { Clock } from '../../model.ts'
import { Backoff } from './backoff.ts'
import type { RequestOptions } from './request-queue.ts'

export interface StandingOptions {
  readonly pollIntervalMs: number
  readonly timeoutMs: number
  /** A time-out and the silence after it. */
  readonly unansweredMs: number
  /** The slowest reply on the line lately; null before the first. */
  readonly slowestReplyMs: () => number | null
  /** No other unit is on the line. */
  readonly isAlone: () => boolean
  readonly clock: Clock
}

export const FIRST_PROBE_DELAY_MS = 1_000
const DEMOTE_AFTER_FAILURES = 3
const MAX_PROBE_DELAY_MS = 30_000
/** Who is alone takes the line from nobody: only its log and its network are spared. */
const MAX_LONE_PROBE_DELAY_MS = 5_000
/** What a unit may cost its line for nothing: a share of the time, of which the first so many failures may come at once. */
const SHARE = 0.04
const FREE_FAILURES = DEMOTE_AFTER_FAILURES + 1
const MAX_PENANCE_MS = 120_000
/** In a hurry: so many times what the slowest on the line takes. */
const HURRY_FACTOR = 4
const MIN_HURRY_MS = 100
/** How much of the unit's slowest reply each other one takes back. */
const SLOWEST_DECAY = 0.99
/** A unit that is slower than all others is found by a probe that waits as long as ever. */
const PATIENT_PROBE_EVERY = 4

export class Standing {
  readonly #options: StandingOptions
  readonly #backoff: Backoff
  #isDemoted = false
  #failuresInRow = 0
  #probes = 0
  #slowestMs = 0
  #debt: { readonly ms: number; readonly at: number } = { ms: 0, at: 0 }
  /** The present cycle: whether it hurries, and what it has cost so far. */
  #cycle = { isHurried: false, costMs: 0 }

  constructor(options: StandingOptions) {
    this.#options = options
    this.#backoff = new Backoff({
      firstMs: Math.max(options.pollIntervalMs, FIRST_PROBE_DELAY_MS),
      maxMs: Math.max(options.pollIntervalMs, MAX_PROBE_DELAY_MS),
    })
  }

  get isDemoted(): boolean {
    return this.#isDemoted
  }

  /** It waits longer than its interval for what it has cost. */
  get isHeldBack(): boolean {
    return this.#isDemoted || this.#penanceMs > 0
  }

  get failuresInRow(): number {
    return this.#failuresInRow
  }

  /** A cycle begins. Gives how long to wait for its replies, and how long the line is silent where none comes. */
  begins(): Pick<RequestOptions, 'timeoutMs' | 'quietMs'> {
    const { timeoutMs, slowestReplyMs, isAlone } = this.#options
    const slowestMs = slowestReplyMs()
    const isHurried = !isAlone() && (this.#isDemoted || this.#isOverdrawn)
    this.#cycle = { isHurried, costMs: 0 }
    if (slowestMs === null || isAlone() || (!isHurried && this.#failuresInRow === 0)) return {}
    const ms = Math.min(timeoutMs, Math.max(MIN_HURRY_MS, HURRY_FACTOR * Math.max(slowestMs, this.#slowestMs)))
    const isPatient = this.#isDemoted && this.#probes % PATIENT_PROBE_EVERY === PATIENT_PROBE_EVERY - 1
    // One whole silence has shown whether the unit is late; one that is silent needs no second.
    return isPatient || !isHurried ? { quietMs: ms } : { timeoutMs: ms, quietMs: ms }
  }

  /** True if it was demoted up to now. */
  answered(tookMs: number): boolean {
    const was = this.#isDemoted
    this.#isDemoted = false
    this.#failuresInRow = 0
    this.#probes = 0
    this.#slowestMs = Math.max(tookMs, this.#slowestMs * SLOWEST_DECAY)
    this.#backoff.reset()
    return was
  }

  /** One request has kept the line from others for so long, for nothing. */
  costs(ms: number): void {
    this.#cycle.costMs += ms
    this.#debt = { ms: this.#debtMs + ms, at: this.#now() }
  }

  /** A whole cycle gave nothing. True if the unit is demoted from now on. */
  failed({ atOnce }: { readonly atOnce: boolean }): boolean {
    this.#failuresInRow++
    if (this.#isDemoted) {
      this.#probes++
      return false
    }
    this.#isDemoted = atOnce || this.#failuresInRow >= DEMOTE_AFTER_FAILURES
    return this.#isDemoted
  }

  /** How long the unit waits at least for its next cycle; 0: only for its interval. */
  waitMs(): number {
    const { isAlone, pollIntervalMs } = this.#options
    if (isAlone()) {
      const longestMs = Math.max(pollIntervalMs, MAX_LONE_PROBE_DELAY_MS)
      return this.#isDemoted ? Math.min(this.#backoff.next(), longestMs) : 0
    }
    // A little at random, so that several sick units do not come in step.
    const penanceMs = this.#penanceMs * (1 + Math.random() / 4)
    return this.#isDemoted ? Math.max(this.#backoff.next(), penanceMs) : penanceMs
  }

  /** Only for what is lost in spite of the hurry, and beyond what is free: a unit that answers again has its pace at once. */
  get #penanceMs(): number {
    if (this.#options.isAlone() || !this.#cycle.isHurried || !this.#isOverdrawn) return 0
    return Math.min(this.#cycle.costMs / SHARE, MAX_PENANCE_MS)
  }

  get #isOverdrawn(): boolean {
    return this.#debtMs > FREE_FAILURES * this.#options.unansweredMs
  }

  get #debtMs(): number {
    return Math.max(0, this.#debt.ms - SHARE * (this.#now() - this.#debt.at))
  }

  #now(): number {
    return this.#options.clock.now().mono
  }
}

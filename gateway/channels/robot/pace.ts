/**
 * How often a robot may speak. Both robots are silenced beyond 20 messages a minute (DingTalk for ten minutes), and several that
 * are told in one message count as one. So there are two allowances: what must not wait has five at once and one more every
 * 8 s, everything else two at once and one more every 12 s. Together these are never more than 20 in any minute. Pure.
 */

export interface Allowance {
  readonly atOnce: number
  readonly everyMs: number
}

export const EXPRESS: Allowance = { atOnce: 5, everyMs: 8000 }
export const ORDINARY: Allowance = { atOnce: 2, everyMs: 12_000 }

/** Times in ms of a clock that never steps. */
export class Pace {
  readonly #allowance: Allowance
  /** When all of the allowance is free again. */
  #freeAt = Number.NEGATIVE_INFINITY

  constructor(allowance: Allowance) {
    this.#allowance = allowance
  }

  /** How long the next message must wait; 0: not at all. */
  waitMs(now: number): number {
    const { atOnce, everyMs } = this.#allowance
    return Math.max(0, this.#freeAt - (atOnce - 1) * everyMs - now)
  }

  take(now: number): void {
    this.#freeAt = Math.max(now, this.#freeAt) + this.#allowance.everyMs
  }
}

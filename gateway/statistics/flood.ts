/**
 * Alarm floods: more alarms in ten minutes than one person can deal with. One begins with the tenth alarm in 10 minutes
 * (EEMUA 191: "10 in 10 minutes" after an upset) and ends when the last 10 minutes had fewer than 5 (ISA-18.2).
 */
export const FLOOD_WINDOW_MS = 600_000
export const FLOOD_BEGINS_AT = 10
export const FLOOD_ENDS_BELOW = 5

export interface Flood {
  /** Of the first of the ten. */
  readonly from: number
  /** Null while it lasts. */
  readonly to: number | null
  readonly alarms: number
}

/**
 * Follows the alarms of one station. Times in ms since 1970; one that is a little older than the last counts as of then. By
 * more than a window only a clock goes back that somebody has set: what was noted goes back with it.
 */
export class FloodWatch {
  /** Of the alarms within the window, oldest first. */
  #times: number[] = []
  #flood: { from: number; alarms: number } | null = null
  #now = 0

  /** Gives the flood that ended before it, if one did. */
  add(time: number): Flood | null {
    const ended = this.pass(time)
    this.#times.push(this.#now)
    if (this.#flood !== null) this.#flood.alarms++
    else if (this.#times.length >= FLOOD_BEGINS_AT) {
      this.#flood = { from: this.#times[0] ?? time, alarms: this.#times.length }
    }
    return ended
  }

  /** Lets time pass; gives the flood that ended meanwhile, if one did. */
  pass(now: number): Flood | null {
    if (now < this.#now - FLOOD_WINDOW_MS) this.#setBack(this.#now - now)
    this.#now = Math.max(this.#now, now)
    let ended: Flood | null = null
    const gone = this.#times.findIndex((time) => time > this.#now - FLOOD_WINDOW_MS)
    const left = gone < 0 ? this.#times.length : gone
    if (this.#flood !== null && this.#times.length - left < FLOOD_ENDS_BELOW) {
      // It was over when so many had gone that too few were left, not when somebody looked.
      const last = this.#times[this.#times.length - FLOOD_ENDS_BELOW] ?? this.#now
      ended = { ...this.#flood, to: Math.min(this.#now, last + FLOOD_WINDOW_MS) }
      this.#flood = null
    }
    if (left > 0) this.#times = this.#times.slice(left)
    return ended
  }

  #setBack(ms: number): void {
    this.#now -= ms
    this.#times = this.#times.map((time) => time - ms)
    if (this.#flood !== null) this.#flood.from -= ms
  }

  get flood(): Flood | null {
    return this.#flood === null ? null : { ...this.#flood, to: null }
  }
}

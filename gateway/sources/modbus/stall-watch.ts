import type { Clock } from '../../model.ts'

/** Often enough that what goes unnoticed is far shorter than any silence. */
const LOOK_MS = 25

/** A time in which the process stood still, of the monotonic clock. */
export interface Stall {
  readonly from: number
  readonly ms: number
}

export interface Listener {
  /** Something is listened for. */
  isWaiting(now: number): boolean
  stalled(stall: Stall): void
}

/**
 * Notices that the process stood still (a busy or suspended machine) while it should have listened: timers come before
 * sockets then, and would say that nothing was heard, although nobody has read what came. Runs only while it is needed.
 */
export class StallWatch {
  readonly #clock: Clock
  readonly #listener: Listener | null
  #lookedAt = 0
  #stop: (() => void) | null = null

  constructor(clock: Clock, listener: Listener | null) {
    this.#clock = clock
    this.#listener = listener
  }

  /** To be called whenever there may be something to listen for. */
  begin(): void {
    const now = this.#clock.now().mono
    if (this.#stop !== null || this.#listener?.isWaiting(now) !== true) return
    this.#lookedAt = now
    this.#stop = this.#clock.every(LOOK_MS, () => {
      if (this.#listener?.isWaiting(this.look()) !== true) this.end()
    })
  }

  /** To be called before anything is concluded from the time that has passed; gives the time. */
  look(): number {
    const now = this.#clock.now().mono
    if (this.#stop === null) return now
    const from = this.#lookedAt + LOOK_MS
    this.#lookedAt = now
    // A timer is late by a moment now and then.
    if (now - from > LOOK_MS) this.#listener?.stalled({ from, ms: now - from })
    return now
  }

  end(): void {
    this.#stop?.()
    this.#stop = null
  }
}

import type { Clock, Instant } from '../../gateway/model.ts'

interface Timer {
  at: number
  run(): void
}

/** A clock that stands still until the test moves it. Sockets and files beside it stay real. */
export class FakeClock implements Clock {
  /** Wall time at mono 0. Both clocks come from one number, so that thousands of small steps do not drift apart. */
  #offset: number
  #mono = 0
  readonly #timers = new Set<Timer>()
  readonly #sleeps: number[] = []
  readonly #watchers: ((ms: number) => void)[] = []

  /** `wall`: ms since 1970 at the begin. */
  constructor(wall = Date.UTC(2026, 8, 1, 8)) {
    this.#offset = wall
  }

  now(): Instant {
    return { wall: this.#offset + this.#mono, mono: this.#mono }
  }

  every(ms: number, run: () => void): () => void {
    const timer: Timer = {
      at: this.#mono + ms,
      run: () => {
        timer.at = Math.max(timer.at, this.#mono) + ms
        run()
      },
    }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const timer: Timer = {
        at: this.#mono + ms,
        run: () => {
          this.#timers.delete(timer)
          signal?.removeEventListener('abort', abort)
          resolve()
        },
      }
      const abort = () => {
        this.#timers.delete(timer)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#timers.add(timer)
      const watcher = this.#watchers.shift()
      if (watcher === undefined) this.#sleeps.push(ms)
      else watcher(ms)
    })
  }

  pause(ms: number, signal?: AbortSignal): Promise<void> {
    return this.sleep(ms, signal)
  }

  /** Resolves with the length of the next sleep that anyone begins; each sleep is told once, in order. */
  nextSleep(): Promise<number> {
    const begun = this.#sleeps.shift()
    if (begun !== undefined) return Promise.resolve(begun)
    return new Promise((resolve) => {
      this.#watchers.push(resolve)
    })
  }

  /** How many sleeps and intervals are pending. */
  get pending(): number {
    return this.#timers.size
  }

  /** Moves both clocks on, running what falls due in its order and letting each consequence settle before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#mono + ms
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      // What fell due while nothing ran is late.
      this.#mono = Math.max(this.#mono, due.at)
      due.run()
      await settled()
    }
    this.#mono = Math.max(this.#mono, end)
    await settled()
  }

  /** Time passes and nothing runs, as in a process that is held up. */
  jump(ms: number): void {
    this.#mono += ms
  }

  /** Moves the wall clock alone, as NTP or a person does. */
  stepWall(ms: number): void {
    this.#offset += ms
  }
}

/** Promise chains that need no I/O have run when the event loop comes round. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

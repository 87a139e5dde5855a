/** How much of the story has been told. It can be paused; it runs at its speed in real time otherwise. */
import { machineClock, type SimulationClock } from './simulation-clock.ts'

export class StoryClock {
  readonly #speed: number
  readonly #time: Pick<SimulationClock, 'now'>
  /** When the story would have begun, had it never paused; null before it begins. */
  #origin: number | null = null
  /** What was told when it was paused. */
  #pausedAt: number | null = null

  /** Seconds of the story in each second; at 0 it stands at its first moment. */
  constructor(speed: number, time: Pick<SimulationClock, 'now'> = machineClock) {
    this.#speed = speed
    this.#time = time
  }

  get hasBegun(): boolean {
    return this.#origin !== null
  }

  get isPaused(): boolean {
    return this.#pausedAt !== null
  }

  begin(): void {
    this.#origin ??= this.#time.now()
  }

  /** Before the first moment again. */
  reset(): void {
    this.#origin = null
    this.#pausedAt = null
  }

  pause(): void {
    if (this.hasBegun) this.#pausedAt ??= this.seconds()
  }

  resume(): void {
    if (this.#pausedAt === null) return
    const told = this.#speed > 0 ? (this.#pausedAt / this.#speed) * 1000 : 0
    this.#origin = this.#time.now() - told
    this.#pausedAt = null
  }

  /** Of the story; 0 before it begins. */
  seconds(): number {
    if (this.#pausedAt !== null) return this.#pausedAt
    return this.#origin === null ? 0 : ((this.#time.now() - this.#origin) / 1000) * this.#speed
  }
}

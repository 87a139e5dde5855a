/** One at a time for each device: what is under way must be judged before the next thing changes what is judged. */
import type { Clock } from '../model.ts'

interface Waiting {
  readonly go: () => void
}

export interface TurnOptions {
  readonly clock: Clock
  /** So many may wait for one device. */
  readonly maxWaiting: number
  /** And so long. */
  readonly waitMs: number
}

export class Turns {
  readonly #options: TurnOptions
  /** By device that is busy: who waits for it. */
  readonly #waiting = new Map<string, Waiting[]>()

  constructor(options: TurnOptions) {
    this.#options = options
  }

  /** Resolves with the way to give the turn back, or with null where it is not to be had in time. */
  async take(device: string): Promise<(() => void) | null> {
    const waiting = this.#waiting.get(device)
    if (waiting === undefined) return this.#begin(device)
    if (waiting.length >= this.#options.maxWaiting) return null
    const turn = Promise.withResolvers<boolean>()
    const me = { go: () => turn.resolve(true) }
    waiting.push(me)
    const timer = new AbortController()
    void this.#options.clock.sleep(this.#options.waitMs, timer.signal).then(
      () => {
        const place = waiting.indexOf(me)
        if (place >= 0) waiting.splice(place, 1)
        turn.resolve(false)
      },
      () => {},
    )
    const isMine = await turn.promise
    timer.abort()
    return isMine ? this.#release(device) : null
  }

  /** As `take`, for what must happen sooner or later. */
  async takeSoon(device: string): Promise<() => void> {
    const waiting = this.#waiting.get(device)
    if (waiting === undefined) return this.#begin(device)
    await new Promise<void>((go) => waiting.push({ go }))
    return this.#release(device)
  }

  #begin(device: string): () => void {
    this.#waiting.set(device, [])
    return this.#release(device)
  }

  #release(device: string): () => void {
    let isMine = true
    return () => {
      if (!isMine) return
      isMine = false
      const next = this.#waiting.get(device)?.shift()
      if (next === undefined) this.#waiting.delete(device)
      else next.go()
    }
  }
}

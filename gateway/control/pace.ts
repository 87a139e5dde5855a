/** How often one device, and all of them together, may be told something: a program that runs wild must not wear out a relay. */
export interface PaceOptions {
  readonly perDevice: number
  readonly together: number
  readonly windowMs: number
}

export class Pace {
  readonly #options: PaceOptions
  /** By device: when it was told something, oldest first. */
  readonly #times = new Map<string, number[]>()

  constructor(options: PaceOptions) {
    this.#options = options
  }

  /** 0, and it is counted; else how long to wait, in ms. `now` is monotonic. */
  take(device: string, now: number): number {
    const { perDevice, together, windowMs } = this.#options
    for (const [id, times] of this.#times) {
      const recent = times.filter((time) => now - time < windowMs)
      if (recent.length > 0) this.#times.set(id, recent)
      else this.#times.delete(id)
    }
    const own = this.#times.get(device) ?? []
    const all = [...this.#times.values()].flat().sort((a, b) => a - b)
    const oldest = own.length >= perDevice ? own[0] : all.length >= together ? all[0] : undefined
    if (oldest !== undefined) return oldest + windowMs - now
    this.#times.set(device, [...own, now])
    return 0
  }
}

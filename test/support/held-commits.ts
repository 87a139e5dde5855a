/** Commits that a test settles by hand. */
export class HeldCommits {
  readonly #held: { resolve: () => void; reject: (error: Error) => void }[] = []
  readonly #watchers: { count: number; reached: () => void }[] = []

  readonly hold = (): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#held.push({ resolve, reject })
    for (const watcher of this.#watchers) if (this.#held.length >= watcher.count) watcher.reached()
    return promise
  }

  get count(): number {
    return this.#held.length
  }

  /** Resolves when so many commits wait. */
  waiting(count: number): Promise<void> {
    if (this.#held.length >= count) return Promise.resolve()
    return new Promise((reached) => this.#watchers.push({ count, reached }))
  }

  /** Settles all, the newest first if asked: the order of commits must not decide the order of acknowledgements. */
  release(options: { newestFirst?: boolean } = {}): number {
    const held = this.#held.splice(0)
    if (options.newestFirst === true) held.reverse()
    for (const { resolve } of held) resolve()
    return held.length
  }

  fail(message: string): void {
    for (const { reject } of this.#held.splice(0)) reject(new Error(message))
  }
}

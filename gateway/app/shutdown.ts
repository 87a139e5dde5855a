import type { Log } from '../model.ts'

/** Most time one step of the way down may take; the whole is then bounded too. */
const STEP_MS = 3000

/**
 * The way down, in the reverse order of the way up. Each step is bounded and a failing one never stops the others;
 * running it twice is running it once.
 */
export class Shutdown {
  readonly #steps: { readonly name: string; readonly run: () => Promise<void> | void }[] = []
  readonly #log: Log
  #running: Promise<void> | undefined

  constructor(log: Log) {
    this.#log = log
  }

  /** To be called right after the part has started. */
  add(name: string, run: () => Promise<void> | void): void {
    this.#steps.push({ name, run })
  }

  run(): Promise<void> {
    this.#running ??= this.#runAll()
    return this.#running
  }

  async #runAll(): Promise<void> {
    for (const { name, run } of this.#steps.toReversed()) {
      const { promise: late, resolve } = Promise.withResolvers<'late'>()
      const timer = setTimeout(() => resolve('late'), STEP_MS)
      try {
        const end = await Promise.race([Promise.resolve(run()), late])
        if (end === 'late') this.#log.warn({ part: name, afterMs: STEP_MS }, 'a part did not stop in time')
      } catch (error) {
        this.#log.error({ part: name, err: error }, 'a part failed to stop')
      } finally {
        clearTimeout(timer)
      }
    }
  }
}

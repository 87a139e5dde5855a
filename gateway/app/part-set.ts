/**
 * The parts of a running gateway that the configuration names: lines, brokers, sinks. Start and reload go the same
 * way, `reconcile`, so that the way of a reload is walked at every start.
 */
export interface Part {
  start(): Promise<void>
  /** Idempotent and bounded in time. */
  stop(): Promise<void>
}

export interface WantedPart<P extends Part> {
  /** The same key is the same part, maybe with other options. */
  readonly key: string
  /** Everything the part was made from; equal options leave a running part untouched. */
  readonly options: unknown
  readonly create: () => P
}

export interface PartChanges {
  readonly started: readonly string[]
  readonly stopped: readonly string[]
  readonly restarted: readonly string[]
}

interface Running<P extends Part> {
  readonly fingerprint: string
  readonly part: P
}

export class PartSet<P extends Part> {
  readonly #running = new Map<string, Running<P>>()

  get(key: string): P | undefined {
    return this.#running.get(key)?.part
  }

  parts(): readonly P[] {
    return [...this.#running.values()].map(({ part }) => part)
  }

  /**
   * Stops what is gone, replaces what changed (old one first: a port or a serial line has one owner), starts what is new.
   * Rejects with the first part that cannot be; the next call brings right what stands then.
   */
  async reconcile(wanted: readonly WantedPart<P>[]): Promise<PartChanges> {
    const fingerprints = new Map(wanted.map((want) => [want.key, JSON.stringify(want.options)]))
    const leaving = [...this.#running].filter(([key, { fingerprint }]) => fingerprints.get(key) !== fingerprint)
    const left = new Set(leaving.map(([key]) => key))
    // Made before anything stops: options that contradict themselves must not cost what runs.
    const entering = wanted
      .filter(({ key }) => left.has(key) || !this.#running.has(key))
      .map(({ key, create }) => ({ key, part: create(), fingerprint: fingerprints.get(key) as string }))
    await Promise.all(leaving.map(([, { part }]) => part.stop()))
    for (const key of left) this.#running.delete(key)
    for (const { key, ...running } of entering) await this.#start(key, running)
    const entered = entering.map(({ key }) => key)
    return {
      started: entered.filter((key) => !left.has(key)),
      restarted: entered.filter((key) => left.has(key)),
      stopped: [...left].filter((key) => !entered.includes(key)),
    }
  }

  async stop(): Promise<void> {
    await this.reconcile([])
  }

  /** A part that could not start does not run: the next call tries it again. */
  async #start(key: string, running: Running<P>): Promise<void> {
    this.#running.set(key, running)
    try {
      await running.part.start()
    } catch (error) {
      this.#running.delete(key)
      await running.part.stop()
      throw error
    }
  }
}

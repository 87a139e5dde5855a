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

export class PartSet<P extends Part> {
  readonly #running = new Map<string, { readonly fingerprint: string; readonly part: P }>()

  get(key: string): P | undefined {
    return this.#running.get(key)?.part
  }

  parts(): readonly P[] {
    return [...this.#running.values()].map(({ part }) => part)
  }

  /** Stops what is gone, replaces what changed (old one first: a port or a serial line has one owner), starts what is new. */
  async reconcile(wanted: readonly WantedPart<P>[]): Promise<PartChanges> {
    const fingerprints = new Map(wanted.map((want) => [want.key, JSON.stringify(want.options)]))
    const leaving = [...this.#running].filter(([key, { fingerprint }]) => fingerprints.get(key) !== fingerprint)
    await Promise.all(leaving.map(([, { part }]) => part.stop()))
    for (const [key] of leaving) this.#running.delete(key)
    const left = new Set(leaving.map(([key]) => key))
    const entering = wanted.filter((want) => !this.#running.has(want.key))
    for (const want of entering) {
      const part = want.create()
      this.#running.set(want.key, { fingerprint: fingerprints.get(want.key) as string, part })
      await part.start()
    }
    const entered = entering.map((want) => want.key)
    return {
      started: entered.filter((key) => !left.has(key)),
      restarted: entered.filter((key) => left.has(key)),
      stopped: [...left].filter((key) => !entered.includes(key)),
    }
  }

  async stop(): Promise<void> {
    await this.reconcile([])
  }
}

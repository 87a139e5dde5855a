/** The reads of one unit, narrowed down where the device refuses them. */
import type { Clock, Log } from '../../model.ts'
import { keyOf, narrowRead, type PlannedRead, planReads, type ReadItem, type ReadLimits } from './read-plan.ts'

/** A register that the device refused is asked for again after this, in case the device was only starting. */
const RETRY_BAD_MS = 30_000
/** A plan that was narrowed down is made anew after this, in case the device was only starting. */
const RENEW_MS = 600_000

export interface UnitPlanOptions {
  readonly deviceId: string
  readonly items: readonly ReadItem[]
  readonly limits: ReadLimits
}

interface BadRead {
  readonly detail: string
  readonly retryAt: number
}

export class UnitPlan {
  readonly #options: UnitPlanOptions
  readonly #clock: Clock
  readonly #log: Log
  #reads: readonly PlannedRead[]
  #renewAt = Number.POSITIVE_INFINITY
  /** By `keyOf`. A bad read stays known until it works, so that it is reported once. */
  readonly #bad = new Map<string, BadRead>()

  /** Throws where an item can never be read. */
  constructor(options: UnitPlanOptions, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#options = options
    this.#clock = clock
    this.#log = log
    this.#reads = planReads(options.items, options.limits)
  }

  /** The reads of a new cycle. */
  reads(): readonly PlannedRead[] {
    if (this.#now() >= this.#renewAt) {
      this.#renewAt = Number.POSITIVE_INFINITY
      this.#reads = planReads(this.#options.items, this.#options.limits)
    }
    return this.#reads
  }

  get bad(): readonly string[] {
    return [...this.#bad.keys()]
  }

  /** Why this read need not be tried now, or null. A unit that refuses everything is always tried. */
  remembered(read: PlannedRead): string | null {
    if (this.#bad.size >= this.#reads.length) return null
    const bad = this.#bad.get(keyOf(read))
    return bad === undefined || this.#now() >= bad.retryAt ? null : bad.detail
  }

  /** The device refused these registers. Returns the smaller reads to try instead, or null if there are none. */
  refused(read: PlannedRead, detail: string): readonly PlannedRead[] | null {
    const narrower = narrowRead(read)
    if (narrower !== null) {
      this.#reads = this.#reads.flatMap((planned) => (planned === read ? narrower : [planned]))
      this.#renewAt = Math.min(this.#renewAt, this.#now() + RENEW_MS)
      return narrower
    }
    const key = keyOf(read)
    if (!this.#bad.has(key)) {
      const facts = { device: this.#options.deviceId, registers: key, points: read.items[0]?.points, detail }
      this.#log.warn(facts, 'the device refuses registers of its profile; their points have no value')
    }
    this.#bad.set(key, { detail, retryAt: this.#now() + RETRY_BAD_MS })
    return null
  }

  worked(read: PlannedRead): void {
    for (const key of [keyOf(read), ...read.items.map(keyOf)]) {
      if (!this.#bad.delete(key)) continue
      this.#log.info({ device: this.#options.deviceId, registers: key }, 'the device gives these registers again')
    }
  }

  #now(): number {
    return this.#clock.now().mono
  }
}

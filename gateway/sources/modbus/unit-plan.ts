/** The reads of one unit, narrowed down where the device refuses them. */
import type { Clock, Log, QualityReason } from '../../model.ts'
import { keyOf, narrowRead, type PlannedRead, planReads, type ReadItem, type ReadLimits } from './read-plan.ts'

/** A register that the device refused is asked for again after this, in case the device was only starting. */
const RETRY_BAD_MS = 30_000
/** A plan that was narrowed down is made anew after this, in case the device was only starting. */
const RENEW_MS = 600_000

export interface UnitPlanOptions {
  readonly deviceId: string
  readonly items: readonly ReadItem[]
  readonly limits: ReadLimits
  /** Ids of the points whose value may raise an alarm. */
  readonly alarmPoints: ReadonlySet<string>
}

/** Why a read is not tried, or was in vain. */
export interface ReadTrouble {
  readonly reason: QualityReason
  readonly detail: string
}

interface BadRead extends ReadTrouble {
  readonly retryAt: number
}

/** Registers to which a unit that answers has not answered so often in a row are taken for refused. */
const SILENT_AFTER = 3

export class UnitPlan {
  readonly #options: UnitPlanOptions
  readonly #clock: Clock
  readonly #log: Log
  /** In the order of a cycle. */
  #reads: readonly PlannedRead[] = []
  #alarmReads: ReadonlySet<PlannedRead> = new Set()
  #renewAt = Number.POSITIVE_INFINITY
  /** By `keyOf`. A bad read stays known until it works, so that it is reported once. */
  readonly #bad = new Map<string, BadRead>()
  /** How often in a row a read was not answered, by `keyOf`. */
  readonly #unanswered = new Map<string, number>()

  /** Throws where an item can never be read. */
  constructor(options: UnitPlanOptions, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#options = options
    this.#clock = clock
    this.#log = log
    this.#use(planReads(options.items, options.limits))
  }

  /** The reads of a new cycle: one that may raise an alarm does not wait for the rest of its own unit either. */
  reads(): readonly PlannedRead[] {
    if (this.#now() >= this.#renewAt) {
      this.#renewAt = Number.POSITIVE_INFINITY
      this.#use(planReads(this.#options.items, this.#options.limits))
    }
    return this.#reads
  }

  /** Whether a point is in it whose value may raise an alarm. */
  isAlarm(read: PlannedRead): boolean {
    return this.#alarmReads.has(read)
  }

  get bad(): readonly string[] {
    return [...this.#bad.keys()]
  }

  /** Why this read need not be tried now, or null. A unit that refuses everything is always tried. */
  remembered(read: PlannedRead): ReadTrouble | null {
    if (this.#bad.size === 0 || this.#bad.size >= this.#reads.length) return null
    const bad = this.#bad.get(keyOf(read))
    return bad === undefined || this.#now() >= bad.retryAt ? null : bad
  }

  /** The device, which answers other reads, has said nothing to this one: some are silent where they should refuse. */
  unanswered(read: PlannedRead, trouble: ReadTrouble): void {
    const key = keyOf(read)
    const inRow = (this.#unanswered.get(key) ?? 0) + 1
    this.#unanswered.set(key, inRow)
    if (inRow >= SILENT_AFTER) this.#remember(read, trouble)
  }

  /** The device refused these registers. Returns the smaller reads to try instead, or null if there are none. */
  refused(read: PlannedRead, detail: string): readonly PlannedRead[] | null {
    const narrower = narrowRead(read)
    if (narrower !== null) {
      this.#use(this.#reads.flatMap((planned) => (planned === read ? narrower : [planned])))
      this.#renewAt = Math.min(this.#renewAt, this.#now() + RENEW_MS)
      return narrower
    }
    this.#remember(read, { reason: 'device-fault', detail })
    return null
  }

  worked(read: PlannedRead): void {
    if (this.#unanswered.size > 0) this.#unanswered.delete(keyOf(read))
    if (this.#bad.size === 0) return
    for (const key of [keyOf(read), ...read.items.map(keyOf)]) {
      if (!this.#bad.delete(key)) continue
      this.#log.info({ device: this.#options.deviceId, registers: key }, 'the device gives these registers again')
    }
  }

  #use(reads: readonly PlannedRead[]): void {
    const { alarmPoints } = this.#options
    const isAlarm = ({ items }: PlannedRead) => items.some(({ points }) => points.some((id) => alarmPoints.has(id)))
    this.#alarmReads = new Set(reads.filter(isAlarm))
    this.#reads = [...this.#alarmReads, ...reads.filter((read) => !this.#alarmReads.has(read))]
  }

  #remember(read: PlannedRead, { reason, detail }: ReadTrouble): void {
    const key = keyOf(read)
    if (!this.#bad.has(key)) {
      const points = read.items.flatMap((item) => item.points)
      const facts = { device: this.#options.deviceId, registers: key, points, detail }
      this.#log.warn(facts, 'the device refuses registers of its profile; their points have no value')
    }
    this.#bad.set(key, { reason, detail, retryAt: this.#now() + RETRY_BAD_MS })
  }

  #now(): number {
    return this.#clock.now().mono
  }
}

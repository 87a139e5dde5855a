/**
 * What one gateway below has told: checked for gaps and repetitions, and folded into its alarms. The numbers of what was taken
 * stand in the events that are kept, so that after a restart the fold of the journal says how far it had come.
 *
 * Pure: time is an argument, and whoever takes what it gives puts it on disk.
 */
import type { Alarm, AlarmEvent, AlarmEventDraft, Hop } from '../alarm-model.ts'
import type { EventBatch, Known, PassedOver } from '../upstream-model.ts'
import { eventProblem, idHere, wayText } from './event-check.ts'

/** Of one child with all below it; each keeps its last event for ever, so that they must be bounded. */
const MAX_ALARMS = 20_000

export interface IntakeOptions {
  /** Id of this gateway. */
  readonly gateway: string
  readonly child: string
  /** Whether a gateway is another child, or below another. */
  readonly isOthers: (gateway: string) => boolean
  /** The last event of each of its alarms, in the order of our numbers. */
  readonly kept: readonly AlarmEvent[]
  /** What is wrong with the shape of an event as it came; null: it is one. */
  readonly shapeProblem: (event: unknown) => string | null
  readonly maxAlarms?: number
}

export type Intake =
  | {
      readonly type: 'taken'
      readonly drafts: readonly AlarmEventDraft[]
      readonly passedOver: readonly PassedOver[]
      /** Events that were here already. */
      readonly repeated: number
      /** Numbers that the child no longer has. */
      readonly lost: number
    }
  /** There is something between what was taken and this. */
  | { readonly type: 'gap' }

type Place = Pick<Hop, 'epoch' | 'seq'>

export class ChildIntake {
  readonly #options: IntakeOptions
  readonly #maxAlarms: number
  readonly #alarms = new Map<string, Alarm>()
  /** By way: how far the gateway where the way begins has come, also when one between was set back and tells again. */
  readonly #origins = new Map<string, Place>()
  #known: Known | null = null

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#maxAlarms = options.maxAlarms ?? MAX_ALARMS
    for (const { id, alarm } of options.kept) this.#note(alarm, id)
  }

  get known(): Known | null {
    return this.#known
  }

  /** Ids of all gateways that have been heard through this child. */
  get gateways(): ReadonlySet<string> {
    return new Set([...this.#origins.keys()].flatMap((way) => way.split(':')))
  }

  alarms(): Iterable<Alarm> {
    return this.#alarms.values()
  }

  alarm(id: string): Alarm | undefined {
    return this.#alarms.get(id)
  }

  /** `wall`: now, by the clock of this gateway. Nothing is taken where it says 'gap'. */
  take({ epoch, after, first, events }: EventBatch, wall: number): Intake {
    const sameEpoch = this.#known?.epoch === epoch
    const reached = sameEpoch ? (this.#known?.seq ?? 0) : null
    if (!first && (reached === null || after > reached)) return { type: 'gap' }
    const lost = reached !== null && after > reached ? after - reached : 0
    if (reached === null || lost > 0) this.#known = { epoch, seq: after, id: null }
    const drafts: AlarmEventDraft[] = []
    const passedOver: PassedOver[] = []
    let repeated = 0
    for (const [index, event] of events.entries()) {
      const seq = after + index + 1
      if (seq <= (this.#known?.seq ?? 0)) {
        repeated += 1
        continue
      }
      const problem = this.#problemOf(event, seq)
      this.#known = { epoch, seq, id: problem === null ? event.id : null }
      if (problem !== null) passedOver.push({ seq, problem })
      else if (this.#hasOrigin(event)) repeated += 1
      else drafts.push(this.#draft(event, { epoch, wall }))
    }
    return { type: 'taken', drafts, passedOver, repeated, lost }
  }

  #problemOf(event: AlarmEvent, seq: number): string | null {
    const { gateway, child, isOthers, shapeProblem } = this.#options
    const shape = shapeProblem(event)
    if (shape !== null) return shape
    if (event.seq !== seq) return `expected the number ${seq}, got ${String(event.seq)}`
    const problem = eventProblem(event, { gateway, child, isOthers })
    if (problem !== null) return problem
    const isNew = !this.#alarms.has(idHere(child, event.alarm.id))
    if (isNew && this.#alarms.size >= this.#maxAlarms) return `expected at most ${this.#maxAlarms} alarms, got one more`
    return null
  }

  /** A gateway between was set back, and has numbered anew what had come through it before. */
  #hasOrigin({ alarm: { path = [] } }: AlarmEvent): boolean {
    const [origin] = path
    if (origin === undefined) return false
    const before = this.#origins.get(wayText([...path.map(({ gateway }) => gateway), this.#options.child]))
    return before !== undefined && before.epoch === origin.epoch && origin.seq <= before.seq
  }

  #draft(
    { seq: _, gateway: __, ...event }: AlarmEvent,
    { epoch, wall }: { readonly epoch: number; readonly wall: number },
  ): AlarmEventDraft {
    const { child } = this.#options
    const hop: Hop = { gateway: child, epoch, seq: this.#known?.seq ?? 0, receivedAt: wall }
    const { inhibitedBy } = event.alarm
    const alarm: Alarm = {
      ...event.alarm,
      id: idHere(child, event.alarm.id),
      inhibitedBy: inhibitedBy === null ? null : idHere(child, inhibitedBy),
      path: [...(event.alarm.path ?? []), hop],
    }
    this.#note(alarm, event.id)
    return { ...event, alarm }
  }

  #note(alarm: Alarm, eventId: string): void {
    const path = alarm.path ?? []
    const [origin, own] = [path[0], path.at(-1)]
    if (origin === undefined || own === undefined) return
    this.#alarms.set(alarm.id, alarm)
    this.#origins.set(wayText(path.map(({ gateway }) => gateway)), { epoch: origin.epoch, seq: origin.seq })
    this.#known = { epoch: own.epoch, seq: own.seq, id: eventId }
  }
}

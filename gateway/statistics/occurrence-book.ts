/**
 * Alarm events folded into occurrences: one line for each time that an alarm came, with all that people did about it. Those that
 * were raised within the period; what was done about them afterwards belongs to them.
 */
import { type AlarmClass, type AlarmMark, PRIORITIES, type Priority, type Verdict } from '../alarm-model.ts'
import type { LocalText, PointValue } from '../model.ts'
import type { Period } from './alarm-statistics.ts'
import type { LedgerMoment } from './ledger-moment.ts'

/** Of one occurrence; what more is said stands in the alarm's events. */
const MOST_COMMENTS = 20

export interface Occurrence {
  readonly alarm: string
  /** Number of the event that raised it. */
  readonly seq: number
  readonly station: string
  readonly device: string
  readonly deviceName: string
  readonly place: string
  readonly kind: string
  readonly rule: string
  readonly name: LocalText
  readonly class: AlarmClass
  readonly mark: AlarmMark | null
  /** The worst it came to. */
  readonly priority: Priority
  readonly level: string | null
  readonly value: PointValue | null
  readonly unit: string
  /** What a person reported. */
  readonly known: string | null
  /** Came late: it was over when anybody heard of it. */
  readonly late: boolean
  readonly raisedAt: number
  /** When people were first asked to look; null: it was suppressed all the time. */
  readonly askedAt: number | null
  /** When the first message about it had left; null: nobody was told, or nothing is known of it. */
  readonly notifiedAt: number | null
  readonly acknowledgedAt: number | null
  readonly acknowledgedBy: string | null
  readonly returnedAt: number | null
  /** Nothing is left to be done about it: returned, acknowledged, reset, or closed by a person. */
  readonly handledAt: number | null
  readonly handledBy: string | null
  readonly verdict: Verdict | null
  readonly verdictBy: string | null
  readonly comments: readonly { readonly at: number; readonly by: string; readonly text: string }[]
}

type Open = { -readonly [K in keyof Occurrence]: Occurrence[K] }

export class OccurrenceBook {
  readonly #period: Period
  readonly #most: number
  readonly #all: Open[] = []
  readonly #current = new Map<string, Open>()
  readonly #notified: (alarm: string, occurrence: number) => number | null

  /** `most`: occurrences that are kept; more are counted and left out. `notified`: from the record of dispatch. */
  constructor(
    period: Period,
    { most, notified = () => null }: { most: number; notified?: (alarm: string, occurrence: number) => number | null },
  ) {
    this.#period = period
    this.#most = most
    this.#notified = notified
  }

  /** True: there are more than are kept, so the period is too long. */
  get isFull(): boolean {
    return this.#all.length > this.#most
  }

  /** In order of time. Moments behind the period say what became of what was raised within it. */
  add(moment: LedgerMoment): void {
    const begins = moment.type === 'raised' || moment.type === 'reported-late'
    if (begins) {
      this.#current.delete(moment.alarm)
      if (moment.time < this.#period.from || moment.time >= this.#period.to || this.isFull) return
      const open = this.#begin(moment)
      this.#all.push(open)
      this.#current.set(moment.alarm, open)
    }
    const open = this.#current.get(moment.alarm)
    if (open !== undefined) follow(open, moment)
  }

  /** In the order in which they came. */
  result(): readonly Occurrence[] {
    return this.#all
  }

  #begin(moment: LedgerMoment): Open {
    const { alarm, seq, station, device, deviceName, place, kind, rule, name, mark, value, unit, known } = moment
    const late = moment.type === 'reported-late'
    return {
      ...{ alarm, seq, station, device, deviceName, place, kind, rule, name, mark, value, unit, known, late },
      ...{ class: moment.class, priority: moment.priority, level: moment.level, raisedAt: moment.raisedAt },
      ...{
        askedAt: null,
        notifiedAt: this.#notified(alarm, moment.occurrence),
        acknowledgedAt: null,
        acknowledgedBy: null,
      },
      ...{ returnedAt: null, handledAt: null, handledBy: null, verdict: null, verdictBy: null, comments: [] },
    }
  }
}

function follow(open: Open, moment: LedgerMoment): void {
  const { type, time, by, comment, state } = moment
  if (severityOf(moment.priority) > severityOf(open.priority)) {
    open.priority = moment.priority
    open.level = moment.level
  }
  const asks = state === 'unacknowledged' || state === 'returned-unacknowledged' || state === 'latched-unacknowledged'
  if (asks) open.askedAt ??= time
  if (type === 'acknowledged' && open.acknowledgedAt === null) {
    open.acknowledgedAt = time
    open.acknowledgedBy = by
  }
  if (type === 'returned') open.returnedAt ??= time
  if (moment.known !== null) open.known = moment.known
  if (type === 'disposed' || moment.verdict !== null) {
    open.verdict = moment.verdict
    if (type === 'disposed' || open.verdictBy === null) open.verdictBy = by
  }
  if (comment !== null && by !== null && open.comments.length < MOST_COMMENTS) {
    open.comments = [...open.comments, { at: time, by, text: comment }]
  }
  settle(open, moment)
}

/** One that a person closed unseen was seen then; what asks again, or is worse, is not dealt with. */
function settle(open: Open, { state, time, by, type }: LedgerMoment): void {
  if (state !== 'normal') {
    open.handledAt = null
    open.handledBy = null
    return
  }
  if (open.handledAt !== null) return
  open.handledAt = time
  open.handledBy = by ?? open.acknowledgedBy
  if (by === null || open.acknowledgedAt !== null || type === 'acknowledged') return
  open.acknowledgedAt = time
  open.acknowledgedBy = by
}

function severityOf(priority: Priority): number {
  return PRIORITIES.indexOf(priority)
}

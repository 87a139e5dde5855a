/** What ledgers need to know of one alarm event: more than the figures do, and still less than the whole row. */
import type { AlarmEvent, Verdict } from '../alarm-model.ts'
import { isRaise } from '../alarm-model.ts'
import type { LocalText, PointValue } from '../model.ts'
import type { AlarmMoment } from './alarm-moment.ts'

export interface LedgerMoment extends AlarmMoment {
  readonly by: string | null
  readonly comment: string | null
  /** Of the alarm, counted from 1. */
  readonly occurrence: number
  readonly device: string
  readonly deviceName: string
  readonly place: string
  readonly kind: string
  readonly rule: string
  readonly name: LocalText
  readonly level: string | null
  readonly value: PointValue | null
  readonly unit: string
  readonly verdict: Verdict | null
  /** What a person reported, in words. */
  readonly known: string | null
  /** Id of the registered place of a report. */
  readonly reportPlace: string | null
}

/** The same from the whole event, for tests and for what is not on disk yet. */
export function ledgerMomentOf(event: AlarmEvent): LedgerMoment {
  const { seq, time, previousState, alarm, by, comment } = event
  const { station, priority, state, mark, raisedAt, device, deviceName, place, kind, rule, name, level } = alarm
  return {
    ...{ seq, time, alarm: alarm.id, type: isRaise(event) ? 'raised' : event.type, previousState },
    ...{ station, priority, class: alarm.class, state, mark, raisedAt, by, comment },
    occurrence: alarm.occurrence,
    ...{ device, deviceName, place, kind, rule, name, level, value: alarm.cause.value, unit: alarm.cause.unit },
    verdict: alarm.disposition?.verdict ?? null,
    ...{ known: alarm.report?.known ?? null, reportPlace: alarm.report?.place ?? null },
  }
}

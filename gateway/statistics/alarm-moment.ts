/** What the statistics need to know of one alarm event. */
import {
  type AlarmClass,
  type AlarmEvent,
  type AlarmEventType,
  type AlarmMark,
  type AlarmState,
  isRaise,
  type Priority,
} from '../alarm-model.ts'

export interface AlarmMoment {
  readonly seq: number
  readonly time: number
  readonly alarm: string
  readonly type: AlarmEventType
  readonly previousState: AlarmState
  readonly station: string
  readonly priority: Priority
  readonly class: AlarmClass
  readonly state: AlarmState
  readonly mark: AlarmMark | null
  readonly raisedAt: number
}

/**
 * Whether people are asked to look: something becomes an unacknowledged alarm, be it raised, worse, active still long after
 * it was acknowledged, or no longer suppressed. What is raised suppressed asks nobody (EEMUA 191 counts what is annunciated).
 */
export function isAnnunciation({ type, state, previousState }: AlarmMoment): boolean {
  return state === 'unacknowledged' && (previousState !== 'unacknowledged' || type === 'raised')
}

/** The proposal of a level asks people as the raise of an alarm does. */
export function momentOf(event: AlarmEvent): AlarmMoment {
  const { seq, time, previousState, alarm } = event
  const type = isRaise(event) ? 'raised' : event.type
  const { id, station, priority, class: alarmClass, state, mark, raisedAt } = alarm
  return { seq, time, alarm: id, type, previousState, station, priority, class: alarmClass, state, mark, raisedAt }
}

import { type Alarm, type AlarmState, PRIORITIES } from '../alarm-model.ts'

/** What a person must look at first: what is happening unseen, what happened unseen, what is known, what is put aside. */
const URGENCY: Readonly<Record<AlarmState, number>> = {
  unacknowledged: 0,
  'latched-unacknowledged': 1,
  'returned-unacknowledged': 1,
  acknowledged: 2,
  'latched-acknowledged': 3,
  shelved: 4,
  'suppressed-by-design': 5,
  'out-of-service': 5,
  normal: 6,
}

/**
 * Order for people: real alarms before exercises and tests; then by urgency of the state, then by priority, alarms before faults of the same priority, then the
 * newest. Ids decide the rest, so that equal alarms do not change places.
 */
export function compareAlarms(a: Alarm, b: Alarm): number {
  return (
    Number(a.mark !== null) - Number(b.mark !== null) ||
    URGENCY[a.state] - URGENCY[b.state] ||
    PRIORITIES.indexOf(b.priority) - PRIORITIES.indexOf(a.priority) ||
    Number(a.class === 'fault') - Number(b.class === 'fault') ||
    b.raisedAt - a.raisedAt ||
    (a.id < b.id ? -1 : Number(a.id > b.id))
  )
}

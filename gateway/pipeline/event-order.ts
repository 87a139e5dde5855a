/** The order in which the events of one step are numbered, and so brought to receivers and shown. */
import { type AlarmEventDraft, PRIORITIES } from '../alarm-model.ts'

/** In fewer, what caused what is worth more than what is worst. */
const FLOOD = 10

/**
 * Puts what asks people first, the most urgent before all. Numbers are given in this order and receivers keep it, so that a
 * fire does not wait behind ten thousand lost detectors that a cut cable has made in the same second. The events of one
 * alarm stay in their order.
 */
export function worstFirst(events: AlarmEventDraft[]): void {
  if (events.length < FLOOD) return
  const ranks = new Map<string, number>()
  for (const event of events) {
    const { id } = event.alarm
    ranks.set(id, Math.max(ranks.get(id) ?? 0, rankOf(event)))
  }
  events.sort((a, b) => (ranks.get(b.alarm.id) ?? 0) - (ranks.get(a.alarm.id) ?? 0))
}

/** As people see alarms: by priority, then hazards before faults. */
function rankOf({ alarm: { state, mark, priority, class: alarmClass } }: AlarmEventDraft): number {
  if (state !== 'unacknowledged' || mark !== null) return 0
  return 1 + PRIORITIES.indexOf(priority) * 2 + Number(alarmClass === 'alarm')
}

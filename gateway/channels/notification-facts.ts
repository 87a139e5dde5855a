/** What a notification is about, whatever it is told over. Pure. */
import { type AlarmEvent, PRIORITIES } from '../alarm-model.ts'
import { DeliveryError } from '../delivery-model.ts'
import type { Notification } from '../dispatch-model.ts'

/** Whether it is meant. What is real among marked events makes the whole of it real: nobody may take it for a drill. */
export type Standing = 'actual' | 'exercise' | 'test'

export function standingOf({ drill, events }: Pick<Notification, 'drill' | 'events'>): Standing {
  if (drill !== null) return 'exercise'
  if (events.some(({ alarm }) => alarm.mark === null)) return 'actual'
  return events.every(({ alarm }) => alarm.mark === 'test') ? 'test' : 'exercise'
}

/** The condition has gone, and nothing waits for a reset. */
export function isOver({ alarm }: Pick<AlarmEvent, 'alarm'>): boolean {
  return !alarm.facts.active && !alarm.facts.latched
}

/** The gravest of those that go on, else the gravest; of several the first. */
export function leadOf({ id, events }: Pick<Notification, 'id' | 'events'>): AlarmEvent {
  const lead = byGravity(events)[0]
  if (lead === undefined) throw new DeliveryError('unacceptable', `notification ${id} has no event, so it says nothing`)
  return lead
}

/** The gravest first, and what goes on before what is over. */
export function byGravity(events: readonly AlarmEvent[]): readonly AlarmEvent[] {
  return [...events].sort((a, b) => Number(isOver(a)) - Number(isOver(b)) || gravity(b) - gravity(a))
}

function gravity({ alarm }: AlarmEvent): number {
  // The hazard stands before our ability to see it.
  return PRIORITIES.indexOf(alarm.priority) * 2 + (alarm.class === 'alarm' ? 1 : 0)
}

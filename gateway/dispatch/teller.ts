/** How one thing that is to be told becomes a notification to one station over one channel. */
import { type AlarmEvent, PRIORITIES, type Priority } from '../alarm-model.ts'
import type { NotificationFacts } from '../dispatch-event.ts'
import type { Addressee, Notification, Purpose } from '../dispatch-model.ts'
import type { Registry } from '../registry-model.ts'
import type { Case } from './case.ts'
import type { ChannelFacts } from './routing.ts'

/** What is to be told. */
export interface Telling {
  readonly purpose: Purpose
  readonly step: number
  /** The alarm event of which the id is made. */
  readonly base: string
  readonly event: AlarmEvent
}

/** Where it is to be told. */
export interface Ear {
  readonly station: string
  readonly channel: ChannelFacts
}

/** Null: over this channel nobody there can be told this. */
export function addresseesOf(
  { station, channel }: Ear,
  { purpose, registry, wall }: { readonly purpose: Purpose; readonly registry: Registry; readonly wall: number },
): readonly Addressee[] | null {
  if (channel.stations !== null && !channel.stations.has(station)) return null
  if (channel.tells !== null && !channel.tells.has(purpose)) return null
  if (channel.reaches === 'receiver') return []
  const to = registry.onDuty(station, wall).flatMap(({ id, name, addresses }) => {
    const address = addresses[channel.id]
    return address === undefined ? [] : [{ person: id, name, address }]
  })
  return to.length === 0 && channel.reaches === 'people' ? null : to
}

/** The same for the same thing, whenever it is decided. */
export function notificationId(ear: Ear, { base, purpose, step }: Omit<Telling, 'event'>): string {
  return [base, ear.station, ear.channel.id, purpose, step].join('.')
}

export function highestPriority(events: readonly AlarmEvent[]): Priority {
  return events
    .map(({ alarm }) => alarm.priority)
    .reduce((a, b) => (PRIORITIES.indexOf(b) > PRIORITIES.indexOf(a) ? b : a))
}

export function notificationOf(
  facts: Omit<NotificationFacts, 'events' | 'priority'>,
  {
    events,
    first,
    registry,
    wall,
  }: {
    readonly events: readonly AlarmEvent[]
    /** The case of the first event. */
    readonly first: Case
    readonly registry: Registry
    readonly wall: number
  },
): Notification {
  const { id, seq, channel, to, purpose, step, drill } = facts
  const station = registry.station(facts.station) ?? registry.responsibleFor(first.facts.device)
  return {
    ...{ id, seq, createdAt: wall, channel, station, to, purpose, step, events },
    place: registry.place(first.facts.place ?? '') ?? null,
    earlier: first.told.get(channel) ?? [],
    drill,
  }
}

/** What may be told together. Ends and updates are not, because they must not come before what they are about. */
export function groupOf(ear: Ear, { purpose, step, event }: Telling, { drill }: Case): string | null {
  if (event.alarm.priority === 'urgent' || purpose === 'update' || purpose === 'ended') return null
  return [ear.station, ear.channel.id, purpose, step, event.alarm.mark ?? '', drill ?? ''].join(' ')
}

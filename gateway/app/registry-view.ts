/** Stations and places in the words of the API, each with what is open there. */
import { type Alarm, PRIORITIES } from '../alarm-model.ts'
import { compareAlarms } from '../http/alarm-order.ts'
import type {
  OpenAlarmsView,
  OpenAlarmView,
  PersonView,
  PlaceView,
  RegistryView,
  ShiftView,
  StationView,
} from '../http/registry-view.ts'
import type { Clock } from '../model.ts'
import type { DutyRegistry, ShiftOnDuty } from '../registry/registry.ts'
import type { Person, RegisteredStation } from '../registry-model.ts'

export interface RegistryViewParts {
  readonly registry: () => DutyRegistry
  readonly alarms: () => Iterable<Alarm>
  readonly clock: Clock
}

export function createRegistryView({ registry, alarms, clock }: RegistryViewParts): RegistryView {
  return {
    stations() {
      const known = registry()
      const open = openAlarmsBy(alarms(), ({ station }) => station)
      const places = Map.groupBy(known.places(), ({ station }) => station)
      const { wall } = clock.now()
      return inTreeOrder(known.stations()).map(
        ([station, depth]): StationView => ({
          ...station,
          ...{ depth, own: station.id === known.own.id },
          contacts: station.contacts.map(personView),
          duty: known.dutyAt(station.id, wall)?.map(shiftView) ?? null,
          places: places.get(station.id)?.length ?? 0,
          ...(open.get(station.id) ?? NOTHING),
        }),
      )
    },
    places() {
      const known = registry()
      const open = openAlarmsBy(alarms(), ({ placeId }) => placeId)
      return [...known.places()].map(
        (place): PlaceView => ({
          ...place,
          devices: known.devicesAt(place.id),
          ...(open.get(place.id) ?? NOTHING),
        }),
      )
    },
  }
}

const NOTHING: OpenAlarmsView = { openAlarms: 0, worstAlarm: null }
const CLOSED: ReadonlySet<string> = new Set(['normal', 'shelved', 'suppressed-by-design', 'out-of-service'])

function openAlarmsBy(
  alarms: Iterable<Alarm>,
  keyOf: (alarm: Alarm) => string | undefined,
): ReadonlyMap<string, OpenAlarmsView> {
  const found = new Map<string, { count: number; worst: Alarm }>()
  for (const alarm of alarms) {
    const key = keyOf(alarm)
    if (key === undefined || alarm.mark !== null || CLOSED.has(alarm.state)) continue
    const before = found.get(key)
    if (before === undefined) found.set(key, { count: 1, worst: alarm })
    else {
      before.count++
      if (compareGravity(alarm, before.worst) < 0) before.worst = alarm
    }
  }
  return new Map(
    [...found].map(([key, { count, worst }]) => [key, { openAlarms: count, worstAlarm: alarmView(worst) }]),
  )
}

/** A fire that somebody knows of is worse than a flat battery that nobody has seen. */
function compareGravity(a: Alarm, b: Alarm): number {
  return PRIORITIES.indexOf(b.priority) - PRIORITIES.indexOf(a.priority) || compareAlarms(a, b)
}

function alarmView({ id, name, class: kind, priority, level, state, raisedAt }: Alarm): OpenAlarmView {
  return { id, name, class: kind, priority, level, state, raisedAt }
}

function personView({ id, name, phone }: Person): PersonView {
  return { id, name, phone }
}

function shiftView({ shift, until, people }: ShiftOnDuty): ShiftView {
  return { shift, until, people: people.map(({ person, inPlaceOf }) => ({ ...personView(person), inPlaceOf })) }
}

/** Each station before those below it, with its depth. */
function inTreeOrder(stations: Iterable<RegisteredStation>): readonly (readonly [RegisteredStation, number])[] {
  const below = Map.groupBy(stations, ({ parent }) => parent)
  const ordered: (readonly [RegisteredStation, number])[] = []
  const walk = (parent: string | null, depth: number): void => {
    for (const station of below.get(parent) ?? []) {
      ordered.push([station, depth])
      walk(station.id, depth + 1)
    }
  }
  walk(null, 0)
  return ordered
}

/** Where an alarm is, and who answers for it: what a person reported names its place itself, all others hang there. */
import type { Alarm } from '../alarm-model.ts'
import type { Place, RegisteredStation, Registry } from '../registry-model.ts'

type Whereabouts = Pick<Alarm, 'device' | 'report'> & Partial<Pick<Alarm, 'station' | 'path'>>

/** Null where the place is only described in words. */
export function placeOfAlarm(registry: Registry, { device, report, path }: Whereabouts): Place | null {
  if (report !== undefined) return report.place === null ? null : (registry.place(report.place) ?? null)
  // Devices of a gateway below are not in this registry; one of ours may have the same id.
  return path === undefined ? registry.placeOf(device) : null
}

/** Never nobody: where nothing better is known, the station of this gateway. */
export function responsibleForAlarm(registry: Registry, alarm: Whereabouts): RegisteredStation {
  const place = placeOfAlarm(registry, alarm)
  const responsible = place === null ? undefined : registry.station(place.station)
  if (responsible !== undefined) return responsible
  const below = alarm.path === undefined ? undefined : registry.station(alarm.station ?? '')
  return below ?? registry.responsibleFor(alarm.path === undefined ? alarm.device : '')
}

/** Where an alarm is, and who answers for it: what a person reported names its place itself, all others hang there. */
import type { Alarm } from '../alarm-model.ts'
import type { Place, RegisteredStation, Registry } from '../registry-model.ts'

/** Null where the place is only described in words. */
export function placeOfAlarm(registry: Registry, { device, report }: Pick<Alarm, 'device' | 'report'>): Place | null {
  if (report === undefined) return registry.placeOf(device)
  return report.place === null ? null : (registry.place(report.place) ?? null)
}

/** Never nobody: where nothing better is known, the station of this gateway. */
export function responsibleForAlarm(registry: Registry, alarm: Pick<Alarm, 'device' | 'report'>): RegisteredStation {
  const place = placeOfAlarm(registry, alarm)
  return (place === null ? undefined : registry.station(place.station)) ?? registry.responsibleFor(alarm.device)
}

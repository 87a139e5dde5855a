/** What programs read of a CAP message beside its gradings: the same in every language. Pure. */
import type { AlarmEvent } from '../../alarm-model.ts'
import type { Notification } from '../../dispatch-model.ts'
import { colourOf } from '../alarm-colour.ts'
import { byGravity, leadOf } from '../notification-facts.ts'
import type { CapNamedValue } from './cap-model.ts'
import { capTime } from './cap-time.ts'

/** Of alarms that are told together, so many are named. */
const MOST_NAMED = 100

export function parametersOf(notification: Notification, timeZone: string): readonly CapNamedValue[] {
  const { station, place, purpose, step, events } = notification
  const lead = leadOf(notification)
  const named = byGravity(events).slice(0, MOST_NAMED)
  return [
    ...present({ gateway: lead.gateway, station: station.id, purpose, escalationStep: String(step) }),
    ...named.map(({ alarm }) => ({ valueName: 'alarm', value: alarm.id })),
    ...named.map(({ id }) => ({ valueName: 'event', value: id })),
    ...ofAlarm(lead, timeZone),
    ...(place === null ? [] : present({ place: place.id, placeKind: place.kind, placeRisk: place.risk })),
  ]
}

function ofAlarm({ alarm }: AlarmEvent, timeZone: string): readonly CapNamedValue[] {
  const { cause, vote } = alarm
  const unit = cause.unit === '1' || cause.unit === '' ? '' : ` ${cause.unit}`
  return present({
    device: alarm.device,
    deviceName: alarm.deviceName,
    kind: alarm.kind,
    class: alarm.class,
    priority: alarm.priority,
    level: alarm.level,
    colour: alarm.class === 'alarm' ? colourOf(alarm) : null,
    state: alarm.state,
    point: cause.point,
    value: cause.value === null ? null : `${cause.value}${unit}`,
    setpoint: cause.setpoint === null ? null : `${cause.setpoint}${unit}`,
    quality: cause.quality,
    measuredAt: capTime(cause.time, timeZone),
    vote: vote === undefined ? null : `${vote.counted.length} of ${vote.healthy}, ${vote.required} needed`,
    acknowledgedBy: alarm.acknowledgedBy,
  })
}

function present(values: Readonly<Record<string, string | null>>): readonly CapNamedValue[] {
  return Object.entries(values).flatMap(([valueName, value]) =>
    value === null || value === '' ? [] : [{ valueName, value }],
  )
}

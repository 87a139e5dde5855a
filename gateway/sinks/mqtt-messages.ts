/** What alarm events, readings and heartbeats look like on an MQTT topic. */
import type { AlarmEvent } from '../alarm-model.ts'
import type { Heartbeat, JournaledReading } from '../delivery-model.ts'
import { ALARM_EVENT_PLACES, HEARTBEAT_PLACES, READING_PLACES, type TopicValues } from './mqtt-topic.ts'
import type { Describe } from './point-description.ts'

/** How one kind of item becomes a message. */
export interface MessageFormat<T> {
  /** The places that a topic may have. */
  readonly places: readonly string[]
  values(item: T): TopicValues
  payload(item: T): string
}

/** The event as JSON with `version: 1`, as a webhook gets it. Its `id` tells a repetition. */
export const alarmEventMessages: MessageFormat<AlarmEvent> = {
  places: ALARM_EVENT_PLACES,
  values: ({ gateway, type, alarm }) => ({
    gateway,
    station: alarm.station,
    device: alarm.device,
    rule: alarm.rule,
    type,
  }),
  payload: (event) => JSON.stringify({ version: 1, ...event }),
}

/**
 * The reading as JSON with `version: 1` and what its point is: station, device, kind, unit.
 * `point` and `time` together tell a repetition. Places: gateway, station, device, point, kind.
 */
export function readingMessages(options: { gateway: string; describe: Describe }): MessageFormat<JournaledReading> {
  const parts = (point: string) => {
    const about = options.describe(point)
    const [device = '', ...rest] = point.split('.')
    return {
      station: about?.station ?? '',
      device: about?.device ?? device,
      pointId: about?.pointId ?? rest.join('.'),
      kind: about?.kind ?? '',
      unit: about?.unit ?? '',
    }
  }
  return {
    places: READING_PLACES,
    values({ point }) {
      const { station, device, pointId, kind } = parts(point)
      return { gateway: options.gateway, station, device, point: pointId, kind }
    },
    payload(reading) {
      const { station, device, kind, unit } = parts(reading.point)
      return JSON.stringify({ version: 1, gateway: options.gateway, station, device, kind, unit, ...reading })
    },
  }
}

/** The heartbeat as JSON. Never retained: who comes later must not take an old one for life. */
export const heartbeatMessages: MessageFormat<Heartbeat> = {
  places: HEARTBEAT_PLACES,
  values: ({ gateway, station }) => ({ gateway, station }),
  payload: (beat) => JSON.stringify(beat),
}

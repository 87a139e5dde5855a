/** Drills that come round by themselves. */
import { type Static, Type } from 'typebox'
import { Duration, Id } from '../../device-profiles/base-schema.ts'
import { parseDuration } from '../../device-profiles/duration.ts'
import { suggestion } from '../../device-profiles/suggestion.ts'
import { strict } from './common-schema.ts'
import type { Report } from './report.ts'
import type { ConfigFile } from './schema.ts'

const ids = Type.Optional(Type.Array(Id, { minItems: 1 }))

export const DrillSection = Type.Object(
  {
    id: Id,
    /** On this day of each month; from 29 on some months have none. */
    dayOfMonth: Type.Integer({ minimum: 1, maximum: 28, description: 'a day from 1 to 28, which every month has' }),
    /** 1 to 12; all if absent. */
    months: Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: 12 }), { minItems: 1 })),
    /** When it begins, by the clocks of the station. */
    time: Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', description: 'a time as "10:00"' }),
    /** It ends by itself after so long; at most 4h. */
    duration: Duration,
    /** Whose devices, with all stations below them. */
    stations: ids,
    devices: ids,
    kinds: ids,
    /** What people are told that it is about. */
    comment: Type.String({ minLength: 1, maxLength: 1000 }),
    /** Who answers for it. */
    by: Type.String({ minLength: 1, maxLength: 100 }),
  },
  strict,
)
type DrillSection = Static<typeof DrillSection>

export interface DrillScheduleConfig {
  readonly id: string
  readonly dayOfMonth: number
  readonly months: readonly number[] | null
  /** Since midnight. */
  readonly minutes: number
  readonly durationMs: number
  readonly scope: { readonly stations?: string[]; readonly devices?: string[]; readonly kinds?: string[] }
  readonly comment: string
  readonly by: string
}

const LONGEST_MS = 4 * 3_600_000

export function drillsOf(sections: readonly DrillSection[] = []): readonly DrillScheduleConfig[] {
  return sections.map(({ id, dayOfMonth, months = null, time, duration, stations, devices, kinds, comment, by }) => ({
    ...{ id, dayOfMonth, months, durationMs: parseDuration(duration), comment, by },
    minutes: Number(time.slice(0, 2)) * 60 + Number(time.slice(3)),
    scope: { ...(stations && { stations }), ...(devices && { devices }), ...(kinds && { kinds }) },
  }))
}

export function checkDrills(file: ConfigFile, report: Report): void {
  const { drills = [], station, stations = [], devices } = file
  const stationIds = [station, ...stations].map(({ id }) => id)
  const deviceIds = devices.map(({ id }) => id)
  const seen = new Map<string, number>()
  for (const [index, drill] of drills.entries()) {
    const at = ['drills', index] as const
    const before = seen.get(drill.id)
    if (before !== undefined)
      report([...at, 'id'], `expected an id of its own, got "${drill.id}", which drills[${before}] has too`)
    seen.set(drill.id, before ?? index)
    if (parseDuration(drill.duration) > LONGEST_MS || parseDuration(drill.duration) <= 0) {
      report([...at, 'duration'], `expected more than nothing and at most 4h, got ${drill.duration}`)
    }
    if (drill.stations === undefined && drill.devices === undefined && drill.kinds === undefined) {
      report([...at], 'expected stations, devices or kinds, because a drill is over something; got none of them')
    }
    for (const [i, id] of (drill.stations ?? []).entries()) {
      if (!stationIds.includes(id))
        report([...at, 'stations', i], `expected the id of a station, got "${id}"${suggestion(id, stationIds)}`)
    }
    for (const [i, id] of (drill.devices ?? []).entries()) {
      if (!deviceIds.includes(id))
        report([...at, 'devices', i], `expected the id of a device, got "${id}"${suggestion(id, deviceIds)}`)
    }
  }
}

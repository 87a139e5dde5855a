/** Drills of the configuration: every default filled in, and what no schema can say about them. */
import { parseDuration } from '../../device-profiles/duration.ts'
import { suggestion } from '../../device-profiles/suggestion.ts'
import type { DrillSection } from './drill-schema.ts'
import type { Report } from './report.ts'
import type { ConfigFile } from './schema.ts'

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

/** The section `dispatch` as it runs. */
import { type ResolvedSchedule, resolveSchedule } from '../../device-profiles/schedule.ts'
import type { DispatchSection } from './dispatch-schema.ts'
import { USUAL_TIME_ZONE } from './registry.ts'
import type { ConfigFile } from './schema.ts'

export type DispatchConfig = Omit<DispatchSection, 'inhibitions'> & {
  readonly chains: NonNullable<DispatchSection['chains']>
  readonly inhibitions: NonNullable<DispatchSection['inhibitions']>
  /** By name, those that routes may mean. */
  readonly schedules: Readonly<Record<string, ResolvedSchedule>>
}

export function dispatchConfigOf({ dispatch, schedules = {}, station }: ConfigFile): DispatchConfig | null {
  if (dispatch === undefined) return null
  const timeZone = station.timeZone ?? USUAL_TIME_ZONE
  return {
    ...dispatch,
    chains: dispatch.chains ?? {},
    inhibitions: dispatch.inhibitions ?? [],
    schedules: Object.fromEntries(
      Object.entries(schedules).map(([name, schedule]) => [name, resolveSchedule(schedule, timeZone)]),
    ),
  }
}

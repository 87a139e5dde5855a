/** When drills of the configuration are due, by the clocks of the station. Pure: the moment is an argument. */
import type { DrillScheduleConfig } from '../config/drills.ts'
import { type LocalClock, momentOf } from '../local-time.ts'

/** A gateway that was off then begins it up to so long after; later people no longer expect it. */
export const GRACE_MS = 5 * 60_000

/** When the one of today should have begun, if that is not longer ago than the grace; else null. */
export function dueAt(
  schedule: DrillScheduleConfig,
  { clock, timeZone, wall }: { readonly clock: LocalClock; readonly timeZone: string; readonly wall: number },
): number | null {
  const { today } = clock.at(timeZone, wall)
  const month = Math.floor(today.monthAndDay / 100)
  if (today.monthAndDay % 100 !== schedule.dayOfMonth) return null
  if (schedule.months !== null && !schedule.months.includes(month)) return null
  const due = momentOf(timeZone, { date: today.date, minutes: schedule.minutes })
  return wall >= due && wall < due + GRACE_MS ? due : null
}

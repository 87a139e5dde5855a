/**
 * A slow leak: what a bottle loses per day, by a robust line through the compensated pressure of days, and how long it has
 * until its limit. The daily swing of the temperature is compensated before; what is left of it, a wrong reading and a
 * hole in the data do not move the line (`robust-line.ts`).
 */
import { type RobustLine, robustLine, type TimedValue } from './robust-line.ts'

export type LeakForecast =
  | { readonly type: 'days'; readonly days: number }
  /** It does not fall, or not by more than its readings waver. */
  | { readonly type: 'none' }

/** Loss per day; positive when the value falls. `points` with `t` in days; null for fewer than two. */
export function lossPerDay(points: readonly TimedValue[]): number | null {
  const line = robustLine(points)
  return line === null ? null : -line.slope
}

/**
 * Days from `t` = 0 (now) until the line is at `limit`. A loss counts only where all of the 95 % interval of the slope is a
 * loss. 0 where it is there already.
 */
export function daysToLimit(points: readonly TimedValue[], limit: number): LeakForecast | null {
  const line = robustLine(points)
  if (line === null) return null
  if (line.intercept <= limit) return { type: 'days', days: 0 }
  if (!isLoss(line)) return { type: 'none' }
  return { type: 'days', days: (line.intercept - limit) / -line.slope }
}

function isLoss({ slope, highest }: RobustLine): boolean {
  return slope < 0 && highest < 0
}

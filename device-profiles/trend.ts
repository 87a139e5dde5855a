/** What of a point a limit looks at, where that is not its value. */
import { parseDuration } from './duration.ts'
import type { PointProfile } from './schema.ts'
import type { TrendProfile } from './trend-schema.ts'

export type Trend =
  /** In the point's unit per `perMs`. */
  | {
      readonly type: 'rate'
      readonly windowMs: number
      readonly per: 'minute' | 'hour' | 'day'
      readonly perMs: number
    }
  | { readonly type: 'change'; readonly windowMs: number }
  | { readonly type: 'amount'; readonly windowMs: number; readonly of: 'counter' | 'increments' }
  | { readonly type: 'deviation'; readonly windowMs: number }
  /** In minutes. */
  | { readonly type: 'unchanged'; readonly tolerance: number }

const PER_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const
const PER_UNIT = { minute: 'min', hour: 'h', day: 'd' } as const
/** A window needs several readings. */
const FEWEST_READINGS = 4

export function resolveTrend(profile: TrendProfile): Trend {
  switch (profile.type) {
    case 'rate':
      return { type: 'rate', windowMs: parseDuration(profile.window), per: profile.per, perMs: PER_MS[profile.per] }
    case 'change':
    case 'deviation':
      return { type: profile.type, windowMs: parseDuration(profile.window) }
    case 'amount':
      return { type: 'amount', windowMs: parseDuration(profile.window), of: profile.of }
    case 'unchanged':
      return { type: 'unchanged', tolerance: profile.tolerance ?? 0 }
  }
}

/** The unit of the setpoints: '1' where the point has none. */
export function trendUnit(unit: string, trend: Trend): string {
  if (trend.type === 'unchanged') return 'min'
  return trend.type === 'rate' ? `${unit === '1' ? '' : unit}/${PER_UNIT[trend.per]}` : unit
}

/** Why the trend can never be known of a point that is read every `intervalMs`, or null. */
export function trendProblem(trend: Trend, intervalMs: number): string | null {
  if (trend.type === 'unchanged' || trend.windowMs >= FEWEST_READINGS * intervalMs) return null
  const least = FEWEST_READINGS * intervalMs
  return (
    `a window of ${trend.windowMs / 1000} s holds fewer than ${FEWEST_READINGS} readings of a device that is heard every ` +
    `${intervalMs / 1000} s; give at least ${least / 1000} s`
  )
}

/** The point as a setpoint of the trend sees it: another unit, and no range that its value would have. */
export function trendPoint(point: PointProfile, trend: Trend): PointProfile {
  const { range: _range, ...rest } = point
  return { ...rest, unit: trendUnit(point.unit, trend) }
}

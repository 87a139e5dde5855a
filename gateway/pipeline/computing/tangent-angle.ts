/**
 * Improved tangent angle of a creeping slope (Xu Qiang et al. 2009, 改进切线角).
 *
 * With T = S / v_eq, where S is the displacement and v_eq the velocity of the uniform stage, T has the unit of time and the
 * curve T(t) rises at 45° in that stage, whatever the scale of the drawing: alpha = arctan(dT/dt) = arctan(v / v_eq).
 * At 45° the stage is uniform, to 80° it accelerates, to 85° clearly, and above failure is near; as multiples of v_eq these are
 * 1.000, 5.671 and 11.430. The levels stand in the kind.
 */
import { withoutNoise } from '../../../device-profiles/codec/conversion.ts'

/** Days of a uniform stage that is looked for. */
const STAGE_DAYS = 30

/** Degrees. Both velocities in one unit. Null where v_eq is not a finite number above 0. */
export function tangentAngle(velocity: number, uniform: number): number | null {
  if (!(uniform > 0) || !Number.isFinite(uniform) || !Number.isFinite(velocity)) return null
  return withoutNoise((Math.atan(velocity / uniform) / Math.PI) * 180)
}

/**
 * The uniform stage found in daily velocities: the mean of those 30 days in a row in which they waver least (smallest mean
 * absolute deviation through the mean; the median would not see the days before or after the stage). Null where there are fewer days, or no 30 of them move forward.
 */
export function foundUniformVelocity(daily: readonly number[]): number | null {
  let best: { readonly mean: number; readonly waver: number } | null = null
  for (let start = 0; start + STAGE_DAYS <= daily.length; start++) {
    const days = daily.slice(start, start + STAGE_DAYS)
    const mean = days.reduce((sum, v) => sum + v, 0) / STAGE_DAYS
    if (mean <= 0) continue
    const waver = days.reduce((sum, v) => sum + Math.abs(v - mean), 0) / STAGE_DAYS / mean
    if (best === null || waver < best.waver) best = { mean, waver }
  }
  return best === null ? null : best.mean
}

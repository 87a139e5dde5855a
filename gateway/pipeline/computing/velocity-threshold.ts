/**
 * Dynamic velocity threshold of a slope: V0 = 1.5 × mean + 2 σ of the last 30 days' rates, of which the highest tenth is left
 * out. The levels at 1, 5 and 10 V0 stand in the kind. As coded in public projects of Chinese geohazard
 * monitoring; σ is the standard deviation of the sample (n - 1).
 */

const DAYS = 30
const FEWEST_DAYS = 10
const LEFT_OUT = 0.1

/** `daily`: rates oldest first, in any unit of velocity; the newest 30 count. Null for fewer than 10. */
export function velocityThreshold(daily: readonly number[]): number | null {
  const newest = daily.slice(-DAYS)
  if (newest.length < FEWEST_DAYS) return null
  const sorted = [...newest].sort((a, b) => a - b)
  const kept = sorted.slice(0, sorted.length - Math.floor(sorted.length * LEFT_OUT))
  const mean = kept.reduce((sum, v) => sum + v, 0) / kept.length
  const variance = kept.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (kept.length - 1)
  return 1.5 * mean + 2 * Math.sqrt(variance)
}

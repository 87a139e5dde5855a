/**
 * A straight line that a few wrong points do not move: the Theil-Sen estimator (the median of the slopes between all pairs
 * of points), with the confidence interval of Sen, "Estimates of the regression coefficient based on Kendall's tau",
 * J. Am. Stat. Assoc. 63 (1968) 1379-1389. Up to 29 % of the points may lie anywhere.
 */

/** `t` and `v` in whatever units; a slope is in units of `v` per unit of `t`. */
export interface TimedValue {
  readonly t: number
  readonly v: number
}

export interface RobustLine {
  readonly slope: number
  /** Value of the line at `t` = 0. */
  readonly intercept: number
  /** Bounds of the slope at 95 % confidence. */
  readonly lowest: number
  readonly highest: number
}

/** Of the normal distribution, for 95 % on both sides. */
const Z95 = 1.959964

/** Null for fewer than two different times. Costs the square of the number of points. */
export function robustLine(points: readonly TimedValue[]): RobustLine | null {
  const slopes: number[] = []
  for (let i = 1; i < points.length; i++) {
    const b = points[i] as TimedValue
    for (let j = 0; j < i; j++) {
      const a = points[j] as TimedValue
      if (b.t !== a.t) slopes.push((b.v - a.v) / (b.t - a.t))
    }
  }
  if (slopes.length === 0) return null
  slopes.sort((a, b) => a - b)
  const slope = medianOf(slopes)
  const n = points.length
  const spread = Z95 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)
  const lower = Math.max(0, Math.floor((slopes.length - spread) / 2))
  const upper = Math.min(slopes.length - 1, Math.ceil((slopes.length + spread) / 2))
  return {
    slope,
    intercept: median(points.map(({ t, v }) => v - slope * t)),
    lowest: slopes[lower] as number,
    highest: slopes[upper] as number,
  }
}

/** NaN of nothing. */
export function median(values: readonly number[]): number {
  return medianOf([...values].sort((a, b) => a - b))
}

function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle] as number
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

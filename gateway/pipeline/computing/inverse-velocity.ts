/**
 * Forecast of a slope's failure by inverse velocity (Fukuzono 1985; Voight 1988, 1989; smoothing and the start of the fit
 * after Carlà et al. 2017, Landslides 14:517-534).
 *
 * In the last stage of creep the inverse of the velocity falls along a line, whose zero is the time of failure:
 * 1/v = k (tf - t). The line is fitted through the newest velocities, from the onset of acceleration on, which is looked for:
 * the row of velocities up to now that lies best on a falling line (R² at least 0.9), and of equally good ones the longest.
 *
 * A forecast is refused where the data do not support it: too few velocities, a line that does not explain them, too little
 * acceleration, a failure that would be past, or one that lies farther ahead than the line is long.
 */

/** `t` in any unit of time, `v` in any unit of velocity. */
export interface TimedVelocity {
  readonly t: number
  readonly v: number
}

export type FailureForecast =
  /** `at` in the unit of `t`. */
  | { readonly type: 'forecast'; readonly at: number; readonly rSquared: number; readonly samples: number }
  /** It does not accelerate: there is nothing to forecast. */
  | { readonly type: 'none' }
  /** It seems to accelerate, or nobody can tell. */
  | { readonly type: 'refused'; readonly why: string }

export const FEWEST_VELOCITIES = 8
const LEAST_R_SQUARED = 0.9
/** A longer row is taken for the acceleration where its line is as good as the best, or nearly. */
const AS_GOOD = 0.01
/** The velocity has grown by so much along the line. */
const LEAST_GROWTH = 2
/** A line reaches forward by its own length, and no farther. */
const REACH = 1

interface Line {
  readonly slope: number
  readonly intercept: number
  readonly rSquared: number
}

/** `samples` oldest first. */
export function forecastFailure(samples: readonly TimedVelocity[]): FailureForecast {
  if (samples.length < FEWEST_VELOCITIES) {
    return { type: 'refused', why: `${samples.length} velocities are known, ${FEWEST_VELOCITIES} are needed` }
  }
  const fits = [...fallingLines(samples)]
  const best = Math.max(...fits.map(({ line }) => line.rSquared))
  const longest = fits.find(({ line }) => line.rSquared >= best - AS_GOOD)
  if (longest !== undefined) return judged(longest.line, longest.row)
  return isAccelerating(samples)
    ? { type: 'refused', why: `the movement accelerates, but along no line of R² ${LEAST_R_SQUARED}` }
    : { type: 'none' }
}

/** Those that end now and explain what they run through, the longest first. */
function* fallingLines(
  samples: readonly TimedVelocity[],
): Generator<{ readonly line: Line; readonly row: readonly TimedVelocity[] }> {
  for (let start = 0; start + FEWEST_VELOCITIES <= samples.length; start++) {
    const row = samples.slice(start)
    if (row.some(({ v }) => !(v > 0))) continue
    const line = lineThrough(row.map(({ t, v }) => ({ t, v: 1 / v })))
    if (line === null || line.slope >= 0 || line.rSquared < LEAST_R_SQUARED) continue
    if (grownBy(line, row) >= LEAST_GROWTH) yield { line, row }
  }
}

function judged({ slope, intercept, rSquared }: Line, row: readonly TimedVelocity[]): FailureForecast {
  const first = row[0] as TimedVelocity
  const last = row.at(-1) as TimedVelocity
  const at = -intercept / slope
  if (at <= last.t) return { type: 'refused', why: 'the failure would be in the past' }
  if (at - last.t > REACH * (last.t - first.t)) {
    return { type: 'refused', why: 'the failure would be farther ahead than the acceleration has lasted' }
  }
  return { type: 'forecast', at, rSquared, samples: row.length }
}

/** By the line, not by two velocities that may be wrong; infinite where its zero is passed. */
function grownBy({ slope, intercept }: Line, row: readonly TimedVelocity[]): number {
  const first = intercept + slope * (row[0] as TimedVelocity).t
  const last = intercept + slope * (row.at(-1) as TimedVelocity).t
  return last <= 0 ? Infinity : first / last
}

/** The newest third is faster than the oldest by more than chance: three standard errors of the difference. */
function isAccelerating(samples: readonly TimedVelocity[]): boolean {
  const third = Math.floor(samples.length / 3)
  const [before, after] = [samples.slice(0, third), samples.slice(-third)].map((part) =>
    spreadOf(part.map(({ v }) => v)),
  )
  if (before === undefined || after === undefined) return false
  const error = Math.sqrt((before.variance + after.variance) / third)
  // Also with nothing but rounding in it, a tenth more is not an acceleration that anybody must look at.
  return after.mean - before.mean > Math.max(3 * error, 0.1 * Math.abs(before.mean)) && after.mean > 0
}

function spreadOf(values: readonly number[]): { readonly mean: number; readonly variance: number } {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0)
  return { mean, variance: values.length < 2 ? 0 : squares / (values.length - 1) }
}

/** Least squares. Null where all times are equal. */
function lineThrough(points: readonly TimedVelocity[]): Line | null {
  const n = points.length
  const meanT = points.reduce((sum, { t }) => sum + t, 0) / n
  const meanV = points.reduce((sum, { v }) => sum + v, 0) / n
  let tt = 0
  let tv = 0
  let vv = 0
  for (const { t, v } of points) {
    tt += (t - meanT) ** 2
    tv += (t - meanT) * (v - meanV)
    vv += (v - meanV) ** 2
  }
  if (tt === 0) return null
  const slope = tv / tt
  return { slope, intercept: meanV - slope * meanT, rSquared: vv === 0 ? 0 : tv ** 2 / (tt * vv) }
}

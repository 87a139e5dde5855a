/**
 * A slope on its way to failure, in the three stages of creep: primary (slows down), secondary (uniform) and tertiary, in which the
 * inverse of the velocity falls along a straight line to zero at the time of failure (Saito 1965; Fukuzono 1985, alpha = 2).
 */

export interface CreepOptions {
  /** Displacement at the begin, mm. */
  readonly before: number
  /** What the primary stage adds in all, mm. */
  readonly primary: number
  /** Velocity of the uniform stage, mm/h. */
  readonly velocity: number
  /** When the tertiary stage begins, from the begin. */
  readonly tertiaryAtSeconds: number
  /** When the slope fails, from the begin; later than `tertiaryAtSeconds`. */
  readonly failsAtSeconds: number
  /** Where the sensor stops to follow, mm. */
  readonly most: number
}

const HOUR = 3600
/** The primary stage is over to e^-5 when the tertiary one begins. */
const PRIMARY_SHARE = 5

/** Displacement in mm. Never falls, never above `most`, and is `most` from the failure on. */
export function creep(options: CreepOptions) {
  return (seconds: number): number =>
    seconds >= options.failsAtSeconds ? options.most : Math.min(options.most, displacementAt(options, seconds))
}

function displacementAt(options: CreepOptions, seconds: number): number {
  const { before, primary, velocity, tertiaryAtSeconds, failsAtSeconds } = options
  const early = Math.min(seconds, tertiaryAtSeconds)
  const settled = primary * (1 - Math.exp((-PRIMARY_SHARE * early) / tertiaryAtSeconds))
  const uniform = before + settled + (velocity / HOUR) * early
  if (seconds <= tertiaryAtSeconds) return uniform
  // 1/v = (tf - t) / (v0 (tf - t0)): at the begin of the stage the velocity is that of the uniform one.
  const length = failsAtSeconds - tertiaryAtSeconds
  return uniform + (velocity / HOUR) * length * Math.log(length / (failsAtSeconds - seconds))
}

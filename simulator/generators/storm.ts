/**
 * Water on low ground in a storm: what flows in, less what drains away and what the pumps take.
 *
 * The inflow is the gamma hydrograph behind the unit hydrographs of the SCS (National Engineering Handbook 630, chapter 16):
 * q = qp × (x e^(1-x))^m with x = t / tp; m = 3.7 is its standard shape (peak rate factor 484).
 */

export interface Pump {
  /** It starts at this level, and runs until the water is down to `stop`; in the unit of the point. */
  readonly start: number
  readonly stop: number
  /** What it takes away in an hour, in the unit of the point. */
  readonly rate: number
  /** It runs no more after this time from the begin of the storm; Infinity if it never fails. */
  readonly failsAtSeconds: number
  /** And runs again from this one on. */
  readonly mendedAtSeconds: number
}

export interface StormOptions {
  /** The level before the storm; it never falls below. */
  readonly before: number
  /** At the peak of the inflow: the rise in an hour, in the unit of the point. */
  readonly inflow: number
  readonly peakAtSeconds: number
  readonly shape: number
  /** What drains away by itself, at all times. */
  readonly drain: number
  readonly pumps: readonly Pump[]
  /** How long it is followed; then the level stays. */
  readonly seconds: number
}

const HOUR = 3600
const MOST_STEPS = 20_000
const SHORTEST_STEP_SECONDS = 0.25

/** Computed once, from its begin to its end: whether a pump runs depends on all that was before. */
export function storm(options: StormOptions) {
  const step = Math.max(SHORTEST_STEP_SECONDS, options.seconds / MOST_STEPS)
  const levels = levelsOf(options, step)
  return (seconds: number): number => {
    const place = Math.min(Math.max(0, seconds / step), levels.length - 1)
    const index = Math.floor(place)
    const low = levels[index] as number
    const high = levels[index + 1] ?? low
    return low + (high - low) * (place - index)
  }
}

function levelsOf(options: StormOptions, step: number): Float64Array {
  const { before, drain, pumps, seconds } = options
  const levels = new Float64Array(Math.ceil(seconds / step) + 1).fill(before)
  const isRunning = pumps.map(() => false)
  let level = before
  for (let i = 1; i < levels.length; i++) {
    const at = (i - 0.5) * step
    let perHour = inflowAt(options, at) - drain
    for (const [which, pump] of pumps.entries()) {
      const isBroken = at >= pump.failsAtSeconds && at < pump.mendedAtSeconds
      isRunning[which] = !isBroken && level > (isRunning[which] === true ? pump.stop : pump.start)
      if (isRunning[which]) perHour -= pump.rate
    }
    level = Math.max(before, level + (perHour * step) / HOUR)
    levels[i] = level
  }
  return levels
}

/** In the unit of the point per hour; at most `inflow`. */
export function inflowAt(
  { inflow, peakAtSeconds, shape }: Pick<StormOptions, 'inflow' | 'peakAtSeconds' | 'shape'>,
  seconds: number,
): number {
  const x = seconds / peakAtSeconds
  return inflow * (x * Math.exp(1 - x)) ** shape
}

/** From a computation of a profile to the calculation of an installed unit. */
import { type Calculation, inputsOf } from './calculation.ts'
import { type Parameters, scalarValue } from './codec/conversion.ts'
import type { Computation } from './computed-schema.ts'
import type { Rule } from './device.ts'
import { parseDuration } from './duration.ts'

const PER_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const
const DAY_MS = 86_400_000

/** So many readings a straight line needs at least, with some to spare for those that are missing. */
const READINGS_OF_A_RATE = 6
/** Half of a window of forecasts and of leaks must be there, in so many parts of it. */
const PARTS = 24
/** Rates of so many days make a dynamic threshold; so many make the search for a uniform stage. */
const DAYS_OF_A_THRESHOLD = 32
const DAYS_OF_A_HISTORY = 92
/** A baseline is learnt again from so much of the past. */
const DAYS_OF_A_BASELINE = 7

/** `rules` are those of the unit: a time to a limit asks them what the limit is. */
export function calculationOf(
  computation: Computation,
  {
    parameters,
    intervalMs,
    rules,
  }: { readonly parameters: Parameters; readonly intervalMs: number; readonly rules: readonly Rule[] },
): Calculation {
  const inputs = inputsOf(computation)
  const long = (window: string, readings: number): number => Math.max(parseDuration(window), readings * intervalMs)
  switch (computation.type) {
    case 'pressure-at-20':
      return { type: 'pressure-at-20', inputs, windowMs: 0 }
    case 'rate': {
      const { per, window } = computation
      return { type: 'rate', inputs, windowMs: long(window, READINGS_OF_A_RATE), per, perMs: PER_MS[per] }
    }
    case 'loss':
      return { type: 'loss', inputs, windowMs: long(computation.window, PARTS) }
    case 'days-to-limit': {
      const [limit = null] = setpoints(rules, computation.of, 'below').sort((a, b) => b - a)
      const windowMs = long(computation.window, PARTS)
      return { type: 'days-to-limit', inputs, windowMs, limit, horizonDays: computation.horizon }
    }
    case 'time-to-level':
      return {
        type: 'time-to-level',
        inputs,
        windowMs: long(computation.window, READINGS_OF_A_RATE),
        setpoints: setpoints(rules, computation.of, 'above').sort((a, b) => a - b),
        horizonMinutes: computation.horizon,
        leastRise: computation.leastRise,
      }
    case 'tangent-angle': {
      const given = scalarValue(computation.uniformVelocity, parameters)
      const uniformVelocity = given > 0 ? given : null
      const windowMs = uniformVelocity === null ? DAYS_OF_A_HISTORY * DAY_MS : 0
      return { type: 'tangent-angle', inputs, windowMs, uniformVelocity }
    }
    case 'velocity-ratio': {
      const least = scalarValue(computation.least, parameters)
      return { type: 'velocity-ratio', inputs, windowMs: DAYS_OF_A_THRESHOLD * DAY_MS, least }
    }
    case 'time-to-failure':
      return {
        type: 'time-to-failure',
        inputs,
        windowMs: long(computation.window, PARTS),
        horizonHours: computation.horizon,
      }
    case 'baseline':
      return { type: 'baseline', inputs, windowMs: DAYS_OF_A_BASELINE * DAY_MS, perHour: computation.perHour }
    case 'compensated':
    case 'compensation-used':
      return { type: computation.type, inputs, windowMs: 0, limit: computation.limit }
  }
}

/** Of the limits on the value of a point itself; one that is taken from another point has no number here. */
function setpoints(rules: readonly Rule[], point: string, side: 'above' | 'below'): number[] {
  return rules.flatMap((rule) => {
    if (rule.type !== 'limit' || rule.trend !== undefined || rule.point.profile.id !== point) return []
    return rule.levels
      .filter((level) => level.side === side)
      .map(({ setpoint }) => setpoint)
      .filter(Number.isFinite)
  })
}

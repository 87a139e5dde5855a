/** A computation of one installed unit, with everything filled in that it needs. */
import type { Computation } from './computed-schema.ts'

/** Points are named by their ids in the profile; the first input is the one whose window is kept. */
interface Base {
  readonly inputs: readonly string[]
  /** How far it looks back, ms; 0: not at all. */
  readonly windowMs: number
}

export type Calculation = Base &
  (
    | { readonly type: 'pressure-at-20' }
    | { readonly type: 'rate'; readonly perMs: number; readonly per: 'minute' | 'hour' | 'day' }
    | { readonly type: 'loss' }
    /** Unit of the input; null: the point has no such limit. */
    | { readonly type: 'days-to-limit'; readonly limit: number | null; readonly horizonDays: number }
    | {
        readonly type: 'time-to-level'
        /** Ascending. */
        readonly setpoints: readonly number[]
        readonly horizonMinutes: number
        readonly leastRise: number
      }
    /** Null: found in the past. */
    | { readonly type: 'tangent-angle'; readonly uniformVelocity: number | null }
    | { readonly type: 'velocity-ratio'; readonly least: number }
    | { readonly type: 'time-to-failure'; readonly horizonHours: number }
    | { readonly type: 'baseline'; readonly perHour: number }
    | { readonly type: 'compensated'; readonly limit: number }
    | { readonly type: 'compensation-used'; readonly limit: number }
  )

/** Ids of the points that it is computed from. */
export function inputsOf(computation: Computation): readonly string[] {
  switch (computation.type) {
    case 'pressure-at-20':
      return [computation.of, computation.temperature]
    case 'tangent-angle':
    case 'velocity-ratio':
      return [computation.of, computation.velocity]
    case 'compensated':
      return [computation.of, computation.baseline]
    default:
      return [computation.of]
  }
}

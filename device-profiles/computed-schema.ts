/** Points that the gateway computes from readings of other points of the device and from their past. */
import { type Static, Type } from 'typebox'
import { Duration, Id, Scalar, strict } from './base-schema.ts'

const window = Duration
const of = Id

/**
 * In a model `of`, `temperature` and so on name points of the model, in a kind file quantities. A window is never shorter than
 * what the calculation needs of a device that speaks at its own interval.
 */
export const Computation = Type.Union([
  /** Gauge pressure (kPa) of a stored-pressure extinguisher, referred to 20 °C. Not for CO2, which is a boiling liquid. */
  Type.Object({ type: Type.Literal('pressure-at-20'), of, temperature: Id }, strict),
  /** Slope of the straight line through the window (least squares), per minute, hour or day. */
  Type.Object({ type: Type.Literal('rate'), of, window, per: Type.Enum(['minute', 'hour', 'day']) }, strict),
  /** What is lost per day: slope of a robust line (Theil-Sen) over days, positive when it falls. */
  Type.Object({ type: Type.Literal('loss'), of, window }, strict),
  /** Days until such a loss has reached the mildest low limit of the point; `horizon` days where it does not. */
  Type.Object(
    { type: Type.Literal('days-to-limit'), of, window, horizon: Type.Number({ exclusiveMinimum: 0 }) },
    strict,
  ),
  /**
   * Minutes until the point reaches its next high limit at the pace of the window; `horizon` minutes where it does not. A
   * rise of less than `leastRise` in the window is none.
   */
  Type.Object(
    {
      type: Type.Literal('time-to-level'),
      of,
      window,
      horizon: Type.Number({ exclusiveMinimum: 0 }),
      leastRise: Type.Number({ minimum: 0 }),
    },
    strict,
  ),
  /** Improved tangent angle in degrees: arctan of the velocity through that of the uniform stage; 0: found in the past. */
  Type.Object({ type: Type.Literal('tangent-angle'), of, velocity: Id, uniformVelocity: Scalar }, strict),
  /** Velocity through its dynamic threshold, which is never less than `least`. */
  Type.Object({ type: Type.Literal('velocity-ratio'), of, velocity: Id, least: Scalar }, strict),
  /** Hours until the inverse velocity is 0; `horizon` hours where the movement does not accelerate. */
  Type.Object(
    { type: Type.Literal('time-to-failure'), of, window, horizon: Type.Number({ exclusiveMinimum: 0 }) },
    strict,
  ),
  /** What a detector shows in clean air: follows the value by at most `perHour`. */
  Type.Object({ type: Type.Literal('baseline'), of, perHour: Type.Number({ exclusiveMinimum: 0 }) }, strict),
  /** The value less its baseline, of which at most `limit` is compensated. */
  Type.Object(
    { type: Type.Literal('compensated'), of, baseline: Id, limit: Type.Number({ exclusiveMinimum: 0 }) },
    strict,
  ),
  /** Per cent of `limit` that the baseline has used. */
  Type.Object({ type: Type.Literal('compensation-used'), of, limit: Type.Number({ exclusiveMinimum: 0 }) }, strict),
])

export type Computation = Static<typeof Computation>

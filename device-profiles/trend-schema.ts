/** What of a point a limit looks at, where that is not its value: how it changes. */
import { type Static, Type } from 'typebox'
import { Duration, strict } from './base-schema.ts'

const window = Duration

export const TrendProfile = Type.Union([
  /** Slope of the straight line through the window (least squares), per minute, hour or day. */
  Type.Object({ type: Type.Literal('rate'), window, per: Type.Enum(['minute', 'hour', 'day']) }, strict),
  /** The newest value minus the one at the beginning of the window: positive when it rose. */
  Type.Object({ type: Type.Literal('change'), window }, strict),
  /**
   * How much came within the window. `counter`: the point counts up and begins again at 0 now and then. `increments`: each
   * reading says what came since the one before.
   */
  Type.Object({ type: Type.Literal('amount'), window, of: Type.Enum(['counter', 'increments']) }, strict),
  /** The newest value minus the mean of the window before it. */
  Type.Object({ type: Type.Literal('deviation'), window }, strict),
  /** Minutes since the value last moved by more than `tolerance`, in the point's unit. */
  Type.Object({ type: Type.Literal('unchanged'), tolerance: Type.Optional(Type.Number({ minimum: 0 })) }, strict),
])

export type TrendProfile = Static<typeof TrendProfile>

/** Which readings of a point are stored. Rules see every one of them, stored or not. */
import { type Static, Type } from 'typebox'
import { Duration, strict } from './base-schema.ts'

export const StoreProfile = Type.Union([
  Type.Object({ type: Type.Literal('every') }, strict),
  Type.Object(
    {
      type: Type.Literal('on-change'),
      /** In the point's unit: a value this near to the last stored one is no change. 0 if absent. */
      deadband: Type.Optional(Type.Number({ minimum: 0, description: "a number in the point's unit, 0 or more" })),
      /** One reading is stored at least this often, so that "no change" can be told from "no reading". */
      maxInterval: Duration,
    },
    strict,
  ),
])

export type StoreProfile = Static<typeof StoreProfile>

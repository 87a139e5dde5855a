/** Drills that come round by themselves, as the file says them. */
import { type Static, Type } from 'typebox'
import { Duration, Id } from '../../device-profiles/base-schema.ts'
import { strict } from './common-schema.ts'

const ids = Type.Optional(Type.Array(Id, { minItems: 1 }))

export const DrillSection = Type.Object(
  {
    id: Id,
    /** On this day of each month. */
    dayOfMonth: Type.Integer({ minimum: 1, maximum: 28, description: 'a day from 1 to 28, which every month has' }),
    /** 1 to 12; all if absent. */
    months: Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: 12 }), { minItems: 1 })),
    /** When it begins, by the clocks of the station. */
    time: Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', description: 'a time as "10:00"' }),
    /** It ends by itself after so long; at most 4h. */
    duration: Duration,
    /** Whose devices, with all stations below them. */
    stations: ids,
    devices: ids,
    kinds: ids,
    /** What people are told that it is about. */
    comment: Type.String({ minLength: 1, maxLength: 1000 }),
    /** Who answers for it. */
    by: Type.String({ minLength: 1, maxLength: 100 }),
  },
  strict,
)
export type DrillSection = Static<typeof DrillSection>

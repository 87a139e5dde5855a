/** When a rule has other setpoints, or is off: by season, day of the week and time of day at the station. */
import { type Static, Type } from 'typebox'
import { strict } from './base-schema.ts'

const MonthAndDay = Type.String({
  pattern: '^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$',
  description: 'a month and a day, as 05-01',
})
export const TimeOfDay = Type.String({
  pattern: '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$',
  description: 'a time of day, from 00:00 to 24:00',
})

/** All that is given must hold. What spans midnight belongs to the day on which it began. */
export const Schedule = Type.Object(
  {
    /** Both days are in it; it may span the new year. */
    season: Type.Optional(Type.Object({ from: MonthAndDay, to: MonthAndDay }, strict)),
    days: Type.Optional(
      Type.Array(Type.Enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']), { minItems: 1, maxItems: 7 }),
    ),
    /** `to` is not in it; it may span midnight. */
    time: Type.Optional(Type.Object({ from: TimeOfDay, to: TimeOfDay }, strict)),
  },
  strict,
)

export type Schedule = Static<typeof Schedule>

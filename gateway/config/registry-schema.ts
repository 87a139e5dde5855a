/** What a configuration says about stations, people, duty and places. */
import { type Static, Type } from 'typebox'
import { Id, LocalText } from '../../device-profiles/base-schema.ts'
import { TimeOfDay } from '../../device-profiles/schedule-schema.ts'
import { SHIFT_DAYS } from '../registry/registry-content.ts'
import { strict } from './common-schema.ts'

const CalendarDate = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', description: 'a date, as 2026-10-01' })

/** Which system the numbers are of; WGS-84 if absent. Chinese maps show GCJ-02, which is converted. */
const datum = Type.Optional(Type.Enum(['wgs-84', 'gcj-02']))
/** In degrees. What they may be is checked later, with better words. */
const degrees = { latitude: Type.Number(), longitude: Type.Number() }

export const PositionSection = Type.Object({ ...degrees, datum }, strict)

const AreaSection = Type.Union([
  Type.Object(
    {
      type: Type.Literal('circle'),
      centre: Type.Object(degrees, strict),
      radiusMetres: Type.Number({ exclusiveMinimum: 0, description: 'a radius in metres' }),
      datum,
    },
    strict,
  ),
  Type.Object(
    {
      type: Type.Literal('polygon'),
      /** At least three, in the order of the border; the last is joined to the first. */
      corners: Type.Array(Type.Object(degrees, strict)),
      datum,
    },
    strict,
  ),
])

const People = Type.Array(Id, { minItems: 1 })

const ShiftSection = Type.Object(
  {
    id: Id,
    // On which it begins; every day if absent. `workdays` and `rest-days` go by the calendar.
    days: Type.Optional(Type.Array(Type.Enum([...SHIFT_DAYS]), { minItems: 1 })),
    // The whole day if absent. It may end on the next day; from and to alike are 24 hours.
    time: Type.Optional(Type.Object({ from: TimeOfDay, to: TimeOfDay }, strict)),
    /** All of them have it together. */
    people: Type.Optional(People),
    /** Teams that take turns. */
    rotation: Type.Optional(
      Type.Object(
        {
          /** The day on which the first team begins. */
          begins: CalendarDate,
          /** How many days each team has it. */
          everyDays: Type.Integer({ minimum: 1, maximum: 366 }),
          teams: Type.Array(People, { minItems: 2 }),
        },
        strict,
      ),
    ),
  },
  strict,
)

export const DutySection = Type.Union([
  Type.Object(
    {
      type: Type.Literal('roster'),
      /** By which workdays, rest days and holidays go. */
      calendar: Type.Optional(Id),
      shifts: Type.Array(ShiftSection, { minItems: 1 }),
      /** Instead of a person, in the shifts that begin on these days, both included. */
      standIns: Type.Optional(
        Type.Array(Type.Object({ for: Id, by: Id, from: CalendarDate, to: CalendarDate }, strict)),
      ),
    },
    strict,
  ),
  /** Another gateway or system knows who is on duty there. */
  Type.Object({ type: Type.Literal('elsewhere') }, strict),
])

/** What every station has, this gateway's own among them. */
export const ofStations = {
  id: Id,
  name: LocalText,
  address: Type.String({ minLength: 1 }),
  /** Where the clocks of the station are: Asia/Shanghai. Schedules and rosters need it. */
  timeZone: Type.Optional(Type.String({ minLength: 1 })),
  // Of a station proper.
  type: Type.Optional(Type.Enum(['community', 'industrial-park', 'street'])),
  /** The station above it. */
  parent: Type.Optional(Id),
  /** What it looks after. */
  area: Type.Optional(AreaSection),
  /** Whom to call about the station itself. */
  contacts: Type.Optional(Type.Array(Id)),
}

export const StationsSection = Type.Array(
  Type.Object({ ...ofStations, level: Type.Enum(['station', 'centre', 'bureau']), duty: DutySection }, strict),
)

export const PeopleSection = Type.Array(
  Type.Object(
    {
      id: Id,
      name: Type.String({ minLength: 1 }),
      phone: Type.Optional(Type.String({ minLength: 1 })),
      /** By the id of a channel, how this person is reached over it. */
      addresses: Type.Optional(Type.Record(Id, Type.String({ minLength: 1 }), strict)),
    },
    strict,
  ),
)

/** By their ids. */
export const CalendarsSection = Type.Record(
  Id,
  Type.Object(
    {
      /** Days off, whatever day of the week they are. */
      holidays: Type.Optional(Type.Array(Type.Object({ from: CalendarDate, to: Type.Optional(CalendarDate) }, strict))),
      /** Saturdays and Sundays on which people work for a holiday. */
      workdays: Type.Optional(Type.Array(CalendarDate)),
    },
    strict,
  ),
  strict,
)

export const PlacesSection = Type.Array(
  Type.Object(
    {
      id: Id,
      name: LocalText,
      kind: Type.Enum([
        ...['crowded-place', 'fire-safety-key-unit', 'old-estate', 'small-shop', 'dangerous-slope', 'low-ground'],
        ...['small-construction-site', 'other'],
      ] as const),
      /** The four colours of graded risk control: red is the gravest. */
      risk: Type.Enum(['blue', 'yellow', 'orange', 'red']),
      address: Type.String({ minLength: 1 }),
      position: Type.Optional(PositionSection),
      /** The one that is responsible; that of this gateway if absent. */
      station: Type.Optional(Id),
    },
    strict,
  ),
)

export type PositionSection = Static<typeof PositionSection>
export type AreaSection = Static<typeof AreaSection>
export type ShiftSection = Static<typeof ShiftSection>
export type DutySection = Static<typeof DutySection>
export type RosterSection = Extract<DutySection, { type: 'roster' }>
export type CalendarSection = Static<typeof CalendarsSection>[string]
export type PersonSection = Static<typeof PeopleSection>[number]
export type PlaceSection = Static<typeof PlacesSection>[number]

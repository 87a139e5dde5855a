/** Stations and places, as they leave the API. */
import { Type } from 'typebox'
import { ALARM_STATES } from './alarm-schemas.ts'
import {
  ClassName,
  LocalText,
  NullableText,
  orNull,
  PriorityName,
  StationLevelName,
  StationTypeName,
  Time,
} from './base-schemas.ts'

const Position = Type.Object(
  {
    latitude: Type.Number(),
    longitude: Type.Number(),
    convertedFrom: Type.Optional(Type.Enum(['gcj-02'])),
  },
  { description: 'WGS-84, in degrees; convertedFrom says that it was given in another system' },
)

const Area = Type.Union([
  Type.Object({ type: Type.Literal('circle'), centre: Position, radiusMetres: Type.Number() }),
  Type.Object({ type: Type.Literal('polygon'), corners: Type.Array(Position) }),
])

const person = {
  id: Type.String(),
  name: Type.String(),
  phone: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'null for those who may only look' }),
}

const Shift = Type.Object({
  shift: Type.String(),
  until: Time,
  people: Type.Array(
    Type.Object({
      ...person,
      inPlaceOf: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'id of the person who is away' }),
    }),
  ),
})

const openAlarms = {
  openAlarms: Type.Integer({ description: 'real alarms that are neither normal nor put aside' }),
  worstAlarm: orNull(
    Type.Object({
      id: Type.String({ description: 'deviceId.ruleId' }),
      name: LocalText,
      class: ClassName,
      priority: PriorityName,
      level: NullableText,
      state: Type.Enum([...ALARM_STATES]),
      raisedAt: Time,
    }),
  ),
}

export const Station = Type.Object({
  id: Type.String(),
  name: LocalText,
  level: StationLevelName,
  type: StationTypeName,
  parent: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'null at the top of the tree' }),
  depth: Type.Integer({ description: '0 at the top of the tree' }),
  own: Type.Boolean({ description: 'the station of this gateway' }),
  address: Type.String(),
  timeZone: Type.String(),
  area: orNull(Area),
  contacts: Type.Array(Type.Object(person)),
  duty: Type.Union([Type.Array(Shift), Type.Null()], {
    description: 'the shifts that are on; null where another gateway or system knows who is on duty',
  }),
  places: Type.Integer(),
  ...openAlarms,
})

export const Place = Type.Object({
  id: Type.String(),
  name: LocalText,
  kind: Type.String(),
  risk: Type.Enum(['blue', 'yellow', 'orange', 'red']),
  address: Type.String(),
  position: orNull(Position),
  station: Type.String({ description: 'id of the station that is responsible' }),
  devices: Type.Array(Type.String(), { description: 'ids' }),
  ...openAlarms,
})

/** How the gateway is, as it leaves the API. */
import { Type } from 'typebox'
import { LocalText, StationLevelName, StationTypeName, Time } from './base-schemas.ts'

export const DeadLetter = Type.Object({
  id: Type.Integer({ description: 'counts up over all deliveries' }),
  delivery: Type.String({ description: 'sinkId:journal' }),
  seq: Type.Integer({ description: 'number of the item in its journal' }),
  time: Type.Number({ description: 'when it was given up; milliseconds since 1970-01-01 UTC' }),
  error: Type.String({ description: 'what the receiver answered' }),
  item: Type.Unknown({ description: 'the alarm event or the reading' }),
})

export const Health = Type.Object({
  status: Type.Enum(['ok', 'degraded', 'failing']),
  checks: Type.Optional(
    Type.Array(Type.Object({ name: Type.String(), ok: Type.Boolean(), detail: Type.String() }), {
      description: 'absent without a token where tokens are required',
    }),
  ),
})

export const Info = Type.Object({
  gateway: Type.String(),
  station: Type.Object({
    id: Type.String(),
    name: LocalText,
    level: StationLevelName,
    type: StationTypeName,
    address: Type.String(),
  }),
  version: Type.String(),
  startedAt: Time,
  language: Type.Enum(['zh', 'en']),
  now: Time,
  configuration: Type.Object({ loadedAt: Time, problems: Type.Array(Type.String()) }),
})

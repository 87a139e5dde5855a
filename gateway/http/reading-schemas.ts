/** Points, devices and their readings, as they leave the API. */
import { Type } from 'typebox'
import {
  LocalText,
  NullableNumber,
  NullableText,
  NullableTime,
  orNull,
  PlaceId,
  PriorityName,
  QualityName,
  Time,
  Value,
} from './base-schemas.ts'

const Replayed = Type.Optional(
  Type.Boolean({
    description: 'measured earlier and delivered late; never the latest value, never the cause of an alarm',
  }),
)

const Test = Type.Optional(Type.Boolean({ description: 'came while an engineer tested the point' }))

const Reading = Type.Object({
  point: Type.String({ description: 'deviceId.pointId' }),
  time: Time,
  receivedAt: Time,
  value: Value,
  quality: QualityName,
  reason: Type.Optional(Type.String({ description: 'why the quality is not good' })),
  replayed: Replayed,
  test: Test,
})

const PointLimit = Type.Object({
  rule: Type.String(),
  level: Type.String(),
  side: Type.Enum(['above', 'below']),
  setpoint: Type.Number(),
  priority: PriorityName,
})

export const Point = Type.Object({
  id: Type.String({ description: 'deviceId.pointId' }),
  name: LocalText,
  device: Type.String(),
  deviceName: Type.String(),
  station: Type.String(),
  place: Type.String(),
  placeId: PlaceId,
  kind: Type.String(),
  type: Type.Enum(['number', 'boolean', 'enum', 'text']),
  unit: Type.String({ description: "'1' for none" }),
  decimals: NullableNumber,
  states: orNull(Type.Record(Type.String(), LocalText)),
  limits: Type.Array(PointLimit),
  intervalMs: Type.Number({ description: 'how often its device is expected to speak' }),
  storeIntervalMs: Type.Number({ description: 'how often at least one of its readings is stored' }),
  reading: orNull(Reading),
})

export const Device = Type.Object({
  id: Type.String(),
  name: Type.String(),
  station: Type.String(),
  place: Type.String(),
  placeId: PlaceId,
  kind: Type.String(),
  profile: Type.String(),
  vendor: Type.String(),
  model: Type.String(),
  protocol: Type.Enum(['modbus', 'mqtt', 'self']),
  intervalMs: Type.Number(),
  state: Type.Enum(['ok', 'silent', 'failed', 'never-heard']),
  lastHeardAt: NullableTime,
  detail: NullableText,
  clockOffsetMs: NullableNumber,
  points: Type.Array(Type.String()),
  members: Type.Optional(
    Type.Array(Type.String(), { description: 'of a group: ids of the devices that it stands for' }),
  ),
})

export const HistoryItem = Type.Object({
  time: Time,
  value: Value,
  min: NullableNumber,
  max: NullableNumber,
  quality: QualityName,
  reason: Type.Optional(Type.String()),
  replayed: Replayed,
  test: Test,
})

/** Probing a device and searching a line, as they leave and enter the API. */
import { Type } from 'typebox'
import { NullableText, NullableTime, QualityName, strict, Time, Value } from './base-schemas.ts'

const ReplyMs = Type.Unsafe<number | null>({ type: ['number', 'null'], description: 'how long the reply took' })

export const Probe = Type.Object({
  device: Type.String(),
  profile: Type.String(),
  unitId: Type.Integer(),
  at: Time,
  requests: Type.Integer(),
  answered: Type.Boolean({ description: 'whether the unit said anything at all, be it an exception' }),
  points: Type.Array(
    Type.Object({
      id: Type.String({ description: 'id within the device' }),
      unit: Type.String(),
      registers: Type.Union([
        Type.Object({ table: Type.String(), address: Type.Integer(), count: Type.Integer() }),
        Type.Null({ description: 'derived from another point' }),
      ]),
      words: Type.Union([Type.Array(Type.Integer()), Type.Null()], {
        description: '16-bit words, or 0/1 of a coil or discrete input',
      }),
      value: Value,
      quality: QualityName,
      reason: NullableText,
      detail: NullableText,
      exception: Type.Unsafe<number | null>({ type: ['integer', 'null'], description: 'Modbus exception code' }),
      replyMs: ReplyMs,
    }),
  ),
})

export const ScanBody = Type.Object(
  {
    from: Type.Integer({ minimum: 0, maximum: 255, default: 1 }),
    to: Type.Integer({ minimum: 0, maximum: 255, default: 247 }),
    timeoutMs: Type.Integer({ minimum: 10, maximum: 10_000, default: 200, description: 'longest wait for each unit' }),
  },
  strict,
)

export const Scan = Type.Object({
  line: Type.String(),
  from: Type.Integer(),
  to: Type.Integer(),
  timeoutMs: Type.Integer(),
  state: Type.Enum(['running', 'complete', 'cancelled', 'line-lost']),
  startedAt: Time,
  endedAt: NullableTime,
  done: Type.Integer({ description: 'unit ids that were asked' }),
  total: Type.Integer(),
  findings: Type.Array(
    Type.Object({
      type: Type.Enum(['unit', 'garbled']),
      unitId: Type.Integer(),
      detail: Type.String(),
      replyMs: ReplyMs,
      device: NullableText,
    }),
  ),
  unreachable: Type.Integer({
    description: 'unit ids for which a gateway in between answered that it reaches nothing',
  }),
  error: NullableText,
})

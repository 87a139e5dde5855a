/** The shapes of commands to devices. */
import { Type } from 'typebox'
import { CommandBody } from './alarm-schemas.ts'
import {
  AnyId,
  ErrorBody,
  LocalText,
  NullableNumber,
  NullableText,
  NullableTime,
  orNull,
  Time,
} from './base-schemas.ts'

const Ms = Type.Number({ description: 'milliseconds' })
const NullableLocalText = orNull(LocalText)
const Numbers = orNull(Type.Array(Type.Number()))

const Reason = Type.Object({
  code: Type.Enum([
    ...['interlocked', 'not-sent', 'refused-by-device', 'not-kept', 'unconfirmed', 'cannot-be-confirmed'],
    ...['unknown-outcome', 'cancelled', 'given-up'],
  ]),
  text: LocalText,
})

const Exchange = Type.Object({
  step: Type.Enum(['write', 'read-back', 'publish', 'confirmation']),
  at: Time,
  sent: NullableText,
  answer: Type.String(),
})

export const DeviceCommand = Type.Object({
  id: Type.String({ description: 'a UUID' }),
  device: Type.String(),
  deviceName: Type.String(),
  name: Type.String({ description: 'id of the command in the device profile' }),
  title: LocalText,
  value: NullableNumber,
  unit: Type.String(),
  by: Type.String(),
  comment: NullableText,
  via: Type.Enum(['http', 'mqtt', 'dispatch']),
  key: NullableText,
  target: Type.String({ description: 'what it writes to; two commands with one target overrule each other' }),
  state: Type.Enum(['requested', 'sent', 'confirmed', 'failed', 'refused']),
  reason: orNull(Reason),
  requestedAt: Time,
  sentAt: NullableTime,
  endedAt: NullableTime,
  shown: Type.Unsafe<number | string | null>({
    type: ['number', 'string', 'null'],
    description: 'the value that the device showed last',
  }),
  exchanges: Type.Array(Exchange, { description: 'what went out and what came of it' }),
  revert: Type.Union([
    Type.Object({
      value: Type.Number(),
      dueAt: Time,
      state: Type.Enum(['waiting', 'reverting', 'reverted', 'failing', 'failed', 'taken-over']),
      attempts: Type.Integer(),
      reason: orNull(Reason),
      endedAt: NullableTime,
      exchanges: Type.Array(Exchange),
    }),
    Type.Null(),
  ]),
})

export const DeviceCommands = Type.Object({
  device: Type.String(),
  commands: Type.Array(
    Type.Object({
      id: Type.String(),
      name: LocalText,
      note: NullableLocalText,
      argument: Type.Union([
        Type.Object({
          name: NullableLocalText,
          unit: Type.String(),
          range: orNull(Type.Array(Type.Number(), { minItems: 2, maxItems: 2 })),
          states: orNull(Type.Record(Type.String(), LocalText)),
          decimals: Type.Integer(),
        }),
        Type.Null(),
      ]),
      interlocks: Type.Array(
        Type.Object({
          point: Type.String(),
          pointName: LocalText,
          is: Numbers,
          isNot: Numbers,
          above: NullableNumber,
          below: NullableNumber,
          maxAgeMs: Ms,
          because: LocalText,
        }),
      ),
      confirmation: Type.Object({
        type: Type.Enum(['read-back', 'point', 'message', 'none']),
        withinMs: NullableNumber,
        because: NullableLocalText,
      }),
      expiry: orNull(Type.Object({ afterMs: Ms, revert: Type.Number() })),
    }),
  ),
  open: Type.Array(DeviceCommand, { description: 'commands to which something may still happen' }),
})

export const CommandEvent = Type.Object({
  seq: Type.Integer({ description: '1, 2, 3 … over all commands of this gateway' }),
  time: Time,
  type: Type.Enum([
    ...['requested', 'refused', 'sent', 'confirmed', 'failed', 'reverting', 'reverted', 'revert-failed', 'taken-over'],
  ]),
  command: DeviceCommand,
})

export const WishBody = Type.Object(
  {
    ...CommandBody.properties,
    value: Type.Optional(Type.Number({ description: 'for a command that takes one, in its unit' })),
    key: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: 'what the sender calls this wish; sent again, it is not carried out again',
      }),
    ),
  },
  { additionalProperties: false },
)

/** A command that has begun and failed comes with its record. */
export const CommandErrorBody = Type.Object(
  { ...ErrorBody.properties, command: Type.Optional(DeviceCommand) },
  { description: 'why it was refused, or why it failed' },
)

export const CommandParams = Type.Object({ id: AnyId, name: AnyId })
export const RecordParams = Type.Object({ id: Type.String({ pattern: '^[0-9a-f-]{36}$' }) })

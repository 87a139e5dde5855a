/** Alarms and what people do to them, as they leave and enter the API. */
import { Type } from 'typebox'
import { INCIDENT_TYPES, PRIORITIES, VERDICTS } from '../alarm-model.ts'
import {
  ClassName,
  LocalText,
  NullableNumber,
  NullableText,
  NullableTime,
  orNull,
  PlaceId,
  PriorityName,
  QualityName,
  strict,
  Time,
  Value,
} from './base-schemas.ts'
import { Order } from './child-schemas.ts'

export const PRIORITY_NAMES: readonly string[] = PRIORITIES

export const ALARM_STATES = [
  'normal',
  'unacknowledged',
  'acknowledged',
  'returned-unacknowledged',
  'latched-unacknowledged',
  'latched-acknowledged',
  'shelved',
  'suppressed-by-design',
  'out-of-service',
] as const

const ALARM_EVENT_TYPES = [
  ...(['raised', 'level-changed', 'returned', 'acknowledged', 'reset', 'removed', 'restored'] as const),
  ...(['shelved', 'unshelved', 'taken-out-of-service', 'returned-to-service'] as const),
  ...(['proposed', 'confirmed', 'declined'] as const),
  ...(['suppressed', 'unsuppressed', 'commented', 're-alarmed', 'reported-late'] as const),
  ...(['corrected', 'disposed'] as const),
] as const

export const Alarm = Type.Object({
  id: Type.String({
    description: 'deviceId.ruleId; of a report incident.<type>-<number>; of a gateway below gatewayId: before it',
  }),
  station: Type.String(),
  device: Type.String(),
  deviceName: Type.String(),
  place: Type.String(),
  placeId: PlaceId,
  kind: Type.String(),
  rule: Type.String(),
  name: LocalText,
  class: ClassName,
  priority: PriorityName,
  level: NullableText,
  facts: Type.Object({
    active: Type.Boolean(),
    acked: Type.Boolean(),
    latched: Type.Boolean(),
    suppression: NullableText,
  }),
  state: Type.Enum([...ALARM_STATES]),
  shelving: orNull(
    Type.Object({ by: Type.String(), comment: Type.String(), at: Time, until: Time, oneShot: Type.Boolean() }),
  ),
  outOfService: orNull(Type.Object({ by: NullableText, comment: NullableText, at: Time })),
  inhibitedBy: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'the alarm that explains this one',
  }),
  mode: orNull(
    Type.Object(
      {
        ...{ id: Type.String(), type: Type.Enum(['maintenance', 'test']), by: Type.String(), comment: Type.String() },
        ...{ until: Time, dispatch: Type.Boolean() },
      },
      { description: 'people are at work there' },
    ),
  ),
  mark: Type.Unsafe<'exercise' | 'test' | null>({
    type: ['string', 'null'],
    enum: ['exercise', 'test', null],
    description: 'null: a real alarm',
  }),
  offBySchedule: Type.Boolean({ description: 'its schedule has switched it off for now' }),
  firstOut: Type.Array(Type.String(), {
    description: 'ids of the groups in which it was the first alarm; until it is normal again',
  }),
  occurrence: Type.Number(),
  raisedAt: Time,
  returnedAt: NullableTime,
  acknowledgedAt: NullableTime,
  acknowledgedBy: NullableText,
  comment: NullableText,
  cause: Type.Object({
    point: NullableText,
    value: Value,
    unit: Type.String(),
    quality: QualityName,
    time: Time,
    setpoint: NullableNumber,
  }),
  proposal: Type.Optional(
    Type.Object(
      {
        state: Type.Enum(['proposed', 'confirmed', 'declined']),
        level: Type.Unsafe<string | null>({
          type: ['string', 'null'],
          description: 'the level that is measured and proposed; null: to lift the confirmed one',
        }),
        confirmed: Type.Unsafe<string | null>({
          type: ['string', 'null'],
          description: 'the level that people have confirmed, which stands until they change it',
        }),
        ...{ by: NullableText, comment: NullableText, at: NullableTime },
      },
      { description: 'where people decide about the level: what is proposed, and what they have decided' },
    ),
  ),
  vote: Type.Optional(
    Type.Object(
      {
        required: Type.Integer({ description: 'how many members had to be in alarm, after those that are lost' }),
        healthy: Type.Integer({ description: 'how many could be counted' }),
        total: Type.Integer(),
        counted: Type.Array(Type.String(), { description: 'ids of the devices that were in alarm' }),
        lost: Type.Array(Type.String(), { description: 'ids of the devices that could not be counted' }),
      },
      { description: 'of the alarm of a group: how it voted when the alarm last changed' },
    ),
  ),
  path: Type.Optional(
    Type.Array(
      Type.Object({
        gateway: Type.String(),
        epoch: Type.Integer({ description: 'of its numbering' }),
        seq: Type.Integer({ description: 'number of its last event in the sequence of that gateway' }),
        receivedAt: Time,
      }),
      {
        description:
          'of an alarm of a gateway below: the way of its last event, first the gateway that raised it; receivedAt: when the next one had it',
      },
    ),
  ),
  report: Type.Optional(
    Type.Object(
      {
        ...{ type: Type.Enum([...INCIDENT_TYPES]), place: NullableText, known: Type.String() },
        ...{ reporter: Type.String(), enteredBy: Type.String() },
      },
      { description: 'of what a person reported' },
    ),
  ),
  disposition: Type.Optional(
    Type.Object(
      { verdict: Type.Enum([...VERDICTS]), by: Type.String(), comment: Type.String(), at: Time },
      { description: 'what people found out about this occurrence' },
    ),
  ),
  reason: LocalText,
  guidance: LocalText,
})

/** A row, with what is on its way to the gateway that raised it. */
export const AlarmRow = Type.Object({ ...Alarm.properties, order: Type.Optional(Order) })

export const AlarmEvent = Type.Object({
  seq: Type.Integer({ description: '1, 2, 3 … without a gap' }),
  id: Type.String({ description: 'idempotency key' }),
  gateway: Type.String(),
  time: Time,
  type: Type.Enum([...ALARM_EVENT_TYPES]),
  previousState: Type.Enum([...ALARM_STATES]),
  by: NullableText,
  comment: NullableText,
  alarm: Alarm,
  order: Type.Optional(Type.String({ description: 'id of the order of a gateway above that was carried out with it' })),
})

const who = {
  by: Type.String({
    minLength: 1,
    maxLength: 100,
    pattern: '\\S',
    description: 'name of the person; the name of the token is recorded beside it',
  }),
}

const Comment = Type.String({ maxLength: 1000 })

/** What a person sends to change an alarm. */
export const CommandBody = Type.Object({ ...who, comment: Type.Optional(Comment) }, strict)

/** The same where somebody will ask why. */
export const ReasonedCommandBody = Type.Object(
  { ...who, comment: Type.String({ minLength: 1, maxLength: 1000, pattern: '\\S', description: 'why' }) },
  strict,
)

export const ShelveBody = Type.Object(
  {
    ...ReasonedCommandBody.properties,
    minutes: Type.Number({
      exclusiveMinimum: 0,
      maximum: 100_000,
      description: 'at most so long; the rule has a bound',
    }),
    oneShot: Type.Optional(
      Type.Boolean({ description: 'true: ends with the next return to normal, if that is earlier' }),
    ),
  },
  strict,
)

export const ConfirmBody = Type.Object(
  {
    ...ReasonedCommandBody.properties,
    level: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'where people have agreed on another than is proposed' }),
    ),
  },
  strict,
)

export const ExerciseBody = Type.Object(
  {
    ...CommandBody.properties,
    level: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'of a limit with levels; the most severe if absent' }),
    ),
  },
  strict,
)

export const DisposeBody = Type.Object({ ...ReasonedCommandBody.properties, verdict: Type.Enum([...VERDICTS]) }, strict)

export const CorrectBody = Type.Object(
  {
    ...CommandBody.properties,
    priority: Type.Optional(PriorityName),
    known: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1000, pattern: '\\S', description: 'what is known now' }),
    ),
  },
  strict,
)

export const CloseBody = Type.Object(
  { ...ReasonedCommandBody.properties, verdict: Type.Optional(Type.Enum([...VERDICTS])) },
  strict,
)

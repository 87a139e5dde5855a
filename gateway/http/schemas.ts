/** The shapes that leave and enter the API. They validate, serialize and document (`GET /api/openapi.json`). */
import { type TSchema, Type } from 'typebox'
import { PRIORITIES } from '../alarm-model.ts'

const strict = { additionalProperties: false } as const

const NullableText = Type.Unsafe<string | null>({ type: ['string', 'null'] })
const NullableNumber = Type.Unsafe<number | null>({ type: ['number', 'null'] })
const Value = Type.Unsafe<number | string | null>({ type: ['number', 'string', 'null'] })

export const Time = Type.Number({ description: 'milliseconds since 1970-01-01 UTC' })
const NullableTime = Type.Unsafe<number | null>({
  type: ['number', 'null'],
  description: 'milliseconds since 1970-01-01 UTC',
})

export const LocalText = Type.Object({ zh: Type.String(), en: Type.String() })
export const PRIORITY_NAMES: readonly string[] = PRIORITIES
export const PriorityName = Type.Enum([...PRIORITIES])
export const ClassName = Type.Enum(['alarm', 'fault'])
const QualityName = Type.Enum(['good', 'uncertain', 'bad'])
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
] as const

/** An id of ours: `deviceId`, `deviceId.pointId` or `deviceId.ruleId`. */
export const AnyId = Type.String({ minLength: 1, maxLength: 200, pattern: '^[a-z0-9][a-z0-9.-]*$' })

export const ErrorBody = Type.Object(
  {
    error: Type.Object({
      code: Type.String({ description: 'stable; for programs' }),
      message: Type.String({ description: 'what was expected, what came, what to do' }),
      text: Type.Optional(LocalText),
      problems: Type.Optional(Type.Array(Type.String())),
    }),
  },
  { description: 'why it was refused' },
)

export const Alarm = Type.Object({
  id: Type.String({ description: 'deviceId.ruleId' }),
  station: Type.String(),
  device: Type.String(),
  deviceName: Type.String(),
  place: Type.String(),
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
  reason: LocalText,
  guidance: LocalText,
})

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
})

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
    type: Type.Enum(['community', 'industrial-park', 'street']),
    address: Type.String(),
  }),
  version: Type.String(),
  startedAt: Time,
  language: Type.Enum(['zh', 'en']),
  now: Time,
  configuration: Type.Object({ loadedAt: Time, problems: Type.Array(Type.String()) }),
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

/** Query parameters; an unknown one is refused, so that a misspelt filter is never taken for "everything". */
export function query<P extends Record<string, TSchema>>(properties: P) {
  return Type.Object(properties, strict)
}

/** OpenAPI's and fast-json-stringify's common way to say "or null" of an object. */
function orNull<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()])
}

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

/** What gateways say to one another, as it enters and leaves the API. */
import { Type } from 'typebox'
import { LocalText, NullableText, NullableTime, orNull, Time } from './base-schemas.ts'

const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Epoch = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'of the numbering of its events',
})
const Name = Type.String({ minLength: 1, maxLength: 64 })
const OrderId = Type.String({ minLength: 1, maxLength: 200 })

export const EventBatch = Type.Object({
  version: Type.Literal(1),
  gateway: Name,
  epoch: Epoch,
  after: Type.Integer({ ...Count, description: 'the number before the first of the events' }),
  first: Type.Boolean({ description: 'it has nothing before them' }),
  events: Type.Array(Type.Unknown(), { maxItems: 500, description: 'alarm events, numbered without a gap' }),
})

export const Report = Type.Object({
  version: Type.Literal(1),
  type: Type.Literal('heartbeat'),
  gateway: Name,
  station: Type.String({ minLength: 1, maxLength: 64 }),
  time: Type.Number(),
  startedAt: Type.Number(),
  intervalMs: Type.Number({ minimum: 100, maximum: 3_600_000 }),
  health: Type.Enum(['ok', 'degraded', 'failing', 'stopping']),
  lastSeq: Count,
  epoch: Epoch,
  orders: Type.Array(OrderId, { maxItems: 1000, description: 'those that it has' }),
  refused: Type.Array(
    Type.Object({
      id: OrderId,
      refusal: Type.Object({ code: Type.String({ maxLength: 64 }), message: LocalText }),
    }),
    { maxItems: 100 },
  ),
  waitMs: Type.Number({ minimum: 0, maximum: 60_000 }),
})

const Known = orNull(Type.Object({ epoch: Epoch, seq: Count, id: NullableText }))

export const EventAnswer = Type.Object({
  gateway: Type.String({ description: 'the gateway that answers' }),
  known: Known,
  passedOver: Type.Optional(Type.Array(Type.Object({ seq: Type.Number(), problem: Type.String() }))),
})

export const ReportAnswer = Type.Object({
  gateway: Type.String(),
  known: Known,
  above: Type.Array(Type.String(), { description: 'the gateways above the one that answers' }),
  orders: Type.Array(
    Type.Object({
      id: OrderId,
      alarmId: Type.String(),
      action: Type.Unsafe<object>({ type: 'object', additionalProperties: true }),
      by: Type.String(),
      comment: NullableText,
      expiresInMs: Type.Number(),
    }),
  ),
  settled: Type.Array(Type.String()),
})

export const Child = Type.Object({
  id: Type.String(),
  state: Type.Enum(['ok', 'silent', 'never-heard']),
  lastHeardAt: NullableTime,
  heartbeat: orNull(
    Type.Object({ station: Type.String(), startedAt: Time, health: Type.String(), lastSeq: Type.Integer() }),
  ),
  clockOffsetMs: Type.Unsafe<number | null>({
    type: ['number', 'null'],
    description: 'how far its clock is ahead of ours; nothing is judged by it',
  }),
  lastSeq: Type.Unsafe<number | null>({
    type: ['integer', 'null'],
    description: 'everything up to this number of its events is here',
  }),
  behind: Type.Boolean({ description: 'it has told of events that have not come for a minute' }),
  lostEvents: Type.Integer({ description: 'since the start: it no longer had them' }),
  refusedEvents: Type.Integer({ description: 'since the start: they could not be taken' }),
  repeatedEvents: Type.Integer({ description: 'since the start: they were here already' }),
  gateways: Type.Array(Type.String(), { description: 'those below it' }),
})

export const Order = Type.Object(
  {
    id: Type.String(),
    type: Type.String(),
    by: Type.String(),
    comment: NullableText,
    at: Time,
    state: Type.Enum(['pending', 'done', 'refused', 'expired']),
    refusal: orNull(LocalText),
  },
  { description: 'what was done here to an alarm of a gateway below: it waits, or was not done there' },
)

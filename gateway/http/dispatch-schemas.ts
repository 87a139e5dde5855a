/** Notifications, what was heard of them, and decisions of dispatch, as the API says them. */
import { Type } from 'typebox'
import type { DispatchEvent } from '../dispatch-event.ts'
import type { Notification } from '../dispatch-model.ts'
import * as baseSchemas from './base-schemas.ts'

export const NotificationId = Type.String({ minLength: 1, maxLength: 400, pattern: '^[A-Za-z0-9][A-Za-z0-9.:_-]*$' })

export const StateName = Type.Enum(['sent', 'delivered', 'seen', 'acknowledged', 'failed'])

/** Validated where they are made; described, so that receivers know what they get. */
const NotificationShape = Type.Unsafe<Notification>({
  type: 'object',
  additionalProperties: true,
  description:
    'id (the idempotency key), seq (1, 2, 3 … over all), createdAt, channel, station, to (people and their addresses), purpose ' +
    '(first, update, reminder, escalation, ended), step, events (alarm events, with their rows), place, earlier, drill',
})

export const NotificationWithReceipts = Type.Object({
  notification: NotificationShape,
  receipts: Type.Array(
    Type.Object({
      state: StateName,
      at: baseSchemas.Time,
      by: baseSchemas.NullableText,
      detail: baseSchemas.NullableText,
    }),
  ),
  withdrawn: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'why it was not sent any more; null: it was, or will be',
  }),
})

export const DispatchEventShape = Type.Unsafe<DispatchEvent>({
  type: 'object',
  additionalProperties: true,
  description:
    'seq, time, cases (alarmId#occurrence), type: opened, released, held, dropped, notified, stepped, unreached, unanswered, ' +
    'withdrawn, stopped, receipt, and what belongs to it',
})

export const ChannelShape = Type.Object({
  id: Type.String(),
  type: Type.String(),
  state: Type.Enum(['idle', 'delivering', 'waiting', 'refused']),
  message: baseSchemas.NullableText,
  since: baseSchemas.NullableTime,
  waiting: Type.Integer(),
  delivered: Type.Integer(),
  failed: Type.Integer(),
})

const Words = { minLength: 1, pattern: '\\S' } as const

export const ReceiptBody = Type.Object(
  {
    state: StateName,
    by: Type.String({ ...Words, maxLength: 100, description: 'the person, or the machine, that confirms' }),
    detail: Type.Optional(Type.String({ maxLength: 1000 })),
  },
  baseSchemas.strict,
)

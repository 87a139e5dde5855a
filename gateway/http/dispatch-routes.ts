/** Who was told what, who answered, and how receivers confirm. */
import { Type } from 'typebox'
import { nameOf } from './acting-person.ts'
import type { Api, ApiParts } from './api.ts'
import * as baseSchemas from './base-schemas.ts'
import * as dispatchSchemas from './dispatch-schemas.ts'
import { ApiError } from './errors.ts'

const After = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 })
const SomeId = Type.Optional(baseSchemas.AnyId)

export function registerDispatchRoutes(api: Api, parts: ApiParts): void {
  registerNotifications(api, parts)
  registerReceipts(api, parts)
  registerRecords(api, parts)
  api.get(
    '/api/channels',
    {
      schema: {
        summary: 'The channels over which people are told, and how they stand',
        querystring: baseSchemas.query({}),
        response: {
          200: Type.Object({ channels: Type.Array(dispatchSchemas.ChannelShape) }),
          '4xx': baseSchemas.ErrorBody,
        },
      },
    },
    () => ({ channels: [...(parts.view.dispatch.channels() ?? [])] }),
  )
}

function registerNotifications(api: Api, { view }: ApiParts): void {
  api.get(
    '/api/notifications',
    {
      schema: {
        summary: 'Notifications after a number, with what was heard of each',
        querystring: baseSchemas.query({
          after: After,
          limit: Type.Integer({ minimum: 1, maximum: 200, default: 100 }),
          ...{ channel: SomeId, station: SomeId, alarm: SomeId },
        }),
        response: {
          200: Type.Object({ notifications: Type.Array(dispatchSchemas.NotificationWithReceipts) }),
          '4xx': baseSchemas.ErrorBody,
        },
      },
    },
    async (request) => {
      const { after, limit, channel = null, station = null, alarm = null } = request.query
      const found = await view.dispatch.notifications({ after, limit, channel, station, alarm })
      return { notifications: found.map((one) => ({ ...one, receipts: [...one.receipts] })) }
    },
  )
  api.get(
    '/api/notifications/:id',
    {
      schema: {
        summary: 'One notification and what was heard of it',
        params: Type.Object({ id: dispatchSchemas.NotificationId }),
        response: { 200: dispatchSchemas.NotificationWithReceipts, '4xx': baseSchemas.ErrorBody },
      },
    },
    async (request) => {
      const found = await view.dispatch.notification(request.params.id)
      if (found === null) throw unknownNotification(request.params.id)
      return { ...found, receipts: [...found.receipts] }
    },
  )
}

function registerReceipts(api: Api, { view }: ApiParts): void {
  api.post(
    '/api/notifications/:id/receipts',
    {
      config: { access: 'operate' },
      schema: {
        summary: 'Say how far a notification has come; acknowledged acknowledges its alarms. A repetition does no harm',
        params: Type.Object({ id: dispatchSchemas.NotificationId }),
        body: dispatchSchemas.ReceiptBody,
        response: { 200: Type.Object({ ok: Type.Literal(true) }), '4xx': baseSchemas.ErrorBody },
      },
    },
    async (request) => {
      const { state, by, detail } = request.body
      const who = nameOf(by.trim(), request.identity)
      const { id } = request.params
      const known = await view.dispatch.confirm({ notification: id, state, by: who, detail: detail?.trim() || null })
      if (!known) throw unknownNotification(id)
      return { ok: true as const }
    },
  )
}

function registerRecords(api: Api, { view }: ApiParts): void {
  const events = Type.Array(dispatchSchemas.DispatchEventShape)
  api.get(
    '/api/alarms/:id/deliveries',
    {
      schema: {
        summary: 'Who was told of an occurrence of an alarm, what they answered, and which steps were taken',
        params: Type.Object({ id: baseSchemas.AnyId }),
        querystring: baseSchemas.query({
          occurrence: Type.Optional(Type.Integer({ minimum: 1, description: 'the newest if absent' })),
        }),
        response: { 200: Type.Object({ events }), '4xx': baseSchemas.ErrorBody },
      },
    },
    async (request) => ({
      events: [...(await view.dispatch.record(request.params.id, request.query.occurrence ?? null))],
    }),
  )
  api.get(
    '/api/dispatch-events',
    {
      schema: {
        summary: 'What dispatch decided and heard, after a number',
        querystring: baseSchemas.query({
          after: After,
          limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
        }),
        response: { 200: Type.Object({ events, lastSeq: Type.Integer() }), '4xx': baseSchemas.ErrorBody },
      },
    },
    async (request) => {
      const page = await view.dispatch.events(request.query.after, request.query.limit)
      return { events: [...page.events], lastSeq: page.lastSeq }
    },
  )
}

function unknownNotification(id: string): ApiError {
  return new ApiError(404, 'unknown-notification', {
    message: { zh: `没有编号为“${id}”的通知`, en: `there is no notification '${id}', or it is not kept any more` },
  })
}

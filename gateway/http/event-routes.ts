import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import * as alarmSchemas from './alarm-schemas.ts'
import type { Api, ApiParts } from './api.ts'
import * as baseSchemas from './base-schemas.ts'
import { ApiError } from './errors.ts'
import * as statusSchemas from './status-schemas.ts'

const Seq = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

export function registerEventRoutes(api: Api, parts: ApiParts): void {
  const { view, streams, authenticator } = parts
  registerDeadLetters(api, parts)
  api.get(
    '/api/alarm-events',
    {
      schema: {
        summary: 'Alarm events after a number; a gap in the numbers behind firstSeq is a lost event',
        querystring: baseSchemas.query({
          after: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 }),
          limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
        }),
        response: {
          200: Type.Object({
            events: Type.Array(alarmSchemas.AlarmEvent),
            firstSeq: Type.Integer({ description: 'number of the oldest event that is kept: storage.maxAlarmEvents' }),
            lastSeq: Type.Integer({ description: 'number of the newest event; 0 before the first' }),
          }),
          '4xx': baseSchemas.ErrorBody,
        },
      },
    },
    async (request) => await view.alarmEvents(request.query.after, request.query.limit),
  )

  api.get(
    '/api/events',
    {
      exposeHeadRoute: false,
      schema: {
        summary:
          'Server-sent events: hello, alarm (id = its number), readings (latest of each point, each second), modes (those that are on), ordered (the row of an alarm of a gateway below, where what waits for it has changed), dispatch (what was decided and heard; a gap in seq is to be read from /api/dispatch-events)',
        produces: ['text/event-stream'],
        headers: Type.Object({ 'last-event-id': Type.Optional(Seq) }),
        querystring: baseSchemas.query({
          after: Type.Optional(Seq),
          heartbeatSeconds: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 60, description: 'heartbeat events instead of comments every 15 s' }),
          ),
        }),
        response: {
          200: { content: { 'text/event-stream': { schema: Type.String() } } },
          '4xx': baseSchemas.ErrorBody,
          '5xx': baseSchemas.ErrorBody,
        },
      },
    },
    (request, reply) => {
      if (request.raw.httpVersionMajor !== 1) throw new ApiError(505, 'http-version', { message: 'use HTTP/1.1' })
      streams.claimPlace()
      const { heartbeatSeconds, after } = request.query
      writeHead(reply)
      streams.add(reply.raw, {
        // What a reconnecting browser says is newer than the address it was opened with.
        after: request.headers['last-event-id'] ?? after ?? null,
        heartbeatMs: heartbeatSeconds === undefined ? null : heartbeatSeconds * 1000,
        allowed: () => authenticator.stillValid(request),
      })
    },
  )
}

function registerDeadLetters(api: Api, { view }: ApiParts): void {
  api.get(
    '/api/dead-letters',
    {
      schema: {
        summary: 'Alarm events and readings that their receiver can never accept, newest first',
        querystring: baseSchemas.query({ limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }) }),
        response: {
          200: Type.Object({ deadLetters: Type.Array(statusSchemas.DeadLetter) }),
          '4xx': baseSchemas.ErrorBody,
        },
      },
    },
    async (request) => ({ deadLetters: [...(await view.deadLetters(request.query.limit))] }),
  )
}

function writeHead(reply: FastifyReply): void {
  reply.hijack()
  const { raw } = reply
  raw.socket?.setNoDelay(true)
  // Finds out within a minute that the client's machine is gone.
  raw.socket?.setKeepAlive(true, 30_000)
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Reverse proxies must not collect the events.
    'x-accel-buffering': 'no',
  })
}

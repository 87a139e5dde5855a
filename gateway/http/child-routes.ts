/** What gateways below tell, under tokens of their own, and what is known of them. */
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { EventBatch, Report } from '../upstream-model.ts'
import type { Api, ApiParts } from './api.ts'
import * as baseSchemas from './base-schemas.ts'
import * as childSchemas from './child-schemas.ts'
import { ApiError } from './errors.ts'
import { FailureLimiter } from './failure-limiter.ts'

const BODY_LIMIT_BYTES = 4 * 1024 * 1024
const MAX_FAILURES = 10
const WINDOW_MS = 60_000
const Params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) })

export function registerChildRoutes(api: Api, { view, clock }: ApiParts): void {
  const failures = new FailureLimiter({ clock, limit: MAX_FAILURES, windowMs: WINDOW_MS })
  const { children } = view

  api.get(
    '/api/children',
    {
      schema: {
        summary: 'Gateways below: whether they live, and how far their events have come',
        response: { 200: Type.Object({ children: Type.Array(childSchemas.Child) }), '4xx': baseSchemas.ErrorBody },
      },
    },
    () => ({ children: [...children.list()] }),
  )

  api.post(
    '/api/children/:id/events',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      config: { access: 'child' },
      schema: {
        summary: 'Alarm events of a gateway below, in order; confirmed when they are on disk',
        params: Params,
        body: childSchemas.EventBatch,
        response: { 200: childSchemas.EventAnswer, 409: childSchemas.EventAnswer, '4xx': baseSchemas.ErrorBody },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      admit(request, id)
      // Events are looked at one by one: what one of them says wrongly must not hold back the others.
      const batch = request.body as unknown as EventBatch
      speaksForItself(id, batch.gateway)
      const answer = await children.takeEvents(id, batch)
      if (answer.type !== 'busy') return reply.code(answer.type === 'gap' ? 409 : 200).send(answer.answer as never)
      throw new ApiError(503, 'busy', {
        message: `send it again: ${answer.message}`,
        retryAfterSeconds: Math.ceil(answer.waitMs / 1000),
      })
    },
  )

  api.post(
    '/api/children/:id/report',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      config: { access: 'child' },
      schema: {
        summary: 'Heartbeat of a gateway below; answered with orders, at once or when there is one',
        params: Params,
        body: childSchemas.Report,
        response: { 200: childSchemas.ReportAnswer, '4xx': baseSchemas.ErrorBody },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      admit(request, id)
      const report = request.body as unknown as Report
      speaksForItself(id, report.gateway)
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      return (await children.takeReport(id, report, gone.signal)) as never
    },
  )

  function admit(request: FastifyRequest, id: string): void {
    const key = `${request.ip} ${id}`
    const wait = Math.ceil(failures.waitMs(key) / 1000)
    if (wait > 0) {
      const message = `too many wrong tokens for this gateway; try again in ${wait} s`
      throw new ApiError(429, 'too-many-failures', { message, retryAfterSeconds: wait })
    }
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
    if (token !== undefined && children.admits(id, token)) return
    failures.count(key)
    throw new ApiError(401, 'token-required', {
      message: `expected the token of a gateway below; give "${id}" one under children here, and the same in its sink`,
    })
  }
}

function speaksForItself(id: string, gateway: string): void {
  if (gateway === id) return
  throw new ApiError(403, 'not-allowed', { message: `expected what "${id}" says, got what "${gateway}" says` })
}

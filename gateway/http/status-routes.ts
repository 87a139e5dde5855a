import { Type } from 'typebox'
import type { Api, ApiParts } from './api.ts'
import * as baseSchemas from './base-schemas.ts'
import { ApiError } from './errors.ts'
import * as statusSchemas from './status-schemas.ts'

export function registerStatusRoutes(api: Api, parts: ApiParts): void {
  registerHealth(api, parts)
  registerInfo(api, parts)
  registerMetrics(api, parts)
  registerReload(api, parts)
}

function registerHealth(api: Api, { view }: ApiParts): void {
  api.get(
    '/api/health',
    {
      config: { access: 'open' },
      schema: {
        summary: 'Whether alarms still reach people: 200 ok or degraded, 503 failing',
        querystring: baseSchemas.query({}),
        response: { 200: statusSchemas.Health, 503: statusSchemas.Health, '4xx': baseSchemas.ErrorBody },
      },
    },
    (request, reply) => {
      const { status, checks } = view.health()
      reply.header('cache-control', 'no-store')
      reply.code(status === 'failing' ? 503 : 200)
      return request.identity === null ? { status } : { status, checks }
    },
  )
}

function registerInfo(api: Api, { view, clock }: ApiParts): void {
  api.get(
    '/api/info',
    {
      schema: {
        summary: 'The station, the gateway and its configuration',
        querystring: baseSchemas.query({}),
        response: { 200: statusSchemas.Info, '4xx': baseSchemas.ErrorBody },
      },
    },
    () => {
      const { loadedAt, problems } = view.configStatus()
      return { ...view.info(), now: clock.now().wall, configuration: { loadedAt, problems } }
    },
  )
}

function registerMetrics(api: Api, { view }: ApiParts): void {
  api.get(
    '/metrics',
    {
      schema: {
        summary: 'Counters and gauges for Prometheus',
        querystring: baseSchemas.query({}),
        response: { 200: { content: { 'text/plain': { schema: Type.String() } } }, '4xx': baseSchemas.ErrorBody },
      },
    },
    async (_request, reply) => {
      const text = await view.metrics()
      return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text)
    },
  )
}

function registerReload(api: Api, { view }: ApiParts): void {
  api.post(
    '/api/reload',
    {
      config: { access: 'operate' },
      schema: {
        summary: 'Read the configuration file again; a wrong one changes nothing',
        body: Type.Object({}, { additionalProperties: false }),
        response: { 200: Type.Object({ changes: Type.Array(Type.String()) }), '4xx': baseSchemas.ErrorBody },
      },
    },
    async () => {
      const { ok, problems, changes } = await view.reload()
      if (ok) return { changes }
      throw new ApiError(422, 'configuration-refused', {
        message: {
          zh: `配置有 ${problems.length} 处错误，继续使用上一份有效配置`,
          en: `the configuration has ${problems.length} problem(s); the last good one stays`,
        },
        problems,
      })
    },
  )
}

import { Type } from 'typebox'
import type { Api, ApiParts } from './api.ts'
import { COOKIE } from './authentication.ts'
import * as baseSchemas from './base-schemas.ts'
import { SESSION_MS } from './sessions.ts'

const Who = Type.Object({
  name: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'name of the token; null without tokens',
  }),
  role: Type.Enum(['viewer', 'operator']),
})
/** `Strict` and `HttpOnly`: no foreign page can send it, no script can read it. */
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Strict'

export function registerSessionRoutes(api: Api, { authenticator }: ApiParts): void {
  api.get(
    '/api/session',
    {
      schema: {
        summary: 'Who I am to the gateway',
        querystring: baseSchemas.query({}),
        response: { 200: Who, '4xx': baseSchemas.ErrorBody },
      },
    },
    (request) => request.identity ?? { name: null, role: 'viewer' as const },
  )

  api.post(
    '/api/session',
    {
      config: { access: 'open' },
      schema: {
        summary: 'Exchange a token for a session cookie',
        body: Type.Object({ token: Type.String({ minLength: 1, maxLength: 1000 }) }, { additionalProperties: false }),
        response: { 200: Who, '4xx': baseSchemas.ErrorBody },
      },
    },
    (request, reply) => {
      if (authenticator.anonymous) return { name: null, role: 'operator' as const }
      const session = authenticator.logIn(request.body.token, request.ip)
      reply.header('set-cookie', `${COOKIE}=${session.id}; ${ATTRIBUTES}; Max-Age=${SESSION_MS / 1000}`)
      return session.identity
    },
  )

  api.delete(
    '/api/session',
    { config: { access: 'open' }, schema: { summary: 'End my session', response: { 204: Type.Null() } } },
    (request, reply) => {
      authenticator.logOut(request)
      reply.header('set-cookie', `${COOKIE}=; ${ATTRIBUTES}; Max-Age=0`)
      reply.code(204).send(null)
    },
  )
}

/** What every route file is given. */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { Clock } from '../model.ts'
import type { Authenticator } from './authentication.ts'
import type { EventStreams } from './event-streams.ts'
import type { GatewayView } from './gateway-view.ts'
import type { Identity } from './identity.ts'
import type { TypeBoxProvider } from './validation.ts'

/** A fastify scope whose handlers have the types of their schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxProvider
>

export interface ApiParts {
  readonly view: GatewayView
  readonly clock: Clock
  readonly authenticator: Authenticator
  readonly streams: EventStreams
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may use the route; `read` (anyone with a token) where nothing is said. `child`: the route looks itself. */
    access?: 'open' | 'read' | 'operate' | 'child'
  }
  interface FastifyRequest {
    identity: Identity | null
  }
}

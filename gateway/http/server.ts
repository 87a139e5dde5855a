/** The gateway's HTTP server: API, event stream, metrics and the console's files. */
import type { AddressInfo } from 'node:net'
import { fastifyHelmet } from '@fastify/helmet'
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify'
import { systemClock } from '../clock.ts'
import type { Clock, Log } from '../model.ts'
import { registerAlarmRoutes } from './alarm-routes.ts'
import type { Api, ApiParts } from './api.ts'
import { type Authentication, Authenticator } from './authentication.ts'
import { registerCapRoutes } from './cap-routes.ts'
import { registerChildRoutes } from './child-routes.ts'
import { answerClientError } from './client-error.ts'
import { registerCommandRoutes } from './command-routes.ts'
import { registerCommissioningRoutes } from './commissioning-routes.ts'
import { registerConsoleFiles } from './console-files.ts'
import { registerDispatchRoutes } from './dispatch-routes.ts'
import { registerDrillRoutes } from './drill-routes.ts'
import { ApiError, notFound, sendError, toApiError } from './errors.ts'
import { registerEventRoutes } from './event-routes.ts'
import { EventStreams } from './event-streams.ts'
import type { GatewayView } from './gateway-view.ts'
import type { Identity } from './identity.ts'
import { registerLedgerRoutes } from './ledger-routes.ts'
import { registerLineRoutes } from './line-routes.ts'
import { isLoopback } from './loopback.ts'
import { registerModeRoutes } from './mode-routes.ts'
import { registerMonthlyRoutes } from './monthly-routes.ts'
import { registerOpenApi, registerOpenApiRoute } from './openapi.ts'
import { registerReadingRoutes } from './reading-routes.ts'
import { registerRegistryRoutes } from './registry-routes.ts'
import { registerReportRoutes } from './report-routes.ts'
import { guardRequest } from './request-guard.ts'
import { registerSessionRoutes } from './session-routes.ts'
import { registerStatisticsRoutes } from './statistics-routes.ts'
import { registerStatusRoutes } from './status-routes.ts'
import { createValidatorCompiler } from './validation.ts'

const BODY_LIMIT_BYTES = 64 * 1024
const MAX_CONNECTIONS = 256
const DEFAULT_MAX_STREAMS = 64
/** Answers that are on their way get this long when the server stops. */
const STOP_MS = 2000

export interface HttpServerOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly authentication: Authentication
  readonly view: GatewayView
  readonly log: Log
  /** Folder of the built console. */
  readonly consoleDirectory: string
  readonly maxStreams?: number
  readonly clock?: Clock
}

export interface HttpServer {
  /** Rejects when the address cannot be taken, or when it is open to others and no token is asked for. */
  start(): Promise<void>
  stop(): Promise<void>
  /** Where it listens; null before `start` and after `stop`. */
  address(): { readonly host: string; readonly port: number; readonly url: string } | null
  /** For the metrics. */
  stats(): { readonly streams: number; readonly streamsDropped: number }
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const clock = options.clock ?? systemClock
  const parts: ApiParts = {
    view: options.view,
    clock,
    authenticator: new Authenticator(options.authentication, clock),
    streams: new EventStreams({
      view: options.view,
      clock,
      log: options.log,
      maxStreams: options.maxStreams ?? DEFAULT_MAX_STREAMS,
    }),
  }
  let app: FastifyInstance | null = null
  let address: ReturnType<HttpServer['address']> = null
  return {
    async start() {
      refuseOpenAddress(options)
      const building = await buildApp(options, parts)
      await listen(building, options)
      app = building
      parts.streams.start()
      const { port } = building.server.address() as AddressInfo
      const host = options.host.includes(':') ? `[${options.host}]` : options.host
      address = { host: options.host, port, url: `http://${host}:${port}` }
    },
    async stop() {
      const closing = app
      app = null
      address = null
      parts.streams.stop()
      if (closing !== null) await closeWithin(closing, STOP_MS)
    },
    address: () => address,
    stats: () => ({ streams: parts.streams.open, streamsDropped: parts.streams.dropped }),
  }
}

async function buildApp(options: HttpServerOptions, parts: ApiParts): Promise<FastifyInstance> {
  const app = createApp(options.log)
  app.server.maxConnections = MAX_CONNECTIONS
  app.setValidatorCompiler(createValidatorCompiler())
  acceptOnlyJson(app)
  app.setErrorHandler((error, { method, routeOptions }, reply) =>
    sendError(reply, toApiError(error as never, { route: routeOptions.url ?? method, log: options.log })),
  )
  app.setNotFoundHandler((request, reply) => sendError(reply, notFound(request)))
  guardEveryRequest(app, { loopbackOnly: parts.authenticator.anonymous })
  await secureHeaders(app)
  await registerOpenApi(app, options.view.info().version)
  await app.register((api, _options, done) => {
    registerApi(api as unknown as Api, parts)
    done()
  })
  await registerConsoleFiles(app, options.consoleDirectory)
  await app.ready()
  return app
}

function createApp(log: Log): FastifyInstance {
  return fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    // Slow senders: 5 s for the head, 10 s for the whole request; looked at every second.
    requestTimeout: 10_000,
    http: { headersTimeout: 5000, connectionsCheckingInterval: 1000, maxHeaderSize: 16 * 1024 },
    // Slow readers of an answer and forgotten connections; an event stream's heartbeat is activity.
    connectionTimeout: 90_000,
    keepAliveTimeout: 10_000,
    routerOptions: { maxParamLength: 256 },
    // Answered by our own hook, in the shape of every other refusal.
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, _request, reply) =>
      sendError(reply as unknown as FastifyReply, toApiError(error, { route: 'before any route', log })),
  })
}

function guardEveryRequest(app: FastifyInstance, options: { readonly loopbackOnly: boolean }): void {
  let stopping = false
  app.addHook('preClose', (done) => {
    stopping = true
    done()
  })
  app.addHook('onRequest', (request, _reply, done) => {
    if (stopping) throw new ApiError(503, 'stopping', { message: 'the gateway is stopping', retryAfterSeconds: 5 })
    guardRequest(request, options)
    done()
  })
}

function registerApi(api: Api, parts: ApiParts): void {
  api.decorateRequest('identity', null)
  api.addHook('onRequest', (request, reply, done) => {
    const access = request.routeOptions.config.access ?? 'read'
    reply.header('cache-control', 'no-store')
    if (access === 'child') {
      done()
      return
    }
    request.identity = parts.authenticator.identify(request)
    if (access !== 'open') authorize(request.identity, access)
    done()
  })
  registerStatusRoutes(api, parts)
  registerSessionRoutes(api, parts)
  registerAlarmRoutes(api, parts)
  registerReportRoutes(api, parts)
  registerLedgerRoutes(api, parts)
  registerMonthlyRoutes(api, parts)
  registerDrillRoutes(api, parts)
  registerModeRoutes(api, parts)
  registerDispatchRoutes(api, parts)
  registerStatisticsRoutes(api, parts)
  registerCapRoutes(api, parts)
  registerCommissioningRoutes(api, parts)
  registerCommandRoutes(api, parts)
  registerReadingRoutes(api, parts)
  registerLineRoutes(api, parts)
  registerChildRoutes(api, parts)
  registerRegistryRoutes(api, parts)
  registerEventRoutes(api, parts)
  registerOpenApiRoute(api as unknown as FastifyInstance)
}

function authorize(identity: Identity | null, access: 'read' | 'operate'): void {
  if (identity === null) {
    throw new ApiError(401, 'token-required', {
      message: "this needs a token: send 'authorization: Bearer <token>' or log in on the console",
    })
  }
  if (access === 'operate' && identity.role === 'viewer') {
    throw new ApiError(403, 'not-allowed', {
      message: { zh: '该令牌只能查看，不能操作', en: 'this token may look, but not change anything' },
    })
  }
}

function acceptOnlyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    // No body says as much as an empty object; the route's schema tells what is missing.
    if (body.trim() === '') done(null, {})
    else void parse(request, body, done)
  })
}

async function secureHeaders(app: FastifyInstance): Promise<void> {
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        fontSrc: ["'self'"],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    // The gateway speaks plain HTTP; whoever puts TLS before it sets this there.
    strictTransportSecurity: false,
  })
}

function refuseOpenAddress({ host, authentication }: HttpServerOptions): void {
  if (authentication.type === 'tokens' && authentication.tokens.length === 0) {
    throw new Error("http: authentication 'tokens' needs at least one token")
  }
  if (authentication.type === 'tokens' || isLoopback(host)) return
  throw new Error(
    `http: '${host}' can be reached from other machines, but authentication is 'anonymous-on-loopback'; listen on 127.0.0.1 or configure tokens`,
  )
}

async function listen(app: FastifyInstance, { host, port }: HttpServerOptions): Promise<void> {
  try {
    // `localhost` alone would open a second listener on ::1, outside our limits.
    await app.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port })
  } catch (cause) {
    await app.close()
    const { code } = cause as NodeJS.ErrnoException
    const hint = code === 'EADDRINUSE' ? 'another program listens there; stop it or choose another port' : String(cause)
    throw new Error(`http: cannot listen on ${host}:${port}: ${hint}`, { cause })
  }
}

async function closeWithin(app: FastifyInstance, ms: number): Promise<void> {
  const end = setTimeout(() => app.server.closeAllConnections(), ms)
  try {
    await app.close()
  } finally {
    clearTimeout(end)
  }
}

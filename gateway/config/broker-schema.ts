/** What a configuration file may say about the embedded broker. */
import { type Static, Type } from 'typebox'
import { Duration, Id } from '../../device-profiles/base-schema.ts'
import { NetworkServer } from '../../device-profiles/payload-schema.ts'
import { BrokerPersistence } from './broker-store.ts'
import { AnonymousOnLoopback, Host, Path, Port, Secret, strict } from './common-schema.ts'

const TopicFilter = Type.String({ minLength: 1, maxLength: 1024, description: 'a topic filter' })

/** What a user may do at the broker. */
const Rights = Type.Union([
  /** Publish and subscribe to any topic. */
  Type.Object({ type: Type.Literal('everything') }, strict),
  /** Publish to the topics of these devices and subscribe to their commands. */
  Type.Object({ type: Type.Literal('devices'), devices: Type.Array(Id, { minItems: 1 }) }, strict),
  /** {username} and {clientId} stand for what the client is called. */
  Type.Object(
    {
      type: Type.Literal('topics'),
      publish: Type.Optional(Type.Array(TopicFilter)),
      subscribe: Type.Optional(Type.Array(TopicFilter)),
    },
    strict,
  ),
])

/** Exactly one of `password`, `passwordHash` and `certificate` says how the user is known. */
const User = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    password: Type.Optional(Secret),
    /** What `outpost hash-password` writes. */
    passwordHash: Type.Optional(
      Type.String({
        pattern: '^\\$scrypt\\$ln=[0-9]{1,2},r=[0-9]{1,3},p=[0-9]{1,2}\\$[A-Za-z0-9+/]{11,86}\\$[A-Za-z0-9+/]{22,86}$',
        description: 'a hash as "outpost hash-password" writes it',
      }),
    ),
    /** The common name, or a DNS name, of the user's client certificate. */
    certificate: Type.Optional(Type.String({ minLength: 1 })),
    /** Every user has some, in words; that they are missing is told by `broker-checks.ts`, with what could stand there. */
    rights: Type.Optional(Rights),
  },
  strict,
)

const endpoint = { host: Type.Optional(Host), port: Port }
const certificates = {
  certFile: Path,
  keyFile: Path,
  /** `required`: who has none is not let in. Otherwise a password does as well. */
  clientCertificates: Type.Optional(Type.Object({ caFile: Path, required: Type.Boolean() }, strict)),
}
const page = {
  /** `/mqtt` if absent. */
  path: Type.Optional(Type.String({ pattern: '^/[^?#\\s]*$', description: 'a path that begins with /' })),
  /** Pages of these origins may connect; none if absent. */
  allowedOrigins: Type.Optional(
    Type.Array(Type.String({ pattern: '^https?://[^/\\s]+$', description: 'an origin as in https://station.example' })),
  ),
}
const Listener = Type.Union([
  Type.Object({ type: Type.Literal('tcp'), ...endpoint }, strict),
  Type.Object({ type: Type.Literal('tls'), ...endpoint, ...certificates }, strict),
  Type.Object({ type: Type.Literal('websocket'), ...endpoint, ...page }, strict),
  Type.Object({ type: Type.Literal('websocket-tls'), ...endpoint, ...page, ...certificates }, strict),
])

const count = (maximum: number) => Type.Optional(Type.Integer({ minimum: 1, maximum }))
const MAX_BYTES = 1024 ** 3

/** What one client, one address and all together may cost; see broker/README.md. */
const Limits = Type.Object(
  {
    maxClients: count(100_000),
    maxConnectionsPerAddress: count(100_000),
    maxPacketsPerSecond: count(1_000_000),
    maxBytesPerSecond: count(MAX_BYTES),
    maxPacketBytes: Type.Optional(Type.Integer({ minimum: 128, maximum: 16_777_216 })),
    connectTimeout: Type.Optional(Duration),
    maxTopicBytes: count(65_535),
    maxTopicLevels: count(100),
    maxClientIdBytes: count(65_535),
    maxSubscriptionsPerClient: count(100_000),
    maxOutboundBytesPerClient: count(MAX_BYTES),
    maxOutboundBytes: count(MAX_BYTES),
    maxUnacknowledgedPerClient: count(65_000),
    drainTimeout: Type.Optional(Duration),
    maxSessions: count(100_000),
    maxQueuedBytesPerSession: count(MAX_BYTES),
    maxQueuedBytes: count(MAX_BYTES),
    maxRetainedMessages: count(1_000_000),
    maxRetainedBytes: count(MAX_BYTES),
  },
  strict,
)

export const BrokerSection = Type.Object(
  {
    /** One TCP listener; or `listeners`. */
    host: Type.Optional(Host),
    port: Type.Optional(Port),
    listeners: Type.Optional(Type.Array(Listener, { minItems: 1 })),
    authentication: Type.Union([
      AnonymousOnLoopback,
      Type.Object({ type: Type.Literal('users'), users: Type.Array(User, { minItems: 1 }) }, strict),
    ]),
    /** Through whose messages its LoRaWAN devices come; chirpstack-v4 if absent. */
    networkServer: Type.Optional(NetworkServer),
    limits: Type.Optional(Limits),
    /** A file in the data directory if absent. */
    persistence: Type.Optional(BrokerPersistence),
  },
  strict,
)

export type BrokerSection = Static<typeof BrokerSection>
export type ListenerSection = Static<typeof Listener>
export type BrokerUserSection = Static<typeof User>
export type BrokerLimitsSection = Static<typeof Limits>

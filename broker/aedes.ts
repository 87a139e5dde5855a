/** aedes as this broker uses it: for the protocol of each connection. What it would decide or keep is done elsewhere. */
import type { EventEmitter } from 'node:events'
import { Aedes, type AedesOptions, type Client } from 'aedes'
import type { ConnectGate } from './connect-gate.ts'
import type { Delivery } from './delivery.ts'
import type { BrokerLimits } from './limits.ts'
import { PacketStream } from './packet-stream.ts'
import type { SessionStore } from './store/session-store.ts'
import type { SubscribeGate } from './subscribe-gate.ts'

export interface AedesSurroundings {
  readonly id: string
  readonly limits: BrokerLimits
  readonly sessions: SessionStore
  readonly delivery: Delivery
  readonly connectGate: ConnectGate
  readonly subscribeGate: SubscribeGate
  readonly authorizePublish: NonNullable<AedesOptions['authorizePublish']>
  readonly onEnded: (client: Client, error: Error) => void
  readonly onError: (error: unknown) => void
}

/** Call its `listen` before it gets a connection. */
export function createAedes(surroundings: AedesSurroundings): Aedes {
  const { id, limits, sessions, delivery, connectGate, subscribeGate, authorizePublish, onEnded, onError } =
    surroundings
  const aedes = new Aedes({
    id,
    persistence: sessions,
    mq: delivery,
    connectTimeout: limits.connectTimeoutMs,
    drainTimeout: limits.drainTimeoutMs,
    maxTopicLevels: limits.maxTopicLevels,
    // Tells other brokers that this one is alive. There are none.
    heartbeatInterval: 2 ** 28,
    // The store has a bound of its own, which also holds over connections.
    maxInflightInbound: 0,
    // The connect gate judges identifiers, before it puts the user's name before them.
    maxClientsIdLength: Number.POSITIVE_INFINITY,
    // Packets that came along with CONNECT (MQTT 3.1.4 allows them); one read buffer holds them all.
    queueLimit: 1000,
    // Only the number of listeners that a socket may have comes from it; 0 is any.
    concurrency: 0,
    preConnect: connectGate.preConnect,
    authenticate: (client, username, password, answer) => {
      connectGate.authenticate(client, username, password, (error, isLetIn) => {
        if (isLetIn === true && !client.clean) delivery.reserve(client, sessions.open(client))
        answer(error, isLetIn)
      })
    },
    authorizePublish,
    authorizeForward: delivery.authorizeForward,
    authorizeSubscribe: subscribeGate.authorizeSubscribe,
  })
  aedes.on('client', (client) => sessions.arrived(client.id))
  aedes.on('clientDisconnect', (client) => sessions.left(client.id))
  aedes.on('clientError', onEnded)
  aedes.on('connectionError', onEnded)
  aedes.on('clientReady', (client) => delivery.ready(client))
  aedes.on('unsubscribe', (filters, client) => subscribeGate.unsubscribed(client, filters))
  const events: EventEmitter = aedes
  // Nobody listening to 'error' would end the process.
  events.on('error', onError)
  return aedes
}

/** Lets the packets of a new client be decoded strictly, in place of the parser that aedes has for it. */
export function decodeStrictly(client: Client): void {
  const { _parser: parser } = client as Client & { readonly _parser: EventEmitter & { parse: (chunk: Buffer) => void } }
  const packets = new PacketStream((packet) => parser.emit('packet', packet))
  parser.parse = (chunk) => {
    try {
      packets.take(chunk)
    } catch (error) {
      parser.emit('error', error)
    }
  }
}

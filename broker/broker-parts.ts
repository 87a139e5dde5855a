/** Puts the pieces of a broker together, each knowing of the others no more than it needs. Nothing runs yet. */
import { randomUUID } from 'node:crypto'
import type { Aedes, Client } from 'aedes'
import { Acknowledgements } from './acknowledgements.ts'
import { createAedes, decodeStrictly } from './aedes.ts'
import type { BrokerOptions } from './broker-options.ts'
import { ClientReports, type Trouble } from './client-reports.ts'
import { ConnectGate } from './connect-gate.ts'
import { Delivery } from './delivery.ts'
import { ExpressLanes } from './express-lanes.ts'
import { IngestGate } from './ingest-gate.ts'
import { type BrokerLimits, DEFAULT_LIMITS } from './limits.ts'
import { Listeners } from './listeners.ts'
import { OutboundBound } from './outbound-bound.ts'
import { PublishGate } from './publish-gate.ts'
import { BrokerStore } from './store/broker-store.ts'
import { SubscribeGate } from './subscribe-gate.ts'
import { publishProblem } from './topic-rules.ts'
import { createTraffic, type Traffic } from './traffic.ts'

export interface BrokerParts {
  readonly limits: BrokerLimits
  readonly traffic: Traffic
  readonly reports: ClientReports
  readonly store: BrokerStore
  readonly outbound: OutboundBound
  readonly delivery: Delivery
  readonly connectGate: ConnectGate
  readonly subscribeGate: SubscribeGate
  readonly ingestGate: IngestGate
  readonly aedes: Aedes
  readonly listeners: Listeners
}

const TOO_FAST: Trouble = { reason: 'rate', detail: 'more comes than one client may send' }

/** Throws when the options contradict themselves. */
export function createParts(options: BrokerOptions): BrokerParts {
  const id = randomUUID()
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const traffic = createTraffic()
  const topicProblem = (topic: string) => publishProblem(topic, limits)
  const connectGate = new ConnectGate({ ...limits, authentication: options.authentication, topicProblem })
  const reports = new ClientReports(options.log, (client) => connectGate.peer(client))
  const permissions = (client: Client) => connectGate.peer(client)?.permissions
  const subscribeGate = new SubscribeGate({
    ...{ ...limits, permissions },
    onRefused(client, { filter, ...trouble }) {
      reports.record(client, trouble)
      // A session that had it before a restart must not go on collecting for it.
      if (!client.clean) store.sessions.removeSubscriptions(client, [filter]).catch(() => {})
    },
  })
  const store = new BrokerStore({
    ...{ persistence: options.persistence ?? { type: 'memory' }, limits, log: options.log },
    isGranted: (client, filter) => subscribeGate.isGranted(client as Client, filter),
    onAcknowledged: (client, messageId) => delivery.acknowledged(client, messageId),
  })
  const outbound = new OutboundBound({
    perClient: limits.maxOutboundBytesPerClient,
    inAll: limits.maxOutboundBytes,
    timeoutMs: limits.drainTimeoutMs,
  })
  const maxUnacknowledged = limits.maxUnacknowledgedPerClient
  const delivery = new Delivery(id, { outbound, maxUnacknowledged, queues: store.sessions, traffic })
  const ingestGate = new IngestGate({
    ingest: options.ingest,
    peerOf: (client) => connectGate.peer(client),
    store: store.sessions,
  })
  const publishGate = new PublishGate({
    ...{ topicProblem, permissions, next: ingestGate.authorizePublish },
    onRefused: (client, trouble) => reports.record(client, trouble),
  })
  const lanes = new ExpressLanes(
    {
      ...{ ...limits, traffic, outbound, acknowledgements: new Acknowledgements() },
      authorize: publishGate.authorizePublish,
      isHeard: (topic) => delivery.hears(topic) || store.sessions.hasSubscriber(topic),
      subscriptionsVersion: () => delivery.version,
    },
    {
      onThrottled: (client) => reports.record(client, TOO_FAST),
      onUnheard: (connection, messageId) => options.unheard?.({ connection, messageId }),
    },
  )
  const aedes = createAedes({
    ...{ id, limits, sessions: store.sessions, delivery, connectGate, subscribeGate },
    authorizePublish: lanes.authorizePublish,
    onEnded: reports.ended,
    onError: (error) => options.log.error({ detail: String(error) }, 'MQTT broker failed at an internal step'),
  })
  const listeners = new Listeners({
    ...limits,
    accept(connection) {
      const { stream } = connection
      traffic.connectionsAccepted++
      lanes.open(stream)
      const client = aedes.handle(stream)
      decodeStrictly(client)
      connectGate.attach(client, connection)
      delivery.attach(client)
    },
    refuse: (trouble) => reports.recordConnection(trouble),
  })
  const gates = { connectGate, subscribeGate, ingestGate }
  return { limits, traffic, reports, store, outbound, delivery, ...gates, aedes, listeners }
}

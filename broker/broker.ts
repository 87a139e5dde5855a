/** The embedded MQTT 3.1.1 broker; README.md beside this file says what it promises. */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay, setImmediate } from 'node:timers/promises'
import type { Aedes, AedesPublishPacket, Client } from 'aedes'
import { type Authentication, assertReachableOnlyAsAllowed } from './access.ts'
import { Acknowledgements } from './acknowledgements.ts'
import { createAedes } from './aedes.ts'
import { ClientTroubles } from './client-troubles.ts'
import { ConnectGate } from './connect-gate.ts'
import { Delivery } from './delivery.ts'
import { ExpressLane, type ExpressLaneOptions } from './express-lane.ts'
import { type GateStats, type Ingest, IngestGate } from './ingest-gate.ts'
import { type BrokerLimits, DEFAULT_LIMITS } from './limits.ts'
import type { ListenerOptions } from './listener-options.ts'
import { type Connection, Listeners, type OpenListener } from './listeners.ts'
import type { Log } from './log.ts'
import { OutboundBound, type OutboundStats } from './outbound-bound.ts'
import { OverdueWills } from './overdue-wills.ts'
import { type OwnMessage, publishOwn } from './own-message.ts'
import { PublishGate } from './publish-gate.ts'
import { type RefusalReason, reasonOf } from './refusal.ts'
import { BrokerStore, type Persistence, type StoreStats } from './store/broker-store.ts'
import type { StoredWill } from './store/stored-packet.ts'
import { SubscribeGate } from './subscribe-gate.ts'
import { publishProblem } from './topic-rules.ts'

export interface BrokerOptions {
  /** Port 0 takes a free one; `addresses()` tells which. */
  readonly listeners: readonly ListenerOptions[]
  readonly authentication: Authentication
  readonly limits?: Partial<BrokerLimits>
  /** Where sessions, queued and retained messages and wills are kept; in memory if absent. */
  readonly persistence?: Persistence
  /** Called for every message and every will; the acknowledgement waits for the promise. */
  readonly ingest: Ingest
  readonly log: Log
}

export interface BrokerStats {
  readonly clients: number
  readonly connections: number
  readonly messages: GateStats
  readonly store: StoreStats
  readonly outbound: OutboundStats & {
    /** QoS 0 messages that a client did not get because it read too slowly. */
    readonly dropped: number
  }
  /** Clients refused, cut off or slowed down, and messages and subscriptions refused, by reason. */
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>
}

export interface Broker {
  /** Once. Throws when a listener cannot be opened or would let anonymous clients in from another machine. */
  start(): Promise<void>
  /** Idempotent; takes at most twice `limits.stopTimeoutMs`. Messages that are not acknowledged by then come again. */
  stop(): Promise<void>
  addresses(): readonly OpenListener[]
  stats(): BrokerStats
  /**
   * The broker's own word to its subscribers; it is not ingested. Resolves with false where nobody is there to hear it:
   * at QoS 1 a session that is away counts, at QoS 0 it does not. Rejects while the broker does not run.
   */
  publish(message: OwnMessage): Promise<boolean>
  /**
   * Who is concerned is disconnected and judged anew. False where nothing is different. Throws, and changes nothing,
   * where it contradicts itself.
   */
  setAuthentication(authentication: Authentication): boolean
  /** Reads certificates again, for new connections. Those that cannot be used stay as they were, which is logged. */
  renewCertificates(): void
}

/** Throws when the options contradict themselves. */
export function createBroker(options: BrokerOptions): Broker {
  for (const listener of options.listeners) assertReachableOnlyAsAllowed(options.authentication, listener)
  return new EmbeddedBroker(options)
}

interface Trouble {
  readonly reason: RefusalReason
  readonly detail: string
}

class EmbeddedBroker implements Broker {
  readonly #options: BrokerOptions
  readonly #limits: BrokerLimits
  readonly #store: BrokerStore
  readonly #connectGate: ConnectGate
  readonly #subscribeGate: SubscribeGate
  readonly #publishGate: PublishGate
  readonly #ingestGate: IngestGate
  readonly #troubles: ClientTroubles
  readonly #listeners: Listeners
  readonly #id = randomUUID()
  readonly #outbound: OutboundBound
  readonly #delivery: Delivery
  readonly #overdueWills: OverdueWills
  readonly #clients = new Set<Client>()
  /** Several errors may follow from one; only the first of a client is its trouble. */
  readonly #reported = new WeakSet<Client>()
  readonly #laneOptions: Omit<ExpressLaneOptions, 'onThrottled'>
  readonly #lanes = new WeakMap<object, ExpressLane>()
  #droppedForSlow = 0
  #aedes: Aedes | null = null
  #stopped: Promise<void> | null = null

  constructor(options: BrokerOptions) {
    this.#options = options
    const limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#limits = limits
    this.#troubles = new ClientTroubles(options.log)
    this.#store = new BrokerStore({
      persistence: options.persistence ?? { type: 'memory' },
      limits,
      log: options.log,
      isGranted: (client, filter) => this.#subscribeGate.isGranted(client as Client, filter),
    })
    this.#outbound = new OutboundBound({
      perClient: limits.maxOutboundBytesPerClient,
      inAll: limits.maxOutboundBytes,
      timeoutMs: limits.drainTimeoutMs,
    })
    this.#delivery = new Delivery(this.#id, {
      outbound: this.#outbound,
      maxUnacknowledged: limits.maxUnacknowledgedPerClient,
      queues: this.#store.sessions,
      onDropped: () => this.#droppedForSlow++,
    })
    const topicProblem = (topic: string) => publishProblem(topic, limits)
    const permissions = (client: Client) => this.#connectGate.peer(client)?.permissions
    this.#connectGate = new ConnectGate({ ...limits, authentication: options.authentication, topicProblem })
    this.#subscribeGate = new SubscribeGate({
      ...limits,
      permissions,
      onRefused: (client, { filter, ...trouble }) => this.#refuseSubscription(client, { filter, trouble }),
    })
    this.#ingestGate = new IngestGate({
      ingest: options.ingest,
      peerOf: (client) => {
        const { clientId, username = '' } = this.#connectGate.peer(client) ?? {}
        return { clientId: clientId ?? client.id, username }
      },
      store: this.#store.sessions,
    })
    this.#publishGate = new PublishGate({
      topicProblem,
      permissions,
      onRefused: (client, trouble) => this.#record(client, trouble),
      next: this.#ingestGate.authorizePublish,
    })
    this.#overdueWills = new OverdueWills({
      graceMs: limits.willGraceMs,
      wills: () => this.#store.sessions.overdueWills(),
      publish: (will) => this.#publishWill(will),
      log: options.log,
    })
    this.#laneOptions = {
      ...limits,
      authorize: this.#publishGate.authorizePublish,
      isHeard: (topic) => this.#delivery.hears(topic) || this.#store.sessions.hasSubscriber(topic),
      subscriptionsVersion: () => this.#delivery.version,
      acknowledgements: new Acknowledgements(),
      outbound: this.#outbound,
    }
    this.#listeners = new Listeners({
      ...limits,
      accept: (connection) => this.#accept(connection),
      refuse: (trouble) => this.#troubles.record({ clientId: null, ...trouble }, performance.now()),
    })
  }

  async start(): Promise<void> {
    await this.#store.start()
    try {
      this.#aedes = this.#createAedes()
      await this.#aedes.listen()
      for (const listener of this.#options.listeners) {
        const address = await this.#listeners.open(listener)
        // A name such as "localhost" says only now where it leads.
        assertReachableOnlyAsAllowed(this.#options.authentication, address)
        this.#options.log.info({ ...address }, 'MQTT broker listens')
      }
    } catch (error) {
      await this.stop()
      throw error
    }
    this.#overdueWills.start()
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#listeners.close()
    this.#overdueWills.stop()
    // What is on its way to disk may still be acknowledged; everything else comes again after the next start.
    await within(this.#ingestGate.close(), this.#limits.stopTimeoutMs)
    // The last acknowledgements leave the process at the end of the turn.
    await setImmediate()
    // Before the connections end: the wills of those who are connected now are for the next run to judge.
    await this.#store.stop(this.#limits.stopTimeoutMs)
    const aedes = this.#aedes
    if (aedes !== null) await within(new Promise<void>((closed) => aedes.close(closed)), this.#limits.stopTimeoutMs)
    this.#listeners.destroyConnections()
  }

  addresses(): readonly OpenListener[] {
    return this.#listeners.addresses()
  }

  stats(): BrokerStats {
    return {
      clients: this.#aedes?.connectedClients ?? 0,
      connections: this.#listeners.connections,
      messages: this.#ingestGate.stats(),
      store: this.#store.stats(),
      outbound: { ...this.#outbound.stats(), dropped: this.#droppedForSlow },
      refused: this.#troubles.counts(),
    }
  }

  async publish(message: OwnMessage): Promise<boolean> {
    const aedes = this.#aedes
    if (aedes === null || this.#stopped !== null) throw new Error('the broker does not run')
    return await publishOwn(message, {
      aedes,
      topicProblem: (topic) => publishProblem(topic, this.#limits),
      isHeard: (topic) => this.#delivery.hears(topic),
      isKept: (topic) => this.#store.sessions.hasSubscriber(topic),
    })
  }

  setAuthentication(authentication: Authentication): boolean {
    for (const listener of this.#options.listeners) assertReachableOnlyAsAllowed(authentication, listener)
    const changed = this.#connectGate.setAuthentication(authentication)
    for (const client of this.#clients) {
      if (changed.has(this.#connectGate.peer(client)?.username ?? '')) client.close()
    }
    return changed.size > 0
  }

  renewCertificates(): void {
    for (const problem of this.#listeners.renewCertificates()) {
      this.#options.log.error({ problem }, 'a changed certificate cannot be used; the one before stays')
    }
  }

  #createAedes(): Aedes {
    const aedes = createAedes({
      id: this.#id,
      limits: this.#limits,
      sessions: this.#store.sessions,
      delivery: this.#delivery,
      connectGate: this.#connectGate,
      subscribeGate: this.#subscribeGate,
      authorizePublish: (client, packet, answer) => {
        const lane = client === null ? undefined : this.#lanes.get(client.conn)
        this.#publishGate.authorizePublish(client, packet, lane?.inOrder(packet, answer) ?? answer)
      },
      onError: (error) => this.#options.log.error({ detail: String(error) }, 'MQTT broker failed at an internal step'),
    })
    aedes.on('client', (client) => this.#clients.add(client))
    aedes.on('clientDisconnect', (client) => this.#clients.delete(client))
    aedes.on('clientError', (client, error) => this.#report(client, error))
    aedes.on('connectionError', (client, error) => this.#report(client, error))
    return aedes
  }

  #accept(connection: Connection): void {
    const { stream } = connection
    const lane = new ExpressLane(stream, { ...this.#laneOptions, onThrottled: () => this.#slowDown(stream) })
    this.#lanes.set(stream, lane)
    lane.open()
    const client = this.#aedes?.handle(stream)
    if (client === undefined) return
    this.#connectGate.attach(client, connection)
    this.#delivery.attach(client)
  }

  async #publishWill(will: StoredWill): Promise<void> {
    await this.#ingestGate.takeWill(will)
    const { topic, payload, qos, retain } = will
    const packet = { cmd: 'publish', dup: false, topic, payload, qos, retain } as AedesPublishPacket
    await new Promise<void>((done) => this.#aedes?.publish(packet, () => done()))
    await this.#store.sessions.delWill({ id: will.clientId ?? '' })
  }

  #refuseSubscription(
    client: Client,
    { filter, trouble }: { readonly filter: string; readonly trouble: Trouble },
  ): void {
    this.#record(client, trouble)
    // A session that had it before a restart must not go on collecting for it.
    if (!client.clean) this.#store.sessions.removeSubscriptions(client, [filter]).catch(() => {})
  }

  #slowDown(stream: Connection['stream']): void {
    const { client } = stream as { readonly client?: Client }
    if (client !== undefined) this.#record(client, { reason: 'rate', detail: 'more comes than one client may send' })
  }

  #report(client: Client, error: Error): void {
    if (this.#stopped !== null || this.#reported.has(client)) return
    this.#reported.add(client)
    // A client that left before its acknowledgement is no trouble: it will deliver again.
    if (error.message === 'connection closed') return
    this.#record(client, { reason: reasonOf(error), detail: error.message })
  }

  #record(client: Client, trouble: Trouble): void {
    const { address = 'unknown', clientId = null, username = '' } = this.#connectGate.peer(client) ?? {}
    const user = username === '' ? {} : { username }
    this.#troubles.record({ address, clientId, ...user, ...trouble }, performance.now())
  }
}

async function within(promise: Promise<unknown>, ms: number): Promise<void> {
  const timer = new AbortController()
  await Promise.race([promise, delay(ms, undefined, { signal: timer.signal }).catch(() => {})])
  timer.abort()
}

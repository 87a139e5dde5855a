/** The embedded MQTT 3.1.1 broker; README.md beside this file says what it promises. */
import { randomUUID } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as delay, setImmediate } from 'node:timers/promises'
import { Aedes, type AedesPublishPacket, type Client } from 'aedes'
import {
  type Authentication,
  assertReachableOnlyAsAllowed,
  type CredentialCheck,
  createCredentialCheck,
  type ListenerAddress,
} from './access.ts'
import { Acknowledgements } from './acknowledgements.ts'
import { ClientTroubles } from './client-troubles.ts'
import { Delivery } from './delivery.ts'
import { ExpressLane, type ExpressLaneOptions } from './express-lane.ts'
import { type GateStats, type Ingest, IngestGate } from './ingest-gate.ts'
import { type BrokerLimits, DEFAULT_LIMITS } from './limits.ts'
import { Listeners } from './listeners.ts'
import type { Log } from './log.ts'
import { OutboundBound, type OutboundStats } from './outbound-bound.ts'
import { OverdueWills } from './overdue-wills.ts'
import { Refusal, type RefusalReason, reasonOf } from './refusal.ts'
import { BrokerStore, type Persistence, type StoreStats } from './store/broker-store.ts'
import type { StoredWill } from './store/stored-packet.ts'
import { publishProblem, subscribeProblem } from './topic-rules.ts'

export interface BrokerOptions {
  /** Port 0 takes a free one; `addresses()` tells which. */
  readonly listeners: readonly ListenerAddress[]
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
  /** Clients refused or cut off, and subscriptions refused, by reason. */
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>
}

export interface Broker {
  /** Once. Throws when a listener cannot be opened or would let anonymous clients in from another machine. */
  start(): Promise<void>
  /** Idempotent; takes at most twice `limits.stopTimeoutMs`. Messages that are not acknowledged by then come again. */
  stop(): Promise<void>
  addresses(): readonly ListenerAddress[]
  stats(): BrokerStats
}

/** Throws when the options contradict themselves. */
export function createBroker(options: BrokerOptions): Broker {
  const allows = createCredentialCheck(options.authentication)
  for (const listener of options.listeners) assertReachableOnlyAsAllowed(options.authentication, listener)
  return new EmbeddedBroker(options, allows)
}

class EmbeddedBroker implements Broker {
  readonly #options: BrokerOptions
  readonly #limits: BrokerLimits
  readonly #allows: CredentialCheck
  readonly #store: BrokerStore
  readonly #gate: IngestGate
  readonly #troubles: ClientTroubles
  readonly #listeners: Listeners
  readonly #id = randomUUID()
  readonly #outbound: OutboundBound
  readonly #delivery: Delivery
  readonly #overdueWills: OverdueWills
  #droppedForSlow = 0
  /** Several errors may follow from one; only the first of a client is its trouble. */
  readonly #reported = new WeakSet<Client>()
  readonly #subscriptions = new WeakMap<Client, Set<string>>()
  /** A socket that is closed no longer knows whose it was. */
  readonly #remoteAddresses = new WeakMap<object, string>()
  readonly #laneOptions: ExpressLaneOptions
  readonly #lanes = new WeakMap<object, ExpressLane>()
  #aedes: Aedes | null = null
  #stopped: Promise<void> | null = null

  constructor(options: BrokerOptions, allows: CredentialCheck) {
    this.#options = options
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#allows = allows
    this.#store = new BrokerStore({
      persistence: options.persistence ?? { type: 'memory' },
      limits: this.#limits,
      log: options.log,
      isGranted: (client, filter) => this.#subscriptions.get(client as Client)?.has(filter) === true,
    })
    this.#troubles = new ClientTroubles(options.log)
    this.#listeners = new Listeners((socket) => this.#accept(socket))
    this.#outbound = new OutboundBound({
      perClient: this.#limits.maxOutboundBytesPerClient,
      inAll: this.#limits.maxOutboundBytes,
      timeoutMs: this.#limits.drainTimeoutMs,
    })
    this.#delivery = new Delivery(this.#id, {
      outbound: this.#outbound,
      maxUnacknowledged: this.#limits.maxUnacknowledgedPerClient,
      queues: this.#store.sessions,
      onDropped: () => this.#droppedForSlow++,
    })
    this.#gate = new IngestGate({
      ingest: options.ingest,
      topicProblem: (topic) => publishProblem(topic, this.#limits),
      store: this.#store.sessions,
    })
    this.#overdueWills = new OverdueWills({
      graceMs: this.#limits.willGraceMs,
      wills: () => this.#store.sessions.overdueWills(),
      publish: (will) => this.#publishWill(will),
      log: options.log,
    })
    this.#laneOptions = {
      authorize: this.#gate.authorizePublish,
      isHeard: (topic) => this.#delivery.hears(topic) || this.#store.sessions.hasSubscriber(topic),
      subscriptionsVersion: () => this.#delivery.version,
      acknowledgements: new Acknowledgements(),
      outbound: this.#outbound,
      maxPacketBytes: this.#limits.maxPacketBytes,
    }
  }

  async start(): Promise<void> {
    await this.#store.start()
    try {
      this.#aedes = await this.#createAedes()
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
    await within(this.#gate.close(), this.#limits.stopTimeoutMs)
    // The last acknowledgements leave the process at the end of the turn.
    await setImmediate()
    // Before the connections end: the wills of those who are connected now are for the next run to judge.
    await this.#store.stop(this.#limits.stopTimeoutMs)
    const aedes = this.#aedes
    if (aedes !== null) await within(new Promise<void>((closed) => aedes.close(closed)), this.#limits.stopTimeoutMs)
    this.#listeners.destroyConnections()
  }

  addresses(): readonly ListenerAddress[] {
    return this.#listeners.addresses()
  }

  stats(): BrokerStats {
    return {
      clients: this.#aedes?.connectedClients ?? 0,
      connections: this.#listeners.connections,
      messages: this.#gate.stats(),
      store: this.#store.stats(),
      outbound: { ...this.#outbound.stats(), dropped: this.#droppedForSlow },
      refused: this.#troubles.counts(),
    }
  }

  async #createAedes(): Promise<Aedes> {
    const aedes = new Aedes({
      id: this.#id,
      persistence: this.#store.sessions,
      // Tells other brokers that this one is alive. There are none.
      heartbeatInterval: 2 ** 28,
      // The store has a bound of its own, which also holds over connections.
      maxInflightInbound: 0,
      mq: this.#delivery,
      connectTimeout: this.#limits.connectTimeoutMs,
      drainTimeout: this.#limits.drainTimeoutMs,
      maxTopicLevels: this.#limits.maxTopicLevels,
      // Packets that came along with CONNECT (MQTT 3.1.4 allows them); one read buffer holds them all.
      queueLimit: 1000,
      // Only the number of listeners that a socket may have comes from it; 0 is any.
      concurrency: 0,
      authenticate: (client, username, password, answer) => {
        const refusal = this.#connectRefusal(client, { username, password })
        if (refusal === null) answer(null, true)
        else answer(Object.assign(refusal, { returnCode: refusal.returnCode ?? 5 }), false)
      },
      authorizePublish: (client, packet, answer) => {
        const lane = client === null ? undefined : this.#lanes.get(client.conn)
        this.#gate.authorizePublish(client, packet, lane?.inOrder(packet, answer) ?? answer)
      },
      authorizeForward: this.#delivery.authorizeForward,
      authorizeSubscribe: (client, subscription, answer) => {
        // Null is answered with "failure" [MQTT-3.9.3-2]; the connection stays.
        answer(null, this.#maySubscribe(client, subscription.topic) ? subscription : null)
      },
    })
    this.#watch(aedes)
    await aedes.listen()
    return aedes
  }

  #watch(aedes: Aedes): void {
    aedes.on('clientError', (client, error) => this.#report(client, error))
    aedes.on('connectionError', (client, error) => this.#report(client, error))
    aedes.on('client', (client) => this.#store.sessions.arrived(client.id))
    aedes.on('clientDisconnect', (client) => this.#store.sessions.left(client.id))
    aedes.on('clientReady', (client) => this.#delivery.ready(client))
    aedes.on('ack', (_, client) => this.#delivery.acknowledged(client))
    aedes.on('unsubscribe', (filters, client) => {
      for (const filter of filters) this.#subscriptions.get(client)?.delete(filter)
    })
    const events: EventEmitter = aedes
    // Nobody listening to 'error' would end the process.
    events.on('error', (error: unknown) => {
      this.#options.log.error({ detail: String(error) }, 'MQTT broker failed at an internal step')
    })
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress ?? 'unknown'
    if (this.#listeners.connections > this.#limits.maxClients) {
      socket.destroy()
      const detail = `at most ${this.#limits.maxClients} connections are allowed`
      this.#troubles.record({ address, clientId: null, reason: 'too-many-clients', detail }, performance.now())
      return
    }
    this.#remoteAddresses.set(socket, address)
    const lane = new ExpressLane(socket, this.#laneOptions)
    this.#lanes.set(socket, lane)
    lane.open()
    const client = this.#aedes?.handle(socket)
    if (client !== undefined) this.#delivery.attach(client)
  }

  async #publishWill(will: StoredWill): Promise<void> {
    await this.#gate.takeWill(will)
    const { topic, payload, qos, retain } = will
    const packet = { cmd: 'publish', dup: false, topic, payload, qos, retain } as AedesPublishPacket
    await new Promise<void>((done) => this.#aedes?.publish(packet, () => done()))
    await this.#store.sessions.delWill({ id: will.clientId ?? '' })
  }

  #connectRefusal(
    client: Client,
    credentials: { readonly username: string | undefined; readonly password: Uint8Array | undefined },
  ): Refusal | null {
    if (Buffer.byteLength(client.id) > this.#limits.maxClientIdBytes) {
      const problem = `a client identifier may have at most ${this.#limits.maxClientIdBytes} bytes`
      return new Refusal('client-id', problem, { returnCode: 2 })
    }
    if (!this.#allows(credentials.username, credentials.password)) {
      return new Refusal('authentication', 'bad user name or password', { returnCode: 4 })
    }
    if (!client.clean) this.#store.sessions.open(client)
    return null
  }

  #maySubscribe(client: Client, filter: string): boolean {
    const filters = this.#subscriptions.get(client) ?? new Set()
    this.#subscriptions.set(client, filters)
    const full = !filters.has(filter) && filters.size >= this.#limits.maxSubscriptionsPerClient
    const problem = full
      ? `a client may have at most ${this.#limits.maxSubscriptionsPerClient} subscriptions`
      : subscribeProblem(filter, this.#limits)
    if (problem === null) {
      filters.add(filter)
      return true
    }
    this.#record(client, { reason: 'topic', detail: `subscription refused: ${problem}` })
    // A session that had it before a restart must not go on collecting for it.
    if (!client.clean) this.#store.sessions.removeSubscriptions(client, [filter]).catch(() => {})
    return false
  }

  #report(client: Client, error: Error): void {
    if (this.#stopped !== null || this.#reported.has(client)) return
    this.#reported.add(client)
    // A client that left before its acknowledgement is no trouble: it will deliver again.
    if (error.message === 'connection closed') return
    this.#record(client, { reason: reasonOf(error), detail: error.message })
  }

  #record(client: Client, trouble: { readonly reason: RefusalReason; readonly detail: string }): void {
    const address = this.#remoteAddresses.get(client.conn) ?? 'unknown'
    this.#troubles.record({ address, clientId: client.id ?? null, ...trouble }, performance.now())
  }
}

async function within(promise: Promise<unknown>, ms: number): Promise<void> {
  const timer = new AbortController()
  await Promise.race([promise, delay(ms, undefined, { signal: timer.signal }).catch(() => {})])
  timer.abort()
}

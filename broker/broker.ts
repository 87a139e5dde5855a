/** The embedded MQTT 3.1.1 broker; README.md beside this file says what it promises. */
import { setTimeout as delay, setImmediate } from 'node:timers/promises'
import type { AedesPublishPacket, Client } from 'aedes'
import { type Authentication, assertReachableOnlyAsAllowed } from './access.ts'
import type { BrokerOptions } from './broker-options.ts'
import { type BrokerParts, createParts } from './broker-parts.ts'
import type { GateStats } from './ingest-gate.ts'
import type { OpenListener } from './listeners.ts'
import type { OutboundStats } from './outbound-bound.ts'
import { OverdueWills } from './overdue-wills.ts'
import { type OwnMessage, publishOwn } from './own-message.ts'
import type { RefusalReason } from './refusal.ts'
import type { StoreStats } from './store/broker-store.ts'
import type { StoredWill } from './store/stored-packet.ts'
import { type SystemFigures, SystemTopics } from './system-topics.ts'
import { publishProblem } from './topic-rules.ts'

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

const SYSTEM_INTERVAL_MS = 10_000

class EmbeddedBroker implements Broker {
  readonly #options: BrokerOptions
  readonly #parts: BrokerParts
  readonly #overdueWills: OverdueWills
  readonly #systemTopics: SystemTopics
  readonly #clients = new Set<Client>()
  #stopped: Promise<void> | null = null

  constructor(options: BrokerOptions) {
    this.#options = options
    const parts = createParts(options)
    this.#parts = parts
    this.#overdueWills = new OverdueWills({
      graceMs: parts.limits.willGraceMs,
      wills: () => parts.store.sessions.overdueWills(),
      publish: (will) => this.#publishWill(will),
      log: options.log,
    })
    this.#systemTopics = new SystemTopics({
      intervalMs: options.systemIntervalMs ?? SYSTEM_INTERVAL_MS,
      figures: () => this.#figures(),
      announce: (message) => parts.delivery.announce(message),
      give: (client, message) => parts.delivery.give(client, message),
    })
    this.#watch()
  }

  async start(): Promise<void> {
    const { store, aedes, listeners } = this.#parts
    await store.start()
    try {
      await aedes.listen()
      for (const listener of this.#options.listeners) {
        const address = await listeners.open(listener)
        // A name such as "localhost" says only now where it leads.
        assertReachableOnlyAsAllowed(this.#options.authentication, address)
        this.#options.log.info({ ...address }, 'MQTT broker listens')
      }
    } catch (error) {
      await this.stop()
      throw error
    }
    this.#overdueWills.start()
    this.#systemTopics.start()
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    const { listeners, reports, ingestGate, store, aedes, limits } = this.#parts
    listeners.close()
    reports.silence()
    this.#overdueWills.stop()
    this.#systemTopics.stop()
    // What is on its way to disk may still be acknowledged; everything else comes again after the next start.
    await within(ingestGate.close(), limits.stopTimeoutMs)
    // The last acknowledgements leave the process at the end of the turn.
    await setImmediate()
    // Before the connections end: the wills of those who are connected now are for the next run to judge.
    await store.stop(limits.stopTimeoutMs)
    await within(new Promise<void>((closed) => aedes.close(closed)), limits.stopTimeoutMs)
    listeners.destroyConnections()
  }

  addresses(): readonly OpenListener[] {
    return this.#parts.listeners.addresses()
  }

  stats(): BrokerStats {
    const { listeners, ingestGate, store, outbound, traffic, reports } = this.#parts
    return {
      clients: this.#clients.size,
      connections: listeners.connections,
      messages: ingestGate.stats(),
      store: store.stats(),
      outbound: { ...outbound.stats(), dropped: traffic.messagesDropped },
      refused: reports.counts(),
    }
  }

  async publish(message: OwnMessage): Promise<boolean> {
    const { aedes, delivery, store, limits } = this.#parts
    if (aedes.closed || this.#stopped !== null) throw new Error('the broker does not run')
    return await publishOwn(message, {
      aedes,
      topicProblem: (topic) => publishProblem(topic, limits),
      isHeard: (topic) => delivery.hears(topic),
      isKept: (topic) => store.sessions.hasSubscriber(topic),
    })
  }

  setAuthentication(authentication: Authentication): boolean {
    for (const listener of this.#options.listeners) assertReachableOnlyAsAllowed(authentication, listener)
    const { connectGate } = this.#parts
    const changed = connectGate.setAuthentication(authentication)
    for (const client of this.#clients) {
      if (changed.has(connectGate.peer(client)?.username ?? '')) client.close()
    }
    return changed.size > 0
  }

  renewCertificates(): void {
    for (const problem of this.#parts.listeners.renewCertificates()) {
      this.#options.log.error({ problem }, 'a changed certificate cannot be used; the one before stays')
    }
  }

  #watch(): void {
    const { aedes, subscribeGate } = this.#parts
    aedes.on('client', (client) => {
      this.#clients.add(client)
      this.#systemTopics.clientCame(this.#clients.size)
    })
    aedes.on('clientDisconnect', (client) => this.#clients.delete(client))
    aedes.on('subscribe', (subscriptions, client) => {
      const granted = subscriptions.filter(({ topic }) => subscribeGate.isGranted(client, topic))
      this.#systemTopics.subscribed(
        client,
        granted.map(({ topic }) => topic),
      )
    })
  }

  #figures(): SystemFigures {
    const { store, ingestGate, traffic, delivery, listeners } = this.#parts
    const { sessions, queuedMessages, queuedBytes, retainedMessages } = store.stats()
    const { accepted, failed, held } = ingestGate.stats()
    const lasting = [...this.#clients].filter(({ clean }) => !clean).length
    return {
      ...traffic,
      ...{ queuedMessages, queuedBytes, retainedMessages },
      clientsConnected: this.#clients.size,
      clientsDisconnected: Math.max(0, sessions - lasting),
      subscriptions: delivery.subscriptions,
      bytesSent: listeners.bytesSent,
      messagesReceived: accepted + failed + held,
    }
  }

  async #publishWill(will: StoredWill): Promise<void> {
    const { ingestGate, aedes, store } = this.#parts
    await ingestGate.takeWill(will)
    const { topic, payload, qos, retain } = will
    const packet = { cmd: 'publish', dup: false, topic, payload, qos, retain } as AedesPublishPacket
    await new Promise<void>((done) => aedes.publish(packet, () => done()))
    await store.sessions.delWill({ id: will.clientId ?? '' })
  }
}

async function within(promise: Promise<unknown>, ms: number): Promise<void> {
  const timer = new AbortController()
  await Promise.race([promise, delay(ms, undefined, { signal: timer.signal }).catch(() => {})])
  timer.abort()
}

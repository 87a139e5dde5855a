/**
 * What the broker keeps for its clients, in memory and bounded: retained messages, and the sessions of clients that
 * connect without clean session (subscriptions, messages for them while they are away, QoS 2 handshakes).
 *
 * It stands where aedes' own in-memory persistence would, which has no bounds: one subscriber that never comes back
 * would make it keep every message for ever. Its contract (see aedes-persistence): methods return promises even where
 * nothing waits, and `incomingGetPacket` rejects when there is no such packet.
 */
import { Readable } from 'node:stream'
import type { BrokerLimits } from './limits.ts'
import { RetainedMessages } from './retained-messages.ts'
import { bytesOf, keep, type StoredPacket, type StoredSubscription, withoutContent } from './stored-packet.ts'
import { TopicTree } from './topic-tree.ts'

export interface StoreStats {
  readonly sessions: number
  readonly queuedMessages: number
  readonly queuedBytes: number
  /** Messages that a full session queue did not take. */
  readonly droppedForSessions: number
  readonly retainedBytes: number
  readonly retainedRefused: number
}

type StoreLimits = Pick<BrokerLimits, 'maxSessions' | 'maxQueuedPerSession' | 'maxQueuedBytes' | 'maxRetainedBytes'>
type ClientRef = { readonly id: string; readonly closed?: boolean }
type Holder = { readonly clientId: string }
type Session = { readonly subscriptions: Map<string, number>; readonly outgoing: StoredPacket[] }

const done = Promise.resolve()
const nobody: Promise<readonly (Holder & StoredSubscription)[]> = Promise.resolve([])

export class SessionStore {
  readonly #limits: StoreLimits
  readonly #retained: RetainedMessages
  /** In order of the last connection, so that the first is the one unseen for longest. */
  readonly #sessions = new Map<string, Session>()
  /** QoS 2 messages that await their PUBREL, by client and packet identifier. */
  readonly #incoming = new Map<string, Map<number, StoredPacket>>()
  readonly #tree = new TopicTree<number>()
  #queuedMessages = 0
  #queuedBytes = 0
  #dropped = 0

  constructor(limits: StoreLimits) {
    this.#limits = limits
    this.#retained = new RetainedMessages(limits.maxRetainedBytes)
  }

  stats(): StoreStats {
    return {
      sessions: this.#sessions.size,
      queuedMessages: this.#queuedMessages,
      queuedBytes: this.#queuedBytes,
      droppedForSessions: this.#dropped,
      retainedBytes: this.#retained.bytes,
      retainedRefused: this.#retained.refused,
    }
  }

  /** Opens or renews the session of a client that connects without clean session. */
  open(clientId: string, isConnected: (clientId: string) => boolean): void {
    const session = this.#sessions.get(clientId) ?? { subscriptions: new Map(), outgoing: [] }
    this.#sessions.delete(clientId)
    this.#sessions.set(clientId, session)
    if (this.#sessions.size <= this.#limits.maxSessions) return
    for (const id of this.#sessions.keys()) {
      if (id === clientId || isConnected(id)) continue
      this.#forget(id)
      this.#incoming.delete(id)
      return
    }
  }

  hasIncoming(clientId: string, messageId: number): boolean {
    return this.#incoming.get(clientId)?.has(messageId) === true
  }

  hasSubscriber(topic: string): boolean {
    return this.#tree.hasMatch(topic)
  }

  #forget(clientId: string): void {
    const session = this.#sessions.get(clientId)
    if (session === undefined) return
    for (const filter of session.subscriptions.keys()) this.#tree.delete(filter, clientId)
    for (const packet of session.outgoing) this.#uncount(packet)
    this.#sessions.delete(clientId)
  }

  #outgoingOf(client: ClientRef): StoredPacket[] {
    return this.#sessions.get(client.id)?.outgoing ?? []
  }

  #enqueue(clientId: string, packet: StoredPacket): void {
    const session = this.#sessions.get(clientId)
    if (session === undefined) return
    const full = session.outgoing.length >= this.#limits.maxQueuedPerSession
    if (full || this.#queuedBytes + bytesOf(packet) > this.#limits.maxQueuedBytes) {
      this.#dropped++
      return
    }
    session.outgoing.push(packet)
    this.#queuedMessages++
    this.#queuedBytes += bytesOf(packet)
  }

  #uncount(packet: StoredPacket): void {
    this.#queuedMessages--
    this.#queuedBytes -= bytesOf(packet)
  }

  // From here on: what aedes calls.

  /** aedes insists on an `async` function here. */
  async setup(): Promise<void> {
    await done
  }

  storeRetained(packet: StoredPacket): Promise<void> {
    this.#retained.store(packet)
    return done
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.#retained.matching(filters))
  }

  addSubscriptions(client: ClientRef, subscriptions: readonly StoredSubscription[]): Promise<void> {
    const session = this.#sessions.get(client.id)
    for (const { topic, qos } of session === undefined ? [] : subscriptions) {
      session?.subscriptions.set(topic, qos)
      if (qos > 0) this.#tree.set(topic, client.id, qos)
      else this.#tree.delete(topic, client.id)
    }
    return done
  }

  removeSubscriptions(client: ClientRef, filters: readonly string[]): Promise<void> {
    for (const filter of filters) {
      this.#sessions.get(client.id)?.subscriptions.delete(filter)
      this.#tree.delete(filter, client.id)
    }
    return done
  }

  subscriptionsByClient(client: ClientRef): Promise<readonly StoredSubscription[]> {
    const subscriptions = this.#sessions.get(client.id)?.subscriptions ?? []
    return Promise.resolve([...subscriptions].map(([topic, qos]) => ({ topic, qos })))
  }

  /** Each session once, however many of its filters match. */
  subscriptionsByTopic(topic: string): Promise<readonly (Holder & StoredSubscription)[]> {
    if (this.#tree.isEmpty) return nobody
    const granted = new Map<string, number>()
    this.#tree.match(topic, (clientId, qos) => granted.set(clientId, Math.max(qos, granted.get(clientId) ?? 0)))
    return Promise.resolve([...granted].map(([clientId, qos]) => ({ clientId, topic, qos })))
  }

  /** A clean session begins: what an earlier session kept is discarded [MQTT-3.1.2-6]. */
  cleanSubscriptions(client: ClientRef): Promise<void> {
    this.#forget(client.id)
    return done
  }

  outgoingEnqueue(subscription: Holder, packet: StoredPacket): Promise<void> {
    return this.outgoingEnqueueCombi([subscription], packet)
  }

  outgoingEnqueueCombi(subscriptions: readonly Holder[], packet: StoredPacket): Promise<void> {
    if (subscriptions.length > 0) {
      const kept = keep(packet)
      for (const { clientId } of subscriptions) this.#enqueue(clientId, { ...kept })
    }
    return done
  }

  /**
   * Notes the packet identifier under which a message was sent, or that its PUBREC came. A message that a full queue
   * did not take is not found; it was sent all the same, only not kept, so that is no error.
   */
  outgoingUpdate(client: ClientRef, packet: StoredPacket): Promise<void> {
    const outgoing = this.#outgoingOf(client)
    const pubrel = packet.cmd === 'pubrel'
    const index = outgoing.findIndex((kept) =>
      pubrel ? kept.messageId === packet.messageId : kept.brokerCounter === packet.brokerCounter,
    )
    const sent = outgoing[index]
    if (sent === undefined) return done
    if (pubrel) {
      this.#queuedBytes -= bytesOf(sent)
      outgoing[index] = { ...withoutContent(sent), cmd: 'pubrel' }
    } else {
      sent.messageId = packet.messageId
    }
    return done
  }

  outgoingClearMessageId(
    client: ClientRef,
    { messageId }: { readonly messageId?: number },
  ): Promise<StoredPacket | undefined> {
    const outgoing = this.#outgoingOf(client)
    // Without an identifier it would be the first that was not sent yet.
    if (messageId === undefined) return Promise.resolve(undefined)
    const index = outgoing.findIndex((kept) => kept.messageId === messageId)
    const [cleared] = index === -1 ? [] : outgoing.splice(index, 1)
    if (cleared !== undefined) this.#uncount(cleared)
    return Promise.resolve(cleared)
  }

  /** A message that was sent before is sent again with DUP [MQTT-3.3.1-1]; a PUBREL must not carry it [MQTT-3.6.1-1]. */
  outgoingStream(client: ClientRef): Readable {
    const again = ({ cmd, messageId }: StoredPacket): boolean => cmd === 'publish' && messageId !== undefined
    return Readable.from(this.#outgoingOf(client).map((packet) => ({ ...packet, dup: again(packet) })))
  }

  incomingStorePacket(client: ClientRef, packet: StoredPacket): Promise<void> {
    // The connection may have ended while the message was on its way to disk; then nobody would clean up behind it.
    if (client.closed !== true && packet.messageId !== undefined) {
      const waiting = this.#incoming.get(client.id) ?? new Map<number, StoredPacket>()
      this.#incoming.set(client.id, waiting.set(packet.messageId, withoutContent(packet)))
    }
    return done
  }

  incomingGetPacket(client: ClientRef, { messageId }: { readonly messageId: number }): Promise<StoredPacket> {
    const packet = this.#incoming.get(client.id)?.get(messageId)
    return packet === undefined ? Promise.reject(new Error('no such packet')) : Promise.resolve(packet)
  }

  incomingDelPacket(client: ClientRef, { messageId }: { readonly messageId: number }): Promise<void> {
    const waiting = this.#incoming.get(client.id)
    if (waiting?.delete(messageId) !== true) return Promise.reject(new Error('no such packet'))
    if (waiting.size === 0) this.#incoming.delete(client.id)
    return done
  }

  cleanIncoming(client: ClientRef): Promise<void> {
    this.#incoming.delete(client.id)
    return done
  }

  /**
   * Wills live with their connection: aedes publishes them from there. Its own persistence would also publish them
   * when this broker's heartbeat seems old, which one step of the clock can bring about for clients that are well.
   */
  readonly putWill = (): Promise<void> => done
  readonly delWill = (): Promise<void> => done

  streamWill(): Readable {
    return Readable.from([])
  }
}

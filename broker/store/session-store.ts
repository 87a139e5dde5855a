/**
 * What the broker keeps for its clients, bounded: retained messages, wills, and the sessions of clients that connect
 * without clean session (subscriptions, messages for them while they are away, QoS 2 handshakes).
 *
 * It stands where aedes' own in-memory persistence would, which has no bounds and ends with the process. Everything is
 * in memory, so reading never waits for a disk; what changes is noted, and what an acknowledgement promises is on disk
 * before (`saved`). Its contract is that of aedes-persistence: methods return promises even where nothing waits, and
 * `incomingGetPacket` rejects when there is no such packet.
 */
import { Readable } from 'node:stream'
import { AcceptedMessages } from './accepted-messages.ts'
import { KeptState, type StateStats } from './kept-state.ts'
import { type MessageName, OutgoingMessages } from './outgoing-messages.ts'
import { done, MEMORY_ONLY, type Saving } from './saving.ts'
import type { Holder } from './sessions.ts'
import type { StoreChange } from './store-change.ts'
import { type StoreClock, systemStoreClock } from './store-clock.ts'
import type { StoreLimits } from './store-limits.ts'
import {
  type ClientRef,
  ownPayload,
  type StoredPacket,
  type StoredSubscription,
  type StoredWill,
} from './stored-packet.ts'

export interface SessionStoreOptions {
  readonly limits: StoreLimits
  readonly saving?: Saving
  readonly clock?: StoreClock
  /** False for a subscription that was refused: aedes brings those too. */
  readonly isGranted?: (client: ClientRef, filter: string) => boolean
  /** PUBACK or PUBCOMP came, also of a message that is not kept. */
  readonly onAcknowledged?: (client: ClientRef, messageId: number) => void
}

interface AedesBroker {
  readonly id: string
  /** Of the last message that went through it. */
  counter: number
}

export class SessionStore {
  readonly #state: KeptState
  readonly #saving: Saving
  readonly #accepted: AcceptedMessages
  readonly #outgoing: OutgoingMessages
  readonly #isGranted: (client: ClientRef, filter: string) => boolean
  readonly #onAcknowledged: (client: ClientRef, messageId: number) => void
  /** Whom aedes belongs to; set by `setup`. */
  broker: AedesBroker = { id: '', counter: 0 }

  constructor({ limits, saving = MEMORY_ONLY, clock = systemStoreClock, ...answers }: SessionStoreOptions) {
    this.#saving = saving
    this.#state = new KeptState(limits, { clock, note: saving.note })
    this.#accepted = new AcceptedMessages(this.#state, { saving, newName: () => this.#newName() })
    this.#outgoing = new OutgoingMessages(this.#state.sessions, saving)
    this.#isGranted = answers.isGranted ?? (() => true)
    this.#onAcknowledged = answers.onAcknowledged ?? (() => {})
  }

  stats(): StateStats {
    return this.#state.stats()
  }

  restore(changes: Iterable<StoreChange>): void {
    this.#state.restore(changes)
  }

  snapshot(): Iterable<StoreChange> {
    return this.#state.snapshot()
  }

  /** A client that is allowed to connects without clean session. Gives the packet identifiers that are in flight. */
  open(client: ClientRef): ReadonlySet<number> {
    return this.#outgoing.open(client)
  }

  arrived(clientId: string): void {
    this.#state.sessions.arrived(clientId)
  }

  left(clientId: string): void {
    this.#state.sessions.left(clientId)
  }

  /** Ends the sessions whose clients have been away for too long. */
  expire(): void {
    this.#state.sessions.expire()
  }

  /** Whether a session asks for the topic above QoS 0. */
  hasSubscriber(topic: string): boolean {
    return this.#state.sessions.hasHolder(topic)
  }

  hasIncoming(clientId: string, messageId: number): boolean {
    return this.#state.received.has(clientId, messageId)
  }

  /** See `AcceptedMessages`, also for the next. */
  keeps(client: ClientRef, packet: StoredPacket): boolean {
    return this.#accepted.keeps(client, packet)
  }

  accept(client: ClientRef, packet: StoredPacket): Promise<void> {
    return this.#accepted.accept(client, packet)
  }

  /** Of clients that were connected to an earlier run and have not come back. */
  overdueWills(): readonly StoredWill[] {
    return this.#state.wills.all().filter(({ brokerId }) => brokerId !== this.broker.id)
  }

  saved(): Promise<void> {
    return this.#saving.saved()
  }

  // From here on: what aedes calls.

  /** aedes insists on an `async` function here. */
  async setup(broker: AedesBroker): Promise<void> {
    this.broker = broker
    await done
  }

  storeRetained(packet: StoredPacket): Promise<void> {
    if (this.#accepted.isAccepted(packet)) return done
    this.#state.retain(packet)
    return packet.qos > 0 ? this.saved() : done
  }

  createRetainedStream(filter: string): Readable {
    return this.createRetainedStreamCombi([filter])
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.#state.retained.matching(filters))
  }

  addSubscriptions(client: ClientRef, subscriptions: readonly StoredSubscription[]): Promise<void> {
    for (const subscription of subscriptions) {
      if (this.#isGranted(client, subscription.topic)) this.#state.sessions.subscribe(client.id, subscription)
    }
    return this.saved()
  }

  removeSubscriptions(client: ClientRef, filters: readonly string[]): Promise<void> {
    for (const filter of filters) this.#state.sessions.unsubscribe(client.id, filter)
    return this.saved()
  }

  subscriptionsByClient(client: ClientRef): Promise<readonly StoredSubscription[]> {
    return Promise.resolve([...(this.#state.sessions.get(client.id)?.subscriptions.values() ?? [])])
  }

  subscriptionsByTopic(topic: string): Promise<readonly Holder[]> {
    return Promise.resolve(this.#state.sessions.holders(topic))
  }

  countOffline(): Promise<{ readonly subsCount: number; readonly clientsCount: number }> {
    return Promise.resolve(this.#state.sessions.counts())
  }

  getClientList(filter: string): Readable {
    return Readable.from(this.#state.sessions.subscribersOf(filter))
  }

  /** A clean session begins: what an earlier session kept is discarded [MQTT-3.1.2-6]. */
  cleanSubscriptions(client: ClientRef): Promise<void> {
    return this.#state.sessions.end(client.id, 'clean') ? this.saved() : done
  }

  /** For one session, as it is: what a new subscription gets of the retained messages. Nobody was promised it. */
  outgoingEnqueue({ clientId }: { readonly clientId: string }, packet: StoredPacket): Promise<void> {
    this.#state.enqueue(clientId, { ...packet, payload: ownPayload(packet.payload) }, packet)
    return done
  }

  outgoingEnqueueCombi(holders: readonly Holder[], packet: StoredPacket): Promise<void> {
    if (holders.length === 0 && !this.#accepted.isAccepted(packet)) return done
    return this.#accepted.enqueue(holders, packet) ? done : this.saved()
  }

  outgoingUpdate(client: ClientRef, packet: StoredPacket): Promise<void> {
    return this.#outgoing.update(client, packet)
  }

  /** aedes asks so when PUBACK or PUBCOMP came, and tells nobody else of which message. */
  outgoingClearMessageId(client: ClientRef, name: MessageName): Promise<StoredPacket | undefined> {
    const cleared = this.#outgoing.clear(client, name)
    if (name.messageId !== undefined) this.#onAcknowledged(client, name.messageId)
    return cleared
  }

  outgoingStream(client: ClientRef): Readable {
    return Readable.from(this.#outgoing.waiting(client))
  }

  incomingStorePacket(client: ClientRef, packet: StoredPacket): Promise<void> {
    if (this.#accepted.isAccepted(packet)) return done
    // The connection may have ended while the message was on its way to disk; then nobody would clean up behind it.
    if (client.closed === true && client.clean === true) return done
    if (!this.#state.received.add(client, packet)) return Promise.reject(new Error('too many open QoS 2 messages'))
    return client.clean === true ? done : this.saved()
  }

  async incomingGetPacket(client: ClientRef, packet: StoredPacket | MessageName): Promise<StoredPacket> {
    const received = this.#state.received.get(client.id, packet.messageId ?? 0)
    // What was accepted a moment ago is no repetition: aedes asks about that very message.
    const isNew = 'payload' in packet && this.#accepted.isAccepted(packet)
    if (received !== undefined && !isNew) return received
    // A second PUBREL must not be answered before what the first one changed is on disk.
    if (packet.cmd === 'pubrel') await this.#savedOrGone(client)
    throw new Error('no such packet')
  }

  /** PUBCOMP lets the client use the identifier again: what is stored under it must be gone from the disk before. */
  async incomingDelPacket(client: ClientRef, { messageId }: MessageName): Promise<void> {
    if (!this.#state.received.delete(client, messageId ?? 0)) throw new Error('no such packet')
    if (client.clean !== true) await this.#savedOrGone(client)
  }

  /** aedes sends PUBCOMP whatever happened here; without a connection it cannot. */
  async #savedOrGone(client: ClientRef): Promise<void> {
    try {
      await this.saved()
    } catch (error) {
      client.conn?.destroy()
      throw error
    }
  }

  cleanIncoming(client: ClientRef): Promise<void> {
    return this.#state.received.clear(client) && client.closed !== true ? this.saved() : done
  }

  putWill(client: ClientRef, will: StoredWill): Promise<void> {
    will.clientId = client.id
    will.brokerId = this.broker.id
    this.#state.putWill(client.id, will)
    return this.saved()
  }

  getWill(client: ClientRef): Promise<StoredWill | undefined> {
    return Promise.resolve(this.#state.wills.get(client.id))
  }

  delWill(client: ClientRef): Promise<StoredWill | undefined> {
    return Promise.resolve(this.#state.wills.delete(client.id))
  }

  /** `alive`: the runs of brokers whose wills are not wanted; all wills if absent. */
  streamWill(alive?: Readonly<Record<string, unknown>>): Readable {
    const wills = this.#state.wills.all()
    return Readable.from(wills.filter(({ brokerId = '' }) => alive?.[brokerId] === undefined))
  }

  destroy(): Promise<void> {
    return this.saved()
  }

  #newName(): { readonly brokerId: string; readonly brokerCounter: number } {
    return { brokerId: this.broker.id, brokerCounter: ++this.broker.counter }
  }
}

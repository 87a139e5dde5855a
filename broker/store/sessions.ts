/**
 * The sessions of clients that connect without clean session: what they subscribed to, and what waits for them.
 * Bounded in number and in time: MQTT 3.1.1 lets a broker end a session by a rule of its own (3.1.2.4).
 */
import { TopicTree } from '../topic-tree.ts'
import { changesOf, newMessage, OfflineQueue, type QueuedMessage, type QueueTotals } from './offline-queue.ts'
import type { NoteChange, StoreChange } from './store-change.ts'
import type { StoreClock } from './store-clock.ts'
import type { StoreLimits } from './store-limits.ts'
import type { StoredSubscription } from './stored-packet.ts'

export interface Session {
  readonly subscriptions: Map<string, StoredSubscription>
  readonly queue: OfflineQueue
  /** Null while the client is connected. `mono` decides, `wall` is for the file. */
  absentSince: { readonly wall: number; readonly mono: number } | null
}

/** A subscription and whose it is, as aedes wants to see it. */
export interface Holder extends StoredSubscription {
  readonly clientId: string
}

export type SessionEnd = 'clean' | 'evicted' | 'expired'

/**
 * A gateway without a clock of its own begins in 1970 and is set right later. So how long a client was away before this
 * process began is believed only up to this: no session ends sooner after a start.
 */
const LEAST_TIME_AFTER_START_MS = 60 * 60_000

export class Sessions {
  readonly #limits: Pick<StoreLimits, 'maxSessions' | 'sessionExpiryMs'>
  readonly #clock: StoreClock
  readonly #note: NoteChange
  readonly #onEnd: (clientId: string, session: Session, why: SessionEnd) => void
  /** In order of the last connection, so that the first absent one is the one unseen for longest. */
  readonly #sessions = new Map<string, Session>()
  readonly #tree = new TopicTree<Holder>()
  readonly totals: QueueTotals = { messages: 0, bytes: 0 }

  constructor(options: {
    readonly limits: Pick<StoreLimits, 'maxSessions' | 'sessionExpiryMs'>
    readonly clock: StoreClock
    readonly note: NoteChange
    readonly onEnd: (clientId: string, session: Session, why: SessionEnd) => void
  }) {
    this.#limits = options.limits
    this.#clock = options.clock
    this.#note = options.note
    this.#onEnd = options.onEnd
  }

  get count(): number {
    return this.#sessions.size
  }

  /** Sessions with at least one subscription, and subscriptions above QoS 0. */
  counts(): { readonly clientsCount: number; readonly subsCount: number } {
    const subscriptions = [...this.#sessions.values()].map((session) => [...session.subscriptions.values()])
    return {
      clientsCount: subscriptions.filter(({ length }) => length > 0).length,
      subsCount: subscriptions.flat().filter(({ qos }) => qos > 0).length,
    }
  }

  get(clientId: string): Session | undefined {
    return this.#sessions.get(clientId)
  }

  /** The session of the client; a new one where there is none, and then another may have to go. */
  getOrCreate(clientId: string): Session {
    const found = this.#sessions.get(clientId)
    if (found !== undefined) return found
    const session = this.#newSession(clientId)
    this.#note({ type: 'session', client: clientId, absentSince: session.absentSince?.wall ?? null })
    this.evict(clientId)
    return session
  }

  arrived(clientId: string): void {
    const session = this.#sessions.get(clientId)
    if (session === undefined) return
    session.absentSince = null
    this.#sessions.delete(clientId)
    this.#sessions.set(clientId, session)
    this.#note({ type: 'session', client: clientId, absentSince: null })
  }

  left(clientId: string): void {
    const session = this.#sessions.get(clientId)
    if (session === undefined) return
    session.absentSince = this.#clock.now()
    this.#note({ type: 'session', client: clientId, absentSince: session.absentSince.wall })
  }

  end(clientId: string, why: SessionEnd): boolean {
    const session = this.#sessions.get(clientId)
    if (session === undefined) return false
    this.#onEnd(clientId, session, why)
    for (const filter of session.subscriptions.keys()) this.#tree.delete(filter, clientId)
    session.queue.abandon()
    this.#sessions.delete(clientId)
    this.#note({ type: 'session-ended', client: clientId })
    return true
  }

  /** Ends the sessions whose clients have been away for too long. */
  expire(): void {
    const latest = this.#clock.now().mono - this.#limits.sessionExpiryMs
    for (const [clientId, { absentSince }] of this.#sessions) {
      if (absentSince !== null && absentSince.mono < latest) this.end(clientId, 'expired')
    }
  }

  /** While there are too many sessions, ends the one unseen for longest; never that of a client that is here. */
  evict(newcomer?: string): void {
    for (const [clientId, { absentSince }] of this.#sessions) {
      if (this.#sessions.size <= this.#limits.maxSessions) return
      if (clientId !== newcomer && absentSince !== null) this.end(clientId, 'evicted')
    }
  }

  subscribe(clientId: string, subscription: StoredSubscription): void {
    const { subscriptions } = this.getOrCreate(clientId)
    const { topic, qos, rh, rap, nl } = subscription
    const before = subscriptions.get(topic)
    subscriptions.set(topic, subscription)
    if (qos > 0) this.#tree.set(topic, clientId, { clientId, ...subscription })
    else this.#tree.delete(topic, clientId)
    // aedes brings all subscriptions of a SUBSCRIBE packet as often as there are.
    if (before?.qos === qos && before.rh === rh && before.rap === rap && before.nl === nl) return
    this.#note({ type: 'subscription', client: clientId, filter: topic, qos, rh, rap, nl })
  }

  unsubscribe(clientId: string, filter: string): void {
    if (this.#sessions.get(clientId)?.subscriptions.delete(filter) !== true) return
    this.#tree.delete(filter, clientId)
    this.#note({ type: 'subscription-ended', client: clientId, filter })
  }

  /** Every subscription above QoS 0 that matches. */
  holders(topic: string): readonly Holder[] {
    if (this.#tree.isEmpty) return NOBODY
    const found: Holder[] = []
    this.#tree.match(topic, (_, holder) => found.push(holder))
    return found
  }

  hasHolder(topic: string): boolean {
    return this.#tree.hasMatch(topic)
  }

  *subscribersOf(filter: string): Iterable<string> {
    for (const [clientId, { subscriptions }] of this.#sessions) if (subscriptions.has(filter)) yield clientId
  }

  restore(change: StoreChange): void {
    switch (change.type) {
      case 'session':
        this.#newSession(change.client).absentSince = this.#absence(change.absentSince)
        break
      case 'subscription': {
        const { client, filter, qos, rh, rap, nl } = change
        const options = {
          ...(rh !== undefined && { rh }),
          ...(rap !== undefined && { rap }),
          ...(nl !== undefined && { nl }),
        }
        this.#sessions.get(client)?.subscriptions.set(filter, { topic: filter, qos, ...options })
        if (qos > 0) this.#tree.set(filter, client, { clientId: client, topic: filter, qos, ...options })
        break
      }
      case 'queued':
      case 'released':
        this.#sessions.get(change.client)?.queue.restore(restoredMessage(change))
        break
      case 'sent': {
        const message = this.#sessions.get(change.client)?.queue.get(change.number)
        if (message !== undefined) message.messageId = change.messageId
        break
      }
      default:
    }
  }

  *snapshot(): Iterable<StoreChange> {
    for (const [client, { subscriptions, queue, absentSince }] of this.#sessions) {
      yield { type: 'session', client, absentSince: absentSince?.wall ?? null }
      for (const { topic, qos, rh, rap, nl } of subscriptions.values()) {
        yield { type: 'subscription', client, filter: topic, qos, rh, rap, nl }
      }
      for (const message of queue.messages()) yield* changesOf(client, message)
    }
  }

  #newSession(clientId: string): Session {
    const queue = new OfflineQueue(clientId, { totals: this.totals, note: this.#note })
    const session: Session = { subscriptions: new Map(), queue, absentSince: this.#clock.now() }
    this.#sessions.set(clientId, session)
    return session
  }

  #absence(wall: number | null): Session['absentSince'] {
    const now = this.#clock.now()
    // Connected when the last run ended: away since then, and nobody knows when that was.
    if (wall === null) return now
    const believed = Math.max(0, this.#limits.sessionExpiryMs - LEAST_TIME_AFTER_START_MS)
    return { wall, mono: now.mono - Math.min(Math.max(0, now.wall - wall), believed) }
  }
}

const NOBODY: readonly Holder[] = []

/** aedes names what it sends by broker and number, from 1 on; these names are of no broker of this process. */
const BEFORE = 'before the restart'

function restoredMessage(change: StoreChange & { readonly type: 'queued' | 'released' }): QueuedMessage {
  const { number } = change
  const name = { brokerId: BEFORE, brokerCounter: -number }
  if (change.type === 'queued') return newMessage({ ...change, ...name })
  const released = newMessage({ number, qos: 2, retain: false, topic: '', payload: '', ...name })
  return { ...released, released: true, messageId: change.messageId }
}

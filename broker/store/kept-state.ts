/** Everything that the broker keeps for its clients, in memory; tells every change, and can be made from changes. */
import { type DropReason, Drops } from './drops.ts'
import { newMessage, type QueuedMessage } from './offline-queue.ts'
import { ReceivedMessages } from './received-messages.ts'
import { RetainedMessages } from './retained-messages.ts'
import { type Session, type SessionEnd, Sessions } from './sessions.ts'
import type { NoteChange, StoreChange } from './store-change.ts'
import type { StoreClock } from './store-clock.ts'
import type { StoreLimits } from './store-limits.ts'
import { bytesOf, type StoredPacket, type StoredWill } from './stored-packet.ts'
import { Wills } from './wills.ts'

export interface StateStats {
  readonly sessions: number
  readonly queuedMessages: number
  readonly queuedBytes: number
  readonly retainedMessages: number
  readonly retainedBytes: number
  readonly wills: number
  /** Messages that are not kept, by reason. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>
}

export class KeptState {
  readonly #limits: StoreLimits
  readonly sessions: Sessions
  readonly received: ReceivedMessages
  readonly retained: RetainedMessages
  readonly wills: Wills
  readonly #drops = new Drops()
  #lastNumber = 0

  constructor(limits: StoreLimits, { clock, note }: { readonly clock: StoreClock; readonly note: NoteChange }) {
    this.#limits = limits
    this.sessions = new Sessions({ limits, clock, note, onEnd: (...ended) => this.#sessionEnded(...ended) })
    this.received = new ReceivedMessages(note)
    this.retained = new RetainedMessages(limits, note)
    this.wills = new Wills(limits.maxWillBytes, note)
  }

  stats(): StateStats {
    return {
      sessions: this.sessions.count,
      queuedMessages: this.sessions.totals.messages,
      queuedBytes: this.sessions.totals.bytes,
      retainedMessages: this.retained.count,
      retainedBytes: this.retained.bytes,
      wills: this.wills.count,
      dropped: this.#drops.counts(),
    }
  }

  /** Null: there is no room, and it is dropped for this session. `packet.payload` must be a copy of its own. */
  enqueue(
    clientId: string,
    packet: StoredPacket,
    { qos, retain }: { readonly qos: number; readonly retain: boolean },
  ): QueuedMessage | null {
    const { queue } = this.sessions.getOrCreate(clientId)
    const bytes = bytesOf(packet)
    const { maxQueuedPerSession, maxQueuedBytesPerSession, maxQueuedBytes } = this.#limits
    if (queue.size >= maxQueuedPerSession || queue.bytes + bytes > maxQueuedBytesPerSession) {
      this.#drops.add('queue-full')
      return null
    }
    if (this.sessions.totals.bytes + bytes > maxQueuedBytes) {
      this.#drops.add('queues-full')
      return null
    }
    const { topic, payload, brokerId, brokerCounter } = packet
    const message = newMessage({ number: ++this.#lastNumber, qos, retain, topic, payload, brokerId, brokerCounter })
    queue.add(message)
    return message
  }

  retain(packet: StoredPacket): void {
    if (!this.retained.store(packet)) this.#drops.add('retained-full')
  }

  putWill(clientId: string, will: StoredWill): void {
    if (!this.wills.put(clientId, will)) this.#drops.add('wills-full')
  }

  /** Before anything else. What the limits of today do not allow is dropped and counted, and `note` is told. */
  restore(changes: Iterable<StoreChange>): void {
    for (const found of changes) {
      const change = withBuffer(found)
      if ('number' in change) this.#lastNumber = Math.max(this.#lastNumber, change.number)
      if (change.type === 'received') this.received.restore(change)
      else if (change.type === 'will') this.wills.restore(change)
      else if (change.type !== 'retained') this.sessions.restore(change)
      else if (!this.retained.restore(change)) this.#drops.add('retained-full')
    }
    this.sessions.expire()
    this.sessions.evict()
  }

  *snapshot(): Iterable<StoreChange> {
    yield* this.sessions.snapshot()
    yield* this.received.snapshot((clientId) => this.sessions.get(clientId) !== undefined)
    yield* this.retained.snapshot()
    yield* this.wills.snapshot()
  }

  #sessionEnded(clientId: string, { queue }: Session, why: SessionEnd): void {
    if (why === 'clean') return
    this.#drops.add(why === 'evicted' ? 'session-evicted' : 'session-expired', queue.size)
    this.received.clear({ id: clientId })
  }
}

/** What comes from another thread are plain bytes; who receives a message expects a Buffer. */
function withBuffer<C extends StoreChange>(change: C): C {
  if (!('payload' in change) || typeof change.payload === 'string') return change
  const { buffer, byteOffset, byteLength } = change.payload
  return { ...change, payload: Buffer.from(buffer, byteOffset, byteLength) }
}

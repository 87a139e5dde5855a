/** The messages that one session keeps for its client: not sent yet, not acknowledged, or in a QoS 2 handshake. */
import type { NoteChange, StoreChange } from './store-change.ts'
import { bytesOf, type ClientRef, type StoredPacket } from './stored-packet.ts'

export interface QueuedMessage {
  readonly number: number
  readonly qos: number
  readonly retain: boolean
  readonly topic: string
  readonly payload: Uint8Array | string
  /** How aedes names the message while it goes through; of a message from before a restart: made up. */
  readonly brokerId: string | undefined
  readonly brokerCounter: number | undefined
  messageId: number | undefined
  /** The receiver has it; PUBREL is what is sent again. */
  released: boolean
  /** The connection on which it was sent last; null: none of this process. */
  sentTo: ClientRef | null
}

/** Counts what all queues hold together. */
export interface QueueTotals {
  messages: number
  bytes: number
}

export class OfflineQueue {
  readonly #client: string
  readonly #totals: QueueTotals
  readonly #note: NoteChange
  /** By number, so in order. */
  readonly #messages = new Map<number, QueuedMessage>()
  #bytes = 0

  constructor(client: string, { totals, note }: { readonly totals: QueueTotals; readonly note: NoteChange }) {
    this.#client = client
    this.#totals = totals
    this.#note = note
  }

  get size(): number {
    return this.#messages.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get(number: number): QueuedMessage | undefined {
    return this.#messages.get(number)
  }

  messages(): IterableIterator<QueuedMessage> {
    return this.#messages.values()
  }

  /** Takes a message that was on disk already. */
  restore(message: QueuedMessage): void {
    this.#messages.set(message.number, message)
    this.#count(message, 1)
  }

  add(message: QueuedMessage): void {
    this.restore(message)
    this.#note(queuedChange(this.#client, message))
  }

  find({ brokerId, brokerCounter }: Pick<StoredPacket, 'brokerId' | 'brokerCounter'>): QueuedMessage | undefined {
    if (brokerCounter === undefined) return undefined
    for (const message of this.#messages.values()) {
      if (message.brokerCounter === brokerCounter && message.brokerId === brokerId) return message
    }
    return undefined
  }

  findSent(messageId: number | undefined): QueuedMessage | undefined {
    if (messageId === undefined) return undefined
    for (const message of this.#messages.values()) if (message.messageId === messageId) return message
    return undefined
  }

  /** True when the identifier is another than before. */
  markSent(message: QueuedMessage, { client, messageId }: { client: ClientRef; messageId: number }): boolean {
    message.sentTo = client
    if (message.messageId === messageId) return false
    message.messageId = messageId
    this.#note({ type: 'sent', client: this.#client, number: message.number, messageId })
    return true
  }

  /** Drops the content. */
  release(message: QueuedMessage, messageId: number): void {
    const released: QueuedMessage = { ...message, topic: '', payload: '', released: true }
    this.#count(message, -1)
    this.#messages.set(message.number, released)
    this.#count(released, 1)
    this.#note({ type: 'released', client: this.#client, number: message.number, messageId })
  }

  delete(message: QueuedMessage): void {
    if (!this.#messages.delete(message.number)) return
    this.#count(message, -1)
    this.#note({ type: 'delivered', client: this.#client, number: message.number })
  }

  /** The session ends, and nothing of it is noted one by one. */
  abandon(): void {
    for (const message of this.#messages.values()) this.#count(message, -1)
    this.#messages.clear()
  }

  #count(message: QueuedMessage, factor: 1 | -1): void {
    const bytes = bytesOf(message) * factor
    this.#bytes += bytes
    this.#totals.bytes += bytes
    this.#totals.messages += factor
  }
}

/** A message that was not sent yet. */
export function newMessage(
  message: Pick<QueuedMessage, 'number' | 'qos' | 'retain' | 'topic' | 'payload' | 'brokerId' | 'brokerCounter'>,
): QueuedMessage {
  return { ...message, messageId: undefined, released: false, sentTo: null }
}

function queuedChange(client: string, { number, qos, retain, topic, payload }: QueuedMessage): StoreChange {
  return { type: 'queued', client, number, qos, retain, topic, payload }
}

/** The changes that would make the message anew. */
export function* changesOf(client: string, message: QueuedMessage): Iterable<StoreChange> {
  const { number, messageId } = message
  if (message.released) {
    yield { type: 'released', client, number, messageId: messageId ?? 0 }
    return
  }
  yield queuedChange(client, message)
  if (messageId !== undefined) yield { type: 'sent', client, number, messageId }
}

/** As aedes sends it. */
export function packetOf(message: QueuedMessage): StoredPacket {
  const { messageId, released } = message
  if (released) return { cmd: 'pubrel', messageId } as StoredPacket
  const { brokerId, brokerCounter, topic, payload, qos, retain } = message
  const packet = { cmd: 'publish', brokerId, brokerCounter, topic, payload, qos, retain, dup: false, messageId }
  return packet as StoredPacket
}

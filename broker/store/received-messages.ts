/**
 * QoS 2 messages that were taken from clients and await their PUBREL: such a message must not be taken twice
 * [MQTT-4.3.3-2]. What matters is the packet identifier; the content is kept while there is room, for whoever asks.
 */
import type { NoteChange, StoreChange } from './store-change.ts'
import { bytesOf, type ClientRef, ownPayload, type StoredPacket } from './stored-packet.ts'

/** Identifiers that one client may leave open: each costs memory until its PUBREL. */
const MAX_OPEN = 1000
/** Bytes of content over all clients. */
const MAX_CONTENT_BYTES = 1024 * 1024

interface Received {
  readonly packet: StoredPacket
  readonly bytes: number
}

export class ReceivedMessages {
  readonly #note: NoteChange
  readonly #clients = new Map<string, Map<number, Received>>()
  #contentBytes = 0

  constructor(note: NoteChange) {
    this.#note = note
  }

  has(clientId: string, messageId: number): boolean {
    return this.#clients.get(clientId)?.has(messageId) === true
  }

  get(clientId: string, messageId: number): StoredPacket | undefined {
    return this.#clients.get(clientId)?.get(messageId)?.packet
  }

  /** False: the client has too many open. */
  add(client: ClientRef, packet: StoredPacket): boolean {
    const messageId = packet.messageId ?? 0
    const open = this.#clients.get(client.id) ?? new Map<number, Received>()
    if (open.size >= MAX_OPEN && !open.has(messageId)) return false
    this.#clients.set(client.id, open)
    const bytes = bytesOf(packet)
    const content = this.#contentBytes + bytes <= MAX_CONTENT_BYTES
    open.set(messageId, content ? { packet: withContent(packet), bytes } : { packet: withoutContent(packet), bytes: 0 })
    if (content) this.#contentBytes += bytes
    if (isKept(client)) this.#note({ type: 'received', client: client.id, messageId })
    return true
  }

  /** False: there is no such message. */
  delete(client: ClientRef, messageId: number): boolean {
    const open = this.#clients.get(client.id)
    const received = open?.get(messageId)
    if (open === undefined || received === undefined) return false
    open.delete(messageId)
    this.#contentBytes -= received.bytes
    if (open.size === 0) this.#clients.delete(client.id)
    if (isKept(client)) this.#note({ type: 'completed', client: client.id, messageId })
    return true
  }

  /** True when there was something. */
  clear(client: ClientRef): boolean {
    const open = this.#clients.get(client.id)
    if (open === undefined) return false
    for (const { bytes } of open.values()) this.#contentBytes -= bytes
    this.#clients.delete(client.id)
    this.#note({ type: 'all-completed', client: client.id })
    return true
  }

  restore({ client, messageId }: StoreChange & { readonly type: 'received' }): void {
    const open = this.#clients.get(client) ?? new Map<number, Received>()
    this.#clients.set(client, open.set(messageId, { packet: { ...NOTHING, messageId }, bytes: 0 }))
  }

  /** `isKept`: whether the client has a session that lasts. */
  *snapshot(isKept: (clientId: string) => boolean): Iterable<StoreChange> {
    for (const [client, open] of this.#clients) {
      if (!isKept(client)) continue
      for (const messageId of open.keys()) yield { type: 'received', client, messageId }
    }
  }
}

const NOTHING: StoredPacket = {
  cmd: 'publish',
  topic: '',
  payload: Buffer.alloc(0),
  qos: 2,
  retain: false,
  dup: false,
}

/** A clean session ends with its connection [MQTT-3.1.2-6], and so do its handshakes. */
function isKept(client: ClientRef): boolean {
  return client.clean !== true
}

function withContent({ cmd, topic, payload, qos, retain, dup, messageId }: StoredPacket): StoredPacket {
  return { cmd, topic, payload: ownPayload(payload), qos, retain, dup, messageId }
}

function withoutContent({ messageId }: StoredPacket): StoredPacket {
  return { ...NOTHING, messageId }
}

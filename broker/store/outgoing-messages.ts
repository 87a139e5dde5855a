/** From a session's queue to its client: what was sent, what it has, and what is sent again. */
import { freeIdentifier, identifierAfter, MOST_IN_FLIGHT } from '../packet-identifiers.ts'
import { type OfflineQueue, packetOf } from './offline-queue.ts'
import { done, type Saving } from './saving.ts'
import type { Sessions } from './sessions.ts'
import type { ClientRef, StoredPacket } from './stored-packet.ts'

export type MessageName = { readonly messageId?: number | undefined; readonly cmd?: string }

export class OutgoingMessages {
  readonly #sessions: Sessions
  readonly #saving: Saving

  constructor(sessions: Sessions, saving: Saving) {
    this.#sessions = sessions
    this.#saving = saving
  }

  /** Gives the identifiers that are in flight, and lets aedes, which begins anywhere, begin behind the newest. */
  open(client: ClientRef): ReadonlySet<number> {
    const { queue } = this.#sessions.getOrCreate(client.id)
    const inFlight = identifiersOf(queue)
    const last = [...inFlight].at(-1)
    if (last !== undefined) client._nextId = identifierAfter(last)
    return inFlight
  }

  /**
   * Notes the packet identifier under which a message is about to be sent, or that its PUBREC came. A message that a
   * full queue did not take is not found; it is sent all the same, only not kept, so that is no error.
   *
   * A receiver takes a QoS 2 message once by its identifier, so the disk must know that before the message is sent.
   */
  update(client: ClientRef, packet: StoredPacket): Promise<void> {
    if (packet.cmd === 'pubrel') return this.#release(client, packet)
    const queue = this.#sessions.get(client.id)?.queue
    const message = queue?.find(packet)
    if (queue === undefined || message === undefined || packet.messageId === undefined) return done
    // The QoS that the session was granted is the most it gets [MQTT-3.8.4-6].
    packet.qos = Math.min(packet.qos, message.qos)
    const { messageId, sentTo } = message
    if (messageId !== undefined && sentTo !== client) packet.dup = true // [MQTT-3.3.1-1]
    if (messageId !== undefined && sentTo === client && messageId !== packet.messageId) {
      // It came twice at the turn from queue to live: under the same identifier the receiver can tell.
      packet.messageId = messageId
      packet.dup = true
    }
    const changed = queue.markSent(message, { client, messageId: packet.messageId })
    return changed && message.qos === 2 ? this.#saving.saved() : done
  }

  /** Without an identifier (aedes asks so when one message reaches a client by two filters) there is none to clear. */
  clear(client: ClientRef, { messageId }: MessageName): Promise<StoredPacket | undefined> {
    const queue = this.#sessions.get(client.id)?.queue
    const message = queue?.findSent(messageId)
    if (message !== undefined) queue?.delete(message)
    return Promise.resolve(message === undefined ? undefined : packetOf(message))
  }

  async *waiting(client: ClientRef): AsyncIterable<StoredPacket> {
    const queue = this.#sessions.get(client.id)?.queue
    if (queue === undefined) return
    const inFlight = identifiersOf(queue)
    const numbers: number[] = []
    for (const message of queue.messages()) {
      // No more can be in flight; what is behind waits for the next connection.
      if (message.messageId === undefined && inFlight.size >= MOST_IN_FLIGHT) break
      numbers.push(message.number)
      if (message.messageId !== undefined || client._nextId === undefined) continue
      // Here, because aedes would give identifiers that are in flight; and before the wait, so that all QoS 2 messages
      // share one commit.
      const messageId = freeIdentifier(client._nextId, inFlight)
      inFlight.add(messageId)
      queue.markSent(message, { client, messageId })
      client._nextId = identifierAfter(messageId)
    }
    await this.#saving.saved()
    for (const number of numbers) {
      const message = queue.get(number)
      if (message !== undefined) yield packetOf(message)
    }
  }

  /** PUBREL lets the receiver forget the identifier: after that the message must never be sent again. */
  #release(client: ClientRef, { messageId }: MessageName): Promise<void> {
    const queue = this.#sessions.get(client.id)?.queue
    const message = queue?.findSent(messageId)
    if (queue === undefined || message === undefined || messageId === undefined) return done
    if (!message.released) queue.release(message, messageId)
    return this.#saving.saved()
  }
}

/** In the order in which the messages were queued. */
function identifiersOf(queue: OfflineQueue): Set<number> {
  const identifiers = new Set<number>()
  for (const { messageId } of queue.messages()) if (messageId !== undefined) identifiers.add(messageId)
  return identifiers
}

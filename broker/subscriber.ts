/**
 * One connected client as a receiver of messages.
 *
 * Until its session has resumed, messages for it are held: CONNACK must be its first packet [MQTT-3.2.0-1], and what
 * its queue has kept is older [MQTT-4.6.0-6]. Beyond its bound a QoS 0 message is dropped and counted. One above QoS 0
 * may not be skipped, so the connection ends: a persistent session finds its messages in its queue when the client is
 * back, and a clean session ends with the connection anyway.
 */
import type { Client } from 'aedes'
import type { OutboundBound } from './outbound-bound.ts'
import { freeIdentifier, identifierAfter } from './packet-identifiers.ts'
import { publishHead, type Qos } from './publish-bytes.ts'
import { Refusal } from './refusal.ts'
import type { Traffic } from './traffic.ts'

/** A message on its way to subscribers. */
export interface Message {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: Qos
  readonly retain: boolean
  /** Together the name under which a session's queue keeps it. */
  readonly brokerId: string
  readonly brokerCounter: number
}

/** A packet as the queue of a session knows it. */
export interface QueuedPacket extends Message {
  readonly cmd: 'publish'
  readonly dup: boolean
  /** The queue may change it: it knows what this connection was sent already. */
  messageId: number | undefined
}

/** The queues of persistent sessions. */
export interface SessionQueues {
  outgoingEnqueue(session: { readonly clientId: string }, packet: QueuedPacket): Promise<unknown>
  /** Notes under which packet identifier a message is sent. */
  outgoingUpdate(client: Client, packet: QueuedPacket): Promise<unknown>
}

export interface SubscriberSurroundings {
  readonly outbound: OutboundBound
  readonly maxUnacknowledged: number
  readonly queues: SessionQueues
  readonly traffic: Pick<Traffic, 'messagesSent' | 'messagesDropped'>
}

/** What aedes keeps in a client beside what its types say. */
export interface AedesClient extends Client {
  _nextId: number
}

/** What Node keeps for the pieces of a packet that wait, beside their bytes. */
const OVERHEAD_BYTES = 300
/** One write costs more than copying so many bytes. */
const COPIED_BYTES = 4096

export class Subscriber {
  readonly client: AedesClient
  readonly #surroundings: SubscriberSurroundings
  #held: { readonly message: Message; readonly qos: Qos }[] | null = []
  /** Messages that the queue of the session gave to this connection. */
  #resumed = new Set<number>()
  /** Packet identifiers of messages that the client has not acknowledged. */
  readonly #inFlight = new Set<number>()
  #corked = false

  constructor(client: AedesClient, surroundings: SubscriberSurroundings) {
    this.client = client
    this.#surroundings = surroundings
  }

  /** `qos` is what the subscription grants of the message's own. Never throws, and nobody waits for it. */
  deliver(message: Message, qos: Qos): void {
    const { conn } = this.client
    if (!conn.writable) return
    if (this.#held === null && !conn.writableNeedDrain) {
      this.#send(message, qos)
      return
    }
    if (!this.#surroundings.outbound.admit(conn, message.payload.length + message.topic.length + OVERHEAD_BYTES)) {
      this.#refuse(qos)
    } else if (this.#held === null) this.#send(message, qos)
    else this.#held.push({ message, qos })
  }

  /** A retained message for a new subscription; `done` when there is room for the next. */
  deliverRetained(message: Message, { qos, done }: { readonly qos: Qos; readonly done: () => void }): void {
    const { client } = this
    const send = (): void => {
      if (!client.conn.writable) return
      this.#send(message, qos)
      if (!client.conn.writableNeedDrain) setImmediate(done)
      // Nothing is added, but from now on a client that never reads is known.
      else if (this.#surroundings.outbound.admit(client.conn, 0)) client.conn.once('drain', done)
    }
    if (qos === 0 || client.clean) send()
    else {
      const queued = { cmd: 'publish', dup: false, ...message, qos, messageId: undefined } as const
      this.#surroundings.queues.outgoingEnqueue({ clientId: client.id }, queued).then(send, this.#fail)
    }
  }

  /** The queue of the session gives this message to the connection. */
  resumes({ brokerCounter, messageId }: { readonly brokerCounter?: number; readonly messageId?: number }): void {
    if (this.#held !== null && brokerCounter !== undefined) this.#resumed.add(brokerCounter)
    if (messageId !== undefined) this.#inFlight.add(messageId)
    this.#surroundings.traffic.messagesSent++
  }

  /** The session has messages in flight under these packet identifiers, from an earlier connection. */
  reserve(messageIds: Iterable<number>): void {
    for (const messageId of messageIds) this.#inFlight.add(messageId)
  }

  /** CONNACK and all that the session's queue held are sent. */
  ready(): void {
    const held = this.#held ?? []
    this.#held = null
    this.#surroundings.outbound.release(this.client.conn)
    for (const { message, qos } of held) {
      // Queued before the session resumed, and so sent with its queue already.
      if (qos === 0 || !this.#resumed.has(message.brokerCounter)) this.deliver(message, qos)
    }
    this.#resumed.clear()
  }

  /** PUBACK or PUBCOMP came. */
  acknowledged(messageId: number): void {
    this.#inFlight.delete(messageId)
  }

  #refuse(qos: Qos): void {
    if (qos === 0) this.#surroundings.traffic.messagesDropped++
    else this.#cutOff('more waits for the client than it may leave unread')
  }

  #cutOff(problem: string): void {
    this.client.conn.destroy(new Refusal('slow-subscriber', problem))
  }

  #send(message: Message, qos: Qos): void {
    if (qos === 0) {
      this.#write(message, { qos, messageId: 0 })
      return
    }
    if (this.#inFlight.size >= this.#surroundings.maxUnacknowledged) {
      this.#cutOff(`the client leaves more than ${this.#inFlight.size} messages unacknowledged`)
      return
    }
    const messageId = this.#nextMessageId()
    this.#inFlight.add(messageId)
    if (this.client.clean) this.#write(message, { qos, messageId })
    else this.#sendQueued(message, { qos, messageId })
  }

  #sendQueued(message: Message, { qos, messageId }: { readonly qos: Qos; readonly messageId: number }): void {
    const packet: QueuedPacket = { cmd: 'publish', dup: false, ...message, qos, messageId }
    this.#surroundings.queues.outgoingUpdate(this.client, packet).then(() => {
      if (packet.messageId === messageId) this.#write(message, { qos, messageId })
      // The session's queue sent it on this connection, under another identifier.
      else this.#inFlight.delete(messageId)
    }, this.#fail)
  }

  readonly #fail = (error: unknown): void => {
    this.client.conn.destroy(error instanceof Error ? error : new Error(String(error)))
  }

  #nextMessageId(): number {
    const messageId = freeIdentifier(this.client._nextId, this.#inFlight)
    this.client._nextId = identifierAfter(messageId)
    return messageId
  }

  #write(message: Message, { qos, messageId }: { readonly qos: Qos; readonly messageId: number }): void {
    const { conn } = this.client
    if (!conn.writable) return
    this.#surroundings.traffic.messagesSent++
    this.#gather()
    const head = publishHead(message, { qos, retain: message.retain, messageId })
    if (message.payload.length <= COPIED_BYTES) {
      conn.write(Buffer.concat([head, message.payload]))
    } else {
      conn.write(head)
      conn.write(message.payload)
    }
  }

  /** All that one turn brings for this client leaves in one write. */
  #gather(): void {
    if (this.#corked) return
    this.#corked = true
    const { conn } = this.client
    conn.cork()
    process.nextTick(() => {
      this.#corked = false
      conn.uncork()
    })
  }
}

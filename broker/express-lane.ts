/**
 * The short way of a message that is for the gateway alone: from the socket to the gate, and back as PUBACK.
 *
 * Nearly all that devices send is QoS 0 or 1, not retained, and nobody subscribes to it. aedes gives each such message a
 * parser, a chain of callbacks, a search for subscribers and a PUBACK of three buffers, which together cost as much as to
 * decode it, judge it and bring it to disk. So what comes from the socket at once is taken here where it is nothing but whole
 * messages of this kind. Everything else goes to aedes.
 *
 * Both ways share one order: acknowledgements leave in the order in which the messages came [MQTT-4.6.0-2].
 */
import type { Duplex } from 'node:stream'
import type { AedesOptions, Client } from 'aedes'
import type { Acknowledgements } from './acknowledgements.ts'
import type { OutboundBound } from './outbound-bound.ts'
import { type GuardOptions, PacketGuard } from './packet-guard.ts'
import { type PublishFrame, PublishReader } from './publish-frames.ts'
import { type Turn, TurnChain } from './turn-chain.ts'

type AuthorizePublish = NonNullable<AedesOptions['authorizePublish']>
type Packet = Parameters<AuthorizePublish>[1]
type Answer = Parameters<AuthorizePublish>[2]

export interface ExpressLaneOptions extends GuardOptions {
  readonly authorize: AuthorizePublish
  /** Whether anybody subscribes to the topic, also while absent. */
  readonly isHeard: (topic: string) => boolean
  /** Changes whenever an answer of `isHeard` may. */
  readonly subscriptionsVersion: () => number
  readonly acknowledgements: Acknowledgements
  /** Cuts off who never reads its acknowledgements. */
  readonly outbound: OutboundBound
  /** Called with the identifiers of messages that were taken, or will be, and whose acknowledgement cannot leave. */
  readonly onUnheard: (messageIds: readonly number[]) => void
}

/** What aedes keeps of a client beside its types; a test sees to it that it does. */
export interface AedesClient extends Client {
  /** Packets of its that aedes is at work on. */
  readonly _parsingBatch: number
  readonly _keepaliveInterval: number
  readonly _keepaliveTimer: NodeJS.Timeout | null
}

/** More of one client is not read while it waits for its commit. */
const MAX_WAITING_BYTES = 64 * 1024
/** What is kept of a message that waits, beside its payload: empty ones without end would fill the memory too. */
const OVERHEAD_BYTES = 100

/** One connection. A socket gives its bytes with `push`, aedes takes them with `read`: that is where the ways part. */
export class ExpressLane {
  readonly #options: ExpressLaneOptions
  readonly #socket: Duplex & { readonly client?: AedesClient }
  readonly #guard: PacketGuard
  readonly #reader = new PublishReader()
  readonly #turns = new TurnChain()
  readonly #acknowledged = new TurnChain()
  #waitingBytes = 0
  #readWanted = false
  #topic = ''
  #version = -1
  #heard = true

  /** Call `open` before aedes gets the socket. */
  constructor(socket: Duplex, options: ExpressLaneOptions) {
    this.#socket = socket
    this.#options = options
    this.#guard = new PacketGuard(socket, options)
  }

  open(): void {
    const read = this.#socket.read.bind(this.#socket)
    // Node.js itself calls `read(0)`, which takes nothing and only asks for more.
    this.#socket.read = (size?: number) => (size === 0 ? read(0) : this.#read())
    const push = this.#socket.push.bind(this.#socket)
    this.#socket.push = (chunk, encoding) => this.#takeAtOnce(chunk) || push(chunk, encoding)
    this.#socket.on('drain', () => this.#readOn())
    this.#socket.once('close', () => this.#giveUp())
  }

  /** For a message that came through aedes: its answer waits for those before it. */
  inOrder(packet: Packet, answer: Answer): Answer {
    if (packet.qos === 0) return answer
    const { payload, messageId = 0 } = packet
    const turn: Turn = { bytes: payload.length, messageId, answer, answered: false, error: null, next: null }
    this.#queue(turn)
    return (error) => this.#settle(turn, error ?? null)
  }

  /**
   * As the bytes come, where nothing of this client waits anywhere: to bring them through the buffer of the stream, its
   * events and its ticks costs as much as to decode them. False where they have to go that way.
   */
  #takeAtOnce(chunk: unknown): boolean {
    const socket = this.#socket
    const client = this.#client()
    if (client === null || client._parsingBatch > 0 || !Buffer.isBuffer(chunk)) return false
    if (socket.readableLength > 0 || socket.destroyed || this.#isFull()) return false
    const frames = this.#framesOf(chunk)
    if (frames === null || !this.#guard.admits({ packets: frames.length, bytes: chunk.length })) return false
    this.#takeAll(client, frames)
    return true
  }

  #read(): Buffer | null {
    if (this.#isFull()) {
      this.#readWanted = true
      return null
    }
    const chunk = this.#guard.read()
    if (chunk === null || !this.#guard.wholePackets) return chunk
    const client = this.#client()
    const frames = client === null ? null : this.#framesOf(chunk)
    if (client === null || frames === null) return chunk
    this.#takeAll(client, frames)
    return null
  }

  #isFull(): boolean {
    return this.#waitingBytes >= MAX_WAITING_BYTES || this.#socket.writableNeedDrain
  }

  /** Null before it is let in and once it has gone. */
  #client(): AedesClient | null {
    const { client } = this.#socket
    return client?.connected === true && !client.closed ? client : null
  }

  /** Null unless all of the chunk is for the gateway alone. */
  #framesOf(chunk: Buffer): readonly PublishFrame[] | null {
    const frames = this.#reader.read(chunk)
    if (frames === null) return null
    for (const { topic } of frames) if (this.#isHeard(topic)) return null
    return frames
  }

  #takeAll(client: AedesClient, frames: readonly PublishFrame[]): void {
    // [MQTT-3.1.2-24]
    if (client._keepaliveInterval > 0) client._keepaliveTimer?.refresh()
    for (const frame of frames) this.#take(client, frame)
  }

  #isHeard(topic: string): boolean {
    const version = this.#options.subscriptionsVersion()
    if (topic !== this.#topic || version !== this.#version) {
      this.#topic = topic
      this.#version = version
      this.#heard = this.#options.isHeard(topic)
    }
    return this.#heard
  }

  #take(client: AedesClient, frame: PublishFrame): void {
    const { messageId, payload } = frame
    const turn: Turn = { bytes: payload.length, messageId, answer: null, answered: false, error: null, next: null }
    this.#queue(turn)
    this.#options.authorize(client, frame as unknown as Packet, (error) => this.#settle(turn, error ?? null))
  }

  #queue(turn: Turn): void {
    this.#turns.add(turn)
    this.#waitingBytes += OVERHEAD_BYTES + turn.bytes
  }

  #settle(settled: Turn, error: Error | null): void {
    settled.answered = true
    settled.error = error
    for (let turn = this.#turns.first; turn?.answered === true; turn = this.#turns.first) {
      this.#turns.takeFirst()
      this.#waitingBytes -= OVERHEAD_BYTES + turn.bytes
      this.#answer(turn)
    }
    this.#readOn()
  }

  #answer(turn: Turn): void {
    const { answer, error, messageId } = turn
    if (answer !== null) {
      // What was acknowledged before it must leave before it.
      this.sendAcknowledgements()
      if (error === null && this.#socket.destroyed) this.#options.onUnheard([messageId])
      answer(error)
    } else if (error !== null) {
      this.sendAcknowledgements()
      this.#socket.client?.emit('error', error)
    } else if (messageId !== 0) {
      this.#acknowledged.add(turn)
      if (this.#acknowledged.first === turn) this.#options.acknowledgements.add(this)
    }
  }

  sendAcknowledgements(): void {
    const acknowledged = this.#acknowledged
    if (acknowledged.first === null) return
    if (this.#socket.destroyed) {
      this.#options.onUnheard(acknowledged.messageIds())
      acknowledged.clear()
      return
    }
    const bytes = Buffer.allocUnsafe(4 * acknowledged.length)
    let at = 0
    for (let turn: Turn | null = acknowledged.first; turn !== null; turn = turn.next) {
      bytes[at++] = 0x40
      bytes[at++] = 2
      bytes[at++] = turn.messageId >> 8
      bytes[at++] = turn.messageId
    }
    acknowledged.clear()
    if (!this.#socket.write(bytes)) this.#options.outbound.admit(this.#socket, bytes.length)
  }

  /** What still waits is taken, or will be; its client cannot be told any more. */
  #giveUp(): void {
    const ids = this.#turns.messageIds()
    if (ids.length > 0) this.#options.onUnheard(ids)
  }

  #readOn(): void {
    if (!this.#readWanted || this.#waitingBytes >= MAX_WAITING_BYTES) return
    this.#readWanted = false
    this.#socket.emit('readable')
  }
}

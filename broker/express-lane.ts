/**
 * The short way of a message that is for the gateway alone: from the socket to the gate, and back as PUBACK.
 *
 * Nearly all that devices send is QoS 0 or 1, not retained, and nobody subscribes to it. aedes gives each such message a
 * parser, a chain of callbacks, a search for subscribers and a PUBACK of three buffers, which together cost as much as to
 * decode it, judge it and bring it to disk. So what one read of the socket gives is taken here where it is nothing but whole
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
  readonly _keepaliveInterval: number
  readonly _keepaliveTimer: NodeJS.Timeout | null
}

/** A message that is not answered yet. */
interface Turn {
  readonly bytes: number
  /** 0: nothing to acknowledge. */
  readonly messageId: number
  /** Of a message that goes through aedes, which acknowledges it. */
  readonly answer: Answer | null
  answered: boolean
  error: Error | null
}

/** More of one client is not read while it waits for its commit. */
const MAX_WAITING_BYTES = 64 * 1024

/** One connection. aedes takes its bytes with `conn.read()`, so that is where the ways part. */
export class ExpressLane {
  readonly #options: ExpressLaneOptions
  readonly #socket: Duplex & { readonly client?: AedesClient }
  readonly #guard: PacketGuard
  readonly #reader = new PublishReader()
  readonly #turns: Turn[] = []
  #waitingBytes = 0
  #readWanted = false
  #acknowledged: number[] = []
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
    this.#socket.on('drain', () => this.#readOn())
    this.#socket.once('close', () => this.#giveUp())
  }

  /** For a message that came through aedes: its answer waits for those before it. */
  inOrder(packet: Packet, answer: Answer): Answer {
    if (packet.qos === 0) return answer
    const { payload, messageId = 0 } = packet
    const turn: Turn = { bytes: payload.length, messageId, answer, answered: false, error: null }
    this.#queue(turn)
    return (error) => this.#settle(turn, error ?? null)
  }

  #read(): Buffer | null {
    if (this.#waitingBytes >= MAX_WAITING_BYTES || this.#socket.writableNeedDrain) {
      this.#readWanted = true
      return null
    }
    const chunk = this.#guard.read()
    if (chunk === null || !this.#guard.wholePackets) return chunk
    const client = this.#socket.client
    if (client?.connected !== true || client.closed) return chunk
    const frames = this.#reader.read(chunk)
    if (frames === null || frames.some(({ topic }) => this.#isHeard(topic))) return chunk
    // [MQTT-3.1.2-24]
    if (client._keepaliveInterval > 0) client._keepaliveTimer?.refresh()
    for (const frame of frames) this.#take(client, frame)
    return null
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
    const turn: Turn = { bytes: payload.length, messageId, answer: null, answered: false, error: null }
    this.#queue(turn)
    this.#options.authorize(client, frame as unknown as Packet, (error) => this.#settle(turn, error ?? null))
  }

  #queue(turn: Turn): void {
    this.#turns.push(turn)
    this.#waitingBytes += turn.bytes
  }

  #settle(settled: Turn, error: Error | null): void {
    settled.answered = true
    settled.error = error
    for (let turn = this.#turns[0]; turn?.answered === true; turn = this.#turns[0]) {
      this.#turns.shift()
      this.#waitingBytes -= turn.bytes
      this.#answer(turn)
    }
    this.#readOn()
  }

  #answer({ answer, error, messageId }: Turn): void {
    if (answer !== null) {
      // What was acknowledged before it must leave before it.
      this.sendAcknowledgements()
      if (error === null && this.#socket.destroyed) this.#options.onUnheard([messageId])
      answer(error)
    } else if (error !== null) {
      this.sendAcknowledgements()
      this.#socket.client?.emit('error', error)
    } else if (messageId !== 0) {
      this.#acknowledged.push(messageId)
      if (this.#acknowledged.length === 1) this.#options.acknowledgements.add(this)
    }
  }

  sendAcknowledgements(): void {
    const ids = this.#acknowledged
    if (ids.length === 0) return
    this.#acknowledged = []
    if (this.#socket.destroyed) {
      this.#options.onUnheard(ids)
      return
    }
    const bytes = Buffer.allocUnsafe(4 * ids.length)
    for (const [i, id] of ids.entries()) bytes.writeUInt32BE(0x4002_0000 + id, 4 * i)
    if (!this.#socket.write(bytes)) this.#options.outbound.admit(this.#socket, bytes.length)
  }

  /** What still waits is taken, or will be; its client cannot be told any more. */
  #giveUp(): void {
    const ids = this.#turns.map(({ messageId }) => messageId).filter((id) => id !== 0)
    if (ids.length > 0) this.#options.onUnheard(ids)
  }

  #readOn(): void {
    if (!this.#readWanted || this.#waitingBytes >= MAX_WAITING_BYTES) return
    this.#readWanted = false
    this.#socket.emit('readable')
  }
}

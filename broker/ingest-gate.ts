/**
 * Holds each message until it is ingested, so that PUBACK (QoS 1) and PUBREC (QoS 2) mean "on disk".
 *
 * aedes sends PUBACK after `authorizePublish` and before its subscribers and its `published` hook, so the callback of
 * `authorizePublish` is the one place where an acknowledgement can wait. aedes takes what a socket has buffered (at
 * most 64 KiB) as one batch: all packets in it are in flight together, which is what group commits live on, and the
 * next batch is read when all are answered, which bounds what one client can have waiting.
 *
 * When ingest of a message above QoS 0 fails, the callback's error ends the connection without an acknowledgement
 * [MQTT-3.3.5-2] and the client delivers the message again.
 */
import type { AedesOptions, Client } from 'aedes'
import { Refusal } from './refusal.ts'

/** One message of a client, before it is acknowledged. The payload is valid until the promise of `ingest` settles. */
export interface BrokerMessage {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1 | 2
  /** Set by the client now; a message that the broker kept earlier never comes this way. */
  readonly retain: boolean
  readonly clientId: string
  /** Empty for anonymous clients, and for clients that are not connected any more. */
  readonly username: string
  /** 0 where there is none: QoS 0, wills. */
  readonly messageId: number
  /** The client says that it may have sent it before [MQTT-3.3.1-1]. */
  readonly dup: boolean
  /** Unique among all clients of the broker, and the same on every connection of this one. */
  readonly session: string
  /** The same for all messages of one connection; null: of a client that is not connected. */
  readonly connection: object | null
  /** True when the broker speaks for a client it has lost [MQTT-3.1.2-8]. */
  readonly will: boolean
}

/** What a client calls itself, null before it has, and as whom it was let in. */
interface Sender {
  readonly clientId: string | null
  readonly username: string
}

/** Undefined: nothing to store, acknowledge at once. */
export type Ingest = (message: BrokerMessage) => Promise<unknown> | undefined

export interface GateStats {
  /** Messages that were ingested or needed no ingest. */
  readonly accepted: number
  /** Messages that ingest refused; above QoS 0 their clients were cut off and deliver again. */
  readonly failed: number
  /** Messages that wait for ingest now. */
  readonly held: number
}

/** What the broker keeps of messages for others than the gateway. */
export interface MessageKeeper {
  /** A QoS 2 message whose PUBREL has not come: it must not be taken twice [MQTT-4.3.3-2]. */
  hasIncoming(clientId: string, messageId: number): boolean
  /** False: nothing of the message is kept. */
  keeps(client: Client, packet: Packet): boolean
  /** Resolves when what the message becomes here is on disk. */
  accept(client: Client, packet: Packet): Promise<void>
  /** Resolves when everything that was accepted before is on disk. */
  saved(): Promise<void>
}

type AuthorizePublish = NonNullable<AedesOptions['authorizePublish']>
type Packet = Parameters<AuthorizePublish>[1]
type Answer = Parameters<AuthorizePublish>[2]

interface Waiting {
  readonly client: Client | null
  readonly answer: Answer
  readonly qos: number
  readonly will: boolean
}

export class IngestGate {
  readonly #options: {
    readonly ingest: Ingest
    readonly peerOf: (client: Client) => Sender | undefined
    readonly store: MessageKeeper
  }
  #closed = false
  #accepted = 0
  #failed = 0
  #held = 0
  #whenIdle: (() => void)[] = []
  /** The commit that the newest messages wait for, and those messages. */
  #commit: Promise<unknown> | null = null
  #together: Waiting[] = []

  constructor(options: {
    readonly ingest: Ingest
    /** What a client calls itself. */
    readonly peerOf: (client: Client) => Sender | undefined
    readonly store: MessageKeeper
  }) {
    this.#options = options
  }

  stats(): GateStats {
    return { accepted: this.#accepted, failed: this.#failed, held: this.#held }
  }

  /** Takes nothing more; resolves when nothing is held. */
  close(): Promise<void> {
    this.#closed = true
    if (this.#held === 0) return Promise.resolve()
    return new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  readonly authorizePublish: AuthorizePublish = (client, packet, answer) => {
    // A will carries no command: aedes hands over what CONNECT said.
    const will = packet.cmd !== 'publish'
    const refusal = this.#refusal(packet, will)
    if (refusal !== null) {
      answer(refusal)
      return
    }
    const pending = this.#take(client, packet, will)
    if (pending === undefined) {
      this.#accepted++
      answer(null)
    } else {
      this.#hold(pending, { client, answer, qos: packet.qos, will })
    }
  }

  /** Of a client that is not connected any more. Rejects when it is not taken. */
  takeWill(will: object): Promise<void> {
    return new Promise((taken, refused) => {
      this.authorizePublish(null, will as Packet, (error) => (error ? refused(error) : taken()))
    })
  }

  #refusal(packet: Packet, will: boolean): Refusal | null {
    // Wills that this very stop would send say nothing about the devices; a server that ends may leave them out
    // (MQTT 3.1.2.5).
    if (this.#closed) return new Refusal('connection-lost', 'the broker is stopping')
    if (!will && packet.qos > 0 && !((packet.messageId ?? 0) > 0)) {
      return new Refusal('malformed-packet', 'a packet identifier must not be 0 [MQTT-2.3.1-1]')
    }
    return null
  }

  /** First to the gateway, then to the sessions of others: whoever sends it again must not be told that it was taken. */
  #take(client: Client | null, packet: Packet, will: boolean): Promise<unknown> | undefined {
    const { store } = this.#options
    if (!will && this.#isRepeated(client, packet)) return store.saved()
    const ingested = this.#ingest(client, packet, will)
    // Nobody waits for what is said of a will, and nothing is promised at QoS 0: aedes brings those to the store.
    if (client === null || will || packet.qos === 0 || !store.keeps(client, packet)) return ingested
    // The same message may have come a second time while the first copy was on its way.
    const keep = () => (this.#isRepeated(client, packet) ? store.saved() : store.accept(client, packet))
    return ingested === undefined ? keep() : ingested.then(keep)
  }

  #isRepeated(client: Client | null, { qos, messageId = 0 }: Packet): boolean {
    return qos === 2 && this.#options.store.hasIncoming(client?.id ?? '', messageId)
  }

  #ingest(client: Client | null, packet: Packet, will: boolean): Promise<unknown> | undefined {
    const { topic, payload, qos, retain } = packet
    const session = client?.id ?? (packet as { clientId?: string }).clientId ?? ''
    const peer = client === null ? undefined : this.#options.peerOf(client)
    try {
      return this.#options.ingest({
        topic,
        payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
        qos,
        retain,
        will,
        messageId: will || qos === 0 ? 0 : (packet.messageId ?? 0),
        dup: packet.dup === true,
        session,
        connection: client,
        clientId: peer?.clientId ?? session,
        username: peer?.username ?? '',
      })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Hundreds of messages wait for one commit, and its promise is the same for all of them. */
  #hold(pending: Promise<unknown>, waiting: Waiting): void {
    this.#held++
    if (pending === this.#commit) {
      this.#together.push(waiting)
      return
    }
    const together = [waiting]
    this.#commit = pending
    this.#together = together
    pending.then(
      () => this.#committed(pending, together),
      (error: unknown) => this.#refused(pending, { together, error }),
    )
  }

  #committed(pending: Promise<unknown>, together: readonly Waiting[]): void {
    if (pending === this.#commit) this.#commit = null
    this.#accepted += together.length
    for (const waiting of together) this.#release(waiting, null)
  }

  #refused(
    pending: Promise<unknown>,
    { together, error }: { readonly together: readonly Waiting[]; readonly error: unknown },
  ): void {
    if (pending === this.#commit) this.#commit = null
    this.#failed += together.length
    const detail = error instanceof Error ? error.message : String(error)
    for (const waiting of together) {
      // A message of QoS 0 would not come again: cutting its client off helps nobody.
      const again = waiting.qos > 0 || waiting.will
      this.#release(waiting, again ? new Refusal('ingest-failed', detail, { cause: error }) : null)
    }
  }

  #release({ client, answer }: Waiting, error: Refusal | null): void {
    this.#held--
    try {
      answer(error)
    } catch (cause) {
      // aedes goes on parsing inside this callback; what it throws is this client's doing and ends only its connection.
      client?.conn.destroy(new Refusal('malformed-packet', String(cause), { cause }))
    }
    if (this.#held > 0) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }
}

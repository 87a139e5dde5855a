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
  /** True when the broker speaks for a client it has lost [MQTT-3.1.2-8]. */
  readonly will: boolean
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
    readonly topicProblem: (topic: string) => string | null
    readonly alreadyIngested: (clientId: string, messageId: number) => boolean
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
    readonly topicProblem: (topic: string) => string | null
    /** True for a QoS 2 message whose PUBREL has not come: it must not be taken twice [MQTT-4.3.3-2]. */
    readonly alreadyIngested: (clientId: string, messageId: number) => boolean
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
    const clientId = client?.id ?? ''
    if (packet.qos === 2 && !will && this.#options.alreadyIngested(clientId, packet.messageId ?? 0)) {
      answer(null)
      return
    }
    const pending = this.#ingest(packet, { clientId, will })
    if (pending === undefined) {
      this.#accepted++
      answer(null)
    } else {
      this.#hold(pending, { client, answer, qos: packet.qos, will })
    }
  }

  #refusal(packet: Packet, will: boolean): Refusal | null {
    // Wills that this very stop would send say nothing about the devices; a server that ends may leave them out
    // (MQTT 3.1.2.5).
    if (this.#closed) return new Refusal('connection-lost', 'the broker is stopping')
    const problem = this.#options.topicProblem(packet.topic)
    if (problem !== null) return new Refusal('topic', will ? `will: ${problem}` : problem)
    if (!will && packet.qos > 0 && !((packet.messageId ?? 0) > 0)) {
      return new Refusal('malformed-packet', 'a packet identifier must not be 0 [MQTT-2.3.1-1]')
    }
    return null
  }

  #ingest(packet: Packet, from: { clientId: string; will: boolean }): Promise<unknown> | undefined {
    const { topic, payload, qos, retain } = packet
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
    try {
      return this.#options.ingest({ topic, payload: bytes, qos, retain, ...from })
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

/** One request at a time and its reply: framing, time-out, and the silence after a reply that stayed away. */
import type { Clock } from '../../model.ts'
import { Deadline } from './deadline.ts'
import { type ExchangeCounters, noneCounted } from './exchange-counters.ts'
import { type Framing, type FramingEvent, replyShapes } from './framing.ts'
import { MbapFraming } from './mbap-framing.ts'
import { type ModbusRequest, type Reply, replyPduLength } from './pdu.ts'
import { RtuFraming } from './rtu-framing.ts'
import { Silence } from './silence.ts'
import { StallWatch } from './stall-watch.ts'
import { switchingMs, type TransportOptions, transmissionMs } from './transport.ts'
import type { Sent } from './unit-doubt.ts'

export type RequestResult = {
  /** How long the line was taken, the pause before the request included; absent where it was not sent. */
  readonly lineMs?: number
} & (
  | {
      readonly type: 'reply'
      readonly reply: Reply
      /** It may be the late reply to an earlier request of this unit. */
      readonly unconfirmed: boolean
      readonly tookMs: number
    }
  | {
      readonly type: 'failure'
      readonly failure: LineFailure
      readonly detail: string
      /** How long it has kept the line from other requests, the silence after it among it; 0 if absent. */
      readonly costMs?: number
      /** Bytes came before the time-out, but no whole reply. */
      readonly heard?: true
    }
)

export type LineFailure =
  /** The line is down; nothing is known about the unit. */
  | 'not-connected'
  /** The connection ended, or its bytes could no longer be followed, instead of a reply: this unit may have caused it. */
  | 'cut-off'
  | 'timeout'
  /** Something came that cannot be the reply. */
  | 'refused'

export interface ExchangeOptions {
  readonly transport: TransportOptions
  readonly timeoutMs: number
  readonly quietAfterTimeoutMs: number
  readonly quietAtStartMs: number
  readonly clock: Clock
}

interface InFlight {
  readonly sent: Sent
  readonly timeoutMs: number
  /** A reply of another unit came; that of the unit asked may still come. */
  instead: string | null
  readonly settle: (result: RequestResult) => void
}

/** Unit id and CRC. */
const RTU_OVERHEAD_BYTES = 3
/** How much of the slowest reply each other one takes back. */
const SLOWEST_DECAY = 0.998

export class Exchange {
  readonly counters: ExchangeCounters = noneCounted()
  readonly #options: ExchangeOptions
  readonly #framing: Framing
  readonly #silence: Silence | null
  readonly #deadline: Deadline
  readonly #stalls: StallWatch
  #inFlight: InFlight | null = null
  #slowestReplyMs: number | null = null

  constructor(options: ExchangeOptions) {
    const { transport, timeoutMs, quietAfterTimeoutMs } = options
    this.#options = options
    this.#deadline = new Deadline(options.clock, () => this.#timedOut())
    if (transport.type === 'modbus-tcp') {
      // A random first id: a gateway may still hold replies to the ids of the process before this one.
      this.#framing = new MbapFraming({ firstId: Math.floor(Math.random() * 65_536) })
      this.#silence = null
    } else {
      const onBabble = (): void => void this.counters.lateReplies++
      const silence = new Silence({ quietMs: quietAfterTimeoutMs, listenMs: timeoutMs, onBabble })
      this.#framing = new RtuFraming({ knows: (unitId) => silence.knows(unitId) })
      this.#silence = silence
    }
    this.#stalls = new StallWatch(options.clock, this.#silence)
  }

  /** Somebody may have used the line up to now: what they asked may still be answered, and is dropped where that matters. */
  beginUnknown(): void {
    this.#silence?.beginUnknown(this.#now(), this.#options.quietAtStartMs)
    this.#stalls.begin()
  }

  /** The slowest reply lately; null before the first. */
  get slowestReplyMs(): number | null {
    return this.#slowestReplyMs
  }

  /** How long the line must still stay silent, in ms. */
  get silentForMs(): number {
    return this.#silence?.remaining(this.#now()) ?? 0
  }

  /** How long this unit must still be left alone, while others may be asked. */
  heldForMs(unitId: number): number {
    return this.#silence?.heldFor(unitId, this.#now()) ?? 0
  }

  /** How long until the first of those that are left alone may be asked; null where there is none. */
  get firstHeldForMs(): number | null {
    return this.#silence?.firstHeldFor(this.#now()) ?? null
  }

  /** Sends one request; no other may be in flight. Never rejects, and resolves within the time-out. */
  send(
    { unitId, request, timeoutMs = this.#options.timeoutMs, quietMs }: UnitRequest,
    write: (bytes: Uint8Array) => void,
  ): Promise<RequestResult> {
    const { transport } = this.#options
    const sent = { unitId, ...replyShapes(request), sentAt: this.#now(), quietMs }
    this.#silence?.begin(unitId, sent.sentAt)
    const bytes = this.#framing.begin(unitId, request)
    this.counters.requests++
    const onWire = bytes.length + replyPduLength(request) + RTU_OVERHEAD_BYTES
    const { beforeSendMs, afterSendMs } = switchingMs(transport)
    this.#deadline.set(sent.sentAt + beforeSendMs + transmissionMs(transport, onWire) + afterSendMs + timeoutMs)
    return new Promise((resolve) => {
      const settle = (result: RequestResult): void => {
        this.#deadline.clear()
        this.#inFlight = null
        resolve(result)
      }
      this.#inFlight = { sent, timeoutMs, instead: null, settle }
      write(bytes)
    })
  }

  /** Returns why the stream cannot be followed any more, or null. */
  received(bytes: Uint8Array): string | null {
    for (const event of this.#framing.receive(bytes)) {
      if (event.type === 'broken') return event.detail
      this.#take(event)
    }
    this.#stalls.begin()
    return null
  }

  #take(event: Exclude<FramingEvent, { type: 'broken' }>): void {
    switch (event.type) {
      case 'reply':
        this.#replied(event.reply)
        return
      case 'refused':
        this.#refused(event)
        return
      case 'late':
        this.counters.lateReplies++
        return
      case 'stray':
        this.#heard(event)
        return
      case 'noise':
        this.#silence?.noise(event.count, this.#now())
        return
    }
  }

  #refused({ detail, behind: shape }: FramingEvent & { readonly type: 'refused' }): void {
    this.counters.refusedReplies++
    if (shape !== undefined && this.#inFlight !== null) {
      this.#silence?.behind({ unitId: this.#inFlight.sent.unitId, shape })
    }
    this.#failed('refused', detail)
  }

  #heard({ unitId, shape }: FramingEvent & { readonly type: 'stray' }): void {
    this.counters.lateReplies++
    this.#silence?.heard({ unitId, shape, asked: this.#inFlight?.sent.unitId ?? null }, this.#now())
    if (this.#inFlight !== null) this.#inFlight.instead = `a reply of unit id ${unitId} came instead`
  }

  #replied(reply: Reply): void {
    if (this.#inFlight === null) return
    const { settle, sent } = this.#inFlight
    const { unitId, sentAt } = sent
    const isException = reply.type === 'exception'
    if (isException) this.counters.exceptions++
    else this.counters.answers++
    const now = this.#now()
    this.#slowestReplyMs = Math.max(now - sentAt, (this.#slowestReplyMs ?? 0) * SLOWEST_DECAY)
    const shape = isException ? sent.exceptionShape : sent.shape
    const unconfirmed = this.#silence?.replied({ unitId, shape }, now) ?? false
    settle({ type: 'reply', reply, unconfirmed, tookMs: now - sentAt })
  }

  #timedOut(): void {
    const { timeoutMs: waitedMs = this.#options.timeoutMs, instead = null } = this.#inFlight ?? {}
    const came = this.#framing.abandon()
    const detail = `no reply within ${waitedMs} ms`
    if (instead !== null) {
      this.counters.refusedReplies++
      this.#failed('refused', `${detail}; ${instead}`)
      return
    }
    this.counters.timeouts++
    if (came === null) {
      this.#failed('timeout', detail)
      return
    }
    // Half a frame with a length in it: whatever comes next, of any unit, would be read as its rest.
    const failure = this.#framing.identifiesReplies ? 'cut-off' : 'timeout'
    this.#failed(failure, `${detail}; ${came}`, { heard: true })
  }

  /** The connection is no more: what is in flight fails at once, and what was half received will never be completed. */
  disconnected(why: string): void {
    if (this.#inFlight !== null) this.counters.cut++
    this.#failed('cut-off', why)
    this.#framing.reset()
    this.#silence?.deaf()
    this.#deadline.release()
    this.#stalls.end()
  }

  #failed(failure: LineFailure, detail: string, more: { readonly heard?: true } = {}): void {
    if (this.#inFlight === null) return
    const { sent, settle } = this.#inFlight
    const now = this.#now()
    this.#framing.abandon()
    this.#silence?.lost(sent, now)
    this.#stalls.begin()
    settle({ type: 'failure', failure, detail, costMs: now - sent.sentAt + this.silentForMs, ...more })
  }

  #now(): number {
    return this.#stalls.look()
  }
}

export interface UnitRequest {
  readonly unitId: number
  readonly request: ModbusRequest
  /** Longest wait for the reply; the line's own if absent. */
  readonly timeoutMs?: number | undefined
  /** A shorter silence than the line's own, if no reply comes. */
  readonly quietMs?: number | undefined
}

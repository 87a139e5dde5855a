/** One request at a time and its reply: framing, time-out, and the silence after a reply that stayed away. */
import type { Clock } from '../../model.ts'
import { Deadline } from './deadline.ts'
import type { Framing, FramingEvent } from './framing.ts'
import { MbapFraming } from './mbap-framing.ts'
import { encodePdu, functionCodeOf, type ModbusRequest, type Reply, replyByteCount, replyPduLength } from './pdu.ts'
import { RtuFraming } from './rtu-framing.ts'
import { type Sent, Silence } from './silence.ts'
import { switchingMs, type TransportOptions, transmissionMs } from './transport.ts'

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

export interface ExchangeCounters {
  requests: number
  /** Replies that brought what was asked for. */
  answers: number
  timeouts: number
  exceptions: number
  /** Replies that came when nobody waited for them; all were dropped. */
  lateReplies: number
  /** Replies that cannot belong to the request in flight. */
  refusedReplies: number
  /** Requests whose connection ended before the reply. */
  cut: number
}

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
  readonly settle: (result: RequestResult) => void
}

/** Unit id and CRC. */
const RTU_OVERHEAD_BYTES = 3

export class Exchange {
  readonly counters: ExchangeCounters = {
    ...{ requests: 0, answers: 0, timeouts: 0, exceptions: 0, lateReplies: 0, refusedReplies: 0, cut: 0 },
  }
  readonly #options: ExchangeOptions
  readonly #framing: Framing
  readonly #silence: Silence | null
  readonly #deadline: Deadline
  #inFlight: InFlight | null = null

  constructor(options: ExchangeOptions) {
    const { transport, timeoutMs, quietAfterTimeoutMs } = options
    this.#options = options
    this.#deadline = new Deadline(options.clock, () => this.#timedOut())
    if (transport.type === 'modbus-tcp') {
      // A random first id: a gateway may still hold replies to the ids of the process before this one.
      this.#framing = new MbapFraming({ firstId: Math.floor(Math.random() * 65_536) })
      this.#silence = null
    } else {
      this.#framing = new RtuFraming()
      this.#silence = new Silence({ quietMs: quietAfterTimeoutMs, listenMs: timeoutMs })
    }
  }

  /** Somebody may have used the line up to now: what they asked may still be answered, and is dropped where that matters. */
  beginUnknown(): void {
    this.#silence?.beginUnknown(this.#now(), this.#options.quietAtStartMs)
  }

  /** How long the line must still stay silent, in ms. */
  get silentForMs(): number {
    return this.#silence?.remaining(this.#now()) ?? 0
  }

  /** Sends one request; no other may be in flight. Never rejects, and resolves within the time-out. */
  send(
    { unitId, request, timeoutMs = this.#options.timeoutMs, quietMs }: UnitRequest,
    write: (bytes: Uint8Array) => void,
  ): Promise<RequestResult> {
    const { transport } = this.#options
    const { shape, exceptionShape } = shapesOf(request)
    const sent = { unitId, shape, exceptionShape, sentAt: this.#now(), quietMs }
    this.#silence?.begin(unitId)
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
      this.#inFlight = { sent, timeoutMs, settle }
      write(bytes)
    })
  }

  /** Returns why the stream cannot be followed any more, or null. */
  received(bytes: Uint8Array): string | null {
    for (const event of this.#framing.receive(bytes)) {
      if (event.type === 'broken') return event.detail
      this.#take(event)
    }
    return null
  }

  #take(event: Exclude<FramingEvent, { type: 'broken' }>): void {
    switch (event.type) {
      case 'reply':
        this.#replied(event.reply)
        return
      case 'refused':
        this.counters.refusedReplies++
        this.#failed('refused', event.detail)
        if (event.behind) this.#silence?.behind(this.#now())
        return
      case 'late':
        this.counters.lateReplies++
        return
      case 'unsolicited':
        if (this.#silence?.disturbed(event.count, this.#now())) this.counters.lateReplies++
        return
    }
  }

  #replied(reply: Reply): void {
    if (this.#inFlight === null) return
    const { settle, sent } = this.#inFlight
    const { unitId, sentAt } = sent
    const isException = reply.type === 'exception'
    if (isException) this.counters.exceptions++
    else this.counters.answers++
    const now = this.#now()
    const shape = isException ? sent.exceptionShape : sent.shape
    const unconfirmed = this.#silence?.replied({ unitId, shape }, now) ?? false
    settle({ type: 'reply', reply, unconfirmed, tookMs: now - sentAt })
  }

  #timedOut(): void {
    const waitedMs = this.#inFlight?.timeoutMs ?? this.#options.timeoutMs
    const came = this.#framing.abandon()
    this.counters.timeouts++
    const detail = `no reply within ${waitedMs} ms`
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
    this.#deadline.release()
  }

  #failed(failure: LineFailure, detail: string, more: { readonly heard?: true } = {}): void {
    if (this.#inFlight === null) return
    this.#framing.abandon()
    this.#silence?.lost(this.#inFlight.sent, this.#now())
    this.#inFlight.settle({ type: 'failure', failure, detail, ...more })
  }

  #now(): number {
    return this.#options.clock.now().mono
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

/** Replies of one unit and one shape cannot be told apart. The reply to a write repeats the write itself. */
function shapesOf(request: ModbusRequest): { shape: string; exceptionShape: string } {
  const functionCode = functionCodeOf(request)
  const content = request.type === 'read' ? replyByteCount(request) : encodePdu(request).join(' ')
  return { shape: `${functionCode}: ${content}`, exceptionShape: `${functionCode}: exception` }
}

/** Modbus TCP framing: the MBAP header (MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3). */
import { type Framing, type FramingEvent, hexText, join } from './framing.ts'
import { decodeReply, encodePdu, type ModbusRequest } from './pdu.ts'

const HEADER = 7
/** Unit id and PDU: 2 bytes at least, 254 at most. */
const MIN_LENGTH = 2
const MAX_LENGTH = 254
const IDS = 0x10000
/** Bounds the memory of ids whose reply never came; an id this old has not been used for 60,000 requests. */
const MAX_ABANDONED = 4096

export interface MbapFrame {
  readonly transactionId: number
  readonly unitId: number
  readonly pdu: Uint8Array
}

export function encodeMbap({ transactionId, unitId, pdu }: MbapFrame): Uint8Array {
  const bytes = new Uint8Array(HEADER + pdu.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, transactionId)
  view.setUint16(4, pdu.length + 1)
  bytes[6] = unitId
  bytes.set(pdu, HEADER)
  return bytes
}

export type MbapParse =
  | { readonly type: 'incomplete' }
  | { readonly type: 'frame'; readonly frame: MbapFrame; readonly end: number }
  | { readonly type: 'broken'; readonly detail: string }

/** Reads the frame at the start of `bytes`; `end` is where the next one begins. */
export function parseMbap(bytes: Uint8Array): MbapParse {
  if (bytes.length < 6) return { type: 'incomplete' }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getUint16(4)
  if (view.getUint16(2) !== 0 || length < MIN_LENGTH || length > MAX_LENGTH) {
    return { type: 'broken', detail: `this is not a Modbus TCP header: ${hexText(bytes.subarray(0, HEADER))}` }
  }
  const end = 6 + length
  if (bytes.length < end) return { type: 'incomplete' }
  const frame = { transactionId: view.getUint16(0), unitId: bytes[6] ?? 0, pdu: bytes.slice(HEADER, end) }
  return { type: 'frame', frame, end }
}

interface InFlight {
  readonly transactionId: number
  readonly unitId: number
  readonly request: ModbusRequest
}

export class MbapFraming implements Framing {
  readonly identifiesReplies = true
  #buffer: Uint8Array = new Uint8Array(0)
  #inFlight: InFlight | null = null
  #lastId: number
  /** Ids that timed out, oldest first. Kept over reconnects, because a gateway may answer late on the new connection. */
  readonly #abandoned = new Set<number>()

  constructor({ firstId }: { readonly firstId: number }) {
    this.#lastId = (firstId + IDS - 1) % IDS
  }

  begin(unitId: number, request: ModbusRequest): Uint8Array {
    const transactionId = this.#nextId()
    this.#inFlight = { transactionId, unitId, request }
    return encodeMbap({ transactionId, unitId, pdu: encodePdu(request) })
  }

  #nextId(): number {
    do this.#lastId = (this.#lastId + 1) % IDS
    while (this.#abandoned.has(this.#lastId))
    return this.#lastId
  }

  receive(bytes: Uint8Array): readonly FramingEvent[] {
    this.#buffer = join(this.#buffer, bytes)
    const events: FramingEvent[] = []
    for (;;) {
      const parsed = parseMbap(this.#buffer)
      if (parsed.type === 'incomplete') return events
      if (parsed.type === 'broken') {
        this.#buffer = new Uint8Array(0)
        events.push(parsed)
        return events
      }
      this.#buffer = this.#buffer.subarray(parsed.end)
      events.push(this.#take(parsed.frame))
    }
  }

  #take(frame: MbapFrame): FramingEvent {
    const inFlight = this.#inFlight
    if (inFlight === null || frame.transactionId !== inFlight.transactionId) {
      this.#abandoned.delete(frame.transactionId)
      return { type: 'late' }
    }
    this.#inFlight = null
    if (frame.unitId !== inFlight.unitId) {
      const detail = `unit id ${frame.unitId} answered where unit id ${inFlight.unitId} was asked`
      return { type: 'refused', detail }
    }
    const reply = decodeReply(inFlight.request, frame.pdu)
    return reply.type === 'mismatch' ? { type: 'refused', detail: reply.detail } : { type: 'reply', reply }
  }

  abandon(): string | null {
    const { transactionId } = this.#inFlight ?? {}
    this.#inFlight = null
    if (transactionId !== undefined) this.#abandoned.add(transactionId)
    if (this.#abandoned.size > MAX_ABANDONED) {
      for (const oldest of this.#abandoned) {
        this.#abandoned.delete(oldest)
        break
      }
    }
    return this.#buffer.length === 0 ? null : `an unfinished reply: ${hexText(this.#buffer)}`
  }

  reset(): void {
    this.abandon()
    this.#buffer = new Uint8Array(0)
  }
}

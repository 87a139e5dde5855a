/**
 * Modbus RTU framing (MODBUS over Serial Line V1.02, 2.5.1), for serial ports and for RTU over TCP.
 *
 * The standard separates frames by silence, which neither an operating system nor a TCP connection preserves. The reply is
 * found by its content instead: unit id, function code, byte count and CRC must all be those of the request in flight.
 */
import { crc16 } from './crc16.ts'
import { exceptionShape, type Framing, type FramingEvent, hexText, join, readShape } from './framing.ts'
import { decodeReply, encodePdu, functionCodeOf, type ModbusRequest, replyByteCount } from './pdu.ts'

const MAX_FRAME = 256
/** Unit id, function code with its exception flag, exception code, CRC. */
export const MIN_FRAME = 5
const EXCEPTION_FLAG = 0x80

export function encodeRtu(unitId: number, pdu: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(pdu.length + 3)
  bytes[0] = unitId
  bytes.set(pdu, 1)
  const crc = crc16(bytes, 0, pdu.length + 1)
  bytes[pdu.length + 1] = crc & 0xff
  bytes[pdu.length + 2] = crc >> 8
  return bytes
}

export interface ExpectedReply {
  readonly unitId: number
  readonly request: ModbusRequest
}

export type RtuSearch =
  | { readonly type: 'incomplete' }
  /** A whole frame that fits the request stands at [start, end). */
  | { readonly type: 'frame'; readonly start: number; readonly end: number }
  /** A whole frame with a good CRC answers something else. */
  | { readonly type: 'foreign'; readonly start: number; readonly end: number }

/**
 * Looks for a reply in all that came since the request was sent. Noise before it is passed over, because many RS-485
 * transceivers make a byte or two when the direction of the line turns.
 */
export function findRtuReply(bytes: Uint8Array, expected: ExpectedReply): RtuSearch {
  for (let start = 0; start + MIN_FRAME <= bytes.length; start++) {
    const length = frameLength(bytes, start)
    if (length === null) continue
    const end = start + length
    const fits = headerFits(bytes, { start, expected })
    if (end > bytes.length) {
      if (fits) return { type: 'incomplete' }
      continue
    }
    if (!hasGoodCrc(bytes, start, end)) continue
    return { type: fits ? 'frame' : 'foreign', start, end }
  }
  return { type: 'incomplete' }
}

function hasGoodCrc(bytes: Uint8Array, start: number, end: number): boolean {
  return crc16(bytes, start, end - 2) === ((bytes[end - 2] ?? 0) | ((bytes[end - 1] ?? 0) << 8))
}

/** How long a reply that begins here would be, or null where no reply can begin. */
function frameLength(bytes: Uint8Array, start: number): number | null {
  const functionCode = bytes[start + 1] ?? 0
  if (functionCode & EXCEPTION_FLAG) return MIN_FRAME
  if (functionCode >= 1 && functionCode <= 4) return MIN_FRAME + (bytes[start + 2] ?? 0)
  if (functionCode === 5 || functionCode === 6 || functionCode === 15 || functionCode === 16) return 8
  return null
}

function headerFits(bytes: Uint8Array, { start, expected }: { start: number; expected: ExpectedReply }): boolean {
  const functionCode = functionCodeOf(expected.request)
  if (bytes[start] !== expected.unitId) return false
  if (bytes[start + 1] === (functionCode | EXCEPTION_FLAG)) return true
  if (bytes[start + 1] !== functionCode) return false
  return expected.request.type !== 'read' || bytes[start + 2] === replyByteCount(expected.request)
}

export interface RtuFramingOptions {
  /** Whether it was ever asked: then a whole reply of it is its own, and late, and not a wrong answer of another unit. */
  readonly knows: (unitId: number) => boolean
}

export class RtuFraming implements Framing {
  readonly identifiesReplies = false
  readonly #knows: (unitId: number) => boolean
  /** What came since the last request, as far as it is not understood. */
  #buffer: Uint8Array = new Uint8Array(0)
  #inFlight: ExpectedReply | null = null

  constructor({ knows }: RtuFramingOptions) {
    this.#knows = knows
  }

  begin(unitId: number, request: ModbusRequest): Uint8Array {
    this.#inFlight = { unitId, request }
    this.#buffer = new Uint8Array(0)
    return encodeRtu(unitId, encodePdu(request))
  }

  receive(bytes: Uint8Array): readonly FramingEvent[] {
    // Babble must not grow the buffer; a reply is never longer than one frame after its noise.
    this.#buffer = join(this.#buffer, bytes).slice(-2 * MAX_FRAME)
    const events: FramingEvent[] = []
    while (this.#inFlight !== null) {
      const found = findRtuReply(this.#buffer, this.#inFlight)
      if (found.type === 'incomplete') return events
      events.push(this.#take(found, this.#inFlight))
    }
    return [...events, ...this.#strays()]
  }

  /** A whole frame: the reply, or what else it says. */
  #take(found: Exclude<RtuSearch, { type: 'incomplete' }>, inFlight: ExpectedReply): FramingEvent {
    const frame = this.#buffer.slice(found.start, found.end)
    const unitId = frame[0] ?? 0
    const before = this.#buffer
    this.#buffer = before.subarray(found.end)
    if (found.type === 'foreign' && unitId !== inFlight.unitId && this.#knows(unitId)) {
      return { type: 'stray', unitId, shape: frameShape(frame) }
    }
    this.#inFlight = null
    if (found.type === 'foreign') {
      const detail = `a reply to something else came: ${hexText(frame)}`
      const own = unitId === inFlight.unitId
      return { type: 'refused', detail, ...(own && { behind: frameShape(frame) }) }
    }
    if (this.#isFollowedByMore(unitId)) {
      // Two replies to one request: one of them is late, and nothing says which.
      this.#buffer = new Uint8Array(0)
      return { type: 'refused', detail: `more than one reply came: ${hexText(before)}` }
    }
    const reply = decodeReply(inFlight.request, frame.subarray(1, -2))
    return reply.type === 'mismatch' ? { type: 'refused', detail: reply.detail } : { type: 'reply', reply }
  }

  /** Behind the reply stand bytes of the same unit, or of nobody known. */
  #isFollowedByMore(unitId: number): boolean {
    if (this.#buffer.length < MIN_FRAME) return false
    const next = findFrame(this.#buffer)
    return next === null || this.#buffer[next.start] === unitId || !this.#knows(this.#buffer[next.start] ?? 0)
  }

  /** Nothing is asked: whole replies, and what is left of the bytes. */
  #strays(): readonly FramingEvent[] {
    const events: FramingEvent[] = []
    for (let found = findFrame(this.#buffer); found !== null; found = findFrame(this.#buffer)) {
      const frame = this.#buffer.slice(found.start, found.end)
      events.push({ type: 'stray', unitId: frame[0] ?? 0, shape: frameShape(frame) })
      this.#buffer = this.#buffer.subarray(found.end)
    }
    if (this.#buffer.length > 0) events.push({ type: 'noise', count: this.#buffer.length })
    return events
  }

  abandon(): string | null {
    const came = this.#buffer
    this.reset()
    return came.length === 0 ? null : `only this came, which is no whole reply: ${hexText(came)}`
  }

  reset(): void {
    this.#inFlight = null
    this.#buffer = new Uint8Array(0)
  }
}

/** The first whole frame that a reply can be, wherever it begins. */
function findFrame(bytes: Uint8Array): { readonly start: number; readonly end: number } | null {
  for (let start = 0; start + MIN_FRAME <= bytes.length; start++) {
    const end = start + (frameLength(bytes, start) ?? Number.POSITIVE_INFINITY)
    if (end <= bytes.length && hasGoodCrc(bytes, start, end)) return { start, end }
  }
  return null
}

/** As `replyShapes` says it of a request, but for writes, whose replies repeat more than a frame tells. */
function frameShape(frame: Uint8Array): string {
  const functionCode = frame[1] ?? 0
  if (functionCode & EXCEPTION_FLAG) return exceptionShape(functionCode ^ EXCEPTION_FLAG)
  return functionCode <= 4 ? readShape(functionCode, frame[2] ?? 0) : `${functionCode}: a write`
}

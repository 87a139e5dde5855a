/**
 * Modbus RTU framing (MODBUS over Serial Line V1.02, 2.5.1), for serial ports and for RTU over TCP.
 *
 * The standard separates frames by silence, which neither an operating system nor a TCP connection preserves. The reply is
 * found by its content instead: unit id, function code, byte count and CRC must all be those of the request in flight.
 */
import { crc16 } from './crc16.ts'
import { type Framing, type FramingEvent, hexText, join } from './framing.ts'
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
    if (crc16(bytes, start, end - 2) !== ((bytes[end - 2] ?? 0) | ((bytes[end - 1] ?? 0) << 8))) continue
    return { type: fits ? 'frame' : 'foreign', start, end }
  }
  return { type: 'incomplete' }
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

export class RtuFraming implements Framing {
  readonly identifiesReplies = false
  #buffer: Uint8Array = new Uint8Array(0)
  #inFlight: ExpectedReply | null = null

  begin(unitId: number, request: ModbusRequest): Uint8Array {
    this.#inFlight = { unitId, request }
    this.#buffer = new Uint8Array(0)
    return encodeRtu(unitId, encodePdu(request))
  }

  receive(bytes: Uint8Array): readonly FramingEvent[] {
    const inFlight = this.#inFlight
    if (inFlight === null) return [{ type: 'unsolicited', count: bytes.length }]
    // Babble must not grow the buffer; a reply is never longer than one frame after its noise.
    this.#buffer = join(this.#buffer, bytes).slice(-2 * MAX_FRAME)
    const found = findRtuReply(this.#buffer, inFlight)
    if (found.type === 'incomplete') return []
    this.#inFlight = null
    const frame = this.#buffer.subarray(found.start, found.end)
    if (found.type === 'foreign') {
      const detail = `a reply to something else came: ${hexText(frame)}`
      return [{ type: 'refused', detail, behind: frame[0] === inFlight.unitId }]
    }
    const rest = this.#buffer.length - found.end
    // Two replies to one request: one of them is late, and nothing says which.
    if (rest >= MIN_FRAME) return [refused(`more than one reply came: ${hexText(this.#buffer)}`)]
    const reply = decodeReply(inFlight.request, frame.slice(1, -2))
    const event: FramingEvent = reply.type === 'mismatch' ? refused(reply.detail) : { type: 'reply', reply }
    return rest === 0 ? [event] : [event, { type: 'unsolicited', count: rest }]
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

function refused(detail: string): FramingEvent {
  return { type: 'refused', detail, behind: false }
}

/**
 * RTU, on a serial line or over TCP. A real line marks the end of a frame by 3.5 characters of silence, which a socket
 * does not keep. So the length is taken from the function code where that tells it, and the CRC decides; only a request of
 * an unknown function has to wait for the silence.
 */
import { crc16 } from './crc16.ts'
import { type Framing, join, type Request } from './framing.ts'

/** The longest frame, in bytes [Modbus serial line 2.5.1]. */
export const LONGEST_FRAME = 256
/** Unit id, function code, CRC. */
const SHORTEST_FRAME = 4

/** Not enough bytes to know the length. */
const MORE = 0
const UNKNOWN = -1

export class RtuFraming implements Framing {
  readonly hasTransactions = false
  readonly broken = null
  noise = 0
  #rest: Uint8Array = new Uint8Array()

  get waiting(): number {
    return this.#rest.length
  }

  receive(chunk: Uint8Array): readonly Request[] {
    this.#rest = join(this.#rest, chunk)
    const requests = this.#scan(false)
    // A stream of nothing but noise must not be kept.
    if (this.#rest.length > 2 * LONGEST_FRAME) this.#drop(this.#rest.length - LONGEST_FRAME)
    return requests
  }

  silence(): readonly Request[] {
    const request = readFrame(this.#rest)
    if (request !== null) {
      this.#rest = new Uint8Array()
      return [request]
    }
    const requests = this.#scan(true)
    this.#drop(this.#rest.length)
    return requests
  }

  encode({ unitId }: Pick<Request, 'transactionId' | 'unitId'>, pdu: Uint8Array): Uint8Array {
    const frame = Buffer.allocUnsafe(pdu.length + 3)
    frame[0] = unitId
    frame.set(pdu, 1)
    frame.writeUInt16LE(crc16(frame, 0, pdu.length + 1), pdu.length + 1)
    return frame
  }

  /** Takes every frame that the CRC confirms. `isWhole`: nothing more will come, so a frame that wants more is none. */
  #scan(isWhole: boolean): readonly Request[] {
    const bytes = this.#rest
    const requests: Request[] = []
    let taken = 0
    let at = 0
    while (at < bytes.length) {
      const length = requestLength(bytes, at)
      const isCut = length === MORE || at + length > bytes.length
      if (isCut && !isWhole) break
      if (!isCut && length !== UNKNOWN && hasGoodCrc(bytes, at, at + length)) {
        requests.push(requestOf(bytes.subarray(at, at + length)))
        this.noise += at - taken
        at += length
        taken = at
      } else at++
    }
    // What was passed over stays until the silence: it may be a request of an unknown function.
    this.#rest = bytes.subarray(taken)
    return requests
  }

  #drop(count: number): void {
    this.noise += count
    this.#rest = this.#rest.subarray(count)
  }
}

/** What stood between two silences of a real line: one request, or nothing that a unit would understand. */
export function readFrame(bytes: Uint8Array): Request | null {
  return bytes.length <= LONGEST_FRAME && hasGoodCrc(bytes, 0, bytes.length) ? requestOf(bytes) : null
}

function requestOf(frame: Uint8Array): Request {
  return { transactionId: 0, unitId: frame[0] ?? 0, pdu: frame.subarray(1, frame.length - 2) }
}

/** Of the whole frame, from its function code; FC 15 and 16 say themselves how many bytes follow. */
function requestLength(bytes: Uint8Array, at: number): number {
  const functionCode = bytes[at + 1]
  if (functionCode === undefined) return MORE
  if (functionCode >= 1 && functionCode <= 6) return 8
  if (functionCode !== 15 && functionCode !== 16) return UNKNOWN
  const byteCount = bytes[at + 6]
  return byteCount === undefined ? MORE : 9 + byteCount
}

function hasGoodCrc(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < SHORTEST_FRAME) return false
  const crc = (bytes[end - 2] ?? 0) | ((bytes[end - 1] ?? 0) << 8)
  return crc === crc16(bytes, start, end - 2)
}

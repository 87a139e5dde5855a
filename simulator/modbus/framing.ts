/** How requests and answers stand on a byte stream, as a station sees them. One framing belongs to one connection. */

export interface Request {
  /** Of Modbus TCP; 0 on RTU, which has none. */
  readonly transactionId: number
  readonly unitId: number
  /** Function code and data. */
  readonly pdu: Uint8Array
}

export interface Framing {
  /** Whether an answer says which request it belongs to. On RTU it does not, and unit id 0 means everyone. */
  readonly hasTransactions: boolean
  /** Every request that is complete with `chunk`. */
  receive(chunk: Uint8Array): readonly Request[]
  /** The line has been silent: what is left is a request of unknown length, or noise. */
  silence(): readonly Request[]
  /** Bytes that wait for more. */
  readonly waiting: number
  /** Bytes thrown away since the start because no request could be read from them. */
  readonly noise: number
  /** Why the stream cannot be followed any more and must be closed; null while it can. */
  readonly broken: string | null
  encode(request: Pick<Request, 'transactionId' | 'unitId'>, pdu: Uint8Array): Uint8Array
}

/** Unit id and PDU [Modbus messaging on TCP/IP 3.1.3]: at least a function code, at most 253 bytes of PDU. */
const MBAP_LENGTH = { min: 2, max: 254 }

/** Modbus TCP. */
export class MbapFraming implements Framing {
  readonly hasTransactions = true
  noise = 0
  broken: string | null = null
  #rest: Uint8Array = new Uint8Array()

  get waiting(): number {
    return this.#rest.length
  }

  receive(chunk: Uint8Array): readonly Request[] {
    const bytes = join(this.#rest, chunk)
    const requests: Request[] = []
    let at = 0
    while (this.broken === null && bytes.length - at >= 8) {
      const length = uint16(bytes, at + 4)
      if (uint16(bytes, at + 2) !== 0 || length < MBAP_LENGTH.min || length > MBAP_LENGTH.max) {
        this.broken = `expected a Modbus TCP header, got ${hexText(bytes.subarray(at, at + 7))}`
        this.noise += bytes.length - at
        at = bytes.length
        break
      }
      const end = at + 6 + length
      if (end > bytes.length) break
      requests.push({ transactionId: uint16(bytes, at), unitId: bytes[at + 6] ?? 0, pdu: bytes.subarray(at + 7, end) })
      at = end
    }
    this.#rest = bytes.subarray(at)
    return requests
  }

  /** A header says how long its request is, so a pause means nothing here. */
  silence(): readonly Request[] {
    return []
  }

  encode({ transactionId, unitId }: Pick<Request, 'transactionId' | 'unitId'>, pdu: Uint8Array): Uint8Array {
    const frame = Buffer.allocUnsafe(7 + pdu.length)
    frame.writeUInt16BE(transactionId, 0)
    frame.writeUInt16BE(0, 2)
    frame.writeUInt16BE(pdu.length + 1, 4)
    frame[6] = unitId
    frame.set(pdu, 7)
    return frame
  }
}

export function join(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.length === 0 ? right : Buffer.concat([left, right])
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

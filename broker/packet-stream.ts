/** Cuts the chunks of a connection into packets. */
import { type ClientPacket, checkHeader, decodePacket } from './packet-decoder.ts'
import { malformed } from './packet-fields.ts'

const MOST_LENGTH_BYTES = 4

export class PacketStream {
  readonly #onPacket: (packet: ClientPacket) => void
  /** Of a packet whose end has not come. */
  #parts: Buffer[] = []
  #length = 0
  /** What the packet needs in all; 0 while its length is not known. */
  #needed = 0
  #isFirst = true

  constructor(onPacket: (packet: ClientPacket) => void) {
    this.#onPacket = onPacket
  }

  /** Throws a Refusal at the first packet that is wrong; those before it have been handed over. */
  take(chunk: Buffer): void {
    if (this.#length + chunk.length < this.#needed) {
      this.#keep(chunk)
      return
    }
    let bytes = this.#parts.length === 0 ? chunk : Buffer.concat([...this.#parts, chunk])
    this.#parts = []
    this.#length = 0
    for (;;) {
      const frame = frameOf(bytes)
      this.#needed = frame === null ? 0 : frame.end
      if (frame === null || frame.end > bytes.length) break
      checkHeader(bytes[0] as number, this.#isFirst)
      this.#isFirst = false
      this.#onPacket(decodePacket(bytes[0] as number, bytes.subarray(frame.start, frame.end)))
      bytes = bytes.subarray(frame.end)
    }
    if (bytes.length === 0) return
    // Whoever speaks another protocol is not waited for.
    checkHeader(bytes[0] as number, this.#isFirst)
    this.#keep(bytes)
  }

  #keep(bytes: Buffer): void {
    this.#parts.push(bytes)
    this.#length += bytes.length
  }
}

/** Where the packet's content begins and ends; null while its length [MQTT 2.2.3] is not all there. */
function frameOf(bytes: Buffer): { readonly start: number; readonly end: number } | null {
  let length = 0
  for (let i = 1; i < bytes.length; i++) {
    const byte = bytes[i] as number
    length += (byte & 0x7f) * 128 ** (i - 1)
    if (byte < 0x80) return { start: i + 1, end: i + 1 + length }
    if (i === MOST_LENGTH_BYTES) throw malformed('the remaining length has more than four bytes [MQTT 2.2.3]')
  }
  return null
}

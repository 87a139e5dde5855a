/** Follows the fixed headers of packets through a stream of chunks [MQTT 2.2]. */
export interface Scan {
  /** Bytes from the beginning of the chunk that are good; less than all where a packet is too many or too large. */
  readonly end: number
  /** Packets that begin in them. */
  readonly packets: number
  /** What the packet at `end` declares where that is too much. */
  readonly declaredBytes: number | null
}

export class FrameScanner {
  readonly #maxPacketBytes: number
  #state: 'header' | 'length' | 'body' | 'broken' = 'header'
  #length = 0
  #factor = 1
  #remaining = 0

  constructor(maxPacketBytes: number) {
    this.#maxPacketBytes = maxPacketBytes
  }

  get betweenPackets(): boolean {
    return this.#state === 'header'
  }

  /** Of the bytes behind `end` nothing is remembered: they come again, or never. */
  scan(chunk: Uint8Array, maxPackets: number): Scan {
    let position = 0
    let start = 0
    let packets = 0
    while (position < chunk.length) {
      switch (this.#state) {
        case 'header':
          if (packets === maxPackets) return { end: position, packets, declaredBytes: null }
          packets++
          start = position++
          this.#state = 'length'
          this.#length = 0
          this.#factor = 1
          break
        case 'length':
          if (this.#takeLengthByte(chunk[position++] ?? 0) && this.#length > this.#maxPacketBytes) {
            return { end: start, packets, declaredBytes: this.#length }
          }
          break
        case 'body': {
          const taken = Math.min(this.#remaining, chunk.length - position)
          position += taken
          this.#remaining -= taken
          if (this.#remaining === 0) this.#state = 'header'
          break
        }
        case 'broken':
          return { end: chunk.length, packets, declaredBytes: null }
      }
    }
    return { end: position, packets, declaredBytes: null }
  }

  /** True when the length is complete. */
  #takeLengthByte(byte: number): boolean {
    this.#length += (byte & 0x7f) * this.#factor
    this.#factor *= 128
    if ((byte & 0x80) === 0) {
      this.#remaining = this.#length
      this.#state = this.#remaining === 0 ? 'header' : 'body'
      return true
    }
    // A fifth length byte does not exist; the parser meets the same four bytes and ends the connection.
    if (this.#factor === 128 ** 4) this.#state = 'broken'
    return false
  }
}

const MAX_VARINT_BYTES = 8
const textEncoder = new TextEncoder()

/** Appends numbers and texts to a buffer that grows. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView
  #length = 0

  constructor(firstSize = 4096) {
    this.#bytes = new Uint8Array(firstSize)
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#length
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  /** `value`: an integer from 0 to 2^53; seven bits a byte, least significant first. */
  varint(value: number): void {
    this.#reserve(MAX_VARINT_BYTES)
    let rest = value
    // Bit operators see 32 bits only, so the high part goes by division.
    while (rest > 0x7fffffff) {
      this.#bytes[this.#length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
  }

  /** `value`: an integer from -2^52 to 2^52; small absolute values take few bytes. */
  signed(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1)
  }

  float32(value: number): void {
    this.#reserve(4)
    this.#view.setFloat32(this.#length, value)
    this.#length += 4
  }

  float64(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.#length, value)
    this.#length += 8
  }

  /** UTF-8 behind its length; a lone surrogate becomes U+FFFD. */
  text(value: string): void {
    const encoded = textEncoder.encode(value)
    this.varint(encoded.length)
    this.#reserve(encoded.length)
    this.#bytes.set(encoded, this.#length)
    this.#length += encoded.length
  }

  /** What was written, until more is written. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** What was written, in a buffer of its own that can be transferred to another thread. */
  copy(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length)
  }

  clear(): void {
    this.#length = 0
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes)
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

const textDecoder = new TextDecoder()

/** Reads what a `ByteWriter` wrote. Throws a `RangeError` where the bytes end too early. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get atEnd(): boolean {
    return this.#position >= this.#bytes.length
  }

  /** Of the byte that comes next. */
  get position(): number {
    return this.#position
  }

  skip(count: number): void {
    if (count > this.#bytes.length - this.#position) throw new RangeError(`${count} bytes begin too near the end`)
    this.#position += count
  }

  byte(): number {
    const value = this.#bytes[this.#position]
    if (value === undefined) throw new RangeError(`the bytes end at ${this.#position}, where one more was expected`)
    this.#position += 1
    return value
  }

  varint(): number {
    let value = 0
    let factor = 1
    for (;;) {
      const part = this.byte()
      value += (part & 127) * factor
      if (part < 128) return value
      factor *= 128
      if (factor >= 2 ** 56) throw new RangeError(`a number at byte ${this.#position} is longer than 8 bytes`)
    }
  }

  signed(): number {
    const value = this.varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  float32(): number {
    const value = this.#view.getFloat32(this.#position)
    this.#position += 4
    return value
  }

  float64(): number {
    const value = this.#view.getFloat64(this.#position)
    this.#position += 8
    return value
  }

  text(): string {
    const length = this.varint()
    const end = this.#position + length
    if (end > this.#bytes.length) throw new RangeError(`a text of ${length} bytes begins too near the end`)
    const value = textDecoder.decode(this.#bytes.subarray(this.#position, end))
    this.#position = end
    return value
  }
}

/** Bytes of a segment. Of the last one of each string half is empty, on average. */
const SEGMENT = 64
const PAGE_SEGMENTS = 4096
const NONE = -1

/**
 * Byte strings that grow, known by small numbers, in a few large buffers: a buffer of its own for each of a hundred
 * thousand points costs more than what is in it. Memory is used again, never given back.
 */
export class ByteSegments {
  readonly #pages: Uint8Array[] = []
  /** Of each segment the one behind it: in its string, or among the free ones. */
  #behind = new Int32Array(0)
  #free = NONE
  /** Of each string. */
  #first = new Int32Array(0)
  #last = new Int32Array(0)
  #length = new Int32Array(0)

  lengthOf(id: number): number {
    return this.#length[id] ?? 0
  }

  append(id: number, bytes: Uint8Array, { from = 0, end = bytes.length } = {}): void {
    if (id >= this.#length.length) this.#growTo(2 * id + 1)
    let length = this.#length[id] as number
    for (let at = from; at < end; ) {
      const used = length % SEGMENT
      if (used === 0) this.#extend(id)
      const count = Math.min(end - at, SEGMENT - used)
      const segment = this.#last[id] as number
      this.#pageOf(segment).set(bytes.subarray(at, at + count), offsetOf(segment) + used)
      at += count
      length += count
    }
    this.#length[id] = length
  }

  copy(id: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.lengthOf(id))
    let segment = this.#first[id] ?? NONE
    for (let at = 0; at < bytes.length; at += SEGMENT) {
      const offset = offsetOf(segment)
      bytes.set(this.#pageOf(segment).subarray(offset, offset + Math.min(SEGMENT, bytes.length - at)), at)
      segment = this.#behind[segment] as number
    }
    return bytes
  }

  /** The string is empty again. */
  clear(id: number): void {
    if (this.lengthOf(id) === 0) return
    this.#behind[this.#last[id] as number] = this.#free
    this.#free = this.#first[id] as number
    this.#length[id] = 0
  }

  #extend(id: number): void {
    if (this.#free === NONE) this.#addPage()
    const segment = this.#free
    this.#free = this.#behind[segment] as number
    if (this.#length[id] === 0) this.#first[id] = segment
    else this.#behind[this.#last[id] as number] = segment
    this.#last[id] = segment
  }

  #addPage(): void {
    const first = this.#behind.length
    this.#pages.push(new Uint8Array(PAGE_SEGMENTS * SEGMENT))
    this.#behind = grown(this.#behind, first + PAGE_SEGMENTS)
    for (let segment = first; segment < this.#behind.length; segment++) this.#behind[segment] = segment + 1
    this.#behind[this.#behind.length - 1] = NONE
    this.#free = first
  }

  #growTo(size: number): void {
    this.#first = grown(this.#first, size)
    this.#last = grown(this.#last, size)
    this.#length = grown(this.#length, size)
  }

  #pageOf(segment: number): Uint8Array {
    return this.#pages[Math.floor(segment / PAGE_SEGMENTS)] as Uint8Array
  }
}

function offsetOf(segment: number): number {
  return (segment % PAGE_SEGMENTS) * SEGMENT
}

function grown(values: Int32Array<ArrayBuffer>, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size)
  larger.set(values)
  return larger
}

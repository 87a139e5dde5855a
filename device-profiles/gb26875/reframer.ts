/**
 * Packets out of a stream. TCP joins and splits them as it likes, `##` and `@@` may stand in data, and what stands between
 * packets must neither hide the next one nor fill the memory. What is found depends on the bytes only, never on how they
 * were split.
 */
import type { Dialect } from './dialect.ts'
import {
  decodeHeader,
  endsAsFrame,
  FRAME_BYTES_WITHOUT_DATA,
  type Frame,
  type FrameFault,
  type FrameHeader,
  faultOf,
  frameBytes,
  HEAD_BYTES,
  MAIN_VERSION,
  MAX_FRAME_BYTES,
  START,
} from './frame.ts'

export type Found =
  | { readonly type: 'frame'; readonly frame: Frame }
  /** To be denied and dropped (6.5.3). The header is what the packet said, right or wrong. */
  | { readonly type: 'refused'; readonly fault: FrameFault; readonly header: FrameHeader }

const NONE = new Uint8Array()

export class Reframer {
  readonly #dialect: Dialect
  #pending: Uint8Array = NONE
  /** What stands where a packet should begin and does not begin as one; null after a packet that cannot be trusted. */
  #strayed: Uint8Array | null = NONE
  #garbageBytes = 0

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  /** Bytes in a row that belong to no packet, up to now. */
  get garbageBytes(): number {
    return this.#garbageBytes
  }

  /** Bytes that wait for the rest of their packet. */
  get waitingBytes(): number {
    return this.#pending.length
  }

  *feed(chunk: Uint8Array): Generator<Found> {
    this.#pending = joined(this.#pending, chunk)
    yield* this.#search()
  }

  /** The rest of what began did not come in time: it was no packet, but behind its first byte there may be one. */
  *giveUpWaiting(): Generator<Found> {
    if (this.#pending.length === 0) return
    this.#skip(1)
    yield* this.#search()
  }

  *#search(): Generator<Found> {
    for (;;) {
      if (!this.#couldBegin()) {
        yield* this.#stray()
        continue
      }
      if (this.#pending.length < HEAD_BYTES) return
      const length = frameBytes(this.#pending, this.#dialect)
      if (length > MAX_FRAME_BYTES) {
        yield this.#refuse('length', this.#pending)
        continue
      }
      if (this.#pending.length < length) return
      yield* this.#whole(this.#pending.subarray(0, length))
    }
  }

  *#whole(bytes: Uint8Array): Generator<Found> {
    const fault = faultOf(bytes, this.#dialect)
    if (fault === 'end') {
      // Its length may be what is wrong: the next packet is looked for inside it.
      yield this.#refuse(fault, bytes)
      return
    }
    this.#pending = this.#pending.subarray(bytes.length)
    this.#strayed = NONE
    this.#garbageBytes = 0
    const header = decodeHeader(bytes, this.#dialect)
    if (fault === null) yield { type: 'frame', frame: { ...header, data: bytes.slice(HEAD_BYTES, -3) } }
    else yield { type: 'refused', fault, header }
  }

  #refuse(fault: FrameFault, bytes: Uint8Array): Found {
    const header = decodeHeader(bytes, this.#dialect)
    this.#skip(2)
    return { type: 'refused', fault, header }
  }

  /** Whether a packet may begin here, as far as can be seen; the main version is fixed (6.2.2). */
  #couldBegin(): boolean {
    const bytes = this.#pending
    if (bytes.length === 0) return true
    const main = bytes[4]
    return bytes[0] === START && (bytes[1] ?? START) === START && (main ?? MAIN_VERSION) === MAIN_VERSION
  }

  /** One byte that is no part of a packet, unless it ends a whole one whose start characters alone are wrong. */
  *#stray(): Generator<Found> {
    const byte = this.#pending[0] as number
    this.#pending = this.#pending.subarray(1)
    this.#garbageBytes++
    if (this.#strayed === null) return
    this.#strayed = joined(this.#strayed, Uint8Array.of(byte))
    const run = this.#strayed
    if (run.length > MAX_FRAME_BYTES) this.#strayed = null
    if (run.length < FRAME_BYTES_WITHOUT_DATA || frameBytes(run, this.#dialect) !== run.length || !endsAsFrame(run))
      return
    this.#strayed = NONE
    yield { type: 'refused', fault: 'start', header: decodeHeader(run, this.#dialect) }
  }

  #skip(count: number): void {
    this.#pending = this.#pending.subarray(count)
    this.#garbageBytes += count
    this.#strayed = null
  }
}

/** A datagram is one packet or several. One that ends too early has no end characters. */
export function framesOfDatagram(datagram: Uint8Array, dialect: Dialect): readonly Found[] {
  const reframer = new Reframer(dialect)
  const found = [...reframer.feed(datagram)]
  const cut = datagram.subarray(datagram.length - reframer.waitingBytes)
  if (cut.length < HEAD_BYTES) return found
  return [...found, { type: 'refused', fault: 'end', header: decodeHeader(cut, dialect) }]
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length)
  bytes.set(first)
  bytes.set(second, first.length)
  return bytes
}

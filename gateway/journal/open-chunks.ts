/**
 * The newest readings of each point, as the bytes of a chunk that is not full yet. At a hundred thousand points this is
 * most of what the history has in memory, so nothing in here is an object of its own.
 */
import { ByteSegments } from './byte-segments.ts'
import { ByteWriter } from './byte-writer.ts'
import { CHUNK_FORMAT, MAX_CHUNK_READINGS } from './history-chunk.ts'
import { NumberColumn } from './number-column.ts'

/** Every chunk may have so many bytes, and … */
const OWN_BYTES = 256
/** … so many are shared by all: few points have long chunks, many points short ones. */
const SHARED_BYTES = 8 * 1024 * 1024
const GOLDEN_RATIO = 0.618034

/** Spreads evenly, from 0 to 1, what all points would otherwise do at the same time. Ids begin with 1. */
export function spread(pointId: number): number {
  return ((pointId - 1) * GOLDEN_RATIO) % 1
}

export interface ChunkReading {
  readonly seq: number
  /** Whole microseconds since 1970. */
  readonly measured: number
  /** The measurement is what stands from `from` to `end` in `bytes`. */
  readonly bytes: Uint8Array
  readonly from: number
  readonly end: number
}

/** All times are of the monotonic clock, ms, where nothing else is said. */
export class OpenChunks {
  readonly #bytes = new ByteSegments()
  readonly #entry = new ByteWriter(64)
  readonly #count = new NumberColumn()
  readonly #chunkId = new NumberColumn()
  readonly #lastSeq = new NumberColumn()
  readonly #unwrittenFrom = new NumberColumn()
  /** Of measurement: the newest, the earliest and the latest one, because devices deliver late readings after newer ones. */
  readonly #newest = new NumberColumn()
  readonly #earliest = new NumberColumn()
  readonly #latest = new NumberColumn()
  readonly #dueAt = new NumberColumn()
  readonly #touchedAt = new NumberColumn()
  /** How many there are. */
  size = 0

  has(pointId: number): boolean {
    return this.#count.get(pointId) > 0
  }

  open(pointId: number, { dueAt }: { readonly dueAt: number }): void {
    this.size += 1
    this.#chunkId.set(pointId, 0)
    this.#unwrittenFrom.set(pointId, 0)
    this.#newest.set(pointId, 0)
    this.#earliest.set(pointId, Number.POSITIVE_INFINITY)
    this.#latest.set(pointId, 0)
    this.#dueAt.set(pointId, dueAt)
    this.#bytes.append(pointId, Uint8Array.of(CHUNK_FORMAT))
  }

  /** Only to an open chunk. */
  add(pointId: number, { seq, measured, bytes, from, end }: ChunkReading, mono: number): void {
    this.#entry.clear()
    this.#entry.signed(measured - this.#newest.get(pointId))
    this.#bytes.append(pointId, this.#entry.view())
    this.#bytes.append(pointId, bytes, { from, end })
    this.#count.set(pointId, this.#count.get(pointId) + 1)
    this.#lastSeq.set(pointId, seq)
    if (this.#unwrittenFrom.get(pointId) === 0) this.#unwrittenFrom.set(pointId, seq)
    this.#newest.set(pointId, measured)
    this.#earliest.set(pointId, Math.min(measured, this.#earliest.get(pointId)))
    this.#latest.set(pointId, Math.max(measured, this.#latest.get(pointId)))
    this.#touchedAt.set(pointId, mono)
  }

  isFull(pointId: number): boolean {
    const share = 1 - spread(pointId) / 2
    if (this.#count.get(pointId) >= share * MAX_CHUNK_READINGS) return true
    return this.#bytes.lengthOf(pointId) >= share * (OWN_BYTES + SHARED_BYTES / this.size)
  }

  /** What of it is not on disk yet; 0: all is. */
  unwrittenFrom(pointId: number): number {
    return this.has(pointId) ? this.#unwrittenFrom.get(pointId) : 0
  }

  dueAt(pointId: number): number {
    return this.#dueAt.get(pointId)
  }

  touchedAt(pointId: number): number {
    return this.#touchedAt.get(pointId)
  }

  content(pointId: number) {
    return {
      /** Null where it is not on disk yet. */
      chunkId: this.#chunkId.get(pointId) || null,
      lastSeq: this.#lastSeq.get(pointId),
      /** Time of measurement, ms since 1970. */
      start: this.#earliest.get(pointId) / 1000,
      end: this.#latest.get(pointId) / 1000,
      bytes: this.#bytes.copy(pointId),
    }
  }

  written(pointId: number, { chunkId, dueAt }: { readonly chunkId: number; readonly dueAt: number }): void {
    this.#chunkId.set(pointId, chunkId)
    this.#unwrittenFrom.set(pointId, 0)
    this.#dueAt.set(pointId, dueAt)
  }

  close(pointId: number): void {
    this.size -= 1
    this.#count.set(pointId, 0)
    this.#bytes.clear(pointId)
  }
}

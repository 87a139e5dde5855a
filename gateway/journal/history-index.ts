/**
 * Follows the reading journal and sorts it by point. The newest readings of each point are in an open chunk in memory;
 * a chunk is written when it is full, and every few minutes as far as it is. A crash loses nothing: the journal keeps
 * what is not written here, the checkpoint says where to read on, and each point knows which readings it has already.
 */
import type { JournaledReading } from '../model.ts'
import { ChunkEncoder, MAX_CHUNK_READINGS } from './history-chunk.ts'
import type { ChunkToWrite, HistoryStore } from './history-store.ts'
import type { JournalReader } from './journal-reader.ts'
import { decodeBlock } from './reading-block.ts'

/** Readings that one step takes from the journal. */
const STEP_READINGS = 32 * 1024
/** Age at which an open chunk is written, ms. */
const WRITE_AFTER = 5 * 60_000
/** An open chunk without new readings for so long leaves the memory, ms. */
const FORGET_AFTER = 60 * 60_000
/** Chunks that are merely old are written together, so often, ms. */
const WRITE_EVERY = 10_000
/** Spreads the points over the minutes, so that they are not all written at once. */
const GOLDEN_RATIO = 0.618034

interface OpenChunk {
  readonly pointId: number
  readonly pointName: string
  readonly encoder: ChunkEncoder
  chunkId: number | null
  lastSeq: number
  /** First reading that is not on disk in a chunk; null when all are. */
  unwrittenFrom: number | null
  /** On the monotonic clock, ms. */
  dueAt: number
  touchedAt: number
}

interface IndexedPoint {
  readonly id: number
  /** Readings up to here were on disk at the start; met again, they are passed over. */
  readonly storedUpTo: number
  open: OpenChunk | null
}

export class HistoryIndex {
  readonly #store: HistoryStore
  readonly #reader: JournalReader
  readonly #maxUnwritten: number
  readonly #points = new Map<string, IndexedPoint>()
  #nextPointId = 1
  #full: OpenChunk[] = []
  #lastWriteAt: number
  seen: number
  passed: number

  constructor(store: HistoryStore, reader: JournalReader, options: { maxUnwritten: number; mono: number }) {
    this.#store = store
    this.#reader = reader
    this.#maxUnwritten = options.maxUnwritten
    this.#lastWriteAt = options.mono
    store.adoptEpoch(reader.epoch())
    this.passed = store.checkpoint()
    this.seen = this.passed
    for (const { id, name, lastSeq } of store.points()) {
      this.#points.set(name, { id, storedUpTo: lastSeq, open: null })
      this.#nextPointId = Math.max(this.#nextPointId, id + 1)
    }
  }

  /** Takes some readings from the journal and writes the chunks that they filled; true when there may be more. */
  step(mono: number): boolean {
    this.#writeFull(mono)
    const blocks = this.#reader.blocks({ afterSeq: this.seen, limit: STEP_READINGS })
    const pointName = (index: number): string | undefined => this.#reader.pointName(index)
    let count = 0
    for (const block of blocks) {
      try {
        for (const reading of decodeBlock(block, { pointName, afterSeq: this.seen })) this.#add(reading, mono)
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        this.#reader.noteDamage(block.lastSeq)
      }
      this.seen = block.lastSeq
      count += block.lastSeq - block.firstSeq + 1
    }
    this.#writeFull(mono)
    return count >= STEP_READINGS
  }

  /** Writes the chunks that are old enough; `all`: every one. */
  write({ mono, all = false }: { mono: number; all?: boolean }): void {
    if (!all && mono - this.#lastWriteAt < WRITE_EVERY) return
    const due = this.#openChunks().filter((chunk) => {
      if (chunk.unwrittenFrom === null) return false
      return all || mono >= chunk.dueAt || chunk.unwrittenFrom <= this.seen - this.#maxUnwritten
    })
    this.#writeChunks(due, mono)
    // Only after success: a disk that refused is asked again at the next tick.
    this.#lastWriteAt = mono
    this.#forget(mono)
  }

  /** The chunks of a point that are, wholly or in part, only in memory. */
  inMemory(point: string): { readonly pointId: number; readonly chunks: readonly OpenChunk[] } | null {
    const known = this.#points.get(point)
    if (known === undefined) return null
    const full = this.#full.filter((chunk) => chunk.pointId === known.id)
    return { pointId: known.id, chunks: known.open === null ? full : [...full, known.open] }
  }

  #add(reading: JournaledReading, mono: number): void {
    const point = this.#points.get(reading.point) ?? this.#addPoint(reading.point)
    if (reading.seq <= point.storedUpTo) return
    point.open ??= openChunk({ pointId: point.id, pointName: reading.point, mono })
    const chunk = point.open
    chunk.encoder.add(reading)
    chunk.lastSeq = reading.seq
    chunk.unwrittenFrom ??= reading.seq
    chunk.touchedAt = mono
    if (chunk.encoder.count < MAX_CHUNK_READINGS) return
    this.#full.push(chunk)
    point.open = null
  }

  #addPoint(name: string): IndexedPoint {
    // Goes to disk with its first chunk.
    const point = { id: this.#nextPointId++, storedUpTo: 0, open: null }
    this.#points.set(name, point)
    return point
  }

  #writeFull(mono: number): void {
    if (this.#full.length > 0) this.#writeChunks([], mono)
  }

  #writeChunks(open: readonly OpenChunk[], mono: number): void {
    const chunks = [...this.#full, ...open]
    const checkpoint = this.#checkpointWithout(new Set(chunks))
    if (chunks.length === 0 && checkpoint === this.passed) return
    const ids = this.#store.write(chunks.map(toWrite), checkpoint)
    for (const [i, chunk] of chunks.entries()) {
      chunk.chunkId = ids[i] ?? null
      chunk.unwrittenFrom = null
      chunk.dueAt = mono + WRITE_AFTER
    }
    this.#full = []
    this.passed = checkpoint
  }

  /** The last reading before everything that would still be in memory only. */
  #checkpointWithout(written: ReadonlySet<OpenChunk>): number {
    let checkpoint = this.seen
    for (const chunk of this.#openChunks()) {
      if (chunk.unwrittenFrom !== null && !written.has(chunk))
        checkpoint = Math.min(checkpoint, chunk.unwrittenFrom - 1)
    }
    return checkpoint
  }

  #openChunks(): OpenChunk[] {
    return [...this.#points.values()].flatMap((point) => point.open ?? [])
  }

  #forget(mono: number): void {
    for (const point of this.#points.values()) {
      const chunk = point.open
      if (chunk !== null && chunk.unwrittenFrom === null && mono - chunk.touchedAt > FORGET_AFTER) point.open = null
    }
  }
}

function openChunk(about: { pointId: number; pointName: string; mono: number }): OpenChunk {
  const { pointId, pointName, mono } = about
  const dueAt = mono + WRITE_AFTER * ((pointId * GOLDEN_RATIO) % 1)
  const encoder = new ChunkEncoder()
  return { pointId, pointName, encoder, chunkId: null, lastSeq: 0, unwrittenFrom: null, dueAt, touchedAt: mono }
}

function toWrite({ pointId, pointName, chunkId, lastSeq, encoder }: OpenChunk): ChunkToWrite {
  return { pointId, pointName, chunkId, lastSeq, start: encoder.start, end: encoder.end, bytes: encoder.bytes() }
}

/**
 * Follows the reading journal and sorts it by point. The newest readings of each point are in an open chunk in memory;
 * a chunk is written when it is full, and every few minutes as far as it is. A crash loses nothing: the journal keeps
 * what is not written here, the checkpoint says where to read on, and each point knows which readings it has already.
 */
import type { ChunkToWrite, HistoryStore } from './history-store.ts'
import type { JournalReader } from './journal-reader.ts'
import { NumberColumn } from './number-column.ts'
import { OpenChunks, spread } from './open-chunks.ts'
import { BlockCursor, type ReadingBlock } from './reading-block.ts'

/** Readings that one step takes from the journal. */
const STEP_READINGS = 32 * 1024
/** Age at which an open chunk is written, ms. */
const WRITE_AFTER = 5 * 60_000
/** An open chunk without new readings for so long leaves the memory, ms. */
const FORGET_AFTER = 60 * 60_000
/** Chunks that are merely old are written together, so often, ms, … */
const WRITE_EVERY = 10_000
/** … and so many in one transaction at most, so that neither memory nor the log of the file grow with the points. */
const WRITE_AT_ONCE = 4096

/** The chunks of a point that are, wholly or in part, only in memory. */
interface InMemory {
  readonly pointId: number
  readonly chunks: readonly Pick<ChunkToWrite, 'chunkId' | 'bytes'>[]
}

export class HistoryIndex {
  readonly #store: HistoryStore
  readonly #reader: JournalReader
  readonly #maxUnwritten: number
  readonly #ids = new Map<string, number>()
  /** By id; the first id is 1. */
  readonly #names: string[] = ['']
  /** By number in the journal, the id here. */
  readonly #idOfIndex = new NumberColumn()
  /** Readings up to here were on disk at the start; met again, they are passed over. */
  readonly #storedUpTo = new NumberColumn()
  readonly #open = new OpenChunks()
  #full: ChunkToWrite[] = []
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
      this.#ids.set(name, id)
      this.#names[id] = name
      this.#storedUpTo.set(id, lastSeq)
    }
  }

  /** Takes some readings from the journal and writes the chunks that they filled; true when there may be more. */
  step(mono: number): boolean {
    this.#writeFull(mono)
    const blocks = this.#reader.blocks({ afterSeq: this.seen, limit: STEP_READINGS })
    let count = 0
    for (const block of blocks) {
      try {
        this.#take(block, mono)
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
    const due = this.#idsWhere((id) => {
      const unwrittenFrom = this.#open.unwrittenFrom(id)
      if (unwrittenFrom === 0) return false
      return all || mono >= this.#open.dueAt(id) || unwrittenFrom <= this.seen - this.#maxUnwritten
    })
    for (let i = 0; i < due.length || i === 0; i += WRITE_AT_ONCE) {
      this.#writeChunks(due.slice(i, i + WRITE_AT_ONCE), mono)
    }
    // Only after success: a disk that refused is asked again at the next tick.
    this.#lastWriteAt = mono
    for (const id of this.#idsWhere((open) => this.#isForgotten(open, mono))) this.#open.close(id)
  }

  /** Null for a point that the history does not know. */
  inMemory(point: string): InMemory | null {
    const pointId = this.#ids.get(point)
    if (pointId === undefined) return null
    const full = this.#full.filter((chunk) => chunk.pointId === pointId)
    return { pointId, chunks: this.#open.has(pointId) ? [...full, this.#open.content(pointId)] : full }
  }

  #take(block: ReadingBlock, mono: number): void {
    const cursor = new BlockCursor(block)
    const before = this.seen
    while (cursor.next()) {
      const from = cursor.skip()
      const { seq, measured, position } = cursor
      if (seq <= before) continue
      const id = this.#idOf(cursor.pointIndex)
      if (seq <= this.#storedUpTo.get(id)) continue
      if (!this.#open.has(id)) this.#open.open(id, { dueAt: mono + WRITE_AFTER * spread(id) })
      this.#open.add(id, { seq, measured, bytes: block.bytes, from, end: position }, mono)
      if (this.#open.isFull(id)) this.#fill(id)
    }
  }

  #fill(id: number): void {
    this.#full.push(this.#toWrite(id))
    this.#open.close(id)
  }

  /** Throws a `RangeError` for a number that the journal has not given to a point. */
  #idOf(index: number): number {
    const known = this.#idOfIndex.get(index)
    if (known !== 0) return known
    const name = this.#reader.pointName(index)
    if (name === undefined) throw new RangeError(`the block names point number ${index}, which does not exist`)
    // A new point goes to disk with its first chunk.
    const id = this.#ids.get(name) ?? this.#names.length
    this.#ids.set(name, id)
    this.#names[id] = name
    this.#idOfIndex.set(index, id)
    return id
  }

  #writeFull(mono: number): void {
    if (this.#full.length > 0) this.#writeChunks([], mono)
  }

  #writeChunks(ids: readonly number[], mono: number): void {
    const chunks = [...this.#full, ...ids.map((id) => this.#toWrite(id))]
    const checkpoint = this.#checkpointWithout(new Set(ids))
    if (chunks.length === 0 && checkpoint === this.passed) return
    const chunkIds = this.#store.write(chunks, checkpoint).slice(this.#full.length)
    for (const [i, id] of ids.entries()) {
      this.#open.written(id, { chunkId: chunkIds[i] as number, dueAt: mono + WRITE_AFTER })
    }
    this.#full = []
    this.passed = checkpoint
  }

  #toWrite(id: number): ChunkToWrite {
    return { pointId: id, pointName: this.#names[id] as string, ...this.#open.content(id) }
  }

  /** The last reading before everything that would still be in memory only. */
  #checkpointWithout(written: ReadonlySet<number>): number {
    let checkpoint = this.seen
    for (let id = 1; id < this.#names.length; id++) {
      const unwrittenFrom = this.#open.unwrittenFrom(id)
      if (unwrittenFrom !== 0 && unwrittenFrom <= checkpoint && !written.has(id)) checkpoint = unwrittenFrom - 1
    }
    return checkpoint
  }

  /** Of open chunks. */
  #idsWhere(fits: (id: number) => boolean): readonly number[] {
    const found: number[] = []
    for (let id = 1; id < this.#names.length; id++) if (this.#open.has(id) && fits(id)) found.push(id)
    return found
  }

  #isForgotten(id: number, mono: number): boolean {
    return this.#open.unwrittenFrom(id) === 0 && mono - this.#open.touchedAt(id) > FORGET_AFTER
  }
}

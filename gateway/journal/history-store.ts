/** `history.sqlite`: chunks per point, so that a day's trend of one point is a handful of rows. History thread only. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { type DatabaseFile, inTransaction, numberOf } from './database.ts'

/** Chunks that one step deletes at most. */
const DELETE_STEP = 200

export const HISTORY_FILE: DatabaseFile = {
  name: 'history.sqlite',
  version: 1,
  // A month of readings may be many gigabytes: reading them all at every start would keep the station waiting.
  checkUpTo: 2 ** 28,
  schema: `
    CREATE TABLE point (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, last_seq INTEGER NOT NULL) STRICT;
    CREATE TABLE chunk (
      id INTEGER PRIMARY KEY,
      point INTEGER NOT NULL,
      start REAL NOT NULL,
      end REAL NOT NULL,
      crc INTEGER NOT NULL,
      bytes BLOB NOT NULL
    ) STRICT;
    CREATE INDEX chunk_by_point ON chunk (point, end, start);
    CREATE INDEX chunk_by_end ON chunk (end);
    CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;`,
}

export interface StoredPoint {
  readonly id: number
  readonly name: string
  /** Readings of this point up to here are in chunks on disk. */
  readonly lastSeq: number
}

export interface ChunkToWrite {
  readonly pointId: number
  readonly pointName: string
  /** Null for a chunk that is not on disk yet. */
  readonly chunkId: number | null
  readonly start: number
  readonly end: number
  readonly lastSeq: number
  readonly bytes: Uint8Array
}

export class HistoryStore {
  readonly db: DatabaseSync
  readonly #insertChunk: StatementSync
  readonly #updateChunk: StatementSync
  readonly #movePoint: StatementSync
  readonly #setMeta: StatementSync
  readonly #findOld: StatementSync
  readonly #deleteOld: StatementSync
  readonly #findChunks: StatementSync
  readonly #readChunk: StatementSync

  constructor(db: DatabaseSync) {
    this.db = db
    this.#insertChunk = db.prepare('INSERT INTO chunk (point, start, end, crc, bytes) VALUES (?, ?, ?, ?, ?)')
    this.#updateChunk = db.prepare('UPDATE chunk SET start = ?, end = ?, crc = ?, bytes = ? WHERE id = ?')
    this.#movePoint = db.prepare(`
      INSERT INTO point (id, name, last_seq) VALUES (?1, ?2, ?3)
      ON CONFLICT (id) DO UPDATE SET last_seq = ?3`)
    this.#setMeta = db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)')
    this.#findOld = db.prepare('SELECT 1 FROM chunk WHERE end < ? LIMIT 1')
    this.#deleteOld = db.prepare(
      'DELETE FROM chunk WHERE id IN (SELECT id FROM chunk WHERE end < ? ORDER BY end LIMIT ?)',
    )
    this.#findChunks = db.prepare('SELECT id FROM chunk WHERE point = ? AND end >= ? AND start <= ? ORDER BY end')
    this.#readChunk = db.prepare('SELECT crc, bytes FROM chunk WHERE id = ?')
  }

  /** Everything up to this reading of the journal is on disk here. */
  checkpoint(): number {
    return numberOf(this.db, "SELECT value FROM meta WHERE key = 'checkpoint'")
  }

  /** After another reading file has taken the place of the one that was indexed, its numbers start anew. */
  adoptEpoch(epoch: number): void {
    if (numberOf(this.db, "SELECT value FROM meta WHERE key = 'epoch'") === epoch) return
    inTransaction(this.db, () => {
      this.db.exec('UPDATE point SET last_seq = 0')
      this.#setMeta.run('epoch', epoch)
      this.#setMeta.run('checkpoint', 0)
    })
  }

  points(): StoredPoint[] {
    const rows = this.db.prepare('SELECT id, name, last_seq FROM point').all()
    return rows.map((row) => ({ id: Number(row.id), name: String(row.name), lastSeq: Number(row.last_seq) }))
  }

  /** Writes chunks and checkpoint together or not at all; gives the id of each chunk. */
  write(chunks: readonly ChunkToWrite[], checkpoint: number): number[] {
    return inTransaction(this.db, () => {
      const ids = chunks.map((chunk) => this.#writeChunk(chunk))
      this.#setMeta.run('checkpoint', checkpoint)
      return ids
    })
  }

  /** Deletes some of the chunks that end before `time`, ms since 1970. */
  deleteBefore(time: number): void {
    // Asked first: a DELETE takes the write lock even when there is nothing to delete.
    if (this.#findOld.get(time) !== undefined) this.#deleteOld.run(time, DELETE_STEP)
  }

  /** Ids of the chunks of a point that touch the stretch of time. */
  find(pointId: number, { from, to }: { from: number; to: number }): number[] {
    return this.#findChunks.all(pointId, from, to).map((row) => Number(row.id))
  }

  /** The bytes of a chunk; 'damaged' when they are not what was written, null when it is gone. */
  read(chunkId: number): Uint8Array | 'damaged' | null {
    const row = this.#readChunk.get(chunkId)
    if (row === undefined) return null
    const bytes = row.bytes as Uint8Array
    return crc32(bytes) === row.crc ? bytes : 'damaged'
  }

  close(): void {
    if (this.db.isOpen) this.db.close()
  }

  #writeChunk({ pointId, pointName, chunkId, start, end, lastSeq, bytes }: ChunkToWrite): number {
    this.#movePoint.run(pointId, pointName, lastSeq)
    if (chunkId !== null) {
      const { changes } = this.#updateChunk.run(start, end, crc32(bytes), bytes, chunkId)
      // It may have been deleted as too old, and have grown since.
      if (changes !== 0) return chunkId
    }
    return Number(this.#insertChunk.run(pointId, start, end, crc32(bytes), bytes).lastInsertRowid)
  }
}

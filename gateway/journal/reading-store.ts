/** `readings.sqlite`: the reading journal as blocks, and what is dropped of it. Used by the writer thread only. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { type DatabaseFile, inTransaction, numberOf } from './database.ts'
import { MarkTable } from './message-marks.ts'
import type { DeliveryRow, ReadingChanges, StoredMarks } from './worker-messages.ts'

/** Passed blocks that one commit deletes at most, beside as many as it inserts: a commit stays short. */
const DELETE_STEP = 64
/** Free pages that are kept for new blocks; more go back to the file system, so many at a time. */
const SPARE_PAGES = 2000
const VACUUM_STEP = 64

export const READING_FILE: DatabaseFile = {
  name: 'readings.sqlite',
  version: 1,
  checkUpTo: 2 ** 30,
  lastSeqQuery: 'SELECT max(last_seq) FROM block',
  // The epoch tells the history that numbers and points of an earlier file mean nothing in this one.
  schema: `
    CREATE TABLE point (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE block (
      first_seq INTEGER PRIMARY KEY,
      last_seq INTEGER NOT NULL,
      received_at REAL NOT NULL,
      crc INTEGER NOT NULL,
      bytes BLOB NOT NULL
    ) STRICT;
    CREATE TABLE dropped (delivery TEXT PRIMARY KEY, readings INTEGER NOT NULL) STRICT;
    CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
    INSERT INTO meta (key, value) VALUES ('epoch', abs(random() % 9007199254740991));`,
}

/** In table `dropped`: readings that at least one reader of the journal had not passed. */
const ANY_READER = ''

export interface Retention {
  readonly maxReadings: number
  readonly deliveries: readonly DeliveryRow[]
  /** Null while the history has not said how far it is: then nothing counts as passed. */
  readonly historyPassed: number | null
}

export class ReadingStore {
  readonly db: DatabaseSync
  readonly #insertPoint: StatementSync
  readonly #insertBlock: StatementSync
  readonly #deletePassed: StatementSync
  readonly #deleteUpTo: StatementSync
  readonly #countDropped: StatementSync
  readonly #setMeta: StatementSync
  readonly #marks: MarkTable
  #mirroredEventSeq: number

  constructor(db: DatabaseSync) {
    this.db = db
    this.#insertPoint = db.prepare('INSERT OR IGNORE INTO point (id, name) VALUES (?, ?)')
    this.#insertBlock = db.prepare(
      'INSERT INTO block (first_seq, last_seq, received_at, crc, bytes) VALUES (?, ?, ?, ?, ?)',
    )
    // The newest block always stays: its number is where numbering goes on after a restart.
    this.#deletePassed = db.prepare(`
      DELETE FROM block WHERE first_seq IN (
        SELECT first_seq FROM block
        WHERE first_seq <= ?1 AND last_seq <= ?1 AND first_seq < (SELECT max(first_seq) FROM block)
        ORDER BY first_seq LIMIT ?2)`)
    this.#deleteUpTo = db.prepare('DELETE FROM block WHERE first_seq <= ?')
    this.#countDropped = db.prepare(`
      INSERT INTO dropped (delivery, readings) VALUES (?1, ?2)
      ON CONFLICT (delivery) DO UPDATE SET readings = readings + ?2`)
    this.#marks = new MarkTable(db)
    this.#setMeta = db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)')
    this.#mirroredEventSeq = this.mirroredEventSeq()
  }

  lastSeq(): number {
    const base = numberOf(this.db, "SELECT value FROM meta WHERE key = 'base-seq'")
    return Math.max(base, numberOf(this.db, 'SELECT last_seq FROM block ORDER BY first_seq DESC LIMIT 1'))
  }

  /** Number of the oldest reading that is kept; one more than `lastSeq` when there is none. */
  firstSeq(): number {
    return numberOf(this.db, 'SELECT min(first_seq) FROM block') || this.lastSeq() + 1
  }

  setBaseSeq(seq: number): void {
    this.#setMeta.run('base-seq', seq)
  }

  mirroredEventSeq(): number {
    return numberOf(this.db, "SELECT value FROM meta WHERE key = 'last-event-seq'")
  }

  points(): string[] {
    const rows = this.db.prepare('SELECT name FROM point ORDER BY id').all()
    return rows.map((row) => String(row.name))
  }

  marks(): readonly StoredMarks[] {
    return this.#marks.read()
  }

  dropped(): { total: number; byDelivery: Record<string, number> } {
    const rows = this.db.prepare('SELECT delivery, readings FROM dropped').all()
    const counts = new Map(rows.map((row) => [String(row.delivery), Number(row.readings)]))
    const total = counts.get(ANY_READER) ?? 0
    counts.delete(ANY_READER)
    return { total, byDelivery: Object.fromEntries(counts) }
  }

  /** Receipt of the first reading behind `seq`, or null. */
  receivedAfter(seq: number): number | null {
    const sql = `
      SELECT received_at FROM block
      WHERE first_seq >= (SELECT coalesce(max(first_seq), 0) FROM block WHERE first_seq <= ?1) AND last_seq >= ?1
      ORDER BY first_seq LIMIT 1`
    const row = this.db.prepare(sql).get(seq + 1)
    return row === undefined ? null : Number(row.received_at)
  }

  /** Inserts, and deletes what is passed or too much, in one transaction: deleting costs no sync of its own. */
  write({ points, blocks, marks, lastEventSeq }: ReadingChanges, retention: Retention): void {
    if (points.length + blocks.length === 0) return
    inTransaction(this.db, () => {
      // First, so that a file that may not grow takes new blocks in the place of old ones.
      this.#deletePassed.run(passedByAll(retention), blocks.length + DELETE_STEP)
      for (const [id, name] of points) this.#insertPoint.run(id, name)
      for (const block of blocks) {
        this.#insertBlock.run(block.firstSeq, block.lastSeq, block.receivedAt, crc32(block.bytes), block.bytes)
      }
      this.#marks.write(blocks.at(-1)?.lastSeq ?? 0, marks)
      if (lastEventSeq > this.#mirroredEventSeq) this.#setMeta.run('last-event-seq', lastEventSeq)
      this.#dropAbove(retention)
    })
    this.#mirroredEventSeq = Math.max(this.#mirroredEventSeq, lastEventSeq)
  }

  /** Deletes passed blocks only: a full disk often still has room for that. */
  makeRoom(retention: Retention): void {
    inTransaction(this.db, () => this.#deletePassed.run(passedByAll(retention), DELETE_STEP))
  }

  /** Gives some of the free pages back to the file system; called when there is time. */
  shrink(): void {
    if (numberOf(this.db, 'PRAGMA freelist_count') <= SPARE_PAGES) return
    this.db.prepare(`PRAGMA incremental_vacuum(${VACUUM_STEP})`).all()
  }

  close(): void {
    if (this.db.isOpen) this.db.close()
  }

  #dropAbove(retention: Retention): void {
    const first = this.firstSeq()
    const excess = this.lastSeq() - first + 1 - retention.maxReadings
    if (excess <= 0) return
    const boundary = first + excess - 1
    const dropTo = numberOf(this.db, 'SELECT max(last_seq) FROM block WHERE first_seq <= ?', boundary)
    if (dropTo === this.lastSeq()) return
    this.#deleteUpTo.run(boundary)
    const lost = (passed: number): number => Math.max(0, dropTo - Math.max(passed, first - 1))
    const lostToAny = lost(passedByAll(retention))
    if (lostToAny > 0) this.#countDropped.run(ANY_READER, lostToAny)
    for (const delivery of retention.deliveries) {
      if (delivery.journal !== 'readings') continue
      const lostToIt = lost(delivery.cursor)
      if (lostToIt > 0) this.#countDropped.run(delivery.id, lostToIt)
    }
  }
}

function passedByAll({ deliveries, historyPassed }: Retention): number {
  let passed = historyPassed ?? 0
  for (const delivery of deliveries) {
    if (delivery.journal === 'readings') passed = Math.min(passed, delivery.cursor)
  }
  return passed
}

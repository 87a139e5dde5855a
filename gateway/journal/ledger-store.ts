/** The books in `alarms.sqlite`: checks of equipment and drills. Used by the writer thread only. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { inTransaction } from './database.ts'
import type { LedgerRow } from './worker-messages.ts'

/** Of each book. Older lines go when there are more, but never the newest of its subject. */
const MAX_ENTRIES = 100_000
/** Looking for what may go costs a walk through the book, so it is done now and then. */
const TRIM_EVERY = 500

export const LEDGER_TABLES = `
    CREATE TABLE ledger_entry (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      book TEXT NOT NULL,
      subject TEXT NOT NULL,
      time REAL NOT NULL,
      json TEXT NOT NULL
    ) STRICT;
    CREATE INDEX ledger_entry_by_subject ON ledger_entry (book, subject, time);`

export class LedgerStore {
  readonly #db: DatabaseSync
  readonly #insert: StatementSync
  readonly #trim: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#insert = db.prepare('INSERT INTO ledger_entry (book, subject, time, json) VALUES (?, ?, ?, ?)')
    this.#trim = db.prepare(`
      DELETE FROM ledger_entry WHERE book = ?1 AND seq <= ?2 AND time < (
        SELECT max(newer.time) FROM ledger_entry AS newer
        WHERE newer.book = ?1 AND newer.subject = ledger_entry.subject)`)
  }

  /** Gives its number. */
  append({ book, subject, time, json }: LedgerRow): number {
    return inTransaction(this.#db, () => {
      const seq = Number(this.#insert.run(book, subject, time, json).lastInsertRowid)
      if (seq % TRIM_EVERY === 0) this.#trim.run(book, seq - MAX_ENTRIES)
      return seq
    })
  }
}

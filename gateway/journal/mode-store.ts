/** The modes in `alarms.sqlite`: when each began and ended and who did it, and those that are on. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { inTransaction, numberOf } from './database.ts'
import type { ModeRow } from './worker-messages.ts'

/** Older changes go when there are more. */
const MAX_EVENTS = 20_000

export const MODE_TABLES = `
    CREATE TABLE mode_event (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      mode TEXT NOT NULL,
      time REAL NOT NULL,
      json TEXT NOT NULL
    ) STRICT;
    CREATE TABLE mode_on (mode TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;`

/** Used by the writer thread only. */
export class ModeStore {
  readonly #db: DatabaseSync
  readonly #insert: StatementSync
  readonly #trim: StatementSync
  readonly #setOn: StatementSync
  readonly #setOff: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#insert = db.prepare('INSERT INTO mode_event (mode, time, json) VALUES (?, ?, ?)')
    this.#trim = db.prepare('DELETE FROM mode_event WHERE seq <= ?')
    this.#setOn = db.prepare('INSERT OR REPLACE INTO mode_on (mode, json) VALUES (?, ?)')
    this.#setOff = db.prepare('DELETE FROM mode_on WHERE mode = ?')
  }

  /** Gives its number. */
  append({ mode, time, json, on }: ModeRow): number {
    return inTransaction(this.#db, () => {
      const seq = Number(this.#insert.run(mode, time, json).lastInsertRowid)
      this.#trim.run(seq - MAX_EVENTS)
      if (on) this.#setOn.run(mode, json)
      else this.#setOff.run(mode)
      return seq
    })
  }

  lastSeq(): number {
    return numberOf(this.#db, "SELECT seq FROM sqlite_sequence WHERE name = 'mode_event'")
  }

  /** JSON of the last change of each mode that is on. */
  on(): string[] {
    const rows = this.#db.prepare('SELECT json FROM mode_on').all()
    return rows.map((row) => String(row.json))
  }
}

/** The commands to devices in `alarms.sqlite`: every step of each, and those that are not at their end. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { inTransaction, numberOf } from './database.ts'
import type { CommandRow } from './worker-messages.ts'

/** Older steps go when there are more. */
const MAX_EVENTS = 20_000
/** So many of the newest are given at the start, for senders who ask again after a restart. */
const RECENT = 500

export const COMMAND_TABLES = `
    CREATE TABLE command_event (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      command TEXT NOT NULL,
      time REAL NOT NULL,
      json TEXT NOT NULL
    ) STRICT;
    CREATE INDEX command_event_by_command ON command_event (command, seq);
    CREATE TABLE open_command (command TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;`

/** Used by the writer thread only. */
export class CommandStore {
  readonly #db: DatabaseSync
  readonly #insert: StatementSync
  readonly #trim: StatementSync
  readonly #open: StatementSync
  readonly #close: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#insert = db.prepare('INSERT INTO command_event (command, time, json) VALUES (?, ?, ?)')
    this.#trim = db.prepare('DELETE FROM command_event WHERE seq <= ?')
    this.#open = db.prepare('INSERT OR REPLACE INTO open_command (command, json) VALUES (?, ?)')
    this.#close = db.prepare('DELETE FROM open_command WHERE command = ?')
  }

  /** Gives its number. */
  append({ command, time, json, open }: CommandRow): number {
    return inTransaction(this.#db, () => {
      const seq = Number(this.#insert.run(command, time, json).lastInsertRowid)
      this.#trim.run(seq - MAX_EVENTS)
      if (open) this.#open.run(command, json)
      else this.#close.run(command)
      return seq
    })
  }

  lastSeq(): number {
    return numberOf(this.#db, "SELECT seq FROM sqlite_sequence WHERE name = 'command_event'")
  }

  /** JSON of the last step of each command that is not at its end. */
  openCommands(): string[] {
    const rows = this.#db.prepare('SELECT json FROM open_command').all()
    return rows.map((row) => String(row.json))
  }

  /** JSON of the newest steps, oldest first. */
  recent(): string[] {
    const rows = this.#db.prepare('SELECT json FROM command_event ORDER BY seq DESC LIMIT ?').all(RECENT)
    return rows.map((row) => String(row.json)).reverse()
  }
}

/**
 * What dispatch decided and heard, in `alarms.sqlite`. Of the open cases everything is kept, so that the next process goes on; of the others
 * the newest events. Used by the writer thread only.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { numberOf } from './database.ts'
import type { DispatchRow } from './worker-messages.ts'

/** Under this name dispatch has its cursor among the deliveries: the alarm events that it is done with. */
export const DISPATCH_DELIVERY = 'dispatch'
/** Older events of cases that are over go when there are more. */
export const MAX_DISPATCH_EVENTS = 200_000
/** Events that one commit passes over at most, beside as many as it inserts. */
const TRIM_STEP = 64

export const DISPATCH_TABLES = `
    CREATE TABLE dispatch_event (
      seq INTEGER PRIMARY KEY,
      time REAL NOT NULL,
      notification TEXT,
      number INTEGER,
      json TEXT NOT NULL,
      body TEXT
    ) STRICT;
    CREATE INDEX dispatch_by_notification ON dispatch_event (notification, seq) WHERE notification IS NOT NULL;
    CREATE INDEX dispatch_by_number ON dispatch_event (number) WHERE number IS NOT NULL;
    CREATE TABLE dispatch_case (id TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (id, seq)) STRICT, WITHOUT ROWID;
    CREATE INDEX dispatch_case_by_seq ON dispatch_case (seq);
    CREATE TABLE dispatch_open (id TEXT PRIMARY KEY) STRICT;`

const OF_OPEN = 'SELECT seq FROM dispatch_case JOIN dispatch_open USING (id)'

export class DispatchStore {
  readonly #db: DatabaseSync
  readonly #insert: StatementSync
  readonly #link: StatementSync
  readonly #setOpen: StatementSync
  readonly #setOver: StatementSync
  readonly #setMeta: StatementSync
  readonly #trim: readonly StatementSync[]
  #trimmedTo: number

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#insert = db.prepare(
      'INSERT INTO dispatch_event (seq, time, notification, number, json, body) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#link = db.prepare('INSERT OR IGNORE INTO dispatch_case (id, seq) VALUES (?, ?)')
    this.#setOpen = db.prepare('INSERT OR IGNORE INTO dispatch_open (id) VALUES (?)')
    this.#setOver = db.prepare('DELETE FROM dispatch_open WHERE id = ?')
    this.#setMeta = db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)')
    this.#trim = [
      db.prepare(`DELETE FROM dispatch_event WHERE seq > ? AND seq <= ? AND seq NOT IN (${OF_OPEN})`),
      db.prepare(
        'DELETE FROM dispatch_case WHERE seq > ? AND seq <= ? AND seq NOT IN (SELECT seq FROM dispatch_event)',
      ),
    ]
    this.#trimmedTo = numberOf(db, "SELECT value FROM meta WHERE key = 'dispatch-trimmed'")
  }

  lastSeq(): number {
    return numberOf(this.#db, 'SELECT max(seq) FROM dispatch_event')
  }

  lastNotification(): number {
    return numberOf(this.#db, "SELECT value FROM meta WHERE key = 'dispatch-notification'")
  }

  /** JSON of all events of the open cases, in order. */
  open(): string[] {
    const rows = this.#db.prepare(`SELECT json FROM dispatch_event WHERE seq IN (${OF_OPEN}) ORDER BY seq`).all()
    return rows.map((row) => String(row.json))
  }

  /** Inside a transaction. */
  append(rows: readonly DispatchRow[], { maxEvents = MAX_DISPATCH_EVENTS }: { maxEvents?: number } = {}): void {
    for (const { seq, time, cases, notification, number, json, body } of rows) {
      this.#insert.run(seq, time, notification, number, json, body)
      if (number !== null) this.#setMeta.run('dispatch-notification', number)
      for (const { id, isOpen } of cases) {
        this.#link.run(id, seq)
        if (isOpen) this.#setOpen.run(id)
        else this.#setOver.run(id)
      }
    }
    const last = rows.at(-1)?.seq ?? 0
    const to = Math.min(last - maxEvents, this.#trimmedTo + rows.length + TRIM_STEP)
    if (to <= this.#trimmedTo) return
    for (const statement of this.#trim) statement.run(this.#trimmedTo, to)
    this.#setMeta.run('dispatch-trimmed', to)
    // Where the transaction fails, a later one passes over the same events again at the next start.
    this.#trimmedTo = to
  }
}

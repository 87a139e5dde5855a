/** The orders to gateways below in `alarms.sqlite`, and those of a gateway above that were carried out here or below. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { inTransaction } from './database.ts'
import type { OrderRow } from './worker-messages.ts'

/** Older ones go when there are more; those that are open stay. */
const MAX_ORDERS = 5000
const MAX_CARRIED_OUT = 20_000
/** So many that are at their end are given at the start. */
const RECENT = 200

export const ORDER_TABLES = `
    CREATE TABLE child_order (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      open INTEGER NOT NULL,
      json TEXT NOT NULL
    ) STRICT;
    CREATE TABLE carried_out (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE) STRICT;`

/** Used by the writer thread only. */
export class OrderStore {
  readonly #db: DatabaseSync
  readonly #put: StatementSync
  readonly #trim: StatementSync
  readonly #trimCarriedOut: StatementSync
  readonly #isCarriedOut: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#put = db.prepare(`
      INSERT INTO child_order (id, open, json) VALUES (?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET open = excluded.open, json = excluded.json`)
    this.#trim = db.prepare('DELETE FROM child_order WHERE open = 0 AND seq <= (SELECT max(seq) FROM child_order) - ?')
    this.#trimCarriedOut = db.prepare('DELETE FROM carried_out WHERE seq <= (SELECT max(seq) FROM carried_out) - ?')
    this.#isCarriedOut = db.prepare('SELECT 1 FROM carried_out WHERE id = ?')
  }

  put({ order, json, open }: OrderRow): void {
    inTransaction(this.#db, () => {
      this.#put.run(order, open ? 1 : 0, json)
      this.#trim.run(MAX_ORDERS)
      this.#trimCarriedOut.run(MAX_CARRIED_OUT)
    })
  }

  isCarriedOut(order: string): boolean {
    return this.#isCarriedOut.get(order) !== undefined
  }

  /** JSON, oldest first: those that are open, and the newest others. */
  known(): string[] {
    const rows = this.#db
      .prepare(
        `SELECT json FROM child_order WHERE open = 1 OR seq > (SELECT max(seq) FROM child_order) - ${RECENT} ORDER BY seq`,
      )
      .all()
    return rows.map((row) => String(row.json))
  }
}

/**
 * `alarms.sqlite`: alarm events, the cursors of the deliveries, dead letters, modes, the commands to devices, the orders to
 * gateways below and the books. Used by the writer thread only.
 */
import { randomInt } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { COMMAND_TABLES, CommandStore } from './command-store.ts'
import { type DatabaseFile, inTransaction, numberOf } from './database.ts'
import { DISPATCH_DELIVERY, DISPATCH_TABLES, DispatchStore } from './dispatch-store.ts'
import { type EventRetention, EventStore } from './event-store.ts'
import { LEDGER_TABLES, LedgerStore } from './ledger-store.ts'
import { MODE_TABLES, ModeStore } from './mode-store.ts'
import { ORDER_TABLES, OrderStore } from './order-store.ts'
import type { AlarmChanges, DeliveryRow, DispatchChanges, JournalName } from './worker-messages.ts'

/** Older dead letters go when there are more; how many there ever were is counted. */
const MAX_DEAD_LETTERS = 10_000

/** For the figures of a period. */
export const EVENT_TIMES = `
    CREATE INDEX event_by_time ON event (time, seq);`

export const ALARM_FILE: DatabaseFile = {
  name: 'alarms.sqlite',
  version: 7,
  checkUpTo: 2 ** 28,
  lastSeqQuery: 'SELECT max(seq) FROM event',
  schema: `
    CREATE TABLE event (
      seq INTEGER PRIMARY KEY,
      alarm TEXT NOT NULL,
      time REAL NOT NULL,
      json TEXT NOT NULL
    ) STRICT;
    CREATE INDEX event_by_alarm ON event (alarm, seq);
    CREATE TABLE delivery (id TEXT PRIMARY KEY, journal TEXT NOT NULL, cursor INTEGER NOT NULL) STRICT;
    CREATE TABLE dead_letter (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      delivery TEXT NOT NULL,
      seq INTEGER NOT NULL,
      time REAL NOT NULL,
      error TEXT NOT NULL,
      item TEXT NOT NULL
    ) STRICT;
    CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;${COMMAND_TABLES}${MODE_TABLES}${EVENT_TIMES}${ORDER_TABLES}${LEDGER_TABLES}${DISPATCH_TABLES}`,
  upgrades: [COMMAND_TABLES, MODE_TABLES, EVENT_TIMES, ORDER_TABLES, LEDGER_TABLES, DISPATCH_TABLES],
}

export class AlarmStore {
  readonly db: DatabaseSync
  readonly commands: CommandStore
  readonly events: EventStore
  readonly ledger: LedgerStore
  readonly modes: ModeStore
  readonly dispatch: DispatchStore
  readonly orders: OrderStore
  readonly #moveCursor: StatementSync
  readonly #insertLetter: StatementSync
  readonly #trimLetters: StatementSync

  constructor(db: DatabaseSync) {
    this.db = db
    this.commands = new CommandStore(db)
    this.ledger = new LedgerStore(db)
    this.modes = new ModeStore(db)
    this.dispatch = new DispatchStore(db)
    this.orders = new OrderStore(db)
    this.events = new EventStore(db)
    this.#moveCursor = db.prepare('UPDATE delivery SET cursor = max(cursor, ?) WHERE id = ?')
    this.#insertLetter = db.prepare('INSERT INTO dead_letter (delivery, seq, time, error, item) VALUES (?, ?, ?, ?, ?)')
    this.#trimLetters = db.prepare('DELETE FROM dead_letter WHERE id <= (SELECT max(id) FROM dead_letter) - ?')
  }

  lastSeq(): number {
    const base = numberOf(this.db, "SELECT value FROM meta WHERE key = 'base-seq'")
    return Math.max(base, numberOf(this.db, 'SELECT max(seq) FROM event'))
  }

  /** Numbering goes on behind `seq` although the events up to it are in a file that was set aside. */
  setBaseSeq(seq: number): void {
    this.db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('base-seq', ?)").run(seq)
  }

  /** Of the numbering of the events; made where the file has none. */
  epoch(): number {
    const known = numberOf(this.db, "SELECT value FROM meta WHERE key = 'event-epoch'")
    return known > 0 ? known : this.beginEpoch()
  }

  beginEpoch(): number {
    const epoch = randomInt(1, 2 ** 47)
    this.db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('event-epoch', ?)").run(epoch)
    return epoch
  }

  /** The last event of each alarm, as JSON. */
  lastEvents(): string[] {
    const rows = this.db
      .prepare('SELECT json FROM event WHERE seq IN (SELECT max(seq) FROM event GROUP BY alarm) ORDER BY seq')
      .all()
    return rows.map((row) => String(row.json))
  }

  deliveries(): DeliveryRow[] {
    const rows = this.db.prepare('SELECT id, journal, cursor FROM delivery ORDER BY id').all()
    return rows.map((row) => ({
      id: String(row.id),
      journal: row.journal as JournalName,
      cursor: Number(row.cursor),
    }))
  }

  register(delivery: DeliveryRow): void {
    this.db
      .prepare('INSERT OR REPLACE INTO delivery (id, journal, cursor) VALUES (?, ?, ?)')
      .run(delivery.id, delivery.journal, delivery.cursor)
  }

  retire(deliveryId: string): void {
    this.db.prepare('DELETE FROM delivery WHERE id = ?').run(deliveryId)
  }

  deadLetterCount(): number {
    return numberOf(this.db, "SELECT seq FROM sqlite_sequence WHERE name = 'dead_letter'")
  }

  /** All of it in one transaction, or nothing. */
  write({ events, cursors, letters }: AlarmChanges, retention: EventRetention): void {
    if (events.length + cursors.length + letters.length === 0) return
    const trimmed = inTransaction(this.db, () => {
      for (const [deliveryId, seq] of cursors) this.#moveCursor.run(seq, deliveryId)
      for (const letter of letters) {
        this.#insertLetter.run(letter.delivery, letter.seq, letter.time, letter.error, letter.item)
      }
      if (letters.length > 0) this.#trimLetters.run(MAX_DEAD_LETTERS)
      return this.events.write(events, retention)
    })
    this.events.committed(trimmed)
  }

  /** The decisions, and how far they go in the alarm events: both or nothing. */
  writeDispatch({ rows, accepted }: DispatchChanges): void {
    inTransaction(this.db, () => {
      this.#moveCursor.run(accepted, DISPATCH_DELIVERY)
      this.dispatch.append(rows)
    })
  }

  close(): void {
    if (this.db.isOpen) this.db.close()
  }
}

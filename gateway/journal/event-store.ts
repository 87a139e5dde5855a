/**
 * The alarm events in `alarms.sqlite`. When there are too many the oldest go, but never one that a delivery has yet to
 * bring, nor the last one of its alarm: that is the alarm table after a restart. Used by the writer thread only.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { numberOf } from './database.ts'
import type { DeliveryRow, EventRow } from './worker-messages.ts'

/** Events that one commit passes over at most, beside as many as it inserts: a commit stays short. */
const TRIM_STEP = 64

/** Up to this number only the last event of each alarm is kept; 0 where nothing was ever deleted. */
export const TRIMMED_TO = "SELECT value FROM meta WHERE key = 'trimmed-to'"

export interface EventRetention {
  readonly maxAlarmEvents: number
  readonly deliveries: readonly DeliveryRow[]
}

export class EventStore {
  readonly #insert: StatementSync
  readonly #insertOrder: StatementSync
  readonly #endOfStep: StatementSync
  readonly #trim: StatementSync
  readonly #deleteFormerLast: StatementSync
  readonly #setTrimmed: StatementSync
  #trimmedTo: number

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare('INSERT INTO event (seq, alarm, time, json) VALUES (?, ?, ?, ?)')
    this.#insertOrder = db.prepare('INSERT OR IGNORE INTO carried_out (id) VALUES (?)')
    this.#endOfStep = db.prepare(
      'SELECT max(seq) AS seq FROM (SELECT seq FROM event WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?)',
    )
    this.#trim = db.prepare(`
      DELETE FROM event WHERE seq > ? AND seq <= ?
        AND EXISTS (SELECT 1 FROM event AS later WHERE later.alarm = event.alarm AND later.seq > event.seq)`)
    this.#deleteFormerLast = db.prepare('DELETE FROM event WHERE alarm = ? AND seq <= ?')
    this.#setTrimmed = db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('trimmed-to', ?)")
    this.#trimmedTo = numberOf(db, TRIMMED_TO)
  }

  /** Number of the first event from which on none is missing. */
  get firstSeq(): number {
    return this.#trimmedTo + 1
  }

  /** Inside a transaction; what it gives is for `committed`, once that is on disk. */
  write(events: readonly EventRow[], retention: EventRetention): number {
    for (const { seq, alarm, time, json, order } of events) {
      if (this.#trimmedTo > 0) this.#deleteFormerLast.run(alarm, this.#trimmedTo)
      this.#insert.run(seq, alarm, time, json)
      // In the transaction of the event: what was carried out is known to be, whenever the power fails.
      if (order !== null) this.#insertOrder.run(order)
    }
    const last = events.at(-1)
    return last === undefined
      ? this.#trimmedTo
      : this.#trimBelow(last.seq, { step: events.length + TRIM_STEP, retention })
  }

  committed(trimmed: number): void {
    this.#trimmedTo = trimmed
  }

  #trimBelow(
    lastSeq: number,
    { step, retention }: { readonly step: number; readonly retention: EventRetention },
  ): number {
    const waited = retention.deliveries.filter(({ journal }) => journal === 'alarm-events').map(({ cursor }) => cursor)
    const boundary = Math.min(lastSeq - retention.maxAlarmEvents, ...waited)
    if (boundary <= this.#trimmedTo) return this.#trimmedTo
    const to = Number(this.#endOfStep.get(this.#trimmedTo, boundary, step)?.seq ?? boundary)
    this.#trim.run(this.#trimmedTo, to)
    this.#setTrimmed.run(to)
    return to
  }
}

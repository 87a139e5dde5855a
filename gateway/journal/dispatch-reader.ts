/** Reads what dispatch decided and heard, on the connection of the reader. */
import type { DatabaseSync } from 'node:sqlite'
import type { NotificationQuery, NotificationRow } from './worker-messages.ts'

/** What tells a case: `alarmId#occurrence`. '$' comes behind '#'. */
const CASES_OF_ALARM = 'SELECT DISTINCT id FROM dispatch_case WHERE id > ? AND id < ?'
const MOST_ROWS = 5000

export class DispatchReader {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  events({ afterSeq, limit }: { readonly afterSeq: number; readonly limit: number }): string[] {
    const rows = this.#db
      .prepare('SELECT json FROM dispatch_event WHERE seq > ? ORDER BY seq LIMIT ?')
      .all(afterSeq, limit)
    return rows.map((row) => String(row.json))
  }

  /** Of the newest case that began with the occurrence or before it; null: of the newest. */
  recordOf({ alarm, occurrence }: { readonly alarm: string; readonly occurrence: number | null }): string[] {
    const rows = this.#db.prepare(CASES_OF_ALARM).all(`${alarm}#`, `${alarm}$`)
    const began = rows.map((row) => Number(String(row.id).slice(alarm.length + 1)))
    const newest = Math.max(0, ...began.filter((number) => occurrence === null || number <= occurrence))
    return newest === 0 ? [] : this.#eventsOf(`${alarm}#${newest}`)
  }

  #eventsOf(id: string): string[] {
    const rows = this.#db
      .prepare(
        'SELECT json FROM dispatch_event WHERE seq IN (SELECT seq FROM dispatch_case WHERE id = ?) ORDER BY seq LIMIT ?',
      )
      .all(id, MOST_ROWS)
    return rows.map((row) => String(row.json))
  }

  notification(id: string): NotificationRow | null {
    const row = this.#db
      .prepare('SELECT json, body FROM dispatch_event WHERE notification = ? AND number IS NOT NULL')
      .get(id)
    return row === undefined ? null : this.#withReceipts(id, row)
  }

  /** In the order of their numbers. */
  notifications({ after, limit, channel, station, alarm }: NotificationQuery): NotificationRow[] {
    const rows = this.#db
      .prepare(
        `SELECT notification, json, body FROM dispatch_event WHERE number > ?1
          AND (?2 IS NULL OR json_extract(json, '$.notification.channel') = ?2)
          AND (?3 IS NULL OR json_extract(json, '$.notification.station') = ?3)
          AND (?4 IS NULL OR seq IN (SELECT seq FROM dispatch_case WHERE id > ?4 || '#' AND id < ?4 || '$'))
          ORDER BY number LIMIT ?5`,
      )
      .all(after, channel, station, alarm, limit)
    return rows.map((row) => this.#withReceipts(String(row.notification), row))
  }

  /** Over any of these channels, the newest first. */
  newest({ channels, limit }: { readonly channels: readonly string[]; readonly limit: number }): NotificationRow[] {
    const rows = this.#db
      .prepare(
        `SELECT notification, json, body FROM dispatch_event WHERE number IS NOT NULL
          AND json_extract(json, '$.notification.channel') IN (SELECT value FROM json_each(?))
          ORDER BY number DESC LIMIT ?`,
      )
      .all(JSON.stringify(channels), limit)
    return rows.map((row) => this.#withReceipts(String(row.notification), row))
  }

  #withReceipts(id: string, row: Readonly<Record<string, unknown>>): NotificationRow {
    const receipts = this.#db
      .prepare('SELECT json FROM dispatch_event WHERE notification = ? AND number IS NULL ORDER BY seq')
      .all(id)
    return {
      json: String(row.json),
      body: String(row.body),
      receipts: receipts.map((receipt) => String(receipt.json)),
    }
  }
}

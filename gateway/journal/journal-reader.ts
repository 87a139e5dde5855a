/** Reads the two journals on connections of its own, so that reading never stands in front of a commit. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import type { AlarmMoment } from '../statistics/alarm-moment.ts'
import type { LedgerMoment } from '../statistics/ledger-moment.ts'
import { numberOf, openForReading } from './database.ts'
import { DispatchReader } from './dispatch-reader.ts'
import { TRIMMED_TO } from './event-store.ts'
import { LEDGER_FACTS, ledgerMomentOfRow } from './ledger-facts.ts'
import type { ReadingBlock } from './reading-block.ts'
import type { DeadLetterRow, LedgerQuery, MomentQuery } from './worker-messages.ts'

const MOMENT = `seq, time, alarm, json_extract(json, '$.type', '$.previousState', '$.alarm.station', '$.alarm.priority',
  '$.alarm.class', '$.alarm.state', '$.alarm.mark', '$.alarm.raisedAt') AS facts`

export class JournalReader {
  readonly dispatch: DispatchReader
  readonly #alarms: DatabaseSync
  readonly #readings: DatabaseSync
  readonly #selectBlocks: StatementSync
  readonly #selectEvents: StatementSync
  #pointNames: readonly string[] = []
  #damagedUpTo = 0
  /** Blocks that were passed over because their bytes are not what was written. */
  damaged = 0

  /** Both files must exist. */
  constructor(directory: string) {
    this.#alarms = openForReading(directory, 'alarms.sqlite')
    this.dispatch = new DispatchReader(this.#alarms)
    this.#readings = openForReading(directory, 'readings.sqlite')
    this.#selectBlocks = this.#readings.prepare(`
      SELECT first_seq, last_seq, received_at, crc, bytes FROM block
      WHERE first_seq >= (SELECT coalesce(max(first_seq), 0) FROM block WHERE first_seq <= ?1) AND last_seq >= ?1
      ORDER BY first_seq`)
    this.#selectEvents = this.#alarms.prepare(`
      SELECT json FROM event WHERE seq > max(?, coalesce((${TRIMMED_TO}), 0)) ORDER BY seq LIMIT ?`)
  }

  /** Numbers and points of one epoch mean nothing in another. */
  epoch(): number {
    return numberOf(this.#readings, "SELECT value FROM meta WHERE key = 'epoch'")
  }

  /** Blocks that hold the readings after `afterSeq`: as many as give `limit` readings, or all there are. */
  blocks({ afterSeq, limit }: { afterSeq: number; limit: number }): ReadingBlock[] {
    const blocks: ReadingBlock[] = []
    let count = 0
    for (const row of this.#selectBlocks.iterate(afterSeq + 1)) {
      const block = {
        firstSeq: Number(row.first_seq),
        lastSeq: Number(row.last_seq),
        receivedAt: Number(row.received_at),
        bytes: row.bytes as Uint8Array<ArrayBuffer>,
      }
      if (crc32(block.bytes) !== row.crc) {
        this.noteDamage(block.lastSeq)
        continue
      }
      blocks.push(block)
      count += block.lastSeq - Math.max(block.firstSeq - 1, afterSeq)
      if (count >= limit) break
    }
    return blocks
  }

  /** Counts a block once, however often it is met. */
  noteDamage(lastSeq: number): void {
    if (lastSeq <= this.#damagedUpTo) return
    this.#damagedUpTo = lastSeq
    this.damaged += 1
  }

  pointName(index: number): string | undefined {
    if (index >= this.#pointNames.length) {
      const rows = this.#readings.prepare('SELECT name FROM point ORDER BY id').all()
      this.#pointNames = rows.map((row) => String(row.name))
    }
    return this.#pointNames[index]
  }

  events({ afterSeq, limit }: { afterSeq: number; limit: number }): string[] {
    return this.#selectEvents.all(afterSeq, limit).map((row) => String(row.json))
  }

  commandEvents({ afterSeq, limit }: { afterSeq: number; limit: number }): (readonly [number, string])[] {
    const rows = this.#alarms
      .prepare('SELECT seq, json FROM command_event WHERE seq > ? ORDER BY seq LIMIT ?')
      .all(afterSeq, limit)
    return rows.map((row) => [Number(row.seq), String(row.json)] as const)
  }

  modeEvents({ afterSeq, limit }: { afterSeq: number; limit: number }): (readonly [number, string])[] {
    const rows = this.#alarms
      .prepare('SELECT seq, json FROM mode_event WHERE seq > ? ORDER BY seq LIMIT ?')
      .all(afterSeq, limit)
    return rows.map((row) => [Number(row.seq), String(row.json)] as const)
  }

  moments({ after, to, limit }: MomentQuery): AlarmMoment[] {
    const rows = this.#alarms
      .prepare(`SELECT ${MOMENT} FROM event WHERE (time, seq) > (?, ?) AND time < ? ORDER BY time, seq LIMIT ?`)
      .all(after.time, after.seq, to, limit)
    return rows.map(momentOf)
  }

  ledgerMoments({ after, to, limit }: MomentQuery): LedgerMoment[] {
    const rows = this.#alarms
      .prepare(`SELECT ${LEDGER_FACTS} FROM event WHERE (time, seq) > (?, ?) AND time < ? ORDER BY time, seq LIMIT ?`)
      .all(after.time, after.seq, to, limit)
    return rows.map(ledgerMomentOfRow)
  }

  ledgerEntries({ book, latest, limit }: LedgerQuery): string[] {
    // With max(time), SQLite takes the other columns from the row that has it.
    const sql = latest
      ? 'SELECT json, max(time) AS time FROM ledger_entry WHERE book = ? GROUP BY subject ORDER BY 2 DESC LIMIT ?'
      : 'SELECT json FROM ledger_entry WHERE book = ? ORDER BY time DESC, seq DESC LIMIT ?'
    return this.#alarms
      .prepare(sql)
      .all(book, limit)
      .map((row) => String(row.json))
  }

  standing(time: number): AlarmMoment[] {
    const rows = this.#alarms
      .prepare(
        `SELECT ${MOMENT} FROM event WHERE seq IN (SELECT max(seq) FROM event WHERE time <= ? GROUP BY alarm)
          AND json_extract(json, '$.alarm.facts.active')`,
      )
      .all(time)
    return rows.map(momentOf)
  }

  /** Newest first. */
  deadLetters({ limit }: { limit: number }): (DeadLetterRow & { readonly id: number })[] {
    const rows = this.#alarms
      .prepare('SELECT id, delivery, seq, time, error, item FROM dead_letter ORDER BY id DESC LIMIT ?')
      .all(limit)
    return rows.map((row) => ({
      id: Number(row.id),
      delivery: String(row.delivery),
      seq: Number(row.seq),
      time: Number(row.time),
      error: String(row.error),
      item: String(row.item),
    }))
  }

  close(): void {
    if (this.#alarms.isOpen) this.#alarms.close()
    if (this.#readings.isOpen) this.#readings.close()
  }
}

type Facts = readonly [
  AlarmMoment['type'],
  AlarmMoment['previousState'],
  string,
  AlarmMoment['priority'],
  AlarmMoment['class'],
  AlarmMoment['state'],
  AlarmMoment['mark'],
  number,
]

/** In the order of `MOMENT`. */
function momentOf(row: Readonly<Record<string, unknown>>): AlarmMoment {
  const facts = JSON.parse(String(row.facts)) as Facts
  const [told, previousState, station, priority, alarmClass, state, mark, raisedAt] = facts
  // The proposal with which an occurrence began asks people as its raise does.
  const type = told === 'proposed' && raisedAt === Number(row.time) ? 'raised' : told
  return {
    ...{
      seq: Number(row.seq),
      time: Number(row.time),
      alarm: String(row.alarm),
      type,
      previousState,
      station,
      priority,
    },
    ...{ class: alarmClass, state, mark, raisedAt },
  }
}

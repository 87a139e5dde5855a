/**
 * The marks of messages above QoS 0, beside the readings that they brought and in the same commit, so that a message that
 * is delivered again after a restart is known: see `sources/mqtt/seen-messages.ts`.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { MessageMark } from '../model.ts'
import type { StoredMarks } from './worker-messages.ts'

const NUMBERS_PER_MARK = 3
/** The messages that brought so many of the last readings are known again after a restart. */
const KEPT_READINGS = 100_000
/** One commit deletes at most so many rows. */
const DELETE_STEP = 64

export function packMarks(marks: readonly MessageMark[]): Uint32Array<ArrayBuffer> {
  const numbers = new Uint32Array(marks.length * NUMBERS_PER_MARK)
  let at = 0
  for (const { session, messageId, content } of marks) {
    numbers[at++] = session
    numbers[at++] = messageId
    numbers[at++] = content
  }
  return numbers
}

export function unpackMarks(numbers: Uint32Array): readonly MessageMark[] {
  return Array.from({ length: Math.floor(numbers.length / NUMBERS_PER_MARK) }, (_, index) => {
    const [session = 0, messageId = 0, content = 0] = numbers.subarray(index * NUMBERS_PER_MARK)
    return { session, messageId, content }
  })
}

/** In `readings.sqlite`. The same byte order as the machine's: the file does not travel. */
export class MarkTable {
  readonly #db: DatabaseSync
  readonly #insert: StatementSync
  readonly #deleteUpTo: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    // Files from before there were marks have no such table, and an Outpost from then does not mind it.
    db.exec('CREATE TABLE IF NOT EXISTS mark (last_seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT')
    this.#insert = db.prepare('INSERT OR REPLACE INTO mark (last_seq, bytes) VALUES (?, ?)')
    this.#deleteUpTo = db.prepare(
      'DELETE FROM mark WHERE last_seq IN (SELECT last_seq FROM mark WHERE last_seq <= ? ORDER BY last_seq LIMIT ?)',
    )
  }

  /** Inside the transaction of the readings, of which `lastSeq` is the last. */
  write(lastSeq: number, marks: Uint32Array): void {
    if (marks.length === 0) return
    this.#insert.run(lastSeq, new Uint8Array(marks.buffer, marks.byteOffset, marks.byteLength))
    this.#deleteUpTo.run(lastSeq - KEPT_READINGS, DELETE_STEP)
  }

  read(): readonly StoredMarks[] {
    const rows = this.#db.prepare('SELECT last_seq, bytes FROM mark ORDER BY last_seq').all()
    return rows.map(({ last_seq, bytes }) => ({ lastSeq: Number(last_seq), marks: numbersOf(bytes as Uint8Array) }))
  }
}

function numbersOf(bytes: Uint8Array): Uint32Array {
  const whole = bytes.length - (bytes.length % Uint32Array.BYTES_PER_ELEMENT)
  return new Uint32Array(Uint8Array.prototype.slice.call(bytes, 0, whole).buffer)
}

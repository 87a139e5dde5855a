/**
 * A block is the unit in which readings are stored: up to `MAX_BLOCK_READINGS` readings as bytes, about 5 to 15 bytes
 * each. Times are kept in microseconds, as differences to the reading before.
 */

import type { JournaledReading } from '../delivery-model.ts'
import type { Reading } from '../model.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import {
  type Measurement,
  measurementProblem,
  readMeasurement,
  skipMeasurement,
  writeMeasurement,
} from './measurement.ts'

export const MAX_BLOCK_READINGS = 1024
const FORMAT = 1
/** In 2112; differences of times up to here stay exact whole numbers of microseconds. */
export const LATEST_TIME = 2 ** 52 / 1000

export interface ReadingBlock {
  readonly firstSeq: number
  readonly lastSeq: number
  /** Receipt of the first reading, ms since 1970. */
  readonly receivedAt: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Says why a reading cannot be stored, or null. */
export function readingProblem(reading: Reading): string | null {
  const { point, time, receivedAt } = reading
  if (!isTime(time)) return `reading of ${point}: time must be between 1970 and 2112 in ms, not ${time}`
  if (!isTime(receivedAt))
    return `reading of ${point}: receivedAt must be between 1970 and 2112 in ms, not ${receivedAt}`
  const problem = measurementProblem(reading)
  return problem === null ? null : `reading of ${point}: ${problem}`
}

function isTime(time: number): boolean {
  return time >= 0 && time <= LATEST_TIME
}

/** Whole microseconds; split, because the product of the whole time would not be exact. */
export function microseconds(time: number): number {
  const whole = Math.floor(time)
  return whole * 1000 + Math.round((time - whole) * 1000)
}

/** Gathers readings into one block. Give it only readings without a `readingProblem`. */
export class BlockEncoder {
  readonly #writer = new ByteWriter()
  #count = 0
  #previous = 0
  #receivedAt = 0

  get count(): number {
    return this.#count
  }

  add(reading: Reading, pointIndex: number): void {
    const received = microseconds(reading.receivedAt)
    if (this.#count === 0) {
      this.#writer.byte(FORMAT)
      this.#receivedAt = reading.receivedAt
    }
    this.#writer.varint(pointIndex)
    this.#writer.signed(received - this.#previous)
    this.#writer.signed(received - microseconds(reading.time))
    writeMeasurement(this.#writer, reading)
    this.#previous = received
    this.#count += 1
  }

  /** The block of everything added since the last `take`. */
  take(): { readonly count: number; readonly receivedAt: number; readonly bytes: Uint8Array<ArrayBuffer> } {
    const block = { count: this.#count, receivedAt: this.#receivedAt, bytes: this.#writer.copy() }
    this.#writer.clear()
    this.#count = 0
    this.#previous = 0
    return block
  }
}

/**
 * Walks over the readings of a block: `next`, then `measurement` or `skip`. Whoever only sorts readings by point need not
 * make them. Throws a `RangeError` when the bytes are not a block.
 */
export class BlockCursor {
  readonly #reader: ByteReader
  /** Of the reading, as all that follows; whole microseconds since 1970. */
  seq: number
  pointIndex = 0
  received = 0
  measured = 0

  constructor({ firstSeq, bytes }: Pick<ReadingBlock, 'firstSeq' | 'bytes'>) {
    this.#reader = new ByteReader(bytes)
    const format = this.#reader.byte()
    if (format !== FORMAT) throw new RangeError(`a block of format ${FORMAT} was expected, not ${format}`)
    this.seq = firstSeq - 1
  }

  /** False at the end. */
  next(): boolean {
    if (this.#reader.atEnd) return false
    this.seq += 1
    this.pointIndex = this.#reader.varint()
    this.received += this.#reader.signed()
    this.measured = this.received - this.#reader.signed()
    return true
  }

  measurement(): Measurement {
    return readMeasurement(this.#reader)
  }

  /** Gives where the bytes of the measurement begin in those of the block; they end at `position`. */
  skip(): number {
    const from = this.#reader.position
    skipMeasurement(this.#reader)
    return from
  }

  get position(): number {
    return this.#reader.position
  }
}

/**
 * The readings of a block with numbers above `afterSeq`.
 * Throws a `RangeError` when the bytes are not a block, or name a point that `pointName` does not know.
 */
export function decodeBlock(
  block: Pick<ReadingBlock, 'firstSeq' | 'bytes'>,
  { pointName, afterSeq = 0 }: { pointName: (index: number) => string | undefined; afterSeq?: number },
): JournaledReading[] {
  const cursor = new BlockCursor(block)
  const readings: JournaledReading[] = []
  while (cursor.next()) {
    const measurement = cursor.measurement()
    const { seq, pointIndex, received, measured } = cursor
    if (seq <= afterSeq) continue
    const point = pointName(pointIndex)
    if (point === undefined) throw new RangeError(`the block names point number ${pointIndex}, which does not exist`)
    readings.push({ seq, point, time: measured / 1000, receivedAt: received / 1000, ...measurement })
  }
  return readings
}

/** A chunk is the unit of the history: consecutive readings of one point as bytes, about 4 to 8 bytes each. */
import type { Reading } from '../model.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { type Measurement, readMeasurement, writeMeasurement } from './measurement.ts'
import { microseconds } from './reading-block.ts'

export const MAX_CHUNK_READINGS = 512
const FORMAT = 1

/** One reading of a point; `time`: of measurement, ms since 1970. */
export interface HistoryEntry extends Measurement {
  readonly time: number
}

/** Gathers the newest readings of one point. */
export class ChunkEncoder {
  readonly #writer = new ByteWriter(64)
  #previous = 0
  count = 0
  /** Earliest and latest time of measurement: devices deliver late readings after newer ones. */
  start = Number.POSITIVE_INFINITY
  end = Number.NEGATIVE_INFINITY

  add(reading: Reading): void {
    if (this.count === 0) this.#writer.byte(FORMAT)
    const time = microseconds(reading.time)
    this.#writer.signed(time - this.#previous)
    writeMeasurement(this.#writer, reading)
    this.#previous = time
    this.count += 1
    this.start = Math.min(this.start, reading.time)
    this.end = Math.max(this.end, reading.time)
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#writer.copy()
  }
}

/** Throws a `RangeError` when the bytes are not a chunk. */
export function decodeChunk(bytes: Uint8Array): HistoryEntry[] {
  const reader = new ByteReader(bytes)
  const format = reader.byte()
  if (format !== FORMAT) throw new RangeError(`a chunk of format ${FORMAT} was expected, not ${format}`)
  const entries: HistoryEntry[] = []
  let time = 0
  while (!reader.atEnd) {
    time += reader.signed()
    entries.push({ time: time / 1000, ...readMeasurement(reader) })
  }
  return entries
}

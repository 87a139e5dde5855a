/** A chunk is the unit of the history: consecutive readings of one point as bytes, about 4 to 9 bytes each. */
import { ByteReader } from './byte-reader.ts'
import { type Measurement, readMeasurement } from './measurement.ts'

export const MAX_CHUNK_READINGS = 512
/** Its first byte. Behind it stand, of each reading, the microseconds since the one before and the measurement. */
export const CHUNK_FORMAT = 1

/** One reading of a point; `time`: of measurement, ms since 1970. */
export interface HistoryEntry extends Measurement {
  readonly time: number
}

/** Throws a `RangeError` when the bytes are not a chunk. */
export function decodeChunk(bytes: Uint8Array): HistoryEntry[] {
  const reader = new ByteReader(bytes)
  const format = reader.byte()
  if (format !== CHUNK_FORMAT) throw new RangeError(`a chunk of format ${CHUNK_FORMAT} was expected, not ${format}`)
  const entries: HistoryEntry[] = []
  let time = 0
  while (!reader.atEnd) {
    time += reader.signed()
    entries.push({ time: time / 1000, ...readMeasurement(reader) })
  }
  return entries
}

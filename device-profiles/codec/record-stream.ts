/** Type-length-value streams: two bytes of channel and type, then as many bytes of data as the profile says. */
import type { ByteOrder } from '../binding-schema.ts'
import type { BinaryPayload } from '../payload-schema.ts'
import type { Decoded, FurtherRecord } from './decoded.ts'
import { decodeField, type Field, type Values, writeFields } from './field.ts'
import { type PlainTime, prepareBinaryTime } from './plain-number.ts'
import { hexFromBytes } from './text-bytes.ts'

interface RecordLayout {
  readonly header: number
  readonly length: number
  readonly fields: readonly Field[]
  /** Its own time: then it is a reading of an earlier moment. */
  readonly time: PlainTime | null
}

export interface RecordStream {
  /** Where the first record stands. */
  readonly at: number
  /** By header, channel × 256 + type. */
  readonly layouts: ReadonlyMap<number, RecordLayout>
}

export function prepareRecords(
  { records = {}, recordsAt = 0 }: BinaryPayload,
  { fields, byteOrder }: { readonly fields: ReadonlyMap<string, readonly Field[]>; readonly byteOrder: ByteOrder },
): RecordStream {
  const layouts = new Map<number, RecordLayout>()
  for (const [id, layout] of Object.entries(records)) {
    const header = Number.parseInt(id.replace(' ', ''), 16)
    const { length, time } = typeof layout === 'number' ? { length: layout, time: undefined } : layout
    layouts.set(header, {
      header,
      length,
      fields: fields.get(id) ?? [],
      time: time === undefined ? null : prepareBinaryTime(time, byteOrder),
    })
  }
  return { at: recordsAt, layouts }
}

/** Adds what the records say to `points`; gives the readings of earlier moments, or what is wrong. */
export function decodeRecords(
  { at: start, layouts }: RecordStream,
  bytes: Uint8Array,
  points: Map<string, Decoded>,
): readonly FurtherRecord[] | { readonly malformed: string } {
  const earlier: FurtherRecord[] = []
  let at = start
  while (at < bytes.length) {
    const header = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
    const record = at + 1 < bytes.length ? layouts.get(header) : undefined
    // Without its length nobody can tell where an unknown record ends; what came before it still stands.
    if (record === undefined && at > start && at + 1 < bytes.length) return earlier
    if (record === undefined)
      return { malformed: `unknown record ${hexFromBytes(bytes.subarray(at, at + 2))} at byte ${at}` }
    const data = at + 2
    at = data + record.length
    if (at > bytes.length) {
      const left = bytes.length - data
      return { malformed: `record at byte ${data - 2} needs ${record.length} bytes of data, ${left} are left` }
    }
    const said = record.time === null ? points : new Map<string, Decoded>()
    for (const field of record.fields) said.set(field.point, decodeField(field, bytes, data + field.at))
    if (record.time !== null) earlier.push({ points: said, time: record.time.read(bytes, data), late: true })
  }
  if (at > start) return earlier
  return { malformed: start === 0 ? 'the message is empty' : 'the message has no records' }
}

/**
 * A record is written for the points that have their main place in it; the others that it brings along are written, too. Points
 * that `values` does not mention are filled with their sentinel, or 0 where they have none.
 */
export function encodeRecords({ layouts }: RecordStream, values: Values): number[] {
  const parts: number[] = []
  for (const record of layouts.values()) {
    const isGiven = record.fields.some(({ isMain, point }) => isMain && Object.hasOwn(values, point))
    if (record.time !== null || !isGiven) continue
    const data = new Uint8Array(record.length)
    writeFields(record.fields, data, values)
    parts.push(record.header >> 8, record.header & 0xff, ...data)
  }
  return parts
}

/** Points in binary messages: a head of fixed places, then records, groups or items where the profile has them. */
import type { ByteOrder } from '../binding-schema.ts'
import type { BinaryPayload } from '../payload-schema.ts'
import type { PointProfile } from '../schema.ts'
import type { Parameters } from './conversion.ts'
import { crc16Modbus } from './crc16.ts'
import type { Decoded, DecodedMessage, FurtherRecord } from './decoded.ts'
import { decodeField, endOfFields, type Field, type Place, prepareField, type Values, writeFields } from './field.ts'
import { decodeGroups, encodeGroups, type GroupList, groupKey, prepareGroups } from './group-list.ts'
import { decodeItems, ITEM_KEY, type ItemList, prepareItems } from './item-list.ts'
import { newestOfEach } from './message-records.ts'
import { type PlainTime, prepareBinaryTime } from './plain-number.ts'
import { decodeRecords, encodeRecords, prepareRecords, type RecordStream } from './record-stream.ts'
import { bytesFromHex, hexFromBytes } from './text-bytes.ts'

interface Constant {
  /** Below 0: from the end. */
  readonly at: number
  readonly bytes: Uint8Array
}

export interface BinaryLayout {
  /** Fixed places. */
  readonly head: readonly Field[]
  readonly records: RecordStream | null
  readonly groups: GroupList | null
  readonly items: ItemList | null
  readonly lengths: readonly number[]
  readonly constants: readonly Constant[]
  readonly checksum: NonNullable<BinaryPayload['checksum']> | null
  readonly time: PlainTime | null
}

export function prepareLayout(
  payload: BinaryPayload,
  points: readonly PointProfile[],
  parameters: Parameters,
): BinaryLayout {
  const { byteOrder, records, groups, items, time } = payload
  const fields = new Map<string, Field[]>()
  for (const point of points) {
    if (point.binary === undefined) continue
    const { also = [], ...main } = point.binary
    for (const place of [main, ...also]) {
      const key = keyOf(place)
      const field = prepareField(point, place, { byteOrder, parameters, isMain: place === main })
      fields.set(key, [...(fields.get(key) ?? []), field])
    }
  }
  return {
    head: fields.get('') ?? [],
    records: records === undefined ? null : prepareRecords(payload, { fields, byteOrder }),
    groups: groups === undefined ? null : prepareGroups(groups, { fields, byteOrder }),
    items: items === undefined ? null : prepareItems(items, { fields, byteOrder }),
    lengths: payload.lengths ?? [],
    constants: (payload.constants ?? []).map(({ at, bytes }) => ({
      at,
      bytes: bytesFromHex(bytes) ?? new Uint8Array(),
    })),
    checksum: payload.checksum ?? null,
    time: time === undefined ? null : prepareBinaryTime(time, byteOrder),
  }
}

function keyOf({ record, group, item }: Place): string {
  if (record !== undefined) return record
  return group !== undefined ? groupKey(group) : item === true ? ITEM_KEY : ''
}

export function decodeLayout(layout: BinaryLayout, bytes: Uint8Array): DecodedMessage {
  const frame = frameProblem(layout, bytes)
  if (frame !== null) return { malformed: frame }
  const points = new Map<string, Decoded>()
  const problem = decodeHead(layout, bytes, points)
  if (problem !== null) return { malformed: problem }
  const time = layout.time === null ? null : layout.time.read(bytes)
  const earlier = decodeRest(layout, bytes, points)
  if ('malformed' in earlier) return earlier
  return earlier.length === 0 ? { points, time } : newestOfEach([...earlier, { points, time, late: false }])
}

function frameProblem({ constants, checksum, lengths }: BinaryLayout, bytes: Uint8Array): string | null {
  for (const constant of constants) {
    const at = constant.at < 0 ? bytes.length + constant.at : constant.at
    const there = bytes.subarray(Math.max(0, at), Math.max(0, at + constant.bytes.length))
    if (hexFromBytes(there) === hexFromBytes(constant.bytes)) continue
    return `expected ${hexFromBytes(constant.bytes)} at byte ${at}, got ${hexFromBytes(there) || 'nothing'}`
  }
  if (lengths.length > 0 && !lengths.includes(bytes.length)) {
    return `expected a message of ${lengths.join(' or ')} bytes, got ${bytes.length}`
  }
  if (checksum === null) return null
  const at = bytes.length - checksum.after - 2
  if (at < 0) return `the message of ${bytes.length} bytes has no room for its checksum`
  const said = hexFromBytes(bytes.subarray(at, at + 2))
  const right = hexFromBytes(checksumBytes(bytes.subarray(0, at), checksum.byteOrder))
  return said === right ? null : `expected the checksum ${right} at byte ${at}, got ${said}`
}

function checksumBytes(bytes: Uint8Array, byteOrder: ByteOrder): Uint8Array {
  const crc = crc16Modbus(bytes)
  return byteOrder === 'DCBA' ? Uint8Array.of(crc & 0xff, crc >> 8) : Uint8Array.of(crc >> 8, crc & 0xff)
}

/** A legal short form leaves its points out; where no lengths are known, a short message is a damaged one. */
function decodeHead(layout: BinaryLayout, bytes: Uint8Array, points: Map<string, Decoded>): string | null {
  for (const field of layout.head) {
    if (field.at + field.format.size <= bytes.length) points.set(field.point, decodeField(field, bytes, field.at))
    else if (layout.lengths.length === 0) return `the message ends at byte ${bytes.length}, before ${field.point}`
  }
  const { records, items, time } = layout
  const needed = Math.max(time?.end ?? 0, records?.at ?? 0, items?.at ?? 0)
  return needed <= bytes.length ? null : `the message ends at byte ${bytes.length}, before byte ${needed}`
}

/** Adds to `points`; gives readings of earlier moments. */
function decodeRest(
  layout: BinaryLayout,
  bytes: Uint8Array,
  points: Map<string, Decoded>,
): readonly FurtherRecord[] | { readonly malformed: string } {
  if (layout.records !== null) return decodeRecords(layout.records, bytes, points)
  if (layout.groups !== null) {
    const malformed = decodeGroups(layout.groups, bytes, points)
    return malformed === null ? [] : { malformed }
  }
  if (layout.items === null) return []
  return decodeItems(layout.items, bytes, bytes.length - tailLength(layout))
}

/** Bytes of the checksum and of what stands behind it. */
function tailLength({ checksum, constants }: BinaryLayout): number {
  const fromEnd = Math.max(0, ...constants.map(({ at }) => -at))
  return checksum === null ? fromEnd : Math.max(fromEnd, checksum.after + 2)
}

/** Earlier readings are not written: a message with none says as much about now. */
export function encodeLayout(layout: BinaryLayout, values: Values, time?: number): Uint8Array {
  const groups = layout.groups === null ? null : encodeGroups(layout.groups, values)
  const rest = layout.records === null ? (groups?.bytes ?? []) : encodeRecords(layout.records, values)
  const start = restAt(layout, values)
  const bytes = new Uint8Array(lengthOf(layout, start + rest.length))
  writeFields(layout.head, bytes, values)
  bytes.set(rest, start)
  layout.groups?.mask.write(bytes, groups?.mask ?? 0)
  if (time !== undefined) layout.time?.write(bytes, time)
  for (const { at, bytes: constant } of layout.constants) bytes.set(constant, at < 0 ? bytes.length + at : at)
  writeChecksum(layout, bytes)
  return bytes
}

function restAt({ records, groups, items, head, constants, time }: BinaryLayout, values: Values): number {
  const fixed = records?.at ?? groups?.at ?? items?.at
  if (fixed !== undefined) return fixed
  const marks = constants.filter(({ at }) => at >= 0).map(({ at, bytes }) => at + bytes.length)
  return Math.max(endOfFields(head, values), time?.end ?? 0, ...marks)
}

function lengthOf(layout: BinaryLayout, end: number): number {
  const length = end + tailLength(layout)
  const legal = layout.lengths.filter((candidate) => candidate >= length)
  return legal.length > 0 ? Math.min(...legal) : length
}

function writeChecksum({ checksum }: BinaryLayout, bytes: Uint8Array): void {
  if (checksum === null) return
  const at = bytes.length - checksum.after - 2
  bytes.set(checksumBytes(bytes.subarray(0, at), checksum.byteOrder), at)
}

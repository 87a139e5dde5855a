/** Points in binary messages: type-length-value records, or fixed places. */
import type { BinaryBinding, ByteOrder, Payload } from '../binding-schema.ts'
import type { PointProfile } from '../schema.ts'
import { type Conversion, type Parameters, prepareConversion, refuseSentinel, toRaw, toValue } from './conversion.ts'
import type { Decoded } from './decoded.ts'
import { naming } from './naming.ts'
import { bytesFromHex, hexFromBytes } from './text-bytes.ts'
import { readText, writeText } from './text-field.ts'
import { bitRange, type NumberFormat, readWire, representable, wireSize, writeWire } from './wire.ts'

export type BinaryPayload = Extract<Payload, { format: 'binary' }>

/** One place where a point can stand. */
export interface Field {
  readonly point: string
  readonly boolean: boolean
  readonly at: number
  readonly format: NumberFormat | { readonly type: 'string'; readonly byteOrder: ByteOrder; readonly size: number }
  readonly conversion: Conversion
}

interface RecordLayout {
  readonly header: number
  readonly length: number
  readonly fields: readonly Field[]
}

interface Constant {
  readonly at: number
  readonly bytes: Uint8Array
}

export interface BinaryLayout {
  /** By header, channel × 256 + type; null for a fixed layout. */
  readonly records: ReadonlyMap<number, RecordLayout> | null
  /** Fixed places, for a layout without records. */
  readonly fields: readonly Field[]
  readonly lengths: readonly number[]
  readonly constants: readonly Constant[]
}

type Place = Omit<BinaryBinding, 'also'>
type Values = Readonly<Record<string, number | string>>

export type BinaryResult = { readonly points: Map<string, Decoded> } | { readonly malformed: string }

export function prepareLayout(
  payload: BinaryPayload,
  points: readonly PointProfile[],
  { parameters, write }: { readonly parameters: Parameters; readonly write: boolean },
): BinaryLayout {
  const fields = new Map<string, Field[]>()
  for (const point of points) {
    if (point.binary === undefined) continue
    const places = write ? [point.binary] : [point.binary, ...(point.binary.also ?? [])]
    for (const place of places) {
      const record = place.record ?? ''
      const field = prepareField(point, place, { byteOrder: payload.byteOrder, parameters })
      fields.set(record, [...(fields.get(record) ?? []), field])
    }
  }
  return {
    records: payload.records === undefined ? null : recordTable(payload.records, fields),
    fields: fields.get('') ?? [],
    lengths: payload.lengths ?? [],
    constants: (payload.constants ?? []).map(({ at, bytes }) => ({
      at,
      bytes: bytesFromHex(bytes) ?? new Uint8Array(),
    })),
  }
}

export function decodeLayout(layout: BinaryLayout, bytes: Uint8Array): BinaryResult {
  for (const constant of layout.constants) {
    const there = bytes.subarray(constant.at, constant.at + constant.bytes.length)
    if (hexFromBytes(there) === hexFromBytes(constant.bytes)) continue
    return {
      malformed: `expected ${hexFromBytes(constant.bytes)} at byte ${constant.at}, got ${hexFromBytes(there) || 'nothing'}`,
    }
  }
  return layout.records === null ? decodeFixed(layout, bytes) : decodeRecords(layout.records, bytes)
}

/** Points of a written record that `values` does not mention are filled with their sentinel, or 0 where they have none. */
export function encodeLayout(layout: BinaryLayout, values: Values): Uint8Array {
  if (layout.records === null) return encodeFixed(layout, values)
  const parts: number[] = []
  for (const record of layout.records.values()) {
    if (!record.fields.some((field) => Object.hasOwn(values, field.point))) continue
    const data = new Uint8Array(record.length)
    writeFields(record.fields, data, values)
    parts.push(record.header >> 8, record.header & 0xff, ...data)
  }
  return Uint8Array.from(parts)
}

function decodeRecords(records: ReadonlyMap<number, RecordLayout>, bytes: Uint8Array): BinaryResult {
  const points = new Map<string, Decoded>()
  let at = 0
  while (at < bytes.length) {
    const header = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
    const record = at + 1 < bytes.length ? records.get(header) : undefined
    // Without its length nobody can tell where an unknown record ends; what came before it still stands.
    if (record === undefined && at > 0 && at + 1 < bytes.length) return { points }
    if (record === undefined)
      return { malformed: `unknown record ${hexFromBytes(bytes.subarray(at, at + 2))} at byte ${at}` }
    const data = at + 2
    at = data + record.length
    if (at > bytes.length) {
      const left = bytes.length - data
      return { malformed: `record at byte ${data - 2} needs ${record.length} bytes of data, ${left} are left` }
    }
    for (const field of record.fields) points.set(field.point, decodeField(field, bytes, data + field.at))
  }
  return at === 0 ? { malformed: 'the message is empty' } : { points }
}

function decodeFixed(layout: BinaryLayout, bytes: Uint8Array): BinaryResult {
  const { lengths } = layout
  if (lengths.length > 0 && !lengths.includes(bytes.length)) {
    return { malformed: `expected a message of ${lengths.join(' or ')} bytes, got ${bytes.length}` }
  }
  const points = new Map<string, Decoded>()
  for (const field of layout.fields) {
    if (field.at + field.format.size <= bytes.length) points.set(field.point, decodeField(field, bytes, field.at))
    // A legal short form leaves its points out; where no lengths are known, a short message is a damaged one.
    else if (lengths.length === 0)
      return { malformed: `the message ends at byte ${bytes.length}, before ${field.point}` }
  }
  return { points }
}

function encodeFixed(layout: BinaryLayout, values: Values): Uint8Array {
  let end = 0
  for (const constant of layout.constants) end = Math.max(end, constant.at + constant.bytes.length)
  for (const field of layout.fields) {
    if (Object.hasOwn(values, field.point)) end = Math.max(end, field.at + field.format.size)
  }
  const legal = layout.lengths.filter((length) => length >= end)
  const bytes = new Uint8Array(legal.length > 0 ? Math.min(...legal) : end)
  writeFields(layout.fields, bytes, values)
  for (const constant of layout.constants) bytes.set(constant.bytes, constant.at)
  return bytes
}

function decodeField(field: Field, bytes: Uint8Array, at: number): Decoded {
  const { conversion, format } = field
  if (format.type === 'string') return readText(bytes, at, format)
  const raw = readWire(bytes, at, format)
  if (field.boolean && conversion.trueWhen === null && raw !== 0 && raw !== 1 && !conversion.sentinels.includes(raw)) {
    return { fault: 'malformed', detail: `expected 0 or 1 at byte ${at}, got ${raw}` }
  }
  return toValue(conversion, raw)
}

/** Points that are not given come first, so that what they are filled with never covers a given neighbour in the same bytes. */
function writeFields(fields: readonly Field[], bytes: Uint8Array, values: Values): void {
  for (const { point, at, format, conversion } of fields) {
    if (values[point] === undefined && at + format.size <= bytes.length && format.type !== 'string') {
      writeWire(bytes, at, { ...format, raw: conversion.sentinels[0] ?? 0 })
    }
  }
  for (const field of fields) {
    const value = values[field.point]
    if (value !== undefined) naming(field.point, () => writeField(field, bytes, value))
  }
}

function writeField({ at, conversion, format }: Field, bytes: Uint8Array, value: number | string): void {
  if (format.type === 'string') {
    if (typeof value !== 'string') throw new RangeError(`expected a text, got ${value}`)
    writeText(bytes, at, { ...format, text: value })
    return
  }
  if (typeof value !== 'number') throw new RangeError(`expected a number, got ${JSON.stringify(value)}`)
  const raw = refuseSentinel(conversion, representable(format, toRaw(conversion, value)))
  writeWire(bytes, at, { ...format, raw })
}

function prepareField(
  point: PointProfile,
  place: Place,
  { byteOrder, parameters }: { readonly byteOrder: ByteOrder; readonly parameters: Parameters },
): Field {
  return {
    point: point.id,
    boolean: point.type === 'boolean',
    at: place.at,
    format: formatOf(place, byteOrder),
    conversion: prepareConversion(place, parameters),
  }
}

/** A text is not a number: the order that a message has for its numbers says nothing about it. */
function formatOf({ type, length = 1, ...place }: Place, byteOrder: ByteOrder): Field['format'] {
  if (type === 'string') return { type, byteOrder: place.byteOrder ?? 'ABCD', size: length }
  const bits = bitRange(type, place)
  return { type, byteOrder: place.byteOrder ?? byteOrder, bits, size: wireSize({ type, bit: place.bit }) }
}

function recordTable(
  lengths: Readonly<Record<string, number>>,
  fields: ReadonlyMap<string, readonly Field[]>,
): ReadonlyMap<number, RecordLayout> {
  const table = new Map<number, RecordLayout>()
  for (const [id, length] of Object.entries(lengths)) {
    const header = Number.parseInt(id.replace(' ', ''), 16)
    table.set(header, { header, length, fields: fields.get(id) ?? [] })
  }
  return table
}

/** One place in a binary message where a point can stand. */
import type { BinaryBinding, ByteOrder } from '../binding-schema.ts'
import type { PointProfile } from '../schema.ts'
import { type Conversion, type Parameters, prepareConversion, refuseSentinel, toRaw, toValue } from './conversion.ts'
import type { Decoded } from './decoded.ts'
import { naming } from './naming.ts'
import { readText, writeText } from './text-field.ts'
import { bitRange, type NumberFormat, readWire, representable, wireSize, writeWire } from './wire.ts'

export interface Field {
  readonly point: string
  readonly boolean: boolean
  /** False for another place of a point that has a main one. */
  readonly isMain: boolean
  /** From the start of the record's data, the group, the item or the message. */
  readonly at: number
  readonly format: NumberFormat | { readonly type: 'string'; readonly byteOrder: ByteOrder; readonly size: number }
  readonly conversion: Conversion
}

export type Place = Omit<BinaryBinding, 'also'>
export type Values = Readonly<Record<string, number | string>>

export function prepareField(
  point: PointProfile,
  place: Place,
  {
    byteOrder,
    parameters,
    isMain,
  }: { readonly byteOrder: ByteOrder; readonly parameters: Parameters; readonly isMain: boolean },
): Field {
  return {
    point: point.id,
    boolean: point.type === 'boolean',
    isMain,
    at: place.at,
    format: formatOf(place, byteOrder),
    conversion: prepareConversion(place, parameters),
  }
}

/** `at` is where the field stands in the message; all its bytes must be there. */
export function decodeField(field: Field, bytes: Uint8Array, at: number): Decoded {
  const { conversion, format } = field
  if (format.type === 'string') return readText(bytes, at, format)
  const raw = readWire(bytes, at, format)
  if (field.boolean && conversion.trueWhen === null && raw !== 0 && raw !== 1 && !conversion.sentinels.includes(raw)) {
    return { fault: 'malformed', detail: `expected 0 or 1 at byte ${at}, got ${raw}` }
  }
  return toValue(conversion, raw)
}

/** Points that are not given come first, so that what they are filled with never covers a given neighbour in the same bytes. */
export function writeFields(fields: readonly Field[], bytes: Uint8Array, values: Values): void {
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

/** Where the last of the fields that `values` mentions ends. */
export function endOfFields(fields: readonly Field[], values: Values): number {
  const ends = fields.filter(({ point }) => Object.hasOwn(values, point)).map(({ at, format }) => at + format.size)
  return Math.max(0, ...ends)
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

/** A text is not a number: the order that a message has for its numbers says nothing about it. */
function formatOf({ type, length = 1, ...place }: Place, byteOrder: ByteOrder): Field['format'] {
  if (type === 'string') return { type, byteOrder: place.byteOrder ?? 'ABCD', size: length }
  const bits = bitRange(type, place)
  return { type, byteOrder: place.byteOrder ?? byteOrder, bits, size: wireSize({ type, bit: place.bit }) }
}

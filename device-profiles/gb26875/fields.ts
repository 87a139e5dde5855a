/** The pieces of which the objects of application data are made. */
import type { ByteReader, ByteWriter } from './bytes.ts'
import type { CivilTime } from './civil-time.ts'
import { gb18030Bytes, gb18030Text, gb18030Within } from './gb18030.ts'

export interface Field<T> {
  read(reader: ByteReader): T
  write(value: T, writer: ByteWriter): void
}

/** A fire-fighting system of a building, e.g. its fire alarm system: its type (table 4) and its number. */
export interface SystemAddress {
  readonly type: number
  readonly address: number
}

/** A component of a system by its type (table 5). */
export interface ComponentAddress {
  readonly type: number
  /** Four bytes: see `componentAddress`. */
  readonly address: number
}

export const DESCRIPTION_BYTES = 31

function number(count: number): Field<number> {
  return { read: (reader) => reader.number(count), write: (value, writer) => writer.number(value, count) }
}

export const U8 = number(1)
export const U16 = number(2)
/** Of a component where its type does not stand beside it: four bytes, little-endian. */
export const U32 = number(4)

export const I16: Field<number> = {
  read: (reader) => (reader.number(2) << 16) >> 16,
  write(value, writer) {
    if (!Number.isInteger(value) || value < -32_768 || value > 32_767) {
      throw new RangeError(`expected a whole number from -32768 to 32767, got ${value}`)
    }
    writer.number(value & 0xffff, 2)
  },
}

export const TIME: Field<CivilTime> = {
  read: (reader) => reader.time(),
  write: (value, writer) => writer.time(value),
}

export const SYSTEM: Field<SystemAddress> = {
  read: (reader) => ({ type: reader.number(1), address: reader.number(1) }),
  write({ type, address }, writer) {
    writer.number(type, 1)
    writer.number(address, 1)
  },
}

export const COMPONENT: Field<ComponentAddress> = {
  read: (reader) => ({ type: reader.number(1), address: reader.number(4) }),
  write({ type, address }, writer) {
    writer.number(type, 1)
    writer.number(address, 4)
  },
}

/** Exactly 31 bytes; what is longer is cut between two characters. */
export const DESCRIPTION: Field<string> = {
  read(reader) {
    const bytes = reader.take(DESCRIPTION_BYTES)
    // No code of several bytes has a zero in it. Spaces before a zero belong to the text.
    const end = bytes.indexOf(0)
    return end < 0 ? gb18030Text(bytes).replace(/ +$/, '') : gb18030Text(bytes.subarray(0, end))
  },
  write(value, writer) {
    const text = gb18030Within(value, DESCRIPTION_BYTES)
    const rest = DESCRIPTION_BYTES - text.length
    writer.add(text)
    writer.add(new Uint8Array(rest).fill(writer.dialect.padding === 'space' ? 0x20 : 0))
  },
}

/** Its length in one byte, then the text. Throws a RangeError for more than 255 bytes. */
export const TEXT: Field<string> = {
  read: (reader) => gb18030Text(reader.take(reader.number(1))),
  write(value, writer) {
    const bytes = gb18030Bytes(value)
    writer.number(bytes.length, 1)
    writer.add(bytes)
  },
}

/** One byte that means nothing yet. */
export const RESERVED: Field<number> = U8

/** Zone and number as the standard has them: two bytes each, little-endian, the zone first. */
export function componentAddress({ zone, number }: { readonly zone: number; readonly number: number }): number {
  return number * 0x10000 + zone
}

export function zoneAndNumber(address: number): { readonly zone: number; readonly number: number } {
  return { zone: address % 0x10000, number: Math.floor(address / 0x10000) }
}

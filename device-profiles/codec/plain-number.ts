/** Whole numbers in a message that say something about the message itself: counts, masks, times. */
import type { ByteOrder } from '../binding-schema.ts'
import type { BinaryTime } from '../payload-schema.ts'
import { readWire, wireSize, writeWire } from './wire.ts'

interface NumberPlace {
  readonly at: number
  readonly type: 'uint8' | 'uint16' | 'uint32' | 'uint64'
  readonly byteOrder?: ByteOrder
}

export interface PlainNumber {
  /** Byte after its last one, from where its `at` is counted. */
  readonly end: number
  /** `from`: the byte its `at` is counted from; all its bytes must be there. */
  read(bytes: Uint8Array, from?: number): number
  write(bytes: Uint8Array, number: number): void
}

export function prepareNumber({ at, type, byteOrder }: NumberPlace, order: ByteOrder): PlainNumber {
  const size = wireSize({ type })
  const format = { type, byteOrder: byteOrder ?? order, bits: null, size }
  return {
    end: at + size,
    read: (bytes, from = 0) => readWire(bytes, from + at, format),
    write: (bytes, number) => writeWire(bytes, at, { ...format, raw: number }),
  }
}

export interface PlainTime {
  readonly end: number
  /** Milliseconds since 1970. */
  read(bytes: Uint8Array, from?: number): number
  write(bytes: Uint8Array, time: number): void
}

export function prepareBinaryTime(place: BinaryTime, order: ByteOrder): PlainTime {
  const number = prepareNumber(place, order)
  const factor = place.unit === 's' ? 1000 : 1
  return {
    end: number.end,
    read: (bytes, from) => number.read(bytes, from) * factor,
    write: (bytes, time) => number.write(bytes, Math.floor(time / factor)),
  }
}

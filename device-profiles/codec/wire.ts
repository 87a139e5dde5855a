/** Raw numbers in bytes: sizes, byte orders, limits. */
import type { ByteOrder, WireType } from '../binding-schema.ts'

export interface WireFormat {
  readonly type: WireType
  readonly byteOrder: ByteOrder
  /** Number of the bit, 0 = least significant, when `type` is 'bit'. */
  readonly bit: number
}

type NumberType = Exclude<WireType, 'bit'>

const SIZES: Readonly<Record<NumberType, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
}

const LIMITS: Readonly<Record<Exclude<NumberType, 'float32'>, readonly [number, number]>> = {
  uint8: [0, 0xff],
  int8: [-0x80, 0x7f],
  uint16: [0, 0xffff],
  int16: [-0x8000, 0x7fff],
  uint32: [0, 0xffffffff],
  int32: [-0x80000000, 0x7fffffff],
}

/** Where the bytes A B C D of a value stand on the wire. Two bytes are the A B of their order. */
const PLACES: Readonly<Record<ByteOrder, readonly number[]>> = {
  ABCD: [0, 1, 2, 3],
  CDAB: [2, 3, 0, 1],
  BADC: [1, 0, 3, 2],
  DCBA: [3, 2, 1, 0],
}

const scratch = new DataView(new ArrayBuffer(4))

/** Bytes the value takes; a bit takes the byte, the 16-bit or the 32-bit word that it stands in. */
export function wireSize(format: Pick<WireFormat, 'type' | 'bit'>): number {
  if (format.type !== 'bit') return SIZES[format.type]
  return format.bit < 8 ? 1 : format.bit < 16 ? 2 : 4
}

/** The raw number at `at`; `size` bytes must be there (see `wireSize`; registers read a bit from at least two bytes). */
export function readWire(bytes: ArrayLike<number>, at: number, format: WireFormat & { readonly size: number }): number {
  const { size } = format
  for (let i = 0; i < size; i++) scratch.setUint8(i, bytes[at + placeOf(i, size, format.byteOrder)] ?? 0)
  switch (format.type) {
    case 'uint8':
      return scratch.getUint8(size - 1)
    case 'int8':
      return scratch.getInt8(size - 1)
    case 'uint16':
      return scratch.getUint16(0)
    case 'int16':
      return scratch.getInt16(0)
    case 'uint32':
      return scratch.getUint32(0)
    case 'int32':
      return scratch.getInt32(0)
    case 'float32':
      return scratch.getFloat32(0)
    case 'bit':
      return (readWord(size) >>> format.bit) & 1
  }
}

/**
 * Writes a raw number that `representable` has passed. A bit is merged into the bytes that are there already, so that points
 * which share a word can be written one after the other.
 */
export function writeWire(
  bytes: Uint8Array,
  at: number,
  { raw, ...format }: WireFormat & { readonly size: number; readonly raw: number },
): void {
  const { size } = format
  for (let i = 0; i < size; i++) scratch.setUint8(i, bytes[at + placeOf(i, size, format.byteOrder)] ?? 0)
  if (format.type === 'float32') scratch.setFloat32(0, raw)
  else if (format.type === 'bit') writeWord(size, (readWord(size) & ~(1 << format.bit)) | (raw << format.bit))
  else if (SIZES[format.type] === 1) scratch.setUint8(size - 1, raw & 0xff)
  else writeWord(size, raw)
  for (let i = 0; i < size; i++) bytes[at + placeOf(i, size, format.byteOrder)] = scratch.getUint8(i)
}

/** The nearest raw number the type can hold. Throws a RangeError when the number is outside the type. */
export function representable(type: WireType, raw: number): number {
  if (type === 'float32') {
    const single = Math.fround(raw)
    if (!Number.isFinite(single)) throw new RangeError(`raw number ${raw} does not fit in float32`)
    return single
  }
  const [low, high] = type === 'bit' ? [0, 1] : LIMITS[type]
  const whole = Math.round(raw) + 0
  if (!(whole >= low && whole <= high))
    throw new RangeError(`raw number ${raw} does not fit in ${type} (${low} to ${high})`)
  return whole
}

function placeOf(index: number, size: number, order: ByteOrder): number {
  if (size === 1) return 0
  if (size === 2) return order === 'BADC' || order === 'DCBA' ? 1 - index : index
  return PLACES[order][index] ?? index
}

function readWord(size: number): number {
  return size === 1 ? scratch.getUint8(0) : size === 2 ? scratch.getUint16(0) : scratch.getUint32(0)
}

function writeWord(size: number, word: number): void {
  if (size === 1) scratch.setUint8(0, word)
  else if (size === 2) scratch.setUint16(0, word)
  else scratch.setUint32(0, word)
}

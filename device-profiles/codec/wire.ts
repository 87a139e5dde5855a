/** Raw numbers in bytes: sizes, limits, reading and writing. */
import type { BinaryBinding, ByteOrder, WireType } from '../binding-schema.ts'
import { bcdFromNumber } from './bcd.ts'
import { bytePlaces } from './byte-order.ts'

export type NumberType = Exclude<WireType, 'string'>

/** A string of bits inside a word: `from` is the lowest of them. */
export type BitRange = NonNullable<BinaryBinding['bits']>

export interface NumberFormat {
  readonly type: NumberType
  readonly byteOrder: ByteOrder
  /** The bits that are the number, where it does not fill its bytes. */
  readonly bits: BitRange | null
  /** Bytes it stands in (see `wireSize`; registers read a bit from at least two bytes). */
  readonly size: number
}

const SIZES: Readonly<Record<Exclude<NumberType, 'bit'>, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float16: 2,
  float32: 4,
  float64: 8,
  bcd16: 2,
  bcd32: 4,
}

type WholeType = Exclude<NumberType, 'bit' | 'float16' | 'float32' | 'float64'>

/** Of values. 64-bit types hold more, but a number in here is exact only up to 2^53 - 1. */
const LIMITS: Readonly<Record<WholeType, readonly [number, number]>> = {
  uint8: [0, 0xff],
  int8: [-0x80, 0x7f],
  uint16: [0, 0xffff],
  int16: [-0x8000, 0x7fff],
  uint32: [0, 0xffffffff],
  int32: [-0x80000000, 0x7fffffff],
  uint64: [0, Number.MAX_SAFE_INTEGER],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  bcd16: [0, 9999],
  bcd32: [0, 99_999_999],
}

const scratch = new DataView(new ArrayBuffer(8))

/** Bytes a number takes; a bit takes the byte, the 16-bit or the 32-bit word that it stands in. */
export function wireSize({ type, bit = 0 }: { readonly type: NumberType; readonly bit?: number | undefined }): number {
  if (type !== 'bit') return SIZES[type]
  return bit < 8 ? 1 : bit < 16 ? 2 : 4
}

/** The bits of its word that are the number; null where it fills its bytes. */
export function bitRange(
  type: NumberType,
  { bit = 0, bits }: { readonly bit?: number | undefined; readonly bits?: BitRange | undefined },
): BitRange | null {
  return type === 'bit' ? { from: bit, count: 1 } : (bits ?? null)
}

/**
 * The raw number at `at`; `size` bytes must be there. A BCD type gives its word, not yet its digits. Whole numbers beyond 2^53 - 1
 * come rounded: `toValue` refuses them.
 */
export function readWire(bytes: ArrayLike<number>, at: number, { type, byteOrder, bits, size }: NumberFormat): number {
  const places = bytePlaces(byteOrder, size)
  for (let i = 0; i < size; i++) scratch.setUint8(i, bytes[at + (places[i] ?? 0)] ?? 0)
  if (bits !== null) return signed(type, Math.floor(readWord(size) / 2 ** bits.from) % 2 ** bits.count, bits.count)
  switch (type) {
    case 'int8':
      return scratch.getInt8(size - 1)
    case 'uint8':
      return scratch.getUint8(size - 1)
    case 'int16':
      return scratch.getInt16(0)
    case 'int32':
      return scratch.getInt32(0)
    case 'int64':
      return Number(scratch.getBigInt64(0))
    case 'float16':
      return scratch.getFloat16(0)
    case 'float32':
      return scratch.getFloat32(0)
    case 'float64':
      return scratch.getFloat64(0)
    default:
      return readWord(size)
  }
}

/**
 * Writes a raw number that `representable` has passed, or a sentinel. Bits are merged into the bytes that are there already, so
 * that points which share a word can be written one after the other.
 */
export function writeWire(bytes: Uint8Array, at: number, { raw, ...format }: NumberFormat & { readonly raw: number }) {
  const { type, bits, size } = format
  const places = bytePlaces(format.byteOrder, size)
  for (let i = 0; i < size; i++) scratch.setUint8(i, bytes[at + (places[i] ?? 0)] ?? 0)
  if (bits !== null) writeWord(size, withBits(readWord(size), bits, raw))
  else if (type === 'float16') scratch.setFloat16(0, raw)
  else if (type === 'float32') scratch.setFloat32(0, raw)
  else if (type === 'float64') scratch.setFloat64(0, raw)
  else if (SIZES[type as WholeType] === 1) scratch.setUint8(size - 1, raw & 0xff)
  else writeWord(size, raw)
  for (let i = 0; i < size; i++) bytes[at + (places[i] ?? 0)] = scratch.getUint8(i)
}

/**
 * The nearest raw number the type can hold, as `readWire` would give it (the word of a BCD type).
 * Throws a RangeError when the number is outside the type.
 */
export function representable({ type, bits }: Pick<NumberFormat, 'type' | 'bits'>, raw: number): number {
  if (type === 'float16' || type === 'float32' || type === 'float64') {
    const nearest = type === 'float16' ? Math.f16round(raw) : type === 'float32' ? Math.fround(raw) : raw
    if (!Number.isFinite(nearest)) throw new RangeError(`raw number ${raw} does not fit in ${type}`)
    return nearest
  }
  const [low, high] = bits !== null ? bitLimits(type, bits) : type === 'bit' ? [0, 1] : LIMITS[type]
  const whole = Math.round(raw) + 0
  if (!(whole >= low && whole <= high)) {
    const where = bits !== null && type !== 'bit' ? `${bits.count} bits` : type
    throw new RangeError(`raw number ${raw} does not fit in ${where} (${low} to ${high})`)
  }
  return type === 'bcd16' || type === 'bcd32' ? bcdFromNumber(whole) : whole
}

/** The raw numbers that a type can bring at all, sentinels and words of BCD types included; null for floating point. */
export function rawLimits({ type, bits }: Pick<NumberFormat, 'type' | 'bits'>): readonly [number, number] | null {
  if (bits !== null) return bitLimits(type, bits)
  if (type === 'bit') return [0, 1]
  if (type === 'float16' || type === 'float32' || type === 'float64') return null
  if (type === 'uint64') return [0, 2 ** 64]
  if (type === 'int64') return [-(2 ** 63), 2 ** 63]
  if (type === 'bcd16' || type === 'bcd32') return [0, 2 ** (8 * SIZES[type]) - 1]
  return LIMITS[type]
}

function withBits(word: number, { from, count }: BitRange, raw: number): number {
  const mask = (2 ** count - 1) * 2 ** from
  return ((word & ~mask) | ((raw * 2 ** from) & mask)) >>> 0
}

/** Bits of a signed type are a number in two's complement of their own. */
function isSigned(type: NumberType): boolean {
  return type === 'int8' || type === 'int16' || type === 'int32'
}

function signed(type: NumberType, raw: number, count: number): number {
  return isSigned(type) && raw >= 2 ** (count - 1) ? raw - 2 ** count : raw
}

function bitLimits(type: NumberType, { count }: BitRange): readonly [number, number] {
  return isSigned(type) ? [-(2 ** (count - 1)), 2 ** (count - 1) - 1] : [0, 2 ** count - 1]
}

function readWord(size: number): number {
  if (size === 1) return scratch.getUint8(0)
  if (size === 2) return scratch.getUint16(0)
  return size === 4 ? scratch.getUint32(0) : Number(scratch.getBigUint64(0))
}

function writeWord(size: number, word: number): void {
  if (size === 1) scratch.setUint8(0, word)
  else if (size === 2) scratch.setUint16(0, word)
  else if (size === 4) scratch.setUint32(0, word)
  else scratch.setBigUint64(0, bigWord(word))
}

/** The codes 2^63 - 1 and 2^64 - 1 are the numbers 2^63 and 2^64 here, which would wrap to other words. */
function bigWord(word: number): bigint {
  const whole = BigInt(word)
  return whole === 2n ** 63n || whole === 2n ** 64n ? whole - 1n : BigInt.asUintN(64, whole)
}

/** Which keys of a binding go with which wire type, and with one another. */
import type { BinaryBinding, ByteOrder, ModbusBinding, WireType } from './binding-schema.ts'
import { bitRange, rawLimits, wireSize } from './codec/wire.ts'
import type { Finding } from './finding.ts'
import type { PointProfile } from './schema.ts'
import type { DocumentPath } from './yaml-document.ts'

type Place = Omit<BinaryBinding, 'also' | 'record' | 'at'> & Pick<ModbusBinding, 'scaleFactor' | 'scaleFactorWritten'>

const ORDERS: readonly ByteOrder[] = ['ABCD', 'CDAB', 'BADC', 'DCBA']
const ORDERS_OF_EIGHT: readonly ByteOrder[] = [
  'ABCDEFGH',
  'GHEFCDAB',
  'BADCFEHG',
  'HGFEDCBA',
  'EFGHABCD',
  'CDABGHEF',
  'FEHGBADC',
  'DCBAHGFE',
]
/** Bits of the words that bit fields are cut from. */
const WIDTHS: Readonly<Partial<Record<WireType, number>>> = {
  uint8: 8,
  uint16: 16,
  uint32: 32,
  int8: 8,
  int16: 16,
  int32: 32,
}

/** `unit`: what the length of a string is counted in. */
export function* checkType(
  point: PointProfile,
  place: Place,
  { path, unit }: { readonly path: DocumentPath; readonly unit: 'registers' | 'bytes' },
): Generator<Finding> {
  yield* checkBits(place, path)
  yield* checkByteOrder(place, { path, unit })
  if (place.trueWhen !== undefined && point.type !== 'boolean') yield strayTrueWhen(point, path)
  yield* checkFalseWhen(place, path)
  if (place.type === 'string') yield* checkString(point, place, { path, unit })
  else {
    if (point.type === 'text') {
      yield { path: [...path, 'type'], message: `a text needs type string and its length, got ${place.type}` }
    }
    if (place.length !== undefined) {
      const message = `"length" goes with type string only, and the type is ${place.type}`
      yield { path: [...path, 'length'], message }
    }
    yield* checkSentinels({ ...place, type: place.type }, path)
  }
  yield* checkMap(point, place, path)
}

export function* checkFalseWhen(
  { trueWhen, falseWhen }: { readonly trueWhen?: number; readonly falseWhen?: number },
  path: DocumentPath,
): Generator<Finding> {
  if (falseWhen === undefined) return
  const at = [...path, 'falseWhen']
  if (trueWhen === undefined) yield { path: at, message: '"falseWhen" goes with "trueWhen" only' }
  else if (trueWhen === falseWhen) yield { path: at, message: `${falseWhen} is "trueWhen" already` }
}

export function strayTrueWhen(point: PointProfile, path: DocumentPath): Finding {
  const message = `"trueWhen" goes with boolean points only, and ${point.id} is of type ${point.type}`
  return { path: [...path, 'trueWhen'], message }
}

function* checkBits({ type, bit, bits }: Place, path: DocumentPath): Generator<Finding> {
  if (type === 'bit' && bit === undefined)
    yield { path, message: 'missing key "bit": type bit needs the number of the bit, 0 being the least significant' }
  if (type !== 'bit' && bit !== undefined) {
    yield { path: [...path, 'bit'], message: `"bit" goes with type bit only, and the type is ${type}` }
  }
  if (bits === undefined) return
  const width = WIDTHS[type]
  if (width === undefined) {
    yield {
      path: [...path, 'bits'],
      message: `"bits" goes with whole numbers of 8, 16 and 32 bits, and the type is ${type}; give the type of the word that they are cut from`,
    }
  } else if (bits.from + bits.count > width) {
    const fits = bits.from < width ? `; from ${bits.from} on there are ${width - bits.from}` : ''
    const message = `bits ${bits.from} to ${bits.from + bits.count - 1} reach past the ${width} bits of ${type}${fits}`
    yield { path: [...path, 'bits'], message }
  }
}

function* checkByteOrder(
  { type, bit, byteOrder, length = 1 }: Place,
  { path, unit }: { readonly path: DocumentPath; readonly unit: 'registers' | 'bytes' },
): Generator<Finding> {
  if (byteOrder === undefined) return
  const at = [...path, 'byteOrder']
  if (type === 'string') {
    if (byteOrder !== 'ABCD' && byteOrder !== 'BADC') {
      const message = `a string knows the orders ABCD and BADC (the two characters of a register swapped), got ${byteOrder}`
      yield { path: at, message }
    } else if (byteOrder === 'BADC' && unit === 'bytes' && length % 2 === 1) {
      yield { path: at, message: `BADC swaps two bytes at a time, and the string has ${length}` }
    }
    return
  }
  const size = wireSize({ type, bit })
  const orders = size === 8 ? ORDERS_OF_EIGHT : ORDERS
  if (orders.includes(byteOrder)) return
  const has = size === 1 ? '1 byte' : `${size} bytes`
  const message = `${type} has ${has}: expected one of ${orders.join(', ')}, got ${byteOrder}`
  yield { path: at, message }
}

function* checkString(
  point: PointProfile,
  place: Place,
  { path, unit }: { readonly path: DocumentPath; readonly unit: 'registers' | 'bytes' },
): Generator<Finding> {
  if (point.type !== 'text') {
    yield { path: [...path, 'type'], message: `a string makes a text, and ${point.id} is of type ${point.type}` }
  }
  if (place.length === undefined) {
    yield { path, message: `missing key "length": a string needs the number of its ${unit}` }
  }
  for (const key of ['scale', 'offset', 'sentinels', 'map', 'scaleFactor'] as const) {
    if (place[key] === undefined) continue
    yield { path: [...path, key], message: `"${key}" goes with numbers only, and the type is string` }
  }
}

/** A code that cannot come (65535 of an int16) would let the real one (-1) through as a number. */
function* checkSentinels(
  place: Place & { readonly type: Exclude<WireType, 'string'> },
  path: DocumentPath,
): Generator<Finding> {
  const limits = rawLimits({ type: place.type, bits: bitRange(place.type, place) })
  if (limits === null) return
  const [low, high] = limits
  for (const [i, sentinel] of (place.sentinels ?? []).entries()) {
    if (sentinel >= low && sentinel <= high && Number.isInteger(sentinel)) continue
    const what = place.bits === undefined ? place.type : `these ${place.bits.count} bits`
    const message = `${sentinel} can never come from ${what}; expected a whole number from ${low} to ${high}${sameBits(sentinel, limits)}`
    yield { path: [...path, 'sentinels', i], message }
  }
}

/** A code from a manual in hexadecimal (0xFFFF) is a negative number of a signed type. */
function sameBits(sentinel: number, [low, high]: readonly [number, number]): string {
  const size = high - low + 1
  const signed = sentinel - size
  const isSigned = low < 0 && sentinel > high && sentinel < size && Number.isInteger(sentinel)
  return isSigned ? `; the same bits are ${signed}` : ''
}

function* checkMap(point: PointProfile, place: Place, path: DocumentPath): Generator<Finding> {
  const { map, mapValid } = place
  if (map === undefined) {
    if (mapValid !== undefined) yield { path: [...path, 'mapValid'], message: '"mapValid" goes with "map" only' }
    return
  }
  if (point.type !== 'number') {
    yield { path: [...path, 'map'], message: `"map" makes numbers, and ${point.id} is of type ${point.type}` }
  }
  for (const key of ['scale', 'offset', 'scaleFactor'] as const) {
    if (place[key] === undefined) continue
    yield { path: [...path, key], message: `"map" takes the place of "${key}"; remove one of the two` }
  }
  const { from, to } = map
  if (from[0] === from[1]) {
    yield { path: [...path, 'map', 'from'], message: `expected two different raw numbers, got ${from.join(' and ')}` }
  }
  if (typeof to[0] === 'number' && to[0] === to[1]) {
    yield { path: [...path, 'map', 'to'], message: `expected two different values, got ${to.join(' and ')}` }
  }
  if (mapValid !== undefined && !(mapValid[0] <= Math.min(...from) && mapValid[1] >= Math.max(...from))) {
    const message = `expected [lowest, highest] around the raw numbers of the map, ${from.join(' and ')}, got [${mapValid.join(', ')}]`
    yield { path: [...path, 'mapValid'], message }
  }
}

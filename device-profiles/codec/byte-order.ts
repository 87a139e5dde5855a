/** Where the bytes of a value stand on the wire. */
import type { ByteOrder } from '../binding-schema.ts'

/** What is meant for eight bytes where a message says one order for all its numbers, or nothing is said (ABCD). */
const OF_EIGHT_BYTES: Readonly<Partial<Record<ByteOrder, ByteOrder>>> = {
  ABCD: 'ABCDEFGH',
  DCBA: 'HGFEDCBA',
}

/** By order, then by size: asked for with every value. */
const known: Partial<Record<ByteOrder, (readonly number[])[]>> = {}

/**
 * `places[i]` is the place on the wire of byte i, where byte 0 is the most significant. All orders are swaps, so the same list
 * leads there and back. A value of two bytes has the A and B of its order, in the order in which they stand there.
 * Throws a RangeError for an order of too few letters; profiles with one are refused.
 */
export function bytePlaces(order: ByteOrder, size: number): readonly number[] {
  const places = known[order]?.[size]
  if (places !== undefined) return places
  known[order] ??= []
  known[order][size] = placesOf(order, size)
  return known[order][size]
}

function placesOf(order: ByteOrder, size: number): readonly number[] {
  const letters = size === 8 ? (OF_EIGHT_BYTES[order] ?? order) : order
  if (letters.length < size) throw new RangeError(`the order ${order} is not for a value of ${size} bytes`)
  return [...letters].map((letter) => letter.charCodeAt(0) - 65).filter((place) => place < size)
}

/** Earlier readings that are repeated at the end of a message. */
import type { ByteOrder } from '../binding-schema.ts'
import type { BinaryPayload } from '../payload-schema.ts'
import type { Decoded, FurtherRecord } from './decoded.ts'
import { decodeField, type Field } from './field.ts'
import { type PlainNumber, type PlainTime, prepareBinaryTime, prepareNumber } from './plain-number.ts'

export interface ItemList {
  readonly at: number
  readonly size: number
  readonly fields: readonly Field[]
  /** Absent: as many as fit. */
  readonly count: PlainNumber | null
  readonly time: PlainTime | null
  readonly last: PlainTime | null
  readonly every: { readonly number: PlainNumber; readonly factorMs: number } | null
}

export const ITEM_KEY = 'item'

export function prepareItems(
  { at, size, count, time, last, every }: NonNullable<BinaryPayload['items']>,
  { fields, byteOrder }: { readonly fields: ReadonlyMap<string, readonly Field[]>; readonly byteOrder: ByteOrder },
): ItemList {
  return {
    at,
    size,
    fields: fields.get(ITEM_KEY) ?? [],
    count: count === undefined ? null : prepareNumber(count, byteOrder),
    time: time === undefined ? null : prepareBinaryTime(time, byteOrder),
    last: last === undefined ? null : prepareBinaryTime(last, byteOrder),
    every:
      every === undefined
        ? null
        : { number: prepareNumber(every, byteOrder), factorMs: every.unit === 's' ? 1000 : 60_000 },
  }
}

/** `end`: the byte after the last item. Gives the readings, oldest first, or what is wrong. */
export function decodeItems(
  list: ItemList,
  bytes: Uint8Array,
  end: number,
): readonly FurtherRecord[] | { readonly malformed: string } {
  const room = end - list.at
  const count = list.count === null ? Math.max(0, Math.floor(room / list.size)) : list.count.read(bytes)
  if (room !== count * list.size) {
    return { malformed: `expected ${count} items of ${list.size} bytes, and there are ${room} bytes for them` }
  }
  const everyMs = list.every === null ? 0 : list.every.number.read(bytes) * list.every.factorMs
  const last = list.last?.read(bytes) ?? null
  return Array.from({ length: count }, (_, index): FurtherRecord => {
    const at = list.at + index * list.size
    const points = new Map<string, Decoded>()
    for (const field of list.fields) points.set(field.point, decodeField(field, bytes, at + field.at))
    const spaced = last === null ? null : last - (count - 1 - index) * everyMs
    return { points, time: list.time === null ? spaced : list.time.read(bytes, at), late: true }
  })
}

/** Groups of bytes one after the other, of which a bit mask says which are there. A missing group is missing, not 0. */
import type { ByteOrder } from '../binding-schema.ts'
import type { BinaryPayload } from '../payload-schema.ts'
import type { Decoded } from './decoded.ts'
import { decodeField, type Field, type Values, writeFields } from './field.ts'
import { type PlainNumber, prepareNumber } from './plain-number.ts'

export interface GroupList {
  readonly mask: PlainNumber
  readonly at: number
  readonly groups: readonly { readonly size: number; readonly fields: readonly Field[] }[]
}

export function prepareGroups(
  groups: NonNullable<BinaryPayload['groups']>,
  { fields, byteOrder }: { readonly fields: ReadonlyMap<string, readonly Field[]>; readonly byteOrder: ByteOrder },
): GroupList {
  return {
    mask: prepareNumber(groups.mask, byteOrder),
    at: groups.at,
    groups: groups.sizes.map((size, index) => ({ size, fields: fields.get(groupKey(index)) ?? [] })),
  }
}

export function groupKey(index: number): string {
  return `group ${index}`
}

/** Adds what the groups say to `points`; gives what is wrong with the message, or null. */
export function decodeGroups(list: GroupList, bytes: Uint8Array, points: Map<string, Decoded>): string | null {
  if (list.mask.end > bytes.length) return `the message ends at byte ${bytes.length}, before the mask of its groups`
  const mask = list.mask.read(bytes)
  // The length of an unknown group is unknown, so what follows it cannot be found.
  if (mask >= 2 ** list.groups.length) return `a group is there that the profile does not have: mask ${hex(mask)}`
  const there = list.groups.filter((_, index) => (mask >>> index) & 1)
  const end = there.reduce((sum, { size }) => sum + size, list.at)
  if (end !== bytes.length) return `expected ${end} bytes for the groups of mask ${hex(mask)}, got ${bytes.length}`
  let at = list.at
  for (const { size, fields } of there) {
    for (const field of fields) points.set(field.point, decodeField(field, bytes, at + field.at))
    at += size
  }
  return null
}

/** The groups of the given points, and the mask that names them. */
export function encodeGroups(
  { groups }: GroupList,
  values: Values,
): { readonly mask: number; readonly bytes: readonly number[] } {
  let mask = 0
  const bytes: number[] = []
  for (const [index, { size, fields }] of groups.entries()) {
    if (!fields.some((field) => Object.hasOwn(values, field.point))) continue
    mask += 2 ** index
    const data = new Uint8Array(size)
    writeFields(fields, data, values)
    bytes.push(...data)
  }
  return { mask, bytes }
}

function hex(mask: number): string {
  return `0x${mask.toString(16).toUpperCase()}`
}

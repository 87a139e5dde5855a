/** Where points stand in binary messages, and whether the parts of the message fit together. */
import type { BinaryBinding } from './binding-schema.ts'
import { wireSize } from './codec/wire.ts'
import type { Finding } from './finding.ts'
import type { BinaryPayload, BinaryTime } from './payload-schema.ts'
import type { DeviceProfile, PointProfile } from './schema.ts'
import { suggestion } from './suggestion.ts'
import { checkType } from './type-checks.ts'
import type { DocumentPath } from './yaml-document.ts'

type Place = Omit<BinaryBinding, 'also'>

const PAYLOAD: DocumentPath = ['mqtt', 'payload']
const PARTS = ['records', 'groups', 'items'] as const

export function* checkBinary(profile: DeviceProfile, point: PointProfile, path: DocumentPath): Generator<Finding> {
  const payload = profile.mqtt?.payload
  if (payload?.format !== 'binary' || point.binary === undefined) return
  const { also = [], ...main } = point.binary
  for (const [place, at] of [
    [main, path] as const,
    ...also.map((other, i) => [other, [...path, 'also', i]] as const),
  ]) {
    yield* checkType(point, place, { path: at, unit: 'bytes' })
    yield* checkPlace(payload, place, at)
  }
}

export function* checkLayout(payload: BinaryPayload): Generator<Finding> {
  const parts = PARTS.filter((part) => payload[part] !== undefined)
  if (parts.length > 1) {
    const message = `expected at most one of records, groups and items, got ${parts.join(' and ')}`
    yield { path: [...PAYLOAD, parts[1] ?? ''], message }
  }
  if (payload.recordsAt !== undefined && payload.records === undefined) {
    yield { path: [...PAYLOAD, 'recordsAt'], message: '"recordsAt" goes with "records" only' }
  }
  for (const [id, layout] of Object.entries(payload.records ?? {})) {
    if (typeof layout === 'number') continue
    yield* checkTime(layout.time, { path: [...PAYLOAD, 'records', id, 'time'], size: layout.length })
  }
  if (payload.items !== undefined) yield* checkItems(payload)
}

function* checkItems({ items }: BinaryPayload): Generator<Finding> {
  if (items === undefined) return
  const path = [...PAYLOAD, 'items']
  if ((items.last === undefined) !== (items.every === undefined)) {
    yield { path, message: 'expected "last" and "every" together, got only one of them' }
  } else if ((items.time === undefined) === (items.last === undefined)) {
    yield { path, message: 'expected either "time" (of each item), or "last" and "every" (of all of them)' }
  }
  if (items.time !== undefined) yield* checkTime(items.time, { path: [...path, 'time'], size: items.size })
  for (const key of ['last', 'every', 'count'] as const) {
    const place = items[key]
    if (place !== undefined) yield* checkTime(place, { path: [...path, key], size: items.at })
  }
}

function* checkTime(
  { at, type }: Pick<BinaryTime, 'at'> & { readonly type: 'uint8' | 'uint16' | 'uint32' | 'uint64' },
  { path, size }: { readonly path: DocumentPath; readonly size: number },
): Generator<Finding> {
  const end = at + wireSize({ type })
  if (end > size) yield { path: [...path, 'at'], message: `ends at byte ${end}, and there are ${size} bytes` }
}

function* checkPlace(payload: BinaryPayload, place: Place, path: DocumentPath): Generator<Finding> {
  const named = (['record', 'group', 'item'] as const).filter((key) => place[key] !== undefined)
  if (named.length > 1) {
    yield { path: [...path, named[1] ?? ''], message: `expected at most one of ${named.join(' and ')}` }
    return
  }
  const { type, bit } = place
  const end = place.at + (type === 'string' ? (place.length ?? 0) : wireSize({ type, bit }))
  if (place.record !== undefined) yield* checkRecord(payload, { record: place.record, end }, path)
  else if (place.group !== undefined) yield* checkGroup(payload, { group: place.group, end }, path)
  else if (place.item !== undefined) yield* checkItem(payload, end, path)
  else yield* checkHead(payload, end, path)
}

function* checkRecord(
  { records }: BinaryPayload,
  { record, end }: { readonly record: string; readonly end: number },
  path: DocumentPath,
): Generator<Finding> {
  if (records === undefined) {
    yield { path: [...path, 'record'], message: 'this model has no "records" in its payload' }
    return
  }
  const known = Object.keys(records)
  const layout = Object.hasOwn(records, record) ? records[record] : undefined
  if (layout === undefined) {
    const message = `unknown record "${record}"; the records are ${known.join(', ')}${suggestion(record, known)}`
    yield { path: [...path, 'record'], message }
    return
  }
  const length = typeof layout === 'number' ? layout : layout.length
  if (end > length) {
    yield {
      path: [...path, 'at'],
      message: `ends at byte ${end} of record ${record}, which has ${length} bytes of data`,
    }
  }
}

function* checkGroup(
  { groups }: BinaryPayload,
  { group, end }: { readonly group: number; readonly end: number },
  path: DocumentPath,
): Generator<Finding> {
  if (groups === undefined) {
    yield { path: [...path, 'group'], message: 'this model has no "groups" in its payload' }
    return
  }
  const size = groups.sizes[group]
  if (size === undefined) {
    const message = `unknown group ${group}; they are counted from 0, and there are ${groups.sizes.length}`
    yield { path: [...path, 'group'], message }
  } else if (end > size) {
    yield { path: [...path, 'at'], message: `ends at byte ${end} of group ${group}, which has ${size} bytes` }
  }
}

function* checkItem({ items }: BinaryPayload, end: number, path: DocumentPath): Generator<Finding> {
  if (items === undefined) yield { path: [...path, 'item'], message: 'this model has no "items" in its payload' }
  else if (end > items.size) {
    yield { path: [...path, 'at'], message: `ends at byte ${end} of an item, which has ${items.size} bytes` }
  }
}

/** At a fixed place: before the records, groups or items, where there are any. */
function* checkHead(payload: BinaryPayload, end: number, path: DocumentPath): Generator<Finding> {
  const { records, recordsAt, groups, items, lengths = [Number.POSITIVE_INFINITY] } = payload
  if (records !== undefined && recordsAt === undefined) {
    yield { path, message: `missing key "record"; the records are ${Object.keys(records).join(', ')}` }
    return
  }
  const longest = Math.max(...lengths)
  if (end > longest) {
    yield { path: [...path, 'at'], message: `ends at byte ${end} of a message of ${longest} bytes at most` }
  }
  const head = recordsAt ?? groups?.at ?? items?.at
  if (head === undefined || end <= head) return
  yield { path: [...path, 'at'], message: `ends at byte ${end}, and the ${partOf(payload)} begin at byte ${head}` }
}

function partOf(payload: BinaryPayload): string {
  return PARTS.find((part) => payload[part] !== undefined) ?? ''
}

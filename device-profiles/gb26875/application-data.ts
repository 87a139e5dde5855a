/** Application data from bytes and to bytes. */
import { ByteReader, ByteWriter, DataError } from './bytes.ts'
import { type CivilTime, TIME_BYTES } from './civil-time.ts'
import { DATA_UNITS, type DataUnit, type DataUnitLayout, type DataUnitType } from './data-units.ts'
import type { Dialect } from './dialect.ts'

const OWN = { first: 128, last: 254 }
const BY_FLAG = new Map<number, DataUnitType>(
  Object.entries(DATA_UNITS).map(([type, { flag }]) => [flag, type as DataUnitType]),
)

/** Every byte must have its meaning: a data unit that is too long was written for another reader. Throws a `DataError`. */
export function decodeData(bytes: Uint8Array, dialect: Dialect): DataUnit {
  if (bytes.length === 0) return { type: 'none' }
  const reader = new ByteReader(bytes, dialect)
  const [flag, count] = [reader.number(1), reader.number(1)]
  if (flag >= OWN.first && flag <= OWN.last) return { type: 'own', flag, count, body: reader.take(reader.left).slice() }
  const type = BY_FLAG.get(flag)
  if (type === undefined) throw new DataError(`the type ${flag} is reserved`)
  const layout: DataUnitLayout = DATA_UNITS[type]
  if (count > layout.most)
    throw new DataError(`expected at most ${layout.most} objects of the type ${flag}, got ${count}`)
  const objects = Array.from({ length: count }, () => readObject(layout, reader))
  if (reader.left > 0) {
    throw new DataError(`${reader.left} bytes are left behind ${count} objects of the type ${flag}`)
  }
  return { type, objects } as unknown as DataUnit
}

/**
 * `time`: for the extra time tag of a dialect. Throws a RangeError for what does not fit: numbers, texts, more objects than
 * one packet may have.
 */
export function encodeData(unit: DataUnit, { dialect, time }: { dialect: Dialect; time: CivilTime }): Uint8Array {
  if (unit.type === 'none') return new Uint8Array()
  const writer = new ByteWriter(dialect)
  if (unit.type === 'own') {
    if (unit.flag < OWN.first || unit.flag > OWN.last)
      throw new RangeError(`expected a type of one's own, got ${unit.flag}`)
    writer.number(unit.flag, 1)
    writer.number(unit.count, 1)
    writer.add(unit.body)
    return writer.bytes()
  }
  const layout: DataUnitLayout = DATA_UNITS[unit.type]
  const { objects } = unit
  if (objects.length > layout.most) {
    throw new RangeError(`expected at most ${layout.most} objects of the type ${layout.flag}, got ${objects.length}`)
  }
  writer.number(layout.flag, 1)
  writer.number(objects.length, 1)
  for (const object of objects) {
    for (const [name, field] of Object.entries(layout.fields)) {
      field.write((object as Readonly<Record<string, unknown>>)[name], writer)
    }
    if (layout.mayHaveExtraTime && dialect.extraTimeTag) writer.time(time)
  }
  return writer.bytes()
}

function readObject({ fields, mayHaveExtraTime }: DataUnitLayout, reader: ByteReader): object {
  const object = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.read(reader)]))
  if (mayHaveExtraTime && reader.dialect.extraTimeTag) reader.take(TIME_BYTES)
  return object
}

/** Two points in the same registers: legal, and mostly a slip of whoever copied an entry. */
import type { ModbusBinding } from './binding-schema.ts'
import { registerCount } from './codec/registers.ts'
import type { Finding } from './finding.ts'
import type { DeviceProfile } from './schema.ts'

interface Place {
  readonly id: string
  readonly index: number
  readonly binding: ModbusBinding
  readonly first: number
  readonly last: number
}

/** Only of bindings that are right by themselves. */
export function* adviseOnOverlaps({ points }: Pick<DeviceProfile, 'points'>): Generator<Finding> {
  const places = points.flatMap(({ id, modbus }, index): Place[] =>
    modbus === undefined || (modbus.type === 'string' && modbus.length === undefined)
      ? []
      : [{ id, index, binding: modbus, first: modbus.address, last: modbus.address + registerCount(modbus) - 1 }],
  )
  for (const [i, place] of places.entries()) {
    for (const other of places.slice(0, i)) {
      const message = overlap(place, other)
      if (message !== null) yield { path: ['points', place.index, 'modbus', 'address'], message, isAdvice: true }
    }
    if (place.binding.type === 'bit' && (place.binding.bit ?? 0) > 15) yield farBit(place)
  }
}

function overlap(place: Place, other: Place): string | null {
  const { binding, first, last } = place
  if (binding.table !== other.binding.table || first > other.last || last < other.first) return null
  if (isPart(place) || isPart(other)) return null
  const where = `"${place.id}" stands in ${spanText(place)} and "${other.id}" in ${spanText(other)}`
  if (first !== other.first || last !== other.last) {
    return `${where}, so they share a part of a number; look for a slip in an address or a type`
  }
  const isSame = binding.type === other.binding.type && binding.byteOrder === other.binding.byteOrder
  return isSame ? `${where}, read in the same way; look for a slip in one of the two addresses` : null
}

/** Flags and codes are parts of a word, which others may share. */
function isPart({ binding: { type, bit, bits, trueWhen } }: Place): boolean {
  return bit !== undefined || bits !== undefined || trueWhen !== undefined || type === 'uint8' || type === 'int8'
}

function spanText({ binding, first, last }: Place): string {
  return first === last ? `${binding.table} ${first}` : `${binding.table} ${first} to ${last}`
}

function farBit({ id, index, binding: { bit = 0, table, address } }: Place): Finding {
  const message =
    `bit ${bit} makes "${id}" a bit of the two registers ${table} ${address} and ${address + 1}, where the first holds the high bits; ` +
    'a single register has the bits 0 to 15'
  return { path: ['points', index, 'modbus', 'bit'], message, isAdvice: true }
}

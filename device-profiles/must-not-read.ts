/** Registers that must not be read, and the values that stand in them all the same. */
import type { RegisterRange } from './binding-schema.ts'
import { registerSpan } from './codec/registers.ts'
import type { Finding } from './finding.ts'
import type { DeviceProfile, PointProfile } from './schema.ts'

const ADDRESSES = 0x10000

export function* checkMustNotRead(profile: DeviceProfile): Generator<Finding> {
  for (const [i, range] of (profile.modbus?.mustNotRead ?? []).entries()) {
    const path = ['modbus', 'mustNotRead', i]
    const past = pastTheLast(range)
    if (past !== null) yield { path, message: past }
    for (const point of pointsIn(range, profile.points)) {
      const message = `the value of "${point.id}" is read with ${rangeText(range)}, which modbus.mustNotRead[${i}] forbids`
      yield { path: ['points', profile.points.indexOf(point), 'modbus'], message }
    }
  }
}

/** Points whose value, with its scale factor and all between them, takes a register of the range. */
export function pointsIn(range: RegisterRange, points: readonly PointProfile[]): readonly PointProfile[] {
  return points.filter(
    ({ modbus }) => modbus !== undefined && overlap(range, { ...registerSpan(modbus), table: modbus.table }),
  )
}

export function overlap(a: RegisterRange, b: RegisterRange): boolean {
  return a.table === b.table && a.address < b.address + b.count && b.address < a.address + a.count
}

/** What is wrong with a range that is longer than the address space, or null. */
export function pastTheLast({ table, address, count }: RegisterRange): string | null {
  return address + count > ADDRESSES ? `${count} at ${table} ${address} reach past the last address, 65535` : null
}

/** As in "holding-register 8 to 12". */
export function rangeText({ table, address, count }: RegisterRange): string {
  return count === 1 ? `${table} ${address}` : `${table} ${address} to ${address + count - 1}`
}

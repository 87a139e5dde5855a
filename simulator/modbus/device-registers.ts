/** The values of a device in the registers that its profile gives it. */

import type { ModbusBinding } from '../../device-profiles/binding-schema.ts'
import { readBackBinding, writtenBinding } from '../../device-profiles/codec/command-write.ts'
import { sourceValues } from '../../device-profiles/codec/derive.ts'
import { naming } from '../../device-profiles/codec/naming.ts'
import {
  encodeRegisters,
  registerMask,
  registerSpan,
  scaleFactorRegister,
  unmeasuredRegisters,
} from '../../device-profiles/codec/registers.ts'
import type { DeviceProfile } from '../../device-profiles/schema.ts'
import { RegisterBank, type Table } from './register-bank.ts'

export type Values = Readonly<Record<string, number | string>>

/**
 * A bank with every register of the profile and of its commands, and the gaps between points that a master may read along.
 * Each point says "not measured" (its first sentinel, or 0 where it has none) until it is written.
 */
export function createBank(profile: DeviceProfile): RegisterBank {
  const { maxRegistersPerRead, maxGap = 0 } = profile.modbus ?? {}
  const bank = new RegisterBank(maxRegistersPerRead === undefined ? {} : { maxRegistersPerRead })
  const bindings = profile.points.flatMap((point) => (point.modbus === undefined ? [] : [point.modbus]))
  const byTable = Map.groupBy(bindings, (binding) => binding.table)
  for (const [table, inTable] of byTable) defineTable(bank, { table, bindings: inTable, maxGap })
  for (const command of profile.commands ?? []) {
    for (const binding of [writtenBinding(profile, command), readBackBinding(profile, command)]) {
      if (binding !== undefined) bank.define(binding.table, registerSpan(binding))
    }
  }
  for (const binding of bindings) {
    const factor = scaleFactorRegister(binding)
    if (factor !== null) bank.write(binding.table, factor.address, factor.word)
    writeWords(bank, binding, unmeasuredRegisters(binding) ?? [])
  }
  return bank
}

function defineTable(
  bank: RegisterBank,
  { table, bindings, maxGap }: { readonly table: Table; readonly bindings: ModbusBinding[]; readonly maxGap: number },
): void {
  let end: number | null = null
  for (const span of bindings.map(registerSpan).sort((a, b) => a.address - b.address)) {
    const gap: number = end === null ? 0 : span.address - end
    if (end !== null && gap > 0 && gap <= maxGap) bank.define(table, { address: end, count: gap })
    bank.define(table, span)
    end = Math.max(end ?? 0, span.address + span.count)
  }
}

/**
 * Derived points may be given instead of their sources. Points that share a register keep one another's bits.
 * Throws a RangeError for a point that has no register, or a value that its registers cannot hold; then nothing is written.
 */
export function writeValues(
  bank: RegisterBank,
  {
    profile,
    parameters,
    values,
  }: {
    readonly profile: DeviceProfile
    readonly parameters: Readonly<Record<string, number>>
    readonly values: Values
  },
): void {
  const sources = sourceValues(profile, parameters, values)
  const writes = Object.entries(sources).map(([id, value]) => {
    const binding = profile.points.find((point) => point.id === id)?.modbus
    if (binding === undefined) throw new RangeError(`profile ${profile.id} has no registers for a point "${id}"`)
    return { binding, words: naming(id, () => encodeRegisters(binding, value, parameters)) }
  })
  for (const { binding, words } of writes) writeWords(bank, binding, words)
}

/** These points are not measured any more. One that has no sentinel keeps its last value: it cannot say so. */
export function forgetValues(
  bank: RegisterBank,
  { profile, points }: { readonly profile: DeviceProfile; readonly points: readonly string[] },
): void {
  for (const id of points) {
    const point = profile.points.find((each) => each.id === id)
    const source =
      point?.derive === undefined ? point : profile.points.find((each) => each.id === point.derive?.distance)
    if (source?.modbus !== undefined) writeWords(bank, source.modbus, unmeasuredRegisters(source.modbus) ?? [])
  }
}

export function writeWords(bank: RegisterBank, binding: ModbusBinding, words: readonly number[]): void {
  const mask = registerMask(binding)
  for (const [i, word] of words.entries()) {
    const address = binding.address + i
    bank.write(binding.table, address, (bank.read(binding.table, address) & ~(mask[i] ?? 0xffff)) | word)
  }
}

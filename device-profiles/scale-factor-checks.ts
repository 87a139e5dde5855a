/** Scale-factor registers, and values that one request cannot read. */
import type { ModbusBinding } from './binding-schema.ts'
import { registerCount, registerSpan, scaleFactorRegister } from './codec/registers.ts'
import type { Finding } from './finding.ts'
import type { DeviceProfile } from './schema.ts'
import type { DocumentPath } from './yaml-document.ts'

/** The most that the Modbus application protocol (6.3, 6.4) lets one request read. */
const MAX_REGISTERS = 125

export function* checkScaleFactor(binding: ModbusBinding, path: DocumentPath): Generator<Finding> {
  const { table, address, type, scaleFactor } = binding
  if (scaleFactor === undefined) {
    if (binding.scaleFactorWritten === undefined) return
    yield { path: [...path, 'scaleFactorWritten'], message: '"scaleFactorWritten" goes with "scaleFactor" only' }
    return
  }
  const at = [...path, 'scaleFactor']
  if (table === 'coil' || table === 'discrete-input') {
    yield { path: at, message: `a ${table} is one bit and has no scale factor` }
  } else if (type === 'bit' || binding.trueWhen !== undefined) {
    yield { path: at, message: '"scaleFactor" goes with numbers only, and this is true or false' }
  } else if (scaleFactor >= address && scaleFactor < address + registerCount(binding)) {
    yield { path: at, message: `register ${scaleFactor} is part of the value itself` }
  }
}

/** What belongs together is read in one request, or it could be of two moments. */
export function* checkSpan(
  binding: ModbusBinding,
  { profile, path }: { readonly profile: DeviceProfile; readonly path: DocumentPath },
): Generator<Finding> {
  const { address, count } = registerSpan(binding)
  const most = profile.modbus?.maxRegistersPerRead ?? MAX_REGISTERS
  const key = binding.scaleFactor === undefined ? 'address' : 'scaleFactor'
  if (count > most) {
    const why = key === 'address' ? 'the value takes' : 'from the value to its scale factor there are'
    const message = `${why} ${count} registers, but one request of this model reads ${most} at most`
    yield { path: [...path, key], message }
  }
  const end = address + count
  if (end > 65536) {
    const message = `${end - binding.address} registers at ${binding.address} reach past the last address, 65535`
    yield { path: [...path, 'address'], message }
  }
}

/** Points that share a scale factor must agree on what is written there: one register holds one number. */
export function* checkSharedFactors(profile: DeviceProfile): Generator<Finding> {
  const first = new Map<string, { readonly id: string; readonly word: number }>()
  for (const [i, { id, modbus }] of profile.points.entries()) {
    const factor = modbus === undefined ? null : scaleFactorRegister(modbus)
    if (modbus === undefined || factor === null) continue
    const key = `${modbus.table} ${factor.address}`
    const other = first.get(key) ?? { id, word: factor.word }
    first.set(key, other)
    if (other.word === factor.word) continue
    const message = `register ${factor.address} holds the scale factor of "${other.id}" too, and another number is written for it there`
    yield { path: ['points', i, 'modbus', 'scaleFactor'], message }
  }
}

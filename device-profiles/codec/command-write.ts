/** Commands of Modbus devices: what is written, and what must be read afterwards. */
import type { ModbusBinding } from '../binding-schema.ts'
import type { CommandProfile, Confirmation } from '../command-schema.ts'
import type { DeviceProfile } from '../schema.ts'
import type { Parameters } from './conversion.ts'
import type { Decoded } from './decoded.ts'
import { decodeRegisters, encodeRegisters, registerCount, registerMask, registerSpan } from './registers.ts'

/** One write request. */
export interface RegisterWrite {
  readonly table: 'coil' | 'holding-register'
  readonly address: number
  /** 16-bit words, or 0/1 of a coil. */
  readonly words: readonly number[]
  /** Function code 5 or 6; else 15 or 16. */
  readonly single: boolean
}

/** What is read to see whether the command was carried out. */
export interface ReadBack {
  readonly table: ModbusBinding['table']
  readonly address: number
  readonly count: number
  /** `words`: all of the range. */
  judge(words: ArrayLike<number>): { readonly isShown: boolean; readonly decoded: Decoded }
}

interface Sending {
  readonly profile: DeviceProfile
  readonly parameters: Parameters
  readonly value: number
}

/** Float32 has 24 bits: what is off by less than this is the same number as far as the wire can say it. */
const SAME = 1e-6

/** What a Modbus command has that says nothing else. */
const READ_BACK: Confirmation = { type: 'read-back' }

/** Where the command is written, or undefined where the profile names a point that it does not have. */
export function writtenBinding(profile: DeviceProfile, { modbus }: CommandProfile): ModbusBinding | undefined {
  return modbus?.register ?? bindingOf(profile, modbus?.point)
}

/** Where it shows that the command was carried out; undefined where the profile says that nothing can be read. */
export function readBackBinding(profile: DeviceProfile, command: CommandProfile): ModbusBinding | undefined {
  const { confirm = READ_BACK } = command
  if (confirm.type !== 'read-back') return undefined
  return confirm.register ?? bindingOf(profile, confirm.point) ?? writtenBinding(profile, command)
}

/**
 * Throws a RangeError for a value that the wire cannot say, also where rounding would make another value of it: what a person
 * asked for is sent as it is, or not at all.
 */
export function encodeWrite(command: CommandProfile, { profile, parameters, value }: Sending): RegisterWrite {
  const binding = writtenBinding(profile, command)
  if (binding === undefined) throw new RangeError(`command "${command.id}" of ${profile.id} names no register`)
  const { table, address } = binding
  if (table !== 'coil' && table !== 'holding-register') throw new RangeError(`a ${table} cannot be written`)
  const words = encodeRegisters(binding, value, parameters)
  const said = decodeRegisters(binding, words, parameters)
  if (!('value' in said) || Math.abs(Number(said.value) - value) > SAME * Math.max(1, Math.abs(value))) {
    const nearest = 'value' in said ? `the nearest value that it can say is ${said.value}` : said.detail
    throw new RangeError(`the device cannot be told ${value}: ${nearest}`)
  }
  return { table, address, words, single: isSingle(command, binding) }
}

/** Null where the profile says that nothing can be read back. */
export function readBackOf(command: CommandProfile, { profile, parameters, value }: Sending): ReadBack | null {
  const { confirm = READ_BACK } = command
  const binding = readBackBinding(profile, command)
  if (confirm.type !== 'read-back' || binding === undefined) return null
  const expected = confirm.shows ?? value
  const { address, count } = registerSpan(binding)
  const judge: ReadBack['judge'] = (words) => {
    const decoded = decodeRegisters(binding, words, parameters)
    if (!('value' in decoded)) return { isShown: false, decoded }
    const isShown =
      confirm.tolerance === undefined
        ? holds(binding, {
            words,
            offset: binding.address - address,
            wanted: encodeRegisters(binding, expected, parameters),
          })
        : Math.abs(Number(decoded.value) - expected) <= confirm.tolerance
    return { isShown, decoded }
  }
  return { table: binding.table, address, count, judge }
}

/** Whether the bits of the value are those wanted; other bits of the same words belong to others. */
function holds(
  binding: ModbusBinding,
  { words, offset, wanted }: { readonly words: ArrayLike<number>; readonly offset: number; readonly wanted: number[] },
): boolean {
  const mask = registerMask(binding)
  return wanted.every((word, i) => (((words[offset + i] ?? 0) ^ word) & (mask[i] ?? 0xffff)) === 0)
}

function isSingle({ modbus }: CommandProfile, binding: ModbusBinding): boolean {
  return (modbus?.function ?? (registerCount(binding) === 1 ? 'single' : 'multiple')) === 'single'
}

function bindingOf(profile: DeviceProfile, point: string | undefined): ModbusBinding | undefined {
  return point === undefined ? undefined : profile.points.find(({ id }) => id === point)?.modbus
}

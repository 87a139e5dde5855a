/** Points in Modbus tables. One word is 16 bits; coils and discrete inputs are words of 0 or 1. */
import type { ByteOrder, ModbusBinding, WireType } from '../binding-schema.ts'
import { type Parameters, prepareConversion, refuseSentinel, toRaw, toValue } from './conversion.ts'
import type { Decoded } from './decoded.ts'
import { readWire, representable, wireSize, writeWire } from './wire.ts'

interface RegisterFormat {
  readonly type: WireType
  readonly byteOrder: ByteOrder
  readonly bit: number
  readonly size: number
}

/** How many registers (or coils, or discrete inputs) the point takes. */
export function registerCount(binding: ModbusBinding): number {
  return isBitTable(binding) ? 1 : formatOf(binding).size / 2
}

/** `words` are the words of this point alone, `registerCount` of them. 8-bit types stand in the low byte of their register. */
export function decodeRegisters(binding: ModbusBinding, words: ArrayLike<number>, parameters: Parameters): Decoded {
  const count = registerCount(binding)
  if (words.length < count) return { fault: 'malformed', detail: `expected ${count} registers, got ${words.length}` }
  const conversion = prepareConversion(binding, parameters)
  if (isBitTable(binding)) return toValue(conversion, words[0] === 0 ? 0 : 1)
  return toValue(conversion, readWire(bytesOf(words, count), 0, formatOf(binding)))
}

/**
 * The words that decode to `value`, rounded to the nearest step of the wire type.
 * Throws a RangeError when the value does not fit, or would be read as "no measurement".
 */
export function encodeRegisters(binding: ModbusBinding, value: number | string, parameters: Parameters): number[] {
  if (typeof value !== 'number') throw new RangeError(`expected a number for registers, got ${JSON.stringify(value)}`)
  const conversion = prepareConversion(binding, parameters)
  const type = isBitTable(binding) ? 'bit' : binding.type
  const raw = refuseSentinel(conversion, representable(type, toRaw(conversion, value)))
  if (isBitTable(binding)) return [raw]
  const format = formatOf(binding)
  const bytes = new Uint8Array(format.size)
  writeWire(bytes, 0, { ...format, raw })
  return wordsOf(bytes)
}

/** The bits of each word that belong to the point, for writing points that share a register: (old & ~mask) | words. */
export function registerMask(binding: ModbusBinding): number[] {
  if (isBitTable(binding)) return [1]
  const format = formatOf(binding)
  const bytes = new Uint8Array(format.size)
  if (binding.type === 'bit') writeWire(bytes, 0, { ...format, raw: 1 })
  else if (wireSize(format) === 1) writeWire(bytes, 0, { ...format, raw: 0xff })
  else bytes.fill(0xff)
  return wordsOf(bytes)
}

function isBitTable(binding: ModbusBinding): boolean {
  return binding.table === 'coil' || binding.table === 'discrete-input'
}

function formatOf(binding: ModbusBinding): RegisterFormat {
  const bit = binding.bit ?? 0
  const size = Math.max(2, wireSize({ type: binding.type, bit }))
  return { type: binding.type, byteOrder: binding.byteOrder ?? 'ABCD', bit, size }
}

function bytesOf(words: ArrayLike<number>, count: number): number[] {
  const bytes: number[] = []
  for (let i = 0; i < count; i++) bytes.push(((words[i] ?? 0) >> 8) & 0xff, (words[i] ?? 0) & 0xff)
  return bytes
}

function wordsOf(bytes: Uint8Array): number[] {
  const words: number[] = []
  for (let i = 0; i < bytes.length; i += 2) words.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0))
  return words
}

/** Points in Modbus tables. One word is 16 bits; coils and discrete inputs are words of 0 or 1. */
import type { ByteOrder, ModbusBinding } from '../binding-schema.ts'
import { type Parameters, prepareConversion, refuseSentinel, toRaw, toValue } from './conversion.ts'
import type { Decoded } from './decoded.ts'
import { readScaleFactor, scaleFactorWord } from './scale-factor.ts'
import { readText, writeText } from './text-field.ts'
import { bitRange, type NumberFormat, readWire, representable, wireSize, writeWire } from './wire.ts'

type RegisterFormat = NumberFormat | { readonly type: 'string'; readonly byteOrder: ByteOrder; readonly size: number }

type RegisterDecoder = (words: ArrayLike<number>) => Decoded

/** A range of registers (or coils, or discrete inputs) of one table. */
export interface RegisterSpan {
  readonly address: number
  readonly count: number
}

/** How many registers (or coils, or discrete inputs) the value itself takes, from its own address on. */
export function registerCount(binding: ModbusBinding): number {
  return isBitTable(binding) ? 1 : formatOf(binding).size / 2
}

/** What must be read in one request: the value, and its scale factor with everything between them. */
export function registerSpan(binding: ModbusBinding): RegisterSpan {
  const { address, scaleFactor = address } = binding
  const start = Math.min(address, scaleFactor)
  const end = Math.max(address + registerCount(binding), scaleFactor + 1)
  return { address: start, count: end - start }
}

/**
 * Prepared once per point, fast per reading; never throws for what the words say. `words` are those of the point's
 * `registerSpan`. 8-bit types stand in the low byte of their register.
 */
export function createRegisterDecoder(binding: ModbusBinding, parameters: Parameters): RegisterDecoder {
  const { address, count } = registerSpan(binding)
  const decode = decoderOf(binding, { parameters, valueAt: binding.address - address })
  return (words) => {
    if (words.length >= count) return decode(words)
    return { fault: 'malformed', detail: `expected ${count} registers, got ${words.length}` }
  }
}

/** As `createRegisterDecoder`, for one reading. */
export function decodeRegisters(binding: ModbusBinding, words: ArrayLike<number>, parameters: Parameters): Decoded {
  return createRegisterDecoder(binding, parameters)(words)
}

function decoderOf(
  binding: ModbusBinding,
  { parameters, valueAt }: { readonly parameters: Parameters; readonly valueAt: number },
): RegisterDecoder {
  const conversion = prepareConversion(binding, parameters)
  if (isBitTable(binding)) return (words) => toValue(conversion, words[0] === 0 ? 0 : 1)
  const format = formatOf(binding)
  const count = format.size / 2
  if (format.type === 'string') return (words) => readText(bytesOf(words, valueAt, count), 0, format)
  const { scaleFactor, address } = binding
  if (scaleFactor === undefined) return (words) => toValue(conversion, readWire(bytesOf(words, 0, count), 0, format))
  const factorAt = scaleFactor - address + valueAt
  return (words) => {
    const power = readScaleFactor(words[factorAt] ?? 0, binding)
    const raw = readWire(bytesOf(words, valueAt, count), 0, format)
    const value = toValue(conversion, raw, typeof power === 'number' ? power : 0)
    return typeof power === 'number' || 'fault' in value ? value : power
  }
}

/**
 * The words, `registerCount` of them, that decode to `value`, rounded to the nearest step of the wire type. A scale factor is
 * taken to be what the profile says is written there (see `scaleFactorRegister`).
 * Throws a RangeError when the value does not fit, or would be read as "no measurement" or a fault.
 */
export function encodeRegisters(binding: ModbusBinding, value: number | string, parameters: Parameters): number[] {
  const format = formatOf(binding)
  const bytes = new Uint8Array(format.size)
  if (format.type === 'string') {
    if (typeof value !== 'string') throw new RangeError(`expected a text, got ${value}`)
    writeText(bytes, 0, { ...format, text: value })
    return wordsOf(bytes)
  }
  if (typeof value !== 'number') throw new RangeError(`expected a number for registers, got ${JSON.stringify(value)}`)
  const conversion = prepareConversion(binding, parameters)
  const exact = toRaw(conversion, value, binding.scaleFactorWritten)
  const raw = refuseSentinel(conversion, representable(format, exact))
  return isBitTable(binding) ? [raw] : wordsOfNumber(format, raw)
}

/** The words of a point that was not measured: its first sentinel, or null where it has none. */
export function unmeasuredRegisters(binding: ModbusBinding): number[] | null {
  const sentinel = binding.sentinels?.[0]
  const format = formatOf(binding)
  if (sentinel === undefined || format.type === 'string') return null
  return isBitTable(binding) ? [sentinel] : wordsOfNumber(format, sentinel)
}

/** The register of the scale factor and the word that `encodeRegisters` expects in it; null where the point has none. */
export function scaleFactorRegister(
  binding: ModbusBinding,
): { readonly address: number; readonly word: number } | null {
  if (binding.scaleFactor === undefined) return null
  return { address: binding.scaleFactor, word: scaleFactorWord(binding) }
}

/** The bits of each word that belong to the point, for writing points that share a register: (old & ~mask) | words. */
export function registerMask(binding: ModbusBinding): number[] {
  if (isBitTable(binding)) return [1]
  const format = formatOf(binding)
  if (format.type === 'string') return new Array<number>(format.size / 2).fill(0xffff)
  if (format.bits !== null) return wordsOfNumber(format, 2 ** format.bits.count - 1)
  return format.size > wireSize(format) ? wordsOfNumber(format, 0xff) : new Array<number>(format.size / 2).fill(0xffff)
}

function isBitTable(binding: ModbusBinding): boolean {
  return binding.table === 'coil' || binding.table === 'discrete-input'
}

function formatOf({ type, byteOrder = 'ABCD', bit, bits, length = 1 }: ModbusBinding): RegisterFormat {
  if (type === 'string') return { type, byteOrder, size: 2 * length }
  const size = Math.max(2, wireSize({ type, bit }))
  return { type, byteOrder, bits: bitRange(type, { bit, bits }), size }
}

function wordsOfNumber(format: NumberFormat, raw: number): number[] {
  const bytes = new Uint8Array(format.size)
  writeWire(bytes, 0, { ...format, raw })
  return wordsOf(bytes)
}

function bytesOf(words: ArrayLike<number>, start: number, count: number): number[] {
  const bytes: number[] = []
  for (let i = start; i < start + count; i++) bytes.push(((words[i] ?? 0) >> 8) & 0xff, (words[i] ?? 0) & 0xff)
  return bytes
}

function wordsOf(bytes: Uint8Array): number[] {
  const words: number[] = []
  for (let i = 0; i < bytes.length; i += 2) words.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0))
  return words
}

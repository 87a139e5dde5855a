/** Commands as bytes: fixed ones, and the value behind them. */
import type { CommandBytes } from '../command-schema.ts'
import { type Parameters, prepareConversion, toRaw, toValue } from './conversion.ts'
import { type NumberFormat, readWire, representable, wireSize, writeWire } from './wire.ts'

/** Float32 has 24 bits: what is off by less than this is the same number as far as the wire can say it. */
const SAME = 1e-6

/** Those before the value. */
export function fixedBytes({ hex }: CommandBytes): Uint8Array {
  return Uint8Array.from(hex.split(' '), (byte) => Number.parseInt(byte, 16))
}

/** Throws a RangeError for a value that the bytes cannot say as it is. */
export function bytesOf(
  binding: CommandBytes,
  { value, parameters }: { readonly value: number | null; readonly parameters: Parameters },
): Uint8Array {
  const fixed = fixedBytes(binding)
  if (binding.value === undefined) return fixed
  if (value === null) throw new RangeError('the command has no value for its bytes')
  const format = formatOf(binding.value)
  const conversion = prepareConversion(binding.value, parameters)
  const raw = representable(format, toRaw(conversion, value))
  const bytes = new Uint8Array(fixed.length + format.size)
  bytes.set(fixed)
  writeWire(bytes, fixed.length, { ...format, raw })
  const back = valueInBytes(binding, bytes, parameters)
  if (back === null || Math.abs(back - value) > SAME * Math.max(1, Math.abs(value))) {
    throw new RangeError(`the device cannot be told ${value}: the nearest value that it can say is ${back}`)
  }
  return bytes
}

/** The value in the bytes of a command, or null where they are those of another one. */
export function valueInBytes(binding: CommandBytes, bytes: Uint8Array, parameters: Parameters): number | null {
  const fixed = fixedBytes(binding)
  if (binding.value === undefined || !fixed.every((byte, i) => bytes[i] === byte)) return null
  const format = formatOf(binding.value)
  if (bytes.length !== fixed.length + format.size) return null
  const decoded = toValue(prepareConversion(binding.value, parameters), readWire(bytes, fixed.length, format))
  return 'value' in decoded && typeof decoded.value === 'number' ? decoded.value : null
}

function formatOf({ type, byteOrder = 'ABCD' }: NonNullable<CommandBytes['value']>): NumberFormat {
  if (type === 'string' || type === 'bit') throw new RangeError(`a command cannot send a value of type ${type}`)
  return { type, byteOrder, bits: null, size: wireSize({ type }) }
}

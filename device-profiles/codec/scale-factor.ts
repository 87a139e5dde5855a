/** Scale-factor registers (SunSpec): an int16 that says by which power of ten a raw number is multiplied. */
import type { ModbusBinding } from '../binding-schema.ts'
import type { Decoded } from './decoded.ts'

/** SunSpec's code for a scale factor that is not there. */
const SENTINEL = -0x8000
/** SunSpec: -10 to 10. A larger power is more likely to be a damaged or foreign register. */
const MAX_POWER = 10

/** The power of ten, or why there is none. The factor is one register; only the order of its two bytes can differ. */
export function readScaleFactor(word: number, binding: ModbusBinding): number | Decoded {
  const power = (swapped(word, binding) << 16) >> 16
  if (Math.abs(power) <= MAX_POWER) return power
  const where = `the scale factor in register ${binding.scaleFactor} is ${power}`
  if (power === SENTINEL) return { fault: 'sentinel', detail: `${where}, the device's code for "no measurement"` }
  return { fault: 'malformed', detail: `${where}; expected -${MAX_POWER} to ${MAX_POWER}` }
}

export function scaleFactorWord(binding: ModbusBinding): number {
  return swapped((binding.scaleFactorWritten ?? 0) & 0xffff, binding)
}

/** Where the value's bytes are swapped inside its registers (the A not before the B), so are the factor's. */
function swapped(word: number, { byteOrder = 'ABCD' }: ModbusBinding): number {
  return byteOrder.indexOf('A') < byteOrder.indexOf('B') ? word : ((word & 0xff) << 8) | (word >> 8)
}

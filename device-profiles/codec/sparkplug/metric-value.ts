/** What a metric's value is, by its data type (Sparkplug 3.0, 6.4.16). */
import type { RawMetric, RawValue } from './sparkplug-payload.ts'

const GOOD_QUALITY = 192
/** Bits of the signed whole numbers: Int8, Int16, Int32, Int64. */
const SIGNED_BITS: Readonly<Record<number, number>> = { 1: 8, 2: 16, 3: 32, 4: 64 }
const WHOLE_TYPES = [1, 2, 3, 4, 5, 6, 7, 8, 13]

/**
 * As a member of JSON: null is "no measurement", and what a point cannot be is an object. `datatype` comes from the birth where
 * the message does not say it; without it a whole number could be signed or not, and is then undefined: not to be used.
 */
export function metricValue({ isNull, quality, value }: RawMetric, datatype: number | null): unknown {
  if (isNull || value === null || (quality !== null && quality !== GOOD_QUALITY)) return null
  return value.type === 'whole' ? wholeValue(value, datatype) : otherValue(value)
}

function wholeValue({ value }: Extract<RawValue, { type: 'whole' }>, datatype: number | null): unknown {
  if (datatype === null) return undefined
  if (!WHOLE_TYPES.includes(datatype)) return {}
  const bits = SIGNED_BITS[datatype]
  const whole = bits === undefined ? value : BigInt.asIntN(bits, value)
  const number = Number(whole)
  // A text is no number, so what is not exact cannot come out as a rounded one.
  return Number.isSafeInteger(number) ? number : String(whole)
}

function otherValue(value: Exclude<RawValue, { type: 'whole' }>): unknown {
  if (value.type === 'other') return {}
  if (value.type === 'number' && !Number.isFinite(value.value)) return null
  return value.value
}

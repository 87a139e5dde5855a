/** From raw numbers to values in the point's unit and back. */
import type { Scalar } from '../base-schema.ts'
import type { LinearMap as LinearMapProfile, WireType } from '../binding-schema.ts'
import { numberFromBcd } from './bcd.ts'
import type { Decoded } from './decoded.ts'
import { type LinearMap, loopFault, mapped, unmapped } from './linear-map.ts'

export type Parameters = Readonly<Record<string, number>>

/** What a binding says about raw numbers, with its parameters filled in. */
export interface Conversion {
  readonly scale: number
  /** 1 / scale where that is a whole number, else 0. Dividing gives 2.116 where multiplying by 0.001 gives 2.1160000000000001. */
  readonly divisor: number
  readonly offset: number
  readonly sentinels: readonly number[]
  readonly trueWhen: number | null
  /** Null: every number but `trueWhen` means false. */
  readonly falseWhen: number | null
  /** bcd: raw numbers are words of decimal digits. whole-64: they may be too large to be exact. */
  readonly coding: 'plain' | 'bcd' | 'whole-64'
  readonly map: LinearMap | null
}

interface ConversionProfile {
  readonly scale?: Scalar
  readonly offset?: Scalar
  readonly sentinels?: readonly number[]
  readonly trueWhen?: number
  readonly falseWhen?: number
  readonly type?: WireType
  readonly map?: LinearMapProfile
  readonly mapValid?: readonly [number, number]
}

const TRUE: Decoded = { value: 1 }
const FALSE: Decoded = { value: 0 }

/** The number a scalar stands for. Throws when the parameter was not given: `resolveDevice` sees to it that it was. */
export function scalarValue(scalar: Scalar, parameters: Parameters): number {
  if (typeof scalar === 'number') return scalar
  const value = parameters[scalar.parameter]
  if (value === undefined) throw new RangeError(`parameter "${scalar.parameter}" has no value`)
  return value * (scalar.times ?? 1)
}

export function prepareConversion(profile: ConversionProfile, parameters: Parameters): Conversion {
  const scale = scalarValue(profile.scale ?? 1, parameters)
  if (scale === 0 || !Number.isFinite(scale)) throw new RangeError(`scale must be a number other than 0, got ${scale}`)
  const inverse = Math.round(1 / scale)
  return {
    scale,
    divisor: Math.abs(scale) < 1 && Math.abs(inverse * scale - 1) < 1e-12 ? inverse : 0,
    offset: scalarValue(profile.offset ?? 0, parameters),
    sentinels: profile.sentinels ?? [],
    trueWhen: profile.trueWhen ?? null,
    falseWhen: profile.falseWhen ?? null,
    coding: codingOf(profile.type),
    map: profile.map === undefined ? null : prepareMap(profile.map, { ...profile, parameters }),
  }
}

/**
 * A sentinel, NaN or an infinity never comes out as a number. `power`: the power of ten that the device says the raw number is
 * multiplied by.
 */
export function toValue(conversion: Conversion, raw: number, power = 0): Decoded {
  if (!Number.isFinite(raw) || conversion.sentinels.includes(raw)) {
    return { fault: 'sentinel', detail: `the device sent ${raw}, its code for "no measurement"` }
  }
  if (conversion.coding === 'plain') return numberToValue(conversion, raw, power)
  if (conversion.coding === 'bcd') {
    const number = numberFromBcd(raw)
    if (number !== null) return numberToValue(conversion, number, power)
    return { fault: 'malformed', detail: `0x${raw.toString(16).toUpperCase()} is no BCD: a digit is above 9` }
  }
  if (Number.isSafeInteger(raw)) return numberToValue(conversion, raw, power)
  const detail = `the number of 64 bits, about ${raw.toPrecision(6)}, is beyond 2^53 - 1, up to which numbers are exact`
  return { fault: 'malformed', detail }
}

function numberToValue(conversion: Conversion, raw: number, power: number): Decoded {
  if (conversion.trueWhen !== null) return booleanOf(conversion, raw)
  if (conversion.map !== null) {
    const detail = loopFault(conversion.map, raw)
    return detail === null ? { value: withoutNoise(mapped(conversion.map, raw)) } : { fault: 'device-fault', detail }
  }
  const unscaled = power === 0 ? raw : power < 0 ? raw / 10 ** -power : raw * 10 ** power
  const scaled = conversion.divisor === 0 ? unscaled * conversion.scale : unscaled / conversion.divisor
  const value = conversion.offset === 0 ? scaled + 0 : withoutNoise(scaled + conversion.offset)
  if (!Number.isFinite(value)) return { fault: 'malformed', detail: `raw number ${raw} is too large` }
  return { value }
}

function booleanOf({ trueWhen, falseWhen }: Conversion, raw: number): Decoded {
  if (raw === trueWhen) return TRUE
  if (falseWhen === null || raw === falseWhen) return FALSE
  return { fault: 'malformed', detail: `expected ${trueWhen} for true or ${falseWhen} for false, got ${raw}` }
}

/** The raw number of a value, not rounded yet. Throws a RangeError for what no raw number can say. */
export function toRaw(conversion: Conversion, value: number, power = 0): number {
  if (!Number.isFinite(value)) throw new RangeError(`expected a finite number, got ${value}`)
  if (conversion.map !== null) return rawOnLoop(conversion.map, value)
  if (conversion.trueWhen === null) {
    const scaled = value - conversion.offset
    const unscaled = conversion.divisor === 0 ? scaled / conversion.scale : scaled * conversion.divisor
    return power <= 0 ? unscaled * 10 ** -power : unscaled / 10 ** power
  }
  if (value !== 0 && value !== 1) throw new RangeError(`expected 0 or 1 for a boolean, got ${value}`)
  if (value === 1) return conversion.trueWhen
  return conversion.falseWhen ?? (conversion.trueWhen === 0 ? 1 : 0)
}

function rawOnLoop(map: LinearMap, value: number): number {
  const raw = unmapped(map, value)
  const fault = loopFault(map, raw)
  if (fault === null) return raw
  throw new RangeError(`${value} would be read as a fault: ${fault}`)
}

function codingOf(type: WireType | undefined): Conversion['coding'] {
  if (type === 'bcd16' || type === 'bcd32') return 'bcd'
  return type === 'uint64' || type === 'int64' ? 'whole-64' : 'plain'
}

function prepareMap(
  { from, to, signal }: LinearMapProfile,
  { mapValid, parameters }: { readonly mapValid?: readonly [number, number]; readonly parameters: Parameters },
): LinearMap {
  const ends = [scalarValue(to[0], parameters), scalarValue(to[1], parameters)] as const
  if (from[0] === from[1] || ends[0] === ends[1]) throw new RangeError('a map needs two different points')
  return { from, to: ends, valid: mapValid ?? null, signal: signal ?? null }
}

/** Throws a RangeError when the raw number would be read as "no measurement". */
export function refuseSentinel(conversion: Conversion, raw: number): number {
  if (!conversion.sentinels.includes(raw)) return raw
  throw new RangeError(`raw number ${raw} is the device's code for "no measurement"`)
}

/**
 * Sums and differences of decimals carry noise in the 16th digit (3.3 - 3.2 = 0.0999…96), which would put a level just below
 * a setpoint that it has reached. Nothing here is measured to a billionth of its unit.
 */
export function withoutNoise(value: number): number {
  return Math.abs(value) < 1e6 ? Math.round(value * 1e9) / 1e9 + 0 : value
}

/**
 * The units that profiles and configurations may name, with their UCUM codes, dimensions and conversions. What is measured per time is
 * written as the unit, a stroke and a time: mm/h, kPa/d.
 */
import { withoutNoise } from './codec/conversion.ts'
import { suggestion } from './suggestion.ts'

export interface Unit {
  readonly name: string
  /** Code of the Unified Code for Units of Measure (ucum.org). */
  readonly ucum: string
  /** Units of one dimension can be converted into one another. */
  readonly dimension: string
  /** value in the first unit of the dimension = value × factor + offset */
  readonly factor: number
  readonly offset: number
}

/** value in the other unit = value × times + plus; a difference of two values is only multiplied. */
export interface UnitConversion {
  readonly times: number
  readonly plus: number
}

type Listed = readonly [ucum: string, factor: number, offset?: number]

/**
 * By dimension; the factors lead to the first unit of each. Obscuration in % per length is missing on purpose: it is no multiple of dB/m.
 */
const DIMENSIONS: Readonly<Record<string, Readonly<Record<string, Listed>>>> = {
  'number or state': { '1': ['1', 1] },
  share: { '%': ['%', 1], '‰': ['[ppth]', 0.1] },
  length: {
    m: ['m', 1],
    cm: ['cm', 0.01],
    mm: ['mm', 0.001],
    µm: ['um', 1e-6],
    km: ['km', 1000],
    ft: ['[ft_i]', 0.3048],
  },
  angle: { '°': ['deg', 1], rad: ['rad', 180 / Math.PI], mrad: ['mrad', 0.18 / Math.PI] },
  pressure: {
    kPa: ['kPa', 1],
    Pa: ['Pa', 0.001],
    hPa: ['hPa', 0.1],
    MPa: ['MPa', 1000],
    bar: ['bar', 100],
    mbar: ['mbar', 0.1],
    psi: ['[psi]', 6.894757293168],
    mH2O: ['m[H2O]', 9.80665],
  },
  temperature: { '°C': ['Cel', 1], K: ['K', 1, -273.15], '°F': ['[degF]', 5 / 9, -160 / 9] },
  obscuration: { 'dB/m': ['dB/m', 1], 'dB/ft': ['dB/[ft_i]', 1 / 0.3048] },
  'part of the lower explosive limit': { '%LEL': ['%{LEL}', 1] },
  'volume fraction': { ppm: ['[ppm]', 1], ppb: ['[ppb]', 0.001], '%vol': ['%{vol}', 10_000] },
  'mass concentration': { 'mg/m³': ['mg/m3', 1], 'µg/m³': ['ug/m3', 0.001], 'mg/L': ['mg/L', 1000] },
  mass: { kg: ['kg', 1], g: ['g', 0.001], t: ['t', 1000] },
  force: { kN: ['kN', 1], N: ['N', 0.001] },
  strain: { µε: ['um/m', 1] },
  volume: { L: ['L', 1], 'm³': ['m3', 1000], mL: ['mL', 0.001] },
  acceleration: { 'm/s²': ['m/s2', 1], g0: ['[g]', 9.80665] },
  frequency: { Hz: ['Hz', 1], kHz: ['kHz', 1000] },
  voltage: { V: ['V', 1], mV: ['mV', 0.001], kV: ['kV', 1000] },
  current: { A: ['A', 1], mA: ['mA', 0.001], µA: ['uA', 1e-6] },
  'active power': { W: ['W', 1], kW: ['kW', 1000], MW: ['MW', 1e6] },
  'reactive power': { var: ['var', 1], kvar: ['kvar', 1000] },
  'apparent power': { VA: ['V.A', 1], kVA: ['kV.A', 1000] },
  energy: { Wh: ['W.h', 1], kWh: ['kW.h', 1000], MWh: ['MW.h', 1e6] },
  charge: { Ah: ['A.h', 1], mAh: ['mA.h', 0.001] },
  resistance: { Ω: ['Ohm', 1], kΩ: ['kOhm', 1000] },
  conductivity: { 'µS/cm': ['uS/cm', 1], 'mS/cm': ['mS/cm', 1000] },
  turbidity: { NTU: ['{NTU}', 1] },
  illuminance: { lx: ['lx', 1] },
  irradiance: { 'W/m²': ['W/m2', 1] },
  'level of a signal': { dB: ['dB', 1] },
  'received power': { dBm: ['dB[mW]', 1] },
  time: { s: ['s', 1], ms: ['ms', 0.001], min: ['min', 60], h: ['h', 3600], d: ['d', 86_400] },
}

const UNITS: ReadonlyMap<string, Unit> = new Map(
  Object.entries(DIMENSIONS).flatMap(([dimension, units]) =>
    Object.entries(units).map(([name, [ucum, factor, offset = 0]]): [string, Unit] => [
      name,
      { name, ucum, dimension, factor, offset },
    ]),
  ),
)

/** Every listed unit, dimension by dimension. */
export function listedUnits(): readonly Unit[] {
  return [...UNITS.values()]
}

/** The unit of that name, or null. */
export function unitOf(name: string): Unit | null {
  const listed = UNITS.get(name)
  if (listed !== undefined) return listed
  const [, of = '', per = ''] = /^(.*)\/([a-z]+)$/.exec(name) ?? []
  const whole = UNITS.get(of === '' ? '1' : of)
  const time = UNITS.get(per)
  if (whole === undefined || time?.dimension !== 'time') return null
  return {
    name,
    ucum: `${whole.ucum}/${time.ucum}`,
    dimension: `${whole.dimension} per time`,
    factor: whole.factor / time.factor,
    // A change of so many degrees is a difference.
    offset: 0,
  }
}

/** What is wrong with the name of a unit, or null. */
export function unitProblem(name: string): string | null {
  if (unitOf(name) !== null) return null
  const example = "as kPa, mm/h or °C; '1' for none"
  return `unknown unit "${name}", expected one of device-profiles/README.md, ${example}${suggestion(name, UNITS.keys())}`
}

/** From one unit to another, or why there is no way. */
export function conversion(from: string, to: string): UnitConversion | string {
  if (from === to) return { times: 1, plus: 0 }
  const [source, target] = [unitOf(from), unitOf(to)]
  if (source === null || target === null) return unitProblem(source === null ? from : to) ?? ''
  if (source.dimension !== target.dimension) {
    const names = listedUnits().flatMap(({ name, dimension }) => (dimension === target.dimension ? [name] : []))
    const units = names.length > 1 ? `a unit of ${target.dimension} (${names.join(', ')})` : to
    return `expected ${units}, got ${from}, a unit of ${source.dimension}`
  }
  return { times: source.factor / target.factor, plus: (source.offset - target.offset) / target.factor }
}

/** A value in another unit of the same dimension, without the noise of floating-point numbers. */
export function converted(value: number, { times, plus }: UnitConversion): number {
  return withoutNoise(value * times + plus)
}

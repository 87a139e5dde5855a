import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  conversion,
  converted,
  listedUnits,
  type UnitConversion,
  unitOf,
  unitProblem,
} from '../../../device-profiles/units.ts'

const way = (from: string, to: string): UnitConversion => {
  const found = conversion(from, to)
  if (typeof found === 'string') throw new Error(found)
  return found
}

describe('a unit', () => {
  test.each([
    [1.2, 'MPa', 1200, 'kPa'],
    [10, 'psi', 0.689475729, 'bar'],
    [32, '°F', 0, '°C'],
    [0, '°C', 273.15, 'K'],
    [250, 'mm', 0.25, 'm'],
    [3.6, 'km/h', 1, 'm/s'],
    [25, 'mm/h', 0.6, 'm/d'],
    [1000, 'mV', 1, 'V'],
    [0.35, 'dB/ft', 1.148293963, 'dB/m'],
    // A change of so many degrees has no zero to shift.
    [9, '°F/h', 5, '°C/h'],
  ])('%s %s are %s %s', (value, from, expected, to) => {
    expect(converted(value, way(from, to))).toBeCloseTo(expected, 9)
  })

  test('is one per dimension of itself, in every list', () => {
    const names = listedUnits().map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(unitProblem(name), name).toBeNull()
  })

  test('there and back is where it was', () => {
    const pairs = listedUnits().flatMap((a) =>
      listedUnits().flatMap((b) => (a.dimension === b.dimension ? [[a.name, b.name] as const] : [])),
    )
    fc.assert(
      fc.property(fc.constantFrom(...pairs), fc.double({ min: -1e4, max: 1e4, noNaN: true }), ([a, b], value) => {
        const there = value * way(a, b).times + way(a, b).plus
        const back = there * way(b, a).times + way(b, a).plus
        expect(back).toBeCloseTo(value, 6)
      }),
    )
  })

  test('per time is made of any other', () => {
    expect(unitOf('dB/m/min')?.ucum).toBe('dB/m/min')
    expect(unitOf('/min')?.dimension).toBe(unitOf('1/h')?.dimension)
    expect(unitOf('kPa/m')).toBeNull()
    expect(unitOf('mm/h')?.dimension).toBe(unitOf('m/s')?.dimension)
  })

  test('of another dimension, or of none, is told with what could stand there', () => {
    expect(conversion('m', 'kPa')).toBe(
      'expected a unit of pressure (kPa, Pa, hPa, MPa, bar, mbar, psi, mH2O), got m, a unit of length',
    )
    expect(conversion('%', '%LEL')).toBe('expected %LEL, got %, a unit of share')
    expect(unitProblem('Mpa')).toContain('unknown unit "Mpa"')
    expect(unitProblem('Mpa')).toContain('did you mean "MPa"?')
    // No multiple of dB/m, so that no factor can be right.
    expect(unitOf('%/ft')).toBeNull()
  })
})

test('the README lists every unit with its UCUM code', () => {
  const rows = [...Map.groupBy(listedUnits(), ({ dimension }) => dimension)].map(([dimension, units]) => {
    const names = units.map(({ name, ucum }) => (ucum === name ? `\`${name}\`` : `\`${name}\` (${ucum})`))
    return `| ${dimension} | ${names.join(', ')} |`
  })
  const readme = readFileSync(new URL('../../../device-profiles/README.md', import.meta.url), 'utf8')
  expect(readme).toContain(['| dimension | units |', '|---|---|', ...rows].join('\n'))
})

import { describe, expect, test } from 'vitest'
import type { Device, LimitRule } from '../../../device-profiles/device.ts'
import { resolveDevice } from '../../../device-profiles/resolve.ts'
import type { RuleOverride } from '../../../device-profiles/rule-schema.ts'
import { foreignSetpointProblems } from '../../../device-profiles/setpoints.ts'
import { catalogueOf, KIND, MODEL, problemsOf } from './broken-catalogue.ts'

const RULE = 'levels: [{ level: high, above: 2, priority: low }]'

function unitWith(rules: Record<string, RuleOverride>, model = MODEL, kind = KIND): Device | readonly string[] {
  const catalogue = catalogueOf({ 'kinds/tank.yaml': kind, 'models/gauge.yaml': model })
  expect(catalogue.problems).toEqual([])
  const unit = { id: 'unit', station: 's', name: 'n', place: 'p', profile: 'gauge', rules }
  const resolution = resolveDevice({ ...unit, timetable: { timeZone: 'Asia/Shanghai' } }, catalogue)
  return 'device' in resolution
    ? resolution.device
    : resolution.problems.map(({ path, message }) => `${path}: ${message}`)
}

function limitOf(device: Device | readonly string[]): LimitRule {
  if (!('rules' in device)) throw new Error(device.join('\n'))
  return device.rules.find((rule): rule is LimitRule => rule.type === 'limit') as LimitRule
}

describe('a level in another unit', () => {
  test('of a kind is compared in the unit of the point, its deadband too', () => {
    const kind = KIND.replace(RULE, 'levels: [{ level: high, above: 250, deadband: 20, unit: cm, priority: low }]')
    expect(limitOf(unitWith({}, MODEL, kind)).levels).toMatchObject([{ setpoint: 2.5, deadband: 0.2 }])
  })

  test('of an installed unit, whichever unit the rule has', () => {
    expect(limitOf(unitWith({ level: { levels: { high: { above: 1500, unit: 'mm' } } } })).levels).toMatchObject([
      { setpoint: 1.5 },
    ])
    const kind = KIND.replace(RULE, 'levels: [{ level: high, above: 250, deadband: 20, unit: cm, priority: low }]')
    const changed = unitWith({ level: { levels: { high: { above: 3 } } } }, MODEL, kind)
    expect(limitOf(changed).levels).toMatchObject([{ setpoint: 3, deadband: 0.2 }])
  })

  test('at some times', () => {
    const scheduled = [{ during: { days: ['mon' as const] }, levels: { high: { above: 100, unit: 'cm' } } }]
    const [at] = limitOf(unitWith({ level: { scheduled } })).scheduled ?? []
    expect(at?.levels).toMatchObject([{ setpoint: 1 }])
  })

  test('of a rate', () => {
    const kind = KIND.replace(
      'quantity: level, name',
      'quantity: level, trend: { type: rate, window: 1h, per: hour }, name',
    ).replace(RULE, 'levels: [{ level: high, above: 10, unit: mm/min, priority: low }]')
    expect(limitOf(unitWith({}, MODEL, kind)).levels).toMatchObject([{ setpoint: 0.6 }])
  })

  test('from a parameter or another point of the device', () => {
    const model = MODEL.replace(
      'modbus: { poll',
      'parameters: { bank: { name: { zh: 岸, en: Bank }, unit: cm, default: 180 } }\nmodbus: { poll',
    ).concat(`  - id: weir
    name: { zh: 堰, en: Weir }
    unit: mm
    type: number
    range: [0, 5000]
    modbus: { table: holding-register, address: 2, type: uint16 }
overrides: { level: { levels: { high: { above: { parameter: bank, plus: -0.1 } } } } }
`)
    expect(limitOf(unitWith({}, model)).levels).toMatchObject([{ setpoint: 1.7 }])
    const point = { level: { levels: { high: { above: { point: 'weir', plus: -10 }, unit: 'cm' } } } }
    expect(limitOf(unitWith(point, model)).levels).toMatchObject([
      { source: { point: 'unit.weir', times: 0.001, plus: -0.1 } },
    ])
    // Who gives a factor has converted already.
    const own = { level: { levels: { high: { above: { point: 'weir', times: 0.0009 } } } } }
    expect(limitOf(unitWith(own, model)).levels).toMatchObject([{ source: { times: 0.0009, plus: 0 } }])
  })

  test('of another dimension is a mistake, wherever it stands', () => {
    const expected = 'expected a unit of length (m, cm, mm, µm, km, ft), got kPa, a unit of pressure'
    expect(unitWith({ level: { levels: { high: { above: 1, unit: 'kPa' } } } })).toEqual([
      `rules.level.levels.high.unit: level "high": ${expected}`,
    ])
    const kind = KIND.replace(RULE, 'levels: [{ level: high, above: 1, unit: kPa, priority: low }]')
    const { problems } = catalogueOf({ 'kinds/tank.yaml': kind })
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      `rules[0].levels[0].unit: level "high": ${expected}`,
    ])
  })

  test('from a point of another device is told with its factor', () => {
    const at = (id: string, unit: string) =>
      ({
        id,
        points: [{ id: `${id}.level`, profile: { id: 'level', unit, type: 'number' } }],
        rules: [],
      }) as unknown as Device
    const device = at('a', 'm')
    const [point] = device.points
    const watching = (source: object): Device => {
      const level = { source: { point: 'b.level', times: 1, plus: 0, ...source } }
      return { ...device, rules: [{ type: 'limit', id: 'r', point, levels: [level] } as unknown as LimitRule] }
    }
    const told = (unit: string, source = {}) => [
      ...foreignSetpointProblems(watching(source), new Map([['b', at('b', unit)]])),
    ]
    expect(told('m')).toEqual([])
    expect(told('mm')).toEqual([{ rule: 'r', message: '"b.level" is in mm, expected m; give times: 0.001' }])
    expect(told('kPa')[0]?.message).toContain('got kPa, a unit of pressure')
    expect(told('mm', { times: 0.001, plus: 0.5 })).toEqual([])
    // A shift says nothing about the unit: 1200 mm and half a metre are not 1200.5 m.
    expect(told('mm', { plus: 0.5 })).toEqual(told('mm'))
  })
})

describe('values of vectors', () => {
  const vector = (expected: string) => `${MODEL}vectors:
  - registers: { holding-register: { 1: [153] } }
    expect: { level: ${expected} }
`
  test('may be written as in the manual', () => {
    const { profiles, problems } = catalogueOf({ 'models/gauge.yaml': vector('{ value: 153, unit: mm }') })
    expect(problems).toEqual([])
    expect(profiles.get('gauge')?.vectors?.[0]?.expect).toEqual({ level: 0.153 })
  })

  test('are of the dimension of the point', () => {
    const { problems } = catalogueOf({ 'models/gauge.yaml': vector('{ value: 153, unit: kPa }') })
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'vectors[0].expect.level: expected a unit of length (m, cm, mm, µm, km, ft), got kPa, a unit of pressure',
    ])
  })
})

test('a unit that nobody knows is a mistake', () => {
  expect(problemsOf(['unit: m\n', 'unit: metre\n']).join('\n')).toContain('points[0].unit: unknown unit "metre"')
  expect(problemsOf(['unit: m\n', 'unit: M\n']).join('\n')).toContain('did you mean "m"?')
})

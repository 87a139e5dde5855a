import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import type { Device, LimitRule } from '../../../device-profiles/device.ts'
import { type Installation, resolveDevice, resolveProfile } from '../../../device-profiles/resolve.ts'
import type { RuleOverride } from '../../../device-profiles/rule-schema.ts'
import type { DeviceProfile, KindProfile } from '../../../device-profiles/schema.ts'
import { catalogueOf, MODEL } from './broken-catalogue.ts'

const catalogue = loadCatalogue()
const radar: Installation = {
  id: 'underpass-1',
  station: 'pingshan',
  name: 'Underpass radar',
  place: 'Jinniu underpass',
  profile: 'dfrobot-sen0676',
  parameters: { 'installation-height': 4 },
}

function resolved(installation: Installation): Device {
  const resolution = resolveDevice(installation, catalogue)
  if ('problems' in resolution) throw new Error(JSON.stringify(resolution.problems))
  return resolution.device
}

function problemsOf(installation: Installation): readonly string[] {
  const resolution = resolveDevice(installation, catalogue)
  return 'problems' in resolution ? resolution.problems.map(({ path, message }) => `${path}: ${message}`) : []
}

const withRules = (rules: Record<string, RuleOverride>): Installation => ({ ...radar, rules })
const levelsOf = (device: Device, id: string) => (device.rules.find((rule) => rule.id === id) as LimitRule).levels

test('a device brings its points, its parameters and the rules of its kind, ready to run', () => {
  const device = resolved(radar)
  expect(device).toMatchObject({
    id: 'underpass-1',
    kind: 'water-level',
    intervalMs: 1000,
    parameters: { 'installation-height': 4 },
  })
  expect(device.points.map((point) => point.id)).toEqual([
    'underpass-1.level',
    'underpass-1.distance',
    'underpass-1.rise',
    'underpass-1.time-to-level',
  ])
  // The time to a level is computed with the levels of this unit.
  expect(device.points[3]?.calculation).toEqual({
    type: 'time-to-level',
    inputs: ['level'],
    windowMs: 600_000,
    setpoints: [0.1, 0.15, 0.27, 0.4],
    horizonMinutes: 360,
    leastRise: 0.01,
  })
  // The radar has no battery and no position switch, so those rules of the kind are left out.
  expect(device.rules.map((rule) => [rule.id, rule.class])).toEqual([
    ['water-level', 'alarm'],
    ['rising', 'alarm'],
    ['level-soon', 'alarm'],
    ['no-data', 'fault'],
    ['bad-quality', 'fault'],
  ])
  expect(levelsOf(device, 'water-level')[0]).toEqual({
    level: 'blue',
    side: 'above',
    setpoint: 0.1,
    deadband: 0.02,
    onDelayMs: 5000,
    offDelayMs: 30000,
    priority: 'low',
  })
  expect(levelsOf(device, 'water-level').map((level) => level.level)).toEqual(['blue', 'yellow', 'orange', 'red'])
})

test('silence is counted in the intervals of this very unit', () => {
  expect(resolved(radar).rules.find((rule) => rule.id === 'no-data')).toMatchObject({ afterMs: 3000 })
  expect(resolved({ ...radar, intervalMs: 20_000 }).rules.find((rule) => rule.id === 'no-data')).toMatchObject({
    afterMs: 60_000,
  })
  const given = withRules({ 'no-data': { after: '5m' } })
  expect(resolved(given).rules.find((rule) => rule.id === 'no-data')).toMatchObject({ afterMs: 300_000 })
})

test('a silence shorter than one interval would raise between two messages', () => {
  expect(problemsOf({ ...withRules({ 'no-data': { after: '5s' } }), intervalMs: 60_000 })).toEqual([
    'rules.no-data.after: rule "no-data": 5 s is shorter than the 60 s between two messages of the device',
  ])
})

test('a rule on a quantity that several points measure becomes one rule per point', () => {
  const tilt = { ...radar, id: 'slope-1', profile: 'witmotion-hwt905', parameters: {} }
  const device = resolved({
    ...tilt,
    rules: { tilt: { onDelay: '1m' }, 'tilt-pitch': { levels: { high: { above: 0.7 } } } },
  })
  const rules = device.rules.filter((rule): rule is LimitRule => rule.type === 'limit')
  expect(rules.map((rule) => [rule.id, rule.point.id, rule.name.en])).toEqual([
    ['tilt-roll', 'slope-1.roll', 'Slope tilt (Roll since installation)'],
    ['tilt-pitch', 'slope-1.pitch', 'Slope tilt (Pitch since installation)'],
  ])
  const high = rules.map((rule) => rule.levels.find((level) => level.level === 'high'))
  expect(high).toMatchObject([
    { setpoint: 0.5, onDelayMs: 60_000 },
    { setpoint: 0.7, onDelayMs: 60_000 },
  ])
  // Mildest first on both sides: the two 'medium' levels stand before the two 'high' ones.
  expect(rules[0]?.levels.map((level) => level.level)).toEqual(['high', 'low', 'high-high', 'low-low'])
})

test('an installation changes levels, delays, priorities and latching, and switches rules and levels off', () => {
  const device = resolved(
    withRules({
      'water-level': {
        latching: true,
        offDelay: '2m',
        levels: { blue: { enabled: false }, red: { above: 0.35, deadband: 0.05, onDelay: '0s' } },
      },
      'bad-quality': { enabled: false },
      'no-data': { priority: 'urgent' },
    }),
  )
  expect(device.rules.map((rule) => rule.id)).toEqual(['water-level', 'rising', 'level-soon', 'no-data'])
  expect(device.rules[0]?.latching).toBe(true)
  expect(levelsOf(device, 'water-level').map((level) => level.level)).toEqual(['yellow', 'orange', 'red'])
  expect(levelsOf(device, 'water-level')[2]).toMatchObject({
    setpoint: 0.35,
    deadband: 0.05,
    onDelayMs: 0,
    offDelayMs: 120_000,
  })
  expect(device.rules.at(-1)).toMatchObject({ priority: 'urgent' })
})

describe('problems', () => {
  test.each([
    [
      { 'water-levle': {} },
      'rules.water-levle: no rule "water-levle" here; the rules are water-level, rising, level-soon, no-data, bad-quality; did you mean "water-level"?',
    ],
    [
      { 'water-level': { priority: 'low' } },
      'rules.water-level.priority: rule "water-level" has levels; give the priority to a level (levels.blue.priority)',
    ],
    [
      { 'water-level': { after: '5s' } },
      'rules.water-level.after: rule "water-level" is a limit; only a no-data rule has "after"',
    ],
    [
      { 'water-level': { levels: { 'high-high': { above: 1 } } } },
      'rules.water-level.levels.high-high: rule "water-level" has no level "high-high"; it has blue, yellow, orange, red',
    ],
    [
      { 'water-level': { levels: { red: { below: 1 } } } },
      'rules.water-level.levels.red.below: level "red" alarms above its setpoint; give "above" instead',
    ],
    [
      { 'water-level': { levels: { red: { above: 0.2 } } } },
      'rules.water-level.levels.orange: rule "water-level", level "orange": is more severe than level "red" but has the lower priority (high < urgent)',
    ],
    [
      { 'water-level': { levels: { red: { above: 0.27 } } } },
      'rules.water-level.levels.red: rule "water-level", level "red": has the same setpoint 0.27 as level "orange"',
    ],
    [
      { 'water-level': { levels: { red: { deadband: 0.2 } } } },
      'rules.water-level.levels.red: rule "water-level", level "red": deadband 0.2 reaches past the setpoint 0.27 of level "orange"',
    ],
    [
      { 'water-level': { levels: { red: { above: 12 } } } },
      'rules.water-level.levels.red: rule "water-level", level "red": setpoint 12 m is outside what level can measure (-0.3 to 10)',
    ],
    [
      { 'no-data': { levels: { red: {} } } },
      'rules.no-data.levels: rule "no-data" is of type no-data and has no levels',
    ],
    [
      { 'bad-quality': { after: '1m' } },
      'rules.bad-quality.after: rule "bad-quality" is of type bad-quality; only a no-data rule has "after"',
    ],
  ] as [Record<string, RuleOverride>, string][])('%j', (rules, expected) => {
    expect(problemsOf(withRules(rules))).toEqual([expected])
  })

  test('of parameters are told together with those of rules', () => {
    const wrong = { ...radar, parameters: { 'instalation-height': 4 }, rules: { nothing: {} } }
    expect(problemsOf(wrong)).toEqual([
      'parameters.instalation-height: profile dfrobot-sen0676 has no parameter "instalation-height"; it has installation-height; did you mean "installation-height"?',
      'parameters.installation-height: parameter "installation-height" (Installation height (sensor to the lowest ground), m) is required by profile dfrobot-sen0676',
      'rules.nothing: no rule "nothing" here; the rules are water-level, rising, level-soon, no-data, bad-quality',
    ])
    expect(problemsOf({ ...radar, parameters: { 'installation-height': 400 } })).toEqual([
      'parameters.installation-height: expected 0.3 to 10 m for "installation-height", got 400',
    ])
  })

  test('an unknown profile is suggested', () => {
    expect(problemsOf({ ...radar, profile: 'dfrobot-sen676' })).toEqual([
      'profile: no device profile "dfrobot-sen676"; did you mean "dfrobot-sen0676"?',
    ])
  })
})

describe('rules of a model', () => {
  const profile = catalogue.profiles.get('dfrobot-sen0676') as DeviceProfile
  const kind = catalogue.kinds.get('water-level') as KindProfile
  const name = { zh: '名', en: 'name' }

  test('stand beside those of the kind, replace them by id, and get guidance if they bring none', () => {
    const own: DeviceProfile = {
      ...profile,
      rules: [
        {
          id: 'water-level',
          type: 'limit',
          name,
          point: 'level',
          levels: [{ level: 'high', above: 1, priority: 'high' }],
        },
        { id: 'near', type: 'limit', name, point: 'distance', levels: [{ level: 'low', below: 0.2, priority: 'low' }] },
      ],
    }
    const resolution = resolveProfile(radar, { profile: own, kind })
    if (!('device' in resolution)) throw new Error(JSON.stringify(resolution.problems))
    const ids = ['rising', 'level-soon', 'no-data', 'bad-quality', 'water-level', 'near']
    expect(resolution.device.rules.map((rule) => rule.id)).toEqual(ids)
    expect(resolution.device.rules[5]?.guidance.en).toBe('Check on site and report to the duty officer.')
  })

  test('the installation has the last word over the model', () => {
    const overrides = { 'water-level': { levels: { red: { above: 0.5, deadband: 0.1 } } } }
    const rules = { 'water-level': { levels: { red: { above: 0.6 } } } }
    const resolution = resolveProfile({ ...radar, rules }, { profile: { ...profile, overrides }, kind })
    if (!('device' in resolution)) throw new Error(JSON.stringify(resolution.problems))
    expect(levelsOf(resolution.device, 'water-level')[3]).toMatchObject({ setpoint: 0.6, deadband: 0.1 })
  })
})

describe('a parameter as scale', () => {
  const scaled = (factor: object, value?: number) => {
    const model = MODEL.replace('scale: 0.001', `scale: ${JSON.stringify({ parameter: 'factor', ...factor })}`)
    const parameters = 'parameters: { factor: { name: { zh: 系数, en: Factor }, unit: m } }\npoints:'
    const own = catalogueOf({ 'models/gauge.yaml': model.replace('points:', parameters) })
    const resolution = resolveDevice(
      { ...radar, profile: 'gauge', ...(value !== undefined && { parameters: { factor: value } }) },
      own,
    )
    return own.problems.length > 0 || 'device' in resolution
      ? own.problems.map(({ message }) => message)
      : resolution.problems
  }

  test('must not be 0, because nothing can be divided by it', () => {
    expect(scaled({}, 0)).toEqual([
      {
        path: 'parameters.factor',
        message: 'expected a number other than 0 for "factor", got 0, which makes the scale of "level" 0',
      },
    ])
    expect(scaled({}, 0.5)).toEqual([])
  })

  test('must not become endless or nothing by what it is multiplied with', () => {
    expect(scaled({ times: 1e10 }, 1e300)).toMatchObject([{ path: 'parameters.factor' }])
    expect(scaled({ times: 0 })).toEqual([
      'expected a number other than 0 for "factor", got 1, which makes the scale of "level" 0',
    ])
  })
})

describe('limits on a trend', () => {
  const rising = {
    ...({ id: 'rising', type: 'limit', point: 'level', name: { zh: '上涨', en: 'rising' } } as const),
    trend: { type: 'rate', window: '10m', per: 'hour' } as const,
    levels: [{ level: 'high', above: 40, deadband: 5, priority: 'high' }] as const,
  }
  const withTrend = (rules?: Record<string, RuleOverride>) => {
    const profile = catalogue.profiles.get('dfrobot-sen0676') as DeviceProfile
    const changed = { ...profile, rules: [...(profile.rules ?? []), rising] } as unknown as DeviceProfile
    const profiles = new Map(catalogue.profiles).set(profile.id, changed)
    return resolveDevice({ ...radar, ...(rules && { rules }) }, { ...catalogue, profiles })
  }

  test('have setpoints in the unit of the trend, which the range of the point says nothing about', () => {
    const resolution = withTrend()
    const rule = 'device' in resolution && resolution.device.rules.find(({ id }) => id === 'rising')
    expect(rule).toMatchObject({
      trend: { type: 'rate', windowMs: 600_000, perMs: 3_600_000 },
      levels: [{ setpoint: 40, deadband: 5 }],
    })
    expect(rule).not.toHaveProperty('maxDetectionSeconds')
  })

  test('let an installed unit change the window, not below what can be known', () => {
    const resolution = withTrend({ rising: { window: '30m' } })
    expect('device' in resolution && resolution.device.rules.find(({ id }) => id === 'rising')).toMatchObject({
      trend: { windowMs: 1_800_000 },
    })
    expect(withTrend({ rising: { window: '2s' } })).toEqual({
      problems: [
        {
          path: 'rules.rising.window',
          message:
            'rule "rising": a window of 2 s holds fewer than 4 readings of a device that is heard every 1 s; give at least 4 s',
        },
      ],
    })
    expect(withTrend({ 'water-level': { window: '1m' } })).toMatchObject({
      problems: [
        { path: 'rules.water-level.window', message: 'rule "water-level" compares the value itself; it has no window' },
      ],
    })
  })
})

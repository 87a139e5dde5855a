/** What can be wrong with computed points, and what a model takes over from its kind. */
import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import { checkComputed, withComputed } from '../../../device-profiles/computed-points.ts'
import type { Computation } from '../../../device-profiles/computed-schema.ts'
import { checkKind } from '../../../device-profiles/kind-checks.ts'
import type { DeviceProfile, KindProfile, PointProfile } from '../../../device-profiles/schema.ts'

const catalogue = loadCatalogue()
const extinguisher = catalogue.kinds.get('extinguisher') as KindProfile
const name = { zh: '点', en: 'point' }

function pointOf(id: string, more: Partial<PointProfile> = {}): PointProfile {
  return { id, name, unit: 'kPa', type: 'number', ...more }
}
function modelOf(points: readonly PointProfile[], computed?: readonly string[]): DeviceProfile {
  const tag = catalogue.profiles.get('outpost-ref-extinguisher-tag') as DeviceProfile
  return { ...tag, points: [...points], ...(computed === undefined ? {} : { computed: [...computed] }) }
}
const pressure = pointOf('gauge', { quantity: 'pressure' })
const temperature = pointOf('heat', { quantity: 'temperature', unit: '°C' })
const messages = (profile: DeviceProfile) => [...checkComputed(profile)].map(({ message }) => message)

describe('taking over', () => {
  test('puts the points of the model in the place of the quantities, and each after its inputs', () => {
    const { profile, findings } = withComputed(
      modelOf([pressure, temperature], ['pressure-at-20', 'leak-rate']),
      extinguisher,
    )
    expect(findings).toEqual([])
    expect(profile.points.slice(2).map(({ id, compute }) => [id, compute])).toEqual([
      ['pressure-at-20', { type: 'pressure-at-20', of: 'gauge', temperature: 'heat' }],
      ['leak-rate', { type: 'loss', of: 'pressure-at-20', window: '14d' }],
    ])
    expect(messages(profile)).toEqual([])
  })

  test.each([
    [
      [pressure, temperature],
      ['pressure-at-2'],
      /unknown computed point "pressure-at-2".*did you mean "pressure-at-20"/,
    ],
    [[pressure], ['pressure-at-20'], /computed from temperature, which no point here measures/],
    [
      [pressure, temperature],
      ['leak-rate'],
      /computed from compensated-pressure, which no point here measures before it/,
    ],
    [[pressure, { ...pressure, id: 'other' }, temperature], ['pressure-at-20'], /several points measure pressure/],
  ])('says what is missing (%#)', (points, computed, message) => {
    const { findings } = withComputed(modelOf(points, computed), extinguisher)
    expect(findings).toEqual([{ path: ['computed', 0], message: expect.stringMatching(message) }])
  })
})

describe('a computed point', () => {
  const compute = (computation: Computation, more: Partial<PointProfile> = {}) =>
    pointOf('made', { compute: computation, ...more })
  const law = { type: 'pressure-at-20', of: 'gauge', temperature: 'heat' } as const

  test.each([
    [[pressure, temperature, compute(law, { type: 'boolean' })], /is computed, so it is a number/],
    [[pressure, temperature, compute({ ...law, of: 'gage' })], /unknown point "gage".*did you mean "gauge"/],
    [[pressure, compute(law), temperature], /"heat" must stand before "made"/],
    [
      [pressure, { ...temperature, type: 'text' as const }, compute(law)],
      /expected a number, but "heat" is of type text/,
    ],
    [[{ ...pressure, unit: 'MPa' }, temperature, compute(law)], /"gauge" must be in kPa/],
    [[pressure, { ...temperature, unit: 'K' }, compute(law)], /"heat" must be in °C/],
  ])('is refused where it cannot be computed (%#)', (points, message) => {
    expect(messages(modelOf(points))).toContainEqual(expect.stringMatching(message))
  })
})

test('a kind checks its computed points against its quantities', () => {
  const broken: KindProfile = {
    ...extinguisher,
    computed: [
      pointOf('a', { quantity: 'presure', compute: { type: 'loss', of: 'pressure', window: '1d' } }),
      pointOf('b', { quantity: 'leak-rate', compute: { type: 'loss', of: 'presure', window: '1d' } }),
      pointOf('c', { quantity: 'pressure' }),
    ],
  }
  expect([...checkKind(broken)].map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
    expect.stringMatching(/^computed\.0\.quantity: .*not "presure"; did you mean "pressure"\?$/),
    'computed.1.unit: expected kPa/d, the unit of leak-rate, got kPa',
    expect.stringMatching(/^computed\.1\.compute: unknown quantity "presure"; did you mean "pressure"\?$/),
    'computed.2: missing key "compute": "c" is a computed point',
  ])
})

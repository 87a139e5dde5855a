import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import type { OnChange } from '../../../device-profiles/device.ts'
import { type Installation, resolveDevice } from '../../../device-profiles/resolve.ts'
import { catalogueOf, MODEL, problemsOf } from './broken-catalogue.ts'

const STORE = 'store: { type: on-change, deadband: 0.01, maxInterval: 10m }'
const RANGE = 'range: [0, 5]'
const withStore = (store: string) => MODEL.replace(RANGE, `${RANGE}\n    ${store}`)

const unit: Installation = { id: 'g', station: 's', name: 'g', place: 'p', profile: 'gauge' }

/** What is stored of the gauge's level; undefined: every reading. */
function storing(model: string, installation: Partial<Installation> = {}): OnChange | undefined {
  const resolution = resolveDevice({ ...unit, ...installation }, catalogueOf({ 'models/gauge.yaml': model }))
  if ('problems' in resolution) throw new Error(JSON.stringify(resolution.problems))
  return resolution.device.points[0]?.store
}

describe('what is stored of a point', () => {
  test('is every reading, if nothing is said', () => {
    expect(storing(MODEL)).toBeUndefined()
    expect(storing(withStore('store: { type: every }'))).toBeUndefined()
  })

  test('is what the model says', () => {
    expect(storing(withStore(STORE))).toEqual({ deadband: 0.01, maxIntervalMs: 600_000 })
    expect(storing(withStore('store: { type: on-change, maxInterval: 1h }'))).toMatchObject({ deadband: 0 })
  })

  test('is what the installed unit says instead', () => {
    const store = (level: NonNullable<Installation['store']>[string]) => storing(withStore(STORE), { store: { level } })
    expect(store({ type: 'every' })).toBeUndefined()
    expect(store({ type: 'on-change', maxInterval: '1m' })).toEqual({ deadband: 0, maxIntervalMs: 60_000 })
  })

  test('may be rarer in the model than the unit is read: then every reading is', () => {
    expect(storing(withStore(STORE), { intervalMs: 3_600_000 })).toMatchObject({ maxIntervalMs: 600_000 })
  })

  test('of a unit that is read more seldom than it shall be stored is a slip, and so is a point that there is not', () => {
    const resolution = resolveDevice(
      {
        ...{ id: 'g', station: 's', name: 'g', place: 'p', profile: 'heiman-hs1sa-e', intervalMs: 120_000 },
        store: {
          smoke: { type: 'on-change', deadband: 1, maxInterval: '1m' },
          smok: { type: 'every' },
          toString: { type: 'every' } as const,
        },
      },
      loadCatalogue(),
    )
    expect('problems' in resolution && resolution.problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'store.smoke.deadband: only numbers have a deadband, and "smoke" is of type boolean: every change of it is stored',
      'store.smoke.maxInterval: expected at least the 120 s between two readings of the device, got 1m',
      expect.stringMatching(/^store\.smok: no point "smok" here; the points are .*; did you mean "smoke"\?$/),
      expect.stringMatching(/^store\.toString: no point "toString" here/),
    ])
  })
})

test('a model that stores in a way that makes no sense is refused', () => {
  const store = (text: string) => problemsOf([RANGE, `${RANGE}\n    store: ${text}`])
  expect(store('{ type: on-change, deadband: 0.1, maxInterval: 10m }')).toEqual([])
  expect(store('{ type: on-change, deadband: -0.1, maxInterval: 1 }')).toEqual([
    "17:41 points[0].store.deadband: expected a number in the point's unit, 0 or more, got -0.1",
    '17:60 points[0].store.maxInterval: expected a duration with its unit: 500ms, 5s, 2m, 1h or 1d, got 1',
  ])
  expect(store('{ type: on-change, deadband: 5, maxInterval: 500ms }')).toEqual([
    '17:41 points[0].store.deadband: expected less than 5 m, the whole range of "level", got 5',
    '17:57 points[0].store.maxInterval: expected at least the 1 s between two readings of the device, got 500ms',
  ])
  expect(store('{ type: onchange, maxInterval: 10m }')).toEqual([
    '17:20 points[0].store.type: expected one of every, on-change, got "onchange"; did you mean "on-change"?',
  ])
})

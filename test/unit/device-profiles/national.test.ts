import { expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import { type NationalFacts, nationalFacts } from '../../../device-profiles/national.ts'
import { ANALOGUE_TYPES, ELEMENTS } from '../../../device-profiles/national-tables.ts'
import { unitOf } from '../../../device-profiles/units.ts'
import { catalogueOf, KIND, MODEL } from './broken-catalogue.ts'

const catalogue = loadCatalogue()
/** What steps fine enough to be of use: a height of GB/T 26875.3 counts centimetres, so rain and cracks are none. */
const ANALOGUES: Readonly<Record<string, number>> = {
  temperature: 3,
  pressure: 5,
  'part of the lower explosive limit': 6,
  voltage: 8,
  current: 9,
}

function factsOf(profileId: string, pointId: string, { profiles, kinds } = catalogue): NationalFacts | null {
  const profile = profiles.get(profileId)
  const kind = kinds.get(profile?.kind ?? '')
  const point = profile?.points.find(({ id }) => id === pointId)
  return profile && kind && point ? nationalFacts(point, { profile, kind }) : null
}

test('a point is in the national protocols what its quantity and its kind are', () => {
  expect(factsOf('milesight-em500-udl', 'level')).toEqual({ sl651: '39', component: 0, analogue: 2 })
  expect(factsOf('heiman-hs1sa-e', 'smoke')).toEqual({ component: 40 })
  expect(factsOf('meokon-pressure', 'pressure')).toEqual({ component: 0, analogue: 5 })
})

test('a model and a point have the last word', () => {
  const kind = KIND.replace('quantities:', 'national: { gb26875: { component: 0 } }\nquantities:').replace(
    'unit: m }',
    "unit: m, national: { sl651: '39', gb26875: { analogue: 2 } } }",
  )
  const model = MODEL.replace('status:', 'national: { gb26875: { component: 92 } }\nstatus:')
  const files = { 'kinds/tank.yaml': kind, 'models/gauge.yaml': model }
  expect(factsOf('gauge', 'level', catalogueOf(files))).toEqual({ sl651: '39', component: 92, analogue: 2 })
  const own = model.replace('    quantity: level', "    national: { sl651: '0E' }\n    quantity: level")
  const changed = catalogueOf({ ...files, 'models/gauge.yaml': own })
  expect(factsOf('gauge', 'level', changed)).toEqual({ sl651: '0E', component: 92, analogue: 2 })
})

test('a number that nobody knows, or of another dimension, is a mistake', () => {
  const problems = (national: string) => {
    const kind = KIND.replace('unit: m }', `unit: m, national: ${national} }`)
    return catalogueOf({ 'kinds/tank.yaml': kind }).problems.map(({ path, message }) => `${path}: ${message}`)
  }
  expect(problems('{ gb26875: { analogue: 5 } }')).toEqual([
    'quantities.level.national.gb26875.analogue: analogue type 5 (pressure) is in kPa: ' +
      'expected a unit of pressure (kPa, Pa, hPa, MPa, bar, mbar, psi, mH2O), got m, a unit of length',
  ])
  expect(problems("{ sl651: '38' }")).toEqual([
    'quantities.level.national.sl651: element 38 (Supply voltage) is in V: ' +
      'expected a unit of voltage (V, mV, kV), got m, a unit of length',
  ])
  expect(problems("{ sl651: '99' }").join()).toContain('quantities.level.national.sl651')
  expect(problems('{ gb26875: { component: 5 } }').join()).toContain('quantities.level.national.gb26875.component')
  expect(problems('{ gb26875: { component: 200 } }')).toEqual([])
  const kind = KIND.replace('quantities:', "national: { sl651: '39' }\nquantities:")
  expect(catalogueOf({ 'kinds/tank.yaml': kind }).problems[0]?.message).toContain('give it to a quantity or a point')
})

test('the units that the protocols prescribe are known', () => {
  for (const { unit } of [...Object.values(ELEMENTS), ...Object.values(ANALOGUE_TYPES)]) {
    expect(unitOf(unit), unit).not.toBeNull()
  }
})

test('every point of a model is a component, and what the protocols can measure has its number', () => {
  const missing: string[] = []
  for (const profile of catalogue.profiles.values()) {
    const kind = catalogue.kinds.get(profile.kind)
    if (profile.protocol === 'self' || kind === undefined) continue
    for (const point of profile.points) {
      const facts = nationalFacts(point, { profile, kind })
      if (facts.component === undefined) missing.push(`${profile.id} ${point.id}: component`)
      const analogue = point.quantity === undefined ? undefined : ANALOGUES[unitOf(point.unit)?.dimension ?? '']
      if (analogue !== undefined && facts.analogue !== analogue) missing.push(`${profile.id} ${point.id}: ${analogue}`)
    }
  }
  expect(missing).toEqual([])
  expect(factsOf('milesight-wts506', 'rain-total')).toEqual({ sl651: '26', component: 0 })
  expect(factsOf('epever-tracer', 'battery-voltage')).toEqual({ sl651: '38', component: 0, analogue: 8 })
})

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import { cataloguePage } from '../../../device-profiles/catalogue-page.ts'
import { schemaFiles } from '../../../device-profiles/profile-schema.ts'
import { resolveDevice } from '../../../device-profiles/resolve.ts'
import { unitOf } from '../../../device-profiles/units.ts'
import { problemText } from '../../../device-profiles/yaml-document.ts'
import { parametersOf } from './placeholder-parameters.ts'

const catalogue = loadCatalogue()
const profiles = [...catalogue.profiles.values()]
const kinds = [...catalogue.kinds.values()]

test('the catalogue is sound', () => {
  expect(catalogue.problems.map(problemText)).toEqual([])
  expect(catalogue.advice.map(problemText)).toEqual([])
})

test('each kind of device has a model on Modbus and one on MQTT', () => {
  for (const kind of ['smoke', 'water-level', 'slope', 'extinguisher', 'rain', 'gas', 'power', 'siren']) {
    const protocols = profiles.filter((profile) => profile.kind === kind).map((profile) => profile.protocol)
    expect(protocols, kind).toContain('modbus')
    expect(protocols, kind).toContain('mqtt')
  }
})

test.each(schemaFiles())(
  '$name is what the schema says (node device-profiles/profile-schema.ts writes it)',
  ({ name, text }) => {
    expect(readFileSync(new URL(`../../../device-profiles/${name}`, import.meta.url), 'utf8')).toBe(text)
  },
)

test('CATALOGUE.md is what the files say (npx node device-profiles/catalogue-page.ts writes it)', () => {
  const page = readFileSync(new URL('../../../device-profiles/CATALOGUE.md', import.meta.url), 'utf8')
  expect(page === cataloguePage(catalogue)).toBe(true)
  for (const { id } of profiles) expect(page).toContain(`### ${id}\n`)
})

test('at least forty models are of real makers, and each neighbour of the four kinds has one', () => {
  const real = profiles.filter(({ status }) => status !== 'reference')
  expect(real.length).toBeGreaterThanOrEqual(40)
  for (const kind of ['smoke', 'water-level', 'slope', 'extinguisher', 'rain', 'gas', 'door', 'power']) {
    expect(real.map((profile) => profile.kind)).toContain(kind)
  }
})

describe.each(kinds)('kind $kind', (kind) => {
  test('tells the duty officer what to do first, for every rule, in both languages', () => {
    for (const rule of kind.rules) {
      expect(rule.guidance?.zh.length ?? 0, rule.id).toBeGreaterThan(10)
      expect(rule.guidance?.en.length ?? 0, rule.id).toBeGreaterThan(20)
      expect(rule.name.zh, rule.id).toMatch(/\p{Script=Han}/u)
    }
  })

  test('notices silence and unbelievable data', () => {
    const types = kind.rules.map((rule) => rule.type)
    expect(types).toContain('no-data')
    expect(types).toContain('bad-quality')
  })

  test('uses known units', () => {
    for (const { unit } of Object.values(kind.quantities)) expect(unitOf(unit), unit).not.toBeNull()
  })
})

describe.each(profiles)('$id', (profile) => {
  test('names everything in Chinese and English, with unit and range', () => {
    for (const { name } of [profile, ...profile.points]) expect(name.zh.length * name.en.length).toBeGreaterThan(0)
    expect(profile.name.zh).toMatch(/\p{Script=Han}/u)
    for (const point of profile.points) {
      expect(unitOf(point.unit), point.id).not.toBeNull()
      // A computed number may name the one value that means "none in sight".
      const named = point.type === 'boolean' || point.type === 'enum' || (point.compute && point.states !== undefined)
      expect(point.states !== undefined, point.id).toBe(named === true)
      if (point.type === 'number' || point.type === 'enum') expect(point.range, point.id).toBeDefined()
    }
  })

  test('becomes a device with rules of its kind', () => {
    const unit = { id: 'unit', station: 'station', name: 'unit', place: 'here', profile: profile.id }
    const resolution = resolveDevice({ ...unit, parameters: parametersOf(profile) }, catalogue)
    if (!('device' in resolution)) throw new Error(JSON.stringify(resolution.problems))
    const { rules } = resolution.device
    expect(new Set(rules.map((rule) => rule.id)).size).toBe(rules.length)
    expect(rules.some((rule) => rule.type === 'limit' || rule.type === 'discrete')).toBe(true)
  })

  test('says where its facts are from and what to mind, in both languages', () => {
    const { status, sources, caveats = [] } = profile
    if (status === 'reference') return
    const isCited = sources.some(({ url }) => url !== undefined)
    if (status !== 'unverified') expect(isCited, 'a source that can be looked up').toBe(true)
    expect(caveats.length).toBeGreaterThan(0)
    for (const { zh, en } of caveats) {
      expect(zh).toMatch(/\p{Script=Han}/u)
      expect(en).toMatch(/[a-z]/)
    }
  })

  test('has what its status promises', () => {
    // What somebody has made from a text shows how the text was read, and not what a unit says.
    const real = (profile.vectors ?? []).filter(({ note = '' }) => !/\bmade\b/.test(note))
    const covered = new Set(real.flatMap((vector) => Object.keys(vector.expect)))
    if (profile.status === 'unverified') expect(profile.caveats?.length ?? 0).toBeGreaterThan(0)
    if (profile.status !== 'verified') return
    // How well it is heard is the network server's to say, not the maker's.
    const missing = profile.points
      .filter(({ link, compute, derive }) => link === undefined && compute === undefined && derive === undefined)
      .filter(({ id }) => !covered.has(id))
      .map(({ id }) => id)
    expect(missing).toEqual([])
  })
})

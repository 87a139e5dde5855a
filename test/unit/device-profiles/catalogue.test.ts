import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import { scalarValue } from '../../../device-profiles/codec/conversion.ts'
import type { Decoded } from '../../../device-profiles/codec/decoded.ts'
import { createMessageDecoder, encodeMessage } from '../../../device-profiles/codec/message.ts'
import { decodeRegisters, encodeRegisters } from '../../../device-profiles/codec/registers.ts'
import { schemaFiles } from '../../../device-profiles/profile-schema.ts'
import { resolveDevice } from '../../../device-profiles/resolve.ts'
import type { DeviceProfile, PointProfile } from '../../../device-profiles/schema.ts'
import { unitOf } from '../../../device-profiles/units.ts'
import { problemText } from '../../../device-profiles/yaml-document.ts'
import { parametersOf } from './placeholder-parameters.ts'
import { spanWords } from './span-words.ts'

const catalogue = loadCatalogue()
const profiles = [...catalogue.profiles.values()]
const kinds = [...catalogue.kinds.values()]
const fieldProfiles = profiles.filter((profile) => profile.protocol !== 'self')
/** What only its maker's codec or Sparkplug says cannot be written here. */
const written = fieldProfiles.filter(
  ({ mqtt }) => mqtt === undefined || ['json', 'binary'].includes(mqtt.payload.format),
)

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

  test('has what its status promises', () => {
    const covered = new Set((profile.vectors ?? []).flatMap((vector) => Object.keys(vector.expect)))
    if (profile.status === 'unverified') expect(profile.caveats?.length ?? 0).toBeGreaterThan(0)
    if (profile.status !== 'verified') return
    // How well it is heard is the network server's to say, not the maker's.
    const missing = profile.points
      .filter(({ id, link, compute }) => link === undefined && compute === undefined && !covered.has(id))
      .map(({ id }) => id)
    expect(missing).toEqual([])
  })
})

describe.each(written)('every value of $id', (profile) => {
  const parameters = parametersOf(profile)
  const points = profile.points.filter(
    (point) => point.derive === undefined && point.compute === undefined && point.type !== 'text',
  )

  test('comes back from the wire, to within one step', () => {
    const values = fc.record(Object.fromEntries(points.map((point) => [point.id, valuesOf(point, parameters)])))
    fc.assert(
      fc.property(values, (given) => {
        const decoded = throughTheWire(profile, parameters, given)
        for (const point of points) {
          const back = decoded.get(point.id)
          if (back === undefined && isExcepted(profile, point, given)) continue
          if (back === undefined || !('value' in back)) throw new Error(`${point.id}: ${JSON.stringify(back)}`)
          const wanted = given[point.id] as number
          expect(Math.abs(Number(back.value) - wanted), point.id).toBeLessThanOrEqual(stepOf(point, parameters, wanted))
        }
      }),
      { numRuns: 50 },
    )
  })
})

/** A test takes the fire away. */
function isExcepted(
  { points }: DeviceProfile,
  { json }: PointProfile,
  given: Readonly<Record<string, number>>,
): boolean {
  const other = points.find((point) => point.json?.pointer === json?.unless?.pointer)
  return other !== undefined && given[other.id] === Number(json?.unless?.equals)
}

const COUNTS: Readonly<Record<string, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
  uint32: [0, 4294967295],
  int32: [-2147483648, 2147483647],
  uint64: [0, Number.MAX_SAFE_INTEGER],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  bcd16: [0, 9999],
  bcd32: [0, 99_999_999],
  float16: [-65504, 65504],
}

/** Values inside the point's range that its wire type can say: an unsigned depth cannot go below its probe. */
function valuesOf(point: PointProfile, parameters: Record<string, number>): fc.Arbitrary<number> {
  if (point.type === 'boolean') return fc.constantFrom(0, 1)
  const [low, high] = point.range ?? [0, 1]
  if (point.type === 'enum') return fc.integer({ min: low, max: high })
  const binding = point.modbus ?? point.binary
  const { scale, offset } = lineOf(point, parameters)
  const [first = low, last = high] = countsOf(binding).map((count) => count * scale + offset)
  const sentinels = binding?.sentinels ?? []
  return fc
    .double({ min: Math.max(low, first), max: Math.min(high, last), noNaN: true })
    .filter((value) => !sentinels.includes(Math.round((value - offset) / scale)))
}

/** A whole count inside the loop that is sound: what rounds out of it would be a fault of the device. */
function countsOf(binding: PointProfile['modbus'] | PointProfile['binary']): readonly number[] {
  if (binding?.mapValid !== undefined) return [binding.mapValid[0] + 1, binding.mapValid[1] - 1]
  return COUNTS[binding?.type ?? ''] ?? [-1e9, 1e9]
}

/** What rounding to the wire may change: half a count, or the precision of a float32. */
function stepOf(point: PointProfile, parameters: Record<string, number>, value: number): number {
  if (point.type !== 'number') return 0
  const binding = point.modbus ?? point.binary
  if (binding === undefined) return Math.abs(value) * 1e-12 + 1e-12
  const scale = Math.abs(lineOf(point, parameters).scale)
  if (binding.type === 'float32') return (Math.abs(value) + 20) * 1e-6
  if (binding.type === 'float16') return (Math.abs(value) + 20 * scale) * 1e-3
  return scale / 2 + 1e-6
}

/** value = raw × scale + offset, however the binding says it. */
function lineOf(point: PointProfile, parameters: Record<string, number>): { scale: number; offset: number } {
  const binding = point.modbus ?? point.binary
  if (binding?.map !== undefined) {
    const { from, to } = binding.map
    const [low, high] = [scalarValue(to[0], parameters), scalarValue(to[1], parameters)]
    const scale = (high - low) / (from[1] - from[0])
    return { scale, offset: low - from[0] * scale }
  }
  const power = 10 ** (point.modbus?.scaleFactorWritten ?? 0)
  const scale = scalarValue(binding?.scale ?? 1, parameters) * power
  return { scale, offset: scalarValue(binding?.offset ?? 0, parameters) }
}

function throughTheWire(
  profile: DeviceProfile,
  parameters: Record<string, number>,
  given: Readonly<Record<string, number>>,
): ReadonlyMap<string, Decoded> {
  if (profile.protocol === 'modbus') {
    return new Map(
      profile.points.flatMap(({ id, modbus }): [string, Decoded][] => {
        const value = given[id]
        if (modbus === undefined || value === undefined) return []
        const words = encodeRegisters(modbus, value, parameters)
        return [[id, decodeRegisters(modbus, spanWords(modbus, words), parameters)]]
      }),
    )
  }
  const decoded = createMessageDecoder(profile, parameters)(encodeMessage(profile, given, { parameters }))
  if ('malformed' in decoded) throw new Error(decoded.malformed)
  return decoded.points
}

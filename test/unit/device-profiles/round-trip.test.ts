/** What a model says comes back from its wire: at the ends of its ranges, in the middle, and anywhere between. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import { scalarValue } from '../../../device-profiles/codec/conversion.ts'
import type { Decoded } from '../../../device-profiles/codec/decoded.ts'
import { createMessageDecoder, encodeMessage } from '../../../device-profiles/codec/message.ts'
import { decodeRegisters, encodeRegisters } from '../../../device-profiles/codec/registers.ts'
import type { DeviceProfile, PointProfile } from '../../../device-profiles/schema.ts'
import { parametersOf } from './placeholder-parameters.ts'
import { spanWords } from './span-words.ts'

/** What only its maker's codec or Sparkplug says cannot be written here. */
const written = [...loadCatalogue().profiles.values()].filter(
  ({ protocol, mqtt }) =>
    protocol !== 'self' && (mqtt === undefined || ['json', 'binary'].includes(mqtt.payload.format)),
)

describe.each(written)('every value of $id', (profile) => {
  const parameters = parametersOf(profile)
  const points = profile.points.filter(
    (point) => point.derive === undefined && point.compute === undefined && point.type !== 'text',
  )

  const comesBack = (given: Readonly<Record<string, number>>) => {
    const decoded = throughTheWire(profile, parameters, given)
    for (const point of points) {
      const back = decoded.get(point.id)
      if (back === undefined && isExcepted(profile, point, given)) continue
      if (back === undefined || !('value' in back)) throw new Error(`${point.id}: ${JSON.stringify(back)}`)
      const wanted = given[point.id] as number
      expect(Math.abs(Number(back.value) - wanted), point.id).toBeLessThanOrEqual(stepOf(point, parameters, wanted))
    }
  }

  test.each([
    ['the least', 0],
    ['the middle', 0.5],
    ['the greatest', 1],
  ] as const)('comes back from the wire: %s', (_name, share) => {
    comesBack(Object.fromEntries(points.map((point) => [point.id, valueAt(point, share, parameters)])))
  })

  test('comes back from the wire, to within one step', () => {
    const values = fc.record(Object.fromEntries(points.map((point) => [point.id, valuesOf(point, parameters)])))
    fc.assert(fc.property(values, comesBack), { numRuns: 30 })
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

/** What of the point's range its wire type can say: an unsigned depth cannot go below its probe. */
function spanOf(point: PointProfile, parameters: Record<string, number>): readonly [number, number] {
  const [low, high] = point.range ?? [0, 1]
  if (point.type !== 'number') return [low, high]
  const { scale, offset } = lineOf(point, parameters)
  const [first = low, last = high] = countsOf(point.modbus ?? point.binary).map((count) => count * scale + offset)
  return [Math.max(low, first), Math.min(high, last)]
}

function isSentinel(point: PointProfile, value: number, parameters: Record<string, number>): boolean {
  const { scale, offset } = lineOf(point, parameters)
  const sentinels = (point.modbus ?? point.binary)?.sentinels ?? []
  return point.type === 'number' && sentinels.includes(Math.round((value - offset) / scale))
}

function valuesOf(point: PointProfile, parameters: Record<string, number>): fc.Arbitrary<number> {
  const [min, max] = spanOf(point, parameters)
  if (point.type !== 'number') return fc.integer({ min, max })
  return fc.double({ min, max, noNaN: true }).filter((value) => !isSentinel(point, value, parameters))
}

/** So far through the range; a code for "no measurement" is left for the count beside it. */
function valueAt(point: PointProfile, share: number, parameters: Record<string, number>): number {
  const [low, high] = spanOf(point, parameters)
  const value = low + (high - low) * share
  if (point.type !== 'number') return Math.round(value)
  const step = Math.abs(lineOf(point, parameters).scale) * (share > 0.5 ? -1 : 1)
  return isSentinel(point, value, parameters) ? value + step : value
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

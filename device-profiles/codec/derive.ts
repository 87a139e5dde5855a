/** Points that are computed from another point of the same device. */
import type { DeviceProfile, PointProfile } from '../schema.ts'
import { type Parameters, scalarValue, withoutNoise } from './conversion.ts'
import type { Decoded } from './decoded.ts'

/**
 * The decoded points with the derived ones added. A derived point is absent where its source is absent, and shares the fault
 * of its source. A source outside its own range gives no number: half a wrong sum can look right.
 */
export function derivePoints(
  profile: DeviceProfile,
  parameters: Parameters,
  points: ReadonlyMap<string, Decoded>,
): ReadonlyMap<string, Decoded> {
  let all: Map<string, Decoded> | null = null
  for (const point of profile.points) {
    if (point.derive === undefined) continue
    const source = points.get(point.derive.distance)
    if (source === undefined) continue
    all ??= new Map(points)
    all.set(point.id, derived(point.derive, source, { profile, parameters }))
  }
  return all ?? points
}

/** The values with each derived point replaced by its source, so that they can be encoded. A source given as well stays as it is. */
export function sourceValues(
  profile: DeviceProfile,
  parameters: Parameters,
  values: Readonly<Record<string, number | string>>,
): Record<string, number | string> {
  const sources = { ...values }
  for (const point of profile.points) {
    if (point.derive === undefined) continue
    const value = sources[point.id]
    delete sources[point.id]
    if (typeof value !== 'number') continue
    sources[point.derive.distance] ??= withoutNoise(scalarValue(point.derive.installationHeight, parameters) - value)
  }
  return sources
}

function derived(
  derivation: NonNullable<PointProfile['derive']>,
  source: Decoded,
  { profile, parameters }: { readonly profile: DeviceProfile; readonly parameters: Parameters },
): Decoded {
  if (!('value' in source)) return source
  if (typeof source.value !== 'number') return { fault: 'malformed', detail: `${derivation.distance} is not a number` }
  const [low, high] = profile.points.find((point) => point.id === derivation.distance)?.range ?? [-Infinity, Infinity]
  if (source.value < low || source.value > high) {
    const detail = `${derivation.distance} is ${source.value}, outside what the sensor can measure (${low} to ${high})`
    return { fault: 'device-fault', detail }
  }
  const value = withoutNoise(scalarValue(derivation.installationHeight, parameters) - source.value)
  return source.doubt === undefined ? { value } : { value, doubt: source.doubt }
}

/** What a profile lacks to be relied on, although nothing in it is wrong. */
import type { DeviceProfile, KindProfile, PointProfile } from './schema.ts'

const HAN = /\p{Script=Han}/u

/** One sentence for each; none for a profile that is complete. */
export function incompleteness(profile: DeviceProfile, kind: KindProfile | undefined): readonly string[] {
  return [
    ...profile.points.flatMap((point) => pointLacks(point)),
    ...vectorLacks(profile),
    ...(HAN.test(profile.name.zh) ? [] : [`the Chinese name "${profile.name.zh}" has no Chinese character`]),
    ...(isWatched(profile, kind)
      ? []
      : ['no rule of the class alarm watches any of its points; give them a "quantity"']),
    ...(profile.status === 'unverified' && (profile.caveats ?? []).length === 0
      ? ['it is unverified; say in "caveats" what to try before use']
      : []),
  ]
}

function pointLacks({ id, type, range, name }: PointProfile): readonly string[] {
  const lacks: string[] = []
  if ((type === 'number' || type === 'enum') && range === undefined) {
    lacks.push(`point "${id}" has no "range": every number of it would be believed`)
  }
  if (name.zh === name.en && !HAN.test(name.zh)) lacks.push(`point "${id}" has no Chinese name`)
  return lacks
}

function vectorLacks({ points, vectors = [], status }: DeviceProfile): readonly string[] {
  if (status === 'reference' && vectors.length > 0) return []
  if (vectors.length === 0) return ['it has no "vectors": nobody knows whether its bytes are understood']
  const covered = new Set(vectors.flatMap(({ expect }) => Object.keys(expect)))
  // How well it is heard is the network server's to say, and what is computed stands in no bytes.
  const missing = points.filter(
    ({ id, link, compute }) => link === undefined && compute === undefined && !covered.has(id),
  )
  if (missing.length === 0) return []
  const ids = missing.map(({ id }) => id).join(', ')
  const promise = status === 'verified' ? '; the status "verified" promises one for each' : ''
  return [`no vector covers ${ids}${promise}`]
}

/** Kinds that only warn people, as sirens do, have nothing to watch. */
function isWatched({ points, rules = [] }: DeviceProfile, kind: KindProfile | undefined): boolean {
  const quantities = new Set(points.map(({ quantity }) => quantity))
  const hazards = [...(kind?.rules ?? []), ...rules].flatMap((rule) =>
    (rule.type === 'limit' || rule.type === 'discrete') && (rule.class ?? 'alarm') === 'alarm' ? [rule] : [],
  )
  return hazards.length === 0 || hazards.some(({ point, quantity }) => point !== undefined || quantities.has(quantity))
}

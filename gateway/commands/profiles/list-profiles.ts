/** `outpost profiles list` and `search`: which models there are. */
import type { Catalogue } from '../../../device-profiles/catalogue.ts'
import type { DeviceProfile, KindProfile } from '../../../device-profiles/schema.ts'
import { suggestion } from '../../../device-profiles/suggestion.ts'
import { textTable } from '../text-table.ts'
import { UsageError } from '../usage-error.ts'
import { type Language, WORDS } from './language.ts'

export interface Filters {
  readonly kind?: string | undefined
  readonly protocol?: string | undefined
  readonly status?: string | undefined
}

const PROTOCOLS = ['modbus', 'mqtt', 'self']
const STATUSES = ['verified', 'from-manual', 'unverified', 'reference']

/** By id. Throws a UsageError for a filter that nothing can pass. */
export function listProfiles({ profiles, kinds }: Catalogue, filters: Filters): readonly DeviceProfile[] {
  requireOneOf('--kind', filters.kind, [...kinds.keys()])
  requireOneOf('--protocol', filters.protocol, PROTOCOLS)
  requireOneOf('--status', filters.status, STATUSES)
  return [...profiles.values()]
    .filter((profile) =>
      (['kind', 'protocol', 'status'] as const).every((key) => profile[key] === (filters[key] ?? profile[key])),
    )
    .sort((a, b) => (a.id < b.id ? -1 : 1))
}

function requireOneOf(option: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return
  throw new UsageError(`${option}: expected one of ${allowed.join(', ')}, got "${value}"${suggestion(value, allowed)}`)
}

/** Where a word may stand, and how much it says that it does. */
function fieldsOf(profile: DeviceProfile, kind: KindProfile | undefined): readonly (readonly [number, string])[] {
  const quantities = profile.points.flatMap(({ quantity }) => (quantity === undefined ? [] : [quantity]))
  return [
    [8, [profile.id, profile.vendor, profile.model, profile.name.zh, profile.name.en].join('\n')],
    [4, [profile.kind, kind?.name.zh, kind?.name.en].join('\n')],
    [2, quantities.flatMap((id) => [id, kind?.quantities[id]?.name.zh, kind?.quantities[id]?.name.en]).join('\n')],
    [1, profile.points.flatMap(({ id, name, unit }) => [id, name.zh, name.en, unit]).join('\n')],
    [1, [profile.protocol, profile.mqtt?.through, profile.mqtt?.payload.format].join('\n')],
  ]
}

/** Those in which each of the words stands somewhere, best first. Upper and lower case are the same. */
export function searchProfiles(
  profiles: readonly DeviceProfile[],
  { words, kinds }: { readonly words: readonly string[]; readonly kinds: Catalogue['kinds'] },
): readonly DeviceProfile[] {
  const wanted = words.flatMap((word) => word.toLowerCase().split(/\s+/)).filter((word) => word !== '')
  const scored = profiles.flatMap((profile) => {
    const fields = fieldsOf(profile, kinds.get(profile.kind)).map(
      ([weight, text]) => [weight, text.toLowerCase()] as const,
    )
    const scores = wanted.map((word) =>
      fields.reduce((sum, [weight, text]) => sum + (text.includes(word) ? weight : 0), 0),
    )
    return scores.every((score) => score > 0) ? [{ profile, score: scores.reduce((a, b) => a + b, 0) }] : []
  })
  return scored.sort((a, b) => b.score - a.score).map(({ profile }) => profile)
}

export function profileTable(profiles: readonly DeviceProfile[], language: Language): string {
  const headings = (['profile', 'kind', 'protocol', 'status', 'name'] as const).map((word) => WORDS[word][language])
  const rows = profiles.map(({ id, kind, protocol, status, name }) => [id, kind, protocol, status, name[language]])
  return textTable([headings, ...rows])
}

/** What other programs need to choose a model. */
export function profileSummary({ id, vendor, model, name, kind, protocol, status, points, vectors }: DeviceProfile) {
  return {
    ...{ id, vendor, model, name, kind, protocol, status },
    points: points.map((point) => ({ id: point.id, quantity: point.quantity ?? null, unit: point.unit })),
    vectors: vectors?.length ?? 0,
  }
}

/** Levels of topics that each installation may choose: the base topic of a bridge, the group of an edge node. */
import type { Finding } from './finding.ts'
import type { RuleProblem } from './rules.ts'
import type { DeviceProfile } from './schema.ts'
import { suggestion } from './suggestion.ts'

const PLACE = /\{([^}]*)\}/g
const ADDRESS = 'address'

/** By profile, then by its levels: units with the same levels go on sharing one profile, and what is prepared for it. */
const settled = new WeakMap<DeviceProfile, Map<string, DeviceProfile>>()

/** The profile with its levels filled in, or what is wrong with those that the installation gives. */
export function settleLevels(
  profile: DeviceProfile,
  given: Readonly<Record<string, string>> = {},
): { readonly profile: DeviceProfile; readonly problems: readonly RuleProblem[] } {
  const known = profile.mqtt?.levels ?? {}
  const problems: RuleProblem[] = []
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue
    const names = Object.keys(known)
    const has = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`
    const message = `the topics of profile ${profile.id} have no level "${name}"; ${has}${suggestion(name, names)}`
    problems.push({ path: `levels.${name}`, message })
  }
  const levels = new Map<string, string>()
  for (const [name, { default: usual }] of Object.entries(known)) {
    const level = Object.hasOwn(given, name) ? given[name] : usual
    if (level !== undefined) levels.set(name, level)
    else
      problems.push({ path: 'levels', message: `level "${name}" of the topics of profile ${profile.id} is required` })
  }
  return { profile: problems.length > 0 || levels.size === 0 ? profile : withLevels(profile, levels), problems }
}

/** Places in a topic that are neither the address nor a level; and levels that no topic has. */
export function* checkLevels({ mqtt, commands = [] }: DeviceProfile): Generator<Finding> {
  const known = Object.keys(mqtt?.levels ?? {})
  const used = new Set<string>()
  const topics = [
    { topic: mqtt?.topic, path: ['mqtt', 'topic'] },
    ...(mqtt?.alsoOn ?? []).map((topic, i) => ({ topic, path: ['mqtt', 'alsoOn', i] })),
    ...(mqtt?.availability ?? []).map(({ topic }, i) => ({ topic, path: ['mqtt', 'availability', i, 'topic'] })),
    ...commands.map(({ mqtt: sent }, i) => ({ topic: sent?.topic, path: ['commands', i, 'mqtt', 'topic'] })),
  ]
  for (const { topic, path } of topics) {
    for (const [, name = ''] of topic?.matchAll(PLACE) ?? []) {
      used.add(name)
      if (name === ADDRESS || known.includes(name)) continue
      const places = [ADDRESS, ...known]
      const message = `unknown place {${name}}; there are ${places.map((place) => `{${place}}`).join(', ')}${suggestion(name, places)}`
      yield { path, message }
    }
  }
  for (const name of known) {
    if (!used.has(name)) yield { path: ['mqtt', 'levels', name], message: `level "${name}" is in no topic` }
  }
}

function withLevels(profile: DeviceProfile, levels: ReadonlyMap<string, string>): DeviceProfile {
  const known = settled.get(profile) ?? new Map<string, DeviceProfile>()
  settled.set(profile, known)
  const key = JSON.stringify([...levels])
  const filled = known.get(key) ?? filledProfile(profile, levels)
  known.set(key, filled)
  return filled
}

function filledProfile(profile: DeviceProfile, levels: ReadonlyMap<string, string>): DeviceProfile {
  const fill = <T extends { topic?: string }>(part: T): T =>
    part.topic === undefined
      ? part
      : { ...part, topic: part.topic.replaceAll(PLACE, (place, name: string) => levels.get(name) ?? place) }
  const { mqtt, commands } = profile
  if (mqtt === undefined) return profile
  const { alsoOn, availability } = mqtt
  return {
    ...profile,
    mqtt: {
      ...fill(mqtt),
      ...(alsoOn !== undefined && { alsoOn: alsoOn.map((topic) => fill({ topic }).topic) }),
      ...(availability !== undefined && { availability: availability.map(fill) }),
    },
    ...(commands !== undefined && {
      commands: commands.map((command) => ({
        ...command,
        ...(command.mqtt !== undefined && { mqtt: fill(command.mqtt) }),
        ...(command.confirm?.type === 'message' && { confirm: fill(command.confirm) }),
      })),
    }),
  }
}

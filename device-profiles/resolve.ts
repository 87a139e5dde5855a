/** From what the configuration says about one unit to the device that the rest of the gateway works with. */
import { scalarValue } from './codec/conversion.ts'
import type { Device, Point, Rule } from './device.ts'
import { parseDuration } from './duration.ts'
import type { NetworkServer } from './payload-schema.ts'
import { calculationOf } from './resolve-calculation.ts'
import type { RuleOverride } from './rule-schema.ts'
import { type OverrideSet, type RuleProblem, resolveRules } from './rules.ts'
import { scalars } from './scalars.ts'
import type { Timetable } from './scheduled-rules.ts'
import type { DeviceProfile, KindProfile, PointProfile } from './schema.ts'
import { type StoreOverrides, storeOverrideProblems, storingOf } from './storing.ts'
import { suggestion } from './suggestion.ts'
import { settleLevels } from './topic-levels.ts'

export interface Installation {
  readonly id: string
  readonly station: string
  readonly name: string
  readonly place: string
  readonly placeId?: string | undefined
  readonly profile: string
  readonly parameters?: Readonly<Record<string, number>> | undefined
  readonly rules?: Readonly<Record<string, RuleOverride>> | undefined
  /** Which readings of a point are stored, by the point's id in the profile; as the profile says if absent. */
  readonly store?: StoreOverrides | undefined
  /** How often the device is expected to speak; the profile's own interval if absent. */
  readonly intervalMs?: number | undefined
  readonly networkServer?: NetworkServer | undefined
  readonly timetable?: Timetable | undefined
  /** What the site has chosen for the levels of the profile's topics. */
  readonly levels?: Readonly<Record<string, string>> | undefined
}

export interface Profiles {
  readonly profiles: ReadonlyMap<string, DeviceProfile>
  readonly kinds: ReadonlyMap<string, KindProfile>
  /** Where there are more than were read; those of `profiles` if absent. */
  readonly modelIds?: ReadonlySet<string>
}

/** Paths are relative to the installation, e.g. `rules.water-level.levels.red.above`. */
export type Resolution = { readonly device: Device } | { readonly problems: readonly RuleProblem[] }

/** The gateway looks at its own health this often. */
export const SELF_INTERVAL_MS = 5_000

/** All problems are reported together; a device comes out only when there is none. */
export function resolveDevice(installation: Installation, { profiles, kinds, modelIds }: Profiles): Resolution {
  const profile = profiles.get(installation.profile)
  if (profile === undefined) {
    // One whose file has problems was left out; they say so, and no other one is meant.
    const isBroken = modelIds?.has(installation.profile) === true
    const hint = isBroken ? '' : suggestion(installation.profile, modelIds ?? profiles.keys())
    return { problems: [{ path: 'profile', message: `no device profile "${installation.profile}"${hint}` }] }
  }
  const kind = kinds.get(profile.kind)
  if (kind === undefined)
    return { problems: [{ path: 'profile', message: `profile ${profile.id} is of an unknown kind` }] }
  return resolveProfile(installation, { profile, kind })
}

/** As `resolveDevice`, for a profile that is in no catalogue (yet). */
export function resolveProfile(
  installation: Installation,
  { profile: model, kind }: { readonly profile: DeviceProfile; readonly kind: KindProfile },
): Resolution {
  const { profile, problems: levelProblems } = settleLevels(model, installation.levels)
  const { parameters, problems: parameterProblems } = resolveParameters(profile, installation.parameters ?? {})
  const { store = {} } = installation
  const points = profile.points.map((point) => pointOf(point, { device: installation.id, store }))
  const intervalMs = installation.intervalMs ?? defaultIntervalMs(profile)
  const overrideSets: OverrideSet[] = [
    { path: 'overrides', overrides: profile.overrides ?? {} },
    { path: 'rules', overrides: installation.rules ?? {} },
  ]
  const { timetable = {} } = installation
  const { rules, problems: ruleProblems } = resolveRules(
    { profile, kind },
    { points, intervalMs, overrideSets, timetable, unit: { id: installation.id, parameters } },
  )
  const storeProblems = storeOverrideProblems(profile.points, { overrides: store, intervalMs })
  const problems = [...levelProblems, ...parameterProblems, ...ruleProblems, ...storeProblems]
  if (problems.length > 0) return { problems }
  const { id, station, name, place, placeId, networkServer } = installation
  const through = profile.mqtt?.through !== undefined && networkServer !== undefined && { networkServer }
  return {
    device: {
      id,
      station,
      name,
      place,
      ...(placeId !== undefined && { placeId }),
      kind: profile.kind,
      profile,
      parameters,
      points: points.map((point) => withCalculation(point, { parameters, intervalMs, rules })),
      rules,
      intervalMs,
      ...through,
    },
  }
}

function pointOf(
  profile: PointProfile,
  { device, store: overrides }: { readonly device: string; readonly store: StoreOverrides },
): Point {
  const store = storingOf(profile, overrides)
  return { id: `${device}.${profile.id}`, profile, ...(store !== undefined && { store }) }
}

/** After the rules, because a time to a limit is computed with the limit. */
function withCalculation(
  point: Point,
  unit: {
    readonly parameters: Device['parameters']
    readonly intervalMs: number
    readonly rules: readonly Rule[]
  },
): Point {
  const { compute } = point.profile
  return compute === undefined ? point : { ...point, calculation: calculationOf(compute, unit) }
}

/** Of a unit whose installation says nothing else. */
export function defaultIntervalMs(profile: DeviceProfile): number {
  const interval = profile.modbus?.pollInterval ?? profile.mqtt?.interval
  return interval === undefined ? SELF_INTERVAL_MS : parseDuration(interval)
}

function resolveParameters(
  profile: DeviceProfile,
  given: Readonly<Record<string, number>>,
): { readonly parameters: Readonly<Record<string, number>>; readonly problems: readonly RuleProblem[] } {
  const known = profile.parameters ?? {}
  const parameters: Record<string, number> = {}
  const problems: RuleProblem[] = []
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue
    const names = Object.keys(known)
    const has = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`
    const message = `profile ${profile.id} has no parameter "${name}"; ${has}${suggestion(name, names)}`
    problems.push({ path: `parameters.${name}`, message })
  }
  for (const [name, { default: standard, range, unit, name: title }] of Object.entries(known)) {
    const value = (Object.hasOwn(given, name) ? given[name] : undefined) ?? standard
    const path = `parameters.${name}`
    if (value === undefined) {
      const message = `parameter "${name}" (${title.en}, ${unit}) is required by profile ${profile.id}`
      problems.push({ path, message })
    } else if (!Number.isFinite(value) || (range !== undefined && (value < range[0] || value > range[1]))) {
      const expected = range === undefined ? 'a finite number' : `${range[0]} to ${range[1]}`
      problems.push({ path, message: `expected ${expected} ${unit} for "${name}", got ${value}` })
    } else parameters[name] = value
  }
  problems.push(...scaleProblems(profile, parameters))
  return { parameters, problems }
}

/** What is divided by 0 can be neither read nor sent. One problem per parameter. */
function scaleProblems(profile: DeviceProfile, parameters: Readonly<Record<string, number>>): readonly RuleProblem[] {
  const found = new Map<string, RuleProblem>()
  for (const { scalar, path } of scalars(profile)) {
    if (typeof scalar === 'number' || path.at(-1) !== 'scale') continue
    const { parameter } = scalar
    const value = Object.hasOwn(parameters, parameter) ? parameters[parameter] : undefined
    if (value === undefined) continue
    const scale = scalarValue(scalar, parameters)
    if (scale !== 0 && Number.isFinite(scale)) continue
    const [list, index] = path
    const owner = (list === 'commands' ? profile.commands : profile.points)?.[Number(index)]?.id
    const message = `expected a number other than 0 for "${parameter}", got ${value}, which makes the scale of "${owner}" ${scale}`
    found.set(parameter, { path: `parameters.${parameter}`, message })
  }
  return [...found.values()]
}

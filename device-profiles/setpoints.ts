/** Setpoints that are no numbers: what can be wrong with them, and the fault that tells when they are not known. */
import type { LocalText } from './base-schema.ts'
import type { Device, LimitRule, Point, Priority, SetpointRule } from './device.ts'
import type { LevelProblem } from './levels.ts'
import type { Level } from './rule-schema.ts'
import type { PointProfile } from './schema.ts'
import { suggestion } from './suggestion.ts'

const MILDER: Readonly<Record<Priority, Priority>> = { urgent: 'high', high: 'medium', medium: 'low', low: 'low' }
/** A source that fails for a moment is nothing to run for. */
const TOLD_AFTER_MS = 10_000

const GUIDANCE: LocalText = {
  zh: '限值未知，该报警暂停判断，不等于正常。检查限值来源的设备和通信；恢复前人工查看该测点。',
  en: 'A setpoint is not known, so the alarm is not judged, which is not "normal". Check the device that it comes from; until then look at the value yourself.',
}

interface Surroundings {
  readonly points: readonly Point[]
  readonly parameters: Readonly<Record<string, number>>
  /** With the unit of what is compared. */
  readonly compared: PointProfile
}

/** Of points of other devices only the configuration knows. */
export function* setpointProblems(
  levels: readonly Level[],
  { points, parameters, compared }: Surroundings,
): Generator<LevelProblem> {
  for (const { level, above, below } of levels) {
    const given = above ?? below
    if (typeof given !== 'object') continue
    if ('parameter' in given) {
      const names = Object.keys(parameters)
      if (names.includes(given.parameter)) continue
      const has = names.length === 0 ? 'the model has none' : `there are ${names.join(', ')}`
      yield { level, message: `no parameter "${given.parameter}"; ${has}${suggestion(given.parameter, names)}` }
      continue
    }
    if (given.point.includes('.')) continue
    const ids = points.map(({ profile }) => profile.id)
    const source = points.find(({ profile }) => profile.id === given.point)
    const problem =
      source === undefined
        ? `no point "${given.point}"; there are ${ids.join(', ')}${suggestion(given.point, ids)}`
        : sourceProblem(source, { compared, isScaled: given.times !== undefined })
    if (problem !== null) yield { level, message: problem }
  }
}

/** Why a limit of a device cannot take its setpoints from where it says; of points of other devices. */
export function* foreignSetpointProblems(
  device: Device,
  devices: ReadonlyMap<string, Device>,
): Generator<{ readonly rule: string; readonly message: string }> {
  for (const rule of device.rules) {
    if (rule.type !== 'limit') continue
    const scheduled = (rule.scheduled ?? []).flatMap(({ levels = [] }) => levels)
    const sources = new Set([...rule.levels, ...scheduled].flatMap(({ source }) => source?.point ?? []))
    for (const source of sources) {
      const [id = ''] = source.split('.', 1)
      if (id === device.id) continue
      const owner = devices.get(id)
      if (owner === undefined) {
        yield { rule: rule.id, message: `no device "${id}" for the setpoint${suggestion(id, devices.keys())}` }
        continue
      }
      const point = owner.points.find((candidate) => candidate.id === source)
      const ids = owner.points.map((candidate) => candidate.id)
      if (point === undefined) {
        yield { rule: rule.id, message: `no point "${source}" for the setpoint${suggestion(source, ids)}` }
      } else if (point.profile.type !== 'number') {
        yield { rule: rule.id, message: `the setpoint must come from a number, "${source}" is ${point.profile.type}` }
      }
    }
  }
}

function sourceProblem(
  { profile }: Point,
  { compared, isScaled }: { readonly compared: PointProfile; readonly isScaled: boolean },
): string | null {
  if (profile.type !== 'number') return `the setpoint must come from a number, "${profile.id}" is ${profile.type}`
  if (isScaled || profile.unit === compared.unit) return null
  return `"${profile.id}" is in ${profile.unit}, expected ${compared.unit}; give times to convert it`
}

/** Nothing for a limit whose setpoints are all numbers. */
export function setpointRulesOf(limit: LimitRule): readonly SetpointRule[] {
  const scheduled = (limit.scheduled ?? []).flatMap(({ levels = [] }) => levels)
  if (![...limit.levels, ...scheduled].some(({ source }) => source !== undefined)) return []
  const { id, name } = limit
  return [
    {
      ...{ type: 'setpoint-unknown', id: `${id}-setpoint`, limit: id, class: 'fault', latching: false },
      ...{ onDelayMs: TOLD_AFTER_MS, offDelayMs: 0, guidance: GUIDANCE },
      priority: MILDER[limit.levels.at(-1)?.priority ?? 'low'],
      name: { zh: `${name.zh}：限值未知`, en: `${name.en}: setpoint unknown` },
    },
  ]
}

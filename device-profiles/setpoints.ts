/** Setpoints that are no numbers: what can be wrong with them, and the fault that tells when they are not known. */
import type { LocalText } from './base-schema.ts'
import { withoutNoise } from './codec/conversion.ts'
import type { Device, LimitRule, Point, Priority, SetpointRule, SetpointSource } from './device.ts'
import type { LevelProblem } from './levels.ts'
import type { Level } from './rule-schema.ts'
import { suggestion } from './suggestion.ts'
import { trendUnit } from './trend.ts'
import { conversion } from './units.ts'

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
}

/** Of points of other devices only the configuration knows. */
export function* setpointProblems(
  levels: readonly Level[],
  { points, parameters }: Surroundings,
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
        : sourceProblem(source)
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
    const sources = [...rule.levels, ...scheduled].flatMap(({ source }) => source ?? [])
    const messages = sources.flatMap((source) => foreignProblem(source, { device, rule, devices }) ?? [])
    for (const message of new Set(messages)) yield { rule: rule.id, message }
  }
}

function foreignProblem(
  { point: source, times, plus }: SetpointSource,
  {
    device,
    rule,
    devices,
  }: { readonly device: Device; readonly rule: LimitRule; readonly devices: ReadonlyMap<string, Device> },
): string | null {
  const [id = ''] = source.split('.', 1)
  if (id === device.id) return null
  const owner = devices.get(id)
  if (owner === undefined) return `no device "${id}" for the setpoint${suggestion(id, devices.keys())}`
  const point = owner.points.find((candidate) => candidate.id === source)
  const ids = owner.points.map((candidate) => candidate.id)
  if (point === undefined) return `no point "${source}" for the setpoint${suggestion(source, ids)}`
  const { type, unit: from } = point.profile
  if (type !== 'number') return `the setpoint must come from a number, "${source}" is ${type}`
  const { unit } = rule.point.profile
  const to = rule.trend === undefined ? unit : trendUnit(unit, rule.trend)
  // Who gives a factor knows the units; a shift alone can only stand for a way that is one.
  if (from === to || times !== 1) return null
  const way = conversion(from, to)
  if (typeof way === 'string') return `"${source}": ${way}`
  if (way.times === 1 && plus !== 0) return null
  const shift = way.plus === 0 ? '' : `, plus: ${withoutNoise(way.plus)}`
  return `"${source}" is in ${from}, expected ${to}; give times: ${withoutNoise(way.times)}${shift}`
}

function sourceProblem({ profile }: Point): string | null {
  if (profile.type === 'number') return null
  return `the setpoint must come from a number, "${profile.id}" is ${profile.type}`
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

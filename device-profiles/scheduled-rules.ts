/** What a rule is at some times. */
import type { RuleLevel, ScheduledRule } from './device.ts'
import type { Comparison } from './level-units.ts'
import { resolveLevels, type UnitParts } from './levels.ts'
import { overrideLevel, type Report } from './rule-overrides.ts'
import type { Level, RuleProfile, ScheduledChange } from './rule-schema.ts'
import { resolveSchedule, scheduleProblem } from './schedule.ts'
import type { Schedule } from './schedule-schema.ts'
import type { PointProfile } from './schema.ts'
import { suggestion } from './suggestion.ts'

/** What schedules need to know of the station. */
export interface Timetable {
  readonly timeZone?: string | undefined
  /** By their names. */
  readonly schedules?: Readonly<Record<string, Schedule>> | undefined
}

export interface LimitParts {
  readonly levels: readonly Level[]
  /** As they are without a schedule, mildest first. */
  readonly usual: readonly RuleLevel[]
  /** With the unit and the range of what is compared. */
  readonly compared: PointProfile
  readonly comparison: Comparison
  readonly unit: UnitParts
}

/** `limit` is null for a rule without levels. Paths of problems begin at the list. */
export function resolveScheduled(
  changes: NonNullable<RuleProfile['scheduled']>,
  { timeZone, schedules = {} }: Timetable,
  { limit, report }: { readonly limit: LimitParts | null; readonly report: Report },
): readonly ScheduledRule[] {
  if (timeZone === undefined) {
    report('', 'a schedule needs the time zone of the station; give station.timeZone, as Asia/Shanghai')
    return []
  }
  return changes.flatMap((change, index): readonly ScheduledRule[] => {
    const at: Report = (path, message) => report(path === '' ? `.${index}` : `.${index}.${path}`, message)
    const schedule = scheduleOf(change, schedules, at)
    if (schedule === null) return []
    const during = resolveSchedule(schedule, timeZone)
    if (change.enabled === false) {
      if (change.levels !== undefined) at('levels', 'expected no levels beside enabled: false')
      return [{ during, enabled: false }]
    }
    if (change.levels === undefined) {
      at(
        '',
        limit === null ? 'expected enabled: false; it has no levels to change' : 'expected levels or enabled: false',
      )
      return []
    }
    if (limit === null) {
      at('levels', 'expected enabled: false; the rule has no levels to change')
      return []
    }
    return [{ during, enabled: true, levels: levelsOf(change.levels, limit, at) }]
  })
}

function scheduleOf(
  { during }: ScheduledChange,
  schedules: Readonly<Record<string, Schedule>>,
  report: Report,
): Schedule | null {
  const schedule =
    typeof during !== 'string' ? during : Object.hasOwn(schedules, during) ? schedules[during] : undefined
  if (schedule === undefined) {
    const names = Object.keys(schedules)
    const has = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`
    report('during', `no schedule "${during}"; ${has}${suggestion(String(during), names)}`)
    return null
  }
  // A named one is told once, at its own place.
  const problem = typeof during === 'string' ? null : scheduleProblem(schedule)
  if (problem !== null) report('during', problem)
  return problem === null && scheduleProblem(schedule) === null ? schedule : null
}

function levelsOf(
  changes: NonNullable<ScheduledChange['levels']>,
  { levels, usual, compared, comparison, unit }: LimitParts,
  report: Report,
): readonly RuleLevel[] {
  const names = levels.map(({ level }) => level)
  for (const name of Object.keys(changes)) {
    if ((names as string[]).includes(name)) continue
    report(`levels.${name}`, `no level "${name}"; there are ${names.join(', ')}${suggestion(name, names)}`)
  }
  const changed = levels.flatMap((level) => overrideLevel(level, changes[level.level], { report, comparison }))
  const { levels: resolved, problems } = resolveLevels(changed, compared, unit)
  for (const { level, message } of problems) report(`levels.${level}`, `level "${level}": ${message}`)
  const order = usual.filter(({ level }) => resolved.some((one) => one.level === level)).map(({ level }) => level)
  if (resolved.some(({ level }, i) => level !== order[i])) {
    const expected = `expected the levels in the order that they usually have (${order.join(', ')})`
    report('levels', `${expected}, got ${resolved.map(({ level }) => level).join(', ')}`)
  }
  return usual.map((level) => resolved.find((one) => one.level === level.level) ?? switchedOff(level))
}

/** Nothing is ever beyond it. */
function switchedOff({ source: _, ...level }: RuleLevel): RuleLevel {
  return { ...level, setpoint: level.side === 'above' ? Infinity : -Infinity }
}

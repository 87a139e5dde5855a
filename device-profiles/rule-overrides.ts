/** What an installed unit (or a model) changes of a rule. */
import { type Comparison, inUnitOf } from './level-units.ts'
import type { Level, RuleOverride, RuleProfile } from './rule-schema.ts'
import { suggestion } from './suggestion.ts'
import type { TrendProfile } from './trend-schema.ts'

export type Report = (path: string, message: string) => void
type LevelOverride = NonNullable<RuleOverride['levels']>[Level['level']]

/** The changed rule, or null where the override switches it off. What cannot be changed so is reported. */
export function overrideRule(
  rule: RuleProfile,
  override: RuleOverride,
  { report, comparison }: { readonly report: Report; readonly comparison?: Comparison | undefined },
): RuleProfile | null {
  if (override.enabled === false) return null
  const changed = {
    ...rule,
    ...optional('latching', override.latching),
    ...optional('reAlarm', override.reAlarm),
    ...optional('longestShelving', override.longestShelving),
    ...optional('scheduled', override.scheduled),
    ...detection(rule, override, report),
  }
  if (changed.type === 'limit')
    return comparison === undefined ? changed : overrideLimit(changed, override, { report, comparison })
  return overrideSingle(changed, override, report)
}

function overrideLimit(
  rule: Extract<RuleProfile, { type: 'limit' }>,
  override: RuleOverride,
  { report, comparison }: { readonly report: Report; readonly comparison: Comparison },
): RuleProfile | null {
  if (override.priority !== undefined) {
    report(
      'priority',
      `rule "${rule.id}" has levels; give the priority to a level (levels.${rule.levels[0]?.level}.priority)`,
    )
  }
  if (override.after !== undefined) report('after', `rule "${rule.id}" is a limit; only a no-data rule has "after"`)
  const changes = override.levels ?? {}
  const names = rule.levels.map((level) => level.level)
  for (const name of Object.keys(changes)) {
    if ((names as string[]).includes(name)) continue
    report(
      `levels.${name}`,
      `rule "${rule.id}" has no level "${name}"; it has ${names.join(', ')}${suggestion(name, names)}`,
    )
  }
  const delays = { ...optional('onDelay', override.onDelay), ...optional('offDelay', override.offDelay) }
  const levels = rule.levels.flatMap((level) =>
    overrideLevel({ ...level, ...delays }, changes[level.level], { report, comparison }),
  )
  const { confirm, ...rest } = rule
  const asks = override.confirm ?? confirm
  const people = asks === 'person' ? { confirm: asks } : {}
  return levels.length === 0 ? null : { ...rest, ...people, levels, ...window(rule, override, report) }
}

function window(
  { id, trend }: Extract<RuleProfile, { type: 'limit' }>,
  override: RuleOverride,
  report: Report,
): { trend?: TrendProfile } {
  if (override.window === undefined) return {}
  if (trend !== undefined && trend.type !== 'unchanged') return { trend: { ...trend, window: override.window } }
  report(
    'window',
    `rule "${id}" compares ${trend === undefined ? 'the value itself' : 'how long nothing changed'}; it has no window`,
  )
  return {}
}

export function overrideLevel(
  level: Level,
  change: LevelOverride,
  { report, comparison }: { readonly report: Report; readonly comparison: Comparison },
): Level[] {
  if (change === undefined) return [level]
  const { enabled, ...written } = change
  if (enabled === false) return []
  const values = inUnitOf(written, comparison)
  if (typeof values === 'string') {
    report(`levels.${level.level}${change.unit === undefined ? '' : '.unit'}`, `level "${level.level}": ${values}`)
    return [level]
  }
  const side = level.above === undefined ? 'below' : 'above'
  const other = side === 'above' ? 'below' : 'above'
  if (values[other] !== undefined) {
    report(
      `levels.${level.level}.${other}`,
      `level "${level.level}" alarms ${side} its setpoint; give "${side}" instead`,
    )
    return [level]
  }
  return [{ ...level, ...values }]
}

function overrideSingle(
  rule: Exclude<RuleProfile, { type: 'limit' }>,
  override: RuleOverride,
  report: Report,
): RuleProfile {
  if (override.levels !== undefined) report('levels', `rule "${rule.id}" is of type ${rule.type} and has no levels`)
  if (override.window !== undefined) report('window', `rule "${rule.id}" is of type ${rule.type} and has no window`)
  if (override.confirm !== undefined)
    report('confirm', `rule "${rule.id}" is of type ${rule.type} and proposes no level`)
  const changed = {
    ...rule,
    ...optional('priority', override.priority),
    ...optional('onDelay', override.onDelay),
    ...optional('offDelay', override.offDelay),
  }
  if (override.after === undefined) return changed
  if (changed.type === 'no-data') return { ...changed, after: override.after }
  report('after', `rule "${rule.id}" is of type ${rule.type}; only a no-data rule has "after"`)
  return changed
}

function detection(rule: RuleProfile, override: RuleOverride, report: Report): { maxDetectionSeconds?: number } {
  const onPoint = rule.type === 'limit' || rule.type === 'discrete'
  if (onPoint || override.maxDetectionSeconds === undefined) {
    return optional('maxDetectionSeconds', override.maxDetectionSeconds)
  }
  report('maxDetectionSeconds', `rule "${rule.id}" is of type ${rule.type} and watches no point`)
  return {}
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V })
}

/** The rules that a unit of a model gets, as rows of a table. */
import type { Rule, RuleLevel } from '../../../device-profiles/device.ts'
import { exampleParameters } from '../../../device-profiles/example-parameters.ts'
import { resolveProfile } from '../../../device-profiles/resolve.ts'
import type { DeviceProfile, KindProfile } from '../../../device-profiles/schema.ts'
import { trendUnit } from '../../../device-profiles/trend.ts'
import { type Language, listed, WORDS } from './language.ts'

const MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const

/** With the headings. Setpoints that parameters give are those of the parameters' defaults or limits. */
export function ruleRows(
  profile: DeviceProfile,
  { kind, language }: { readonly kind: KindProfile; readonly language: Language },
): readonly (readonly string[])[] {
  const levels = Object.fromEntries(Object.keys(profile.mqtt?.levels ?? {}).map((name) => [name, name]))
  const names = { id: profile.id, station: '', name: '', place: '', profile: profile.id }
  const unit = { ...names, parameters: exampleParameters(profile), levels, timetable: { timeZone: 'UTC' } }
  const resolution = resolveProfile(unit, { profile, kind })
  if (!('device' in resolution)) return []
  return resolution.device.rules.flatMap((rule) =>
    conditions(rule, language).map((condition, i) =>
      i === 0 ? [rule.id, WORDS[rule.class][language], rule.name[language], condition] : ['', '', '', condition],
    ),
  )
}

function conditions(rule: Rule, language: Language): readonly string[] {
  switch (rule.type) {
    case 'limit': {
      const { point, trend } = rule
      const unit = trend === undefined ? point.profile.unit : trendUnit(point.profile.unit, trend)
      const name = `${localId(point.id)}${trend === undefined ? '' : ` (${trend.type})`}`
      return rule.levels.map((level) => `${name} ${levelText(level, { unit, language })}`)
    }
    case 'discrete': {
      const codes = rule.abnormal.map((code) => rule.point.profile.states?.[String(code)]?.[language] ?? String(code))
      return [`${localId(rule.point.id)}: ${listed(codes, language)}, ${rule.priority}${delayText(rule.onDelayMs)}`]
    }
    case 'no-data':
      return [`${WORDS.after[language]} ${duration(rule.afterMs)}, ${rule.priority}`]
    case 'bad-quality':
      return [`${WORDS.unbelievable[language]}, ${rule.priority}${delayText(rule.onDelayMs)}`]
    default:
      return [rule.priority]
  }
}

function levelText(
  { side, setpoint, source, level, priority, onDelayMs }: RuleLevel,
  { unit, language }: { readonly unit: string; readonly language: Language },
): string {
  const value =
    source === undefined ? `${Number(setpoint.toPrecision(6))}${unit === '1' ? '' : ` ${unit}`}` : source.point
  return `${WORDS[side][language]} ${value}: ${level}, ${priority}${delayText(onDelayMs)}`
}

function delayText(ms: number): string {
  return ms === 0 ? '' : `, ${duration(ms)}`
}

function duration(ms: number): string {
  const [unit, factor] = Object.entries(MS).find(([, length]) => ms >= length && ms % length === 0) ?? ['ms', 1]
  return `${ms / factor} ${unit}`
}

function localId(point: string): string {
  return point.split('.').at(-1) ?? point
}

/** From the rules of the kind and of the model, with their overrides, to the rules of one device. */

import type { LocalText } from './base-schema.ts'
import type { Point, Rule } from './device.ts'
import type { Finding } from './finding.ts'
import { finishRule, type RuleCandidate } from './finish-rule.ts'
import { type Comparison, inUnitOf } from './level-units.ts'
import type { UnitParts } from './levels.ts'
import { overrideRule, type Report } from './rule-overrides.ts'
import type { RuleOverride, RuleProfile } from './rule-schema.ts'
import type { Timetable } from './scheduled-rules.ts'
import type { DeviceProfile, KindProfile } from './schema.ts'
import { setpointRulesOf } from './setpoints.ts'
import { suggestion } from './suggestion.ts'
import { resolveTrend, trendUnit } from './trend.ts'
import type { DocumentPath } from './yaml-document.ts'

export interface RuleProblem {
  /** Where to look: `rules.<rule id>` or the override that changed the rule last, then the key. */
  readonly path: string
  readonly message: string
}

/** Overrides and where they are written, so that a problem can be shown at its place. */
export interface OverrideSet {
  readonly path: string
  readonly overrides: Readonly<Record<string, RuleOverride>>
}

type Targeted = Extract<RuleProfile, { type: 'limit' | 'discrete' }>

/**
 * The rules of a device whose points are `points`. A rule on a quantity applies to every point that measures it: it keeps its
 * id for one point and becomes `ruleId-pointId` for several. A kind's rule on a quantity that the model lacks is left out.
 * Overrides are applied in the order given; each may name a rule by its own id or by the id it has for one point.
 */
export function resolveRules(
  { profile, kind }: { readonly profile: DeviceProfile; readonly kind: KindProfile },
  {
    points,
    intervalMs,
    overrideSets,
    timetable = {},
    unit = {},
  }: {
    readonly points: readonly Point[]
    readonly intervalMs: number
    readonly overrideSets: readonly OverrideSet[]
    readonly timetable?: Timetable
    readonly unit?: UnitParts
  },
): { readonly rules: readonly Rule[]; readonly problems: readonly RuleProblem[] } {
  const problems: RuleProblem[] = []
  const report: Report = (path, message) => problems.push({ path, message })
  const candidates = collect({ profile, kind }, { points, report })
  const paths = new Map(candidates.map((candidate) => [candidate.id, `rules.${candidate.profile.id}`]))
  let active = candidates
  for (const set of overrideSets) active = applyOverrides(candidates, active, { set, paths, report })
  const rules = active.map((candidate) =>
    finishRule(candidate, { kind, points, intervalMs, timetable, unit, path: paths.get(candidate.id) ?? '', report }),
  )
  const present = rules.filter((rule) => rule !== null)
  for (const [id, message] of inhibitionProblems(present))
    report(`${paths.get(id) ?? `rules.${id}`}.inhibitedBy`, message)
  const faults = present.flatMap((rule) => (rule.type === 'limit' ? setpointRulesOf(rule) : []))
  return { rules: [...present, ...faults], problems }
}

/** A rule that a model lacks or a site has switched off explains nothing, which is no mistake; a circle is one. */
export function* inhibitionProblems(rules: readonly Rule[]): Generator<readonly [id: string, message: string]> {
  const byId = new Map(rules.map((rule) => [rule.id, rule]))
  for (const { id } of rules) {
    const reached = new Set<string>()
    const next = [...(byId.get(id)?.inhibitedBy ?? [])]
    for (let other = next.pop(); other !== undefined; other = next.pop()) {
      if (reached.has(other)) continue
      reached.add(other)
      next.push(...(byId.get(other)?.inhibitedBy ?? []))
    }
    if (reached.has(id)) yield [id, `rule "${id}" would be inhibited by itself, by way of ${[...reached].join(', ')}`]
  }
}

function collect(
  { profile, kind }: { readonly profile: DeviceProfile; readonly kind: KindProfile },
  { points, report }: { readonly points: readonly Point[]; readonly report: Report },
): readonly RuleCandidate[] {
  const own = profile.rules ?? []
  const replaced = new Set(own.map((rule) => rule.id))
  const inherited = kind.rules.filter((rule) => !replaced.has(rule.id))
  const { parameters = {} } = profile
  return [...inherited, ...own]
    .flatMap((rule) => expand(rule, points))
    .map((candidate) => withUnits(candidate, { points, parameters, report }))
}

/** The limit with its levels in the unit of what they are compared with. */
function withUnits(
  candidate: RuleCandidate,
  { points, parameters, report }: Omit<Comparison, 'unit'> & { readonly report: Report },
): RuleCandidate {
  const { profile, point } = candidate
  if (profile.type !== 'limit' || point === null) return candidate
  const { trend } = profile
  const unit = trend === undefined ? point.profile.unit : trendUnit(point.profile.unit, resolveTrend(trend))
  const comparison = { unit, points, parameters }
  const levels = profile.levels.map((level) => {
    const plain = inUnitOf(level, comparison)
    if (typeof plain !== 'string') return plain
    report(`rules.${profile.id}.levels.${level.level}`, `rule "${profile.id}", level "${level.level}": ${plain}`)
    return level
  })
  return { ...candidate, profile: { ...profile, levels }, comparison }
}

function expand(profile: RuleProfile, points: readonly Point[]): readonly RuleCandidate[] {
  if (profile.type === 'no-data' || profile.type === 'bad-quality') return [{ id: profile.id, profile, point: null }]
  const matching = points.filter((point) =>
    profile.point === undefined ? point.profile.quantity === profile.quantity : point.profile.id === profile.point,
  )
  const detail = detailOf(profile, points)
  const more = detail === undefined ? {} : { detail }
  if (matching.length <= 1) return matching.map((point) => ({ id: profile.id, profile, point, ...more }))
  return matching.map((point) => ({
    id: `${profile.id}-${point.profile.id}`,
    profile: { ...profile, name: nameFor(profile.name, point.profile.name) },
    ...{ point, ...more },
  }))
}

function detailOf({ point, detail }: Targeted, points: readonly Point[]): Point | undefined {
  if (detail === undefined) return undefined
  return points.find(({ profile }) => (point === undefined ? profile.quantity : profile.id) === detail)
}

function nameFor(rule: LocalText, point: LocalText): LocalText {
  return { zh: `${rule.zh}（${point.zh}）`, en: `${rule.en} (${point.en})` }
}

function applyOverrides(
  all: readonly RuleCandidate[],
  active: readonly RuleCandidate[],
  context: { readonly set: OverrideSet; readonly paths: Map<string, string>; readonly report: Report },
): readonly RuleCandidate[] {
  const { set, paths, report } = context
  const known = new Set(all.flatMap((candidate) => [candidate.id, candidate.profile.id]))
  for (const id of Object.keys(set.overrides)) {
    if (known.has(id)) continue
    const message = `no rule "${id}" here; the rules are ${[...known].join(', ')}${suggestion(id, known)}`
    report(`${set.path}.${id}`, message)
  }
  return active.flatMap((candidate) => {
    let profile: RuleProfile | null = candidate.profile
    // The rule as a whole first, so that the override for one point has the last word.
    for (const id of new Set([candidate.profile.id, candidate.id])) {
      const override = Object.hasOwn(set.overrides, id) ? set.overrides[id] : undefined
      if (override === undefined || profile === null) continue
      const path = `${set.path}.${id}`
      paths.set(candidate.id, path)
      const told: Report = (at, message) => report(`${path}.${at}`, message)
      profile = overrideRule(profile, override, { report: told, comparison: candidate.comparison })
    }
    return profile === null ? [] : [{ ...candidate, profile }]
  })
}

/** It works with a standard text, which tells a duty officer nothing. */
export function* adviseOnGuidance({ id, guidance }: RuleProfile, path: DocumentPath): Generator<Finding> {
  if (guidance !== undefined) return
  yield { path, message: `the rule "${id}" has no guidance; say what it means and what to do first`, isAdvice: true }
}

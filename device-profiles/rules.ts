/** From the rules of the kind and of the model, with their overrides, to the rules of one device. */

import type { LocalText } from './base-schema.ts'
import type { Point, Rule } from './device.ts'
import { parseDuration } from './duration.ts'
import type { Finding } from './finding.ts'
import { resolveLevels, type UnitParts } from './levels.ts'
import { overrideRule, type Report } from './rule-overrides.ts'
import type { RuleOverride, RuleProfile } from './rule-schema.ts'
import { type LimitParts, resolveScheduled, type Timetable } from './scheduled-rules.ts'
import type { DeviceProfile, KindProfile, PointProfile } from './schema.ts'
import { setpointProblems, setpointRulesOf } from './setpoints.ts'
import { suggestion } from './suggestion.ts'
import { resolveTrend, trendPoint, trendProblem } from './trend.ts'
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

interface Candidate {
  readonly id: string
  readonly profile: RuleProfile
  readonly point: Point | null
  readonly detail?: Point
}

type Targeted = Extract<RuleProfile, { type: 'limit' | 'discrete' }>

export const DEFAULT_GUIDANCE: LocalText = {
  zh: '请到现场核实，并向值班负责人报告。',
  en: 'Check on site and report to the duty officer.',
}

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
  const candidates = collect({ profile, kind }, points)
  const paths = new Map(candidates.map((candidate) => [candidate.id, `rules.${candidate.profile.id}`]))
  let active = candidates
  for (const set of overrideSets) active = applyOverrides(candidates, active, { set, paths, report })
  const rules = active.map((candidate) =>
    finish(candidate, { kind, points, intervalMs, timetable, unit, path: paths.get(candidate.id) ?? '', report }),
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
  points: readonly Point[],
): readonly Candidate[] {
  const own = profile.rules ?? []
  const replaced = new Set(own.map((rule) => rule.id))
  const inherited = kind.rules.filter((rule) => !replaced.has(rule.id))
  return [...inherited.flatMap((rule) => expand(rule, points)), ...own.flatMap((rule) => expand(rule, points))]
}

function expand(profile: RuleProfile, points: readonly Point[]): readonly Candidate[] {
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
  all: readonly Candidate[],
  active: readonly Candidate[],
  context: { readonly set: OverrideSet; readonly paths: Map<string, string>; readonly report: Report },
): readonly Candidate[] {
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
      profile = overrideRule(profile, override, (at, message) => report(`${path}.${at}`, message))
    }
    return profile === null ? [] : [{ ...candidate, profile }]
  })
}

interface FinishContext {
  readonly kind: KindProfile
  readonly intervalMs: number
  readonly points: readonly Point[]
  readonly timetable: Timetable
  readonly unit: UnitParts
  readonly path: string
  readonly report: Report
}

function finish({ id, profile, point, ...more }: Candidate, context: FinishContext): Rule | null {
  const { kind, intervalMs, path, report } = context
  const isFault = profile.type === 'no-data' || profile.type === 'bad-quality'
  const base = {
    id,
    name: profile.name,
    class: profile.class ?? (isFault ? 'fault' : 'alarm'),
    latching: profile.latching ?? false,
    guidance: profile.guidance ?? DEFAULT_GUIDANCE,
    ...maxDetection(profile, { kind, isComputed: point?.profile.compute !== undefined }),
    ...handling(profile),
  }
  if (profile.type === 'limit') {
    if (point === null) return null
    const trend = profile.trend === undefined ? null : resolveTrend(profile.trend)
    const problem = trend === null ? null : trendProblem(trend, intervalMs)
    if (problem !== null) report(`${path}.window`, `rule "${id}": ${problem}`)
    const compared = trend === null ? point.profile : trendPoint(point.profile, trend)
    const { unit, points } = context
    const { levels, problems } = resolveLevels(profile.levels, compared, unit)
    const unknown = setpointProblems(profile.levels, { points, parameters: unit.parameters ?? {}, compared })
    for (const { level, message } of [...problems, ...unknown]) {
      report(`${path}.levels.${level}`, `rule "${id}", level "${level}": ${message}`)
    }
    const limit = { levels: profile.levels, usual: levels, compared, unit }
    const scheduled = scheduledOf(profile, { ...context, id, limit })
    const people = profile.confirm === undefined ? {} : { confirm: profile.confirm }
    return {
      ...base,
      ...more,
      type: 'limit',
      point,
      levels,
      ...people,
      ...(trend === null ? {} : { trend }),
      ...scheduled,
    }
  }
  const single = {
    ...base,
    ...scheduledOf(profile, { ...context, id, limit: null }),
    priority: profile.priority,
    onDelayMs: parseDuration(profile.onDelay ?? '0s'),
    offDelayMs: parseDuration(profile.offDelay ?? '0s'),
  }
  if (profile.type === 'bad-quality') return { ...single, type: 'bad-quality' }
  if (profile.type === 'discrete') {
    const problem = point === null ? null : abnormalProblem(profile.abnormal, point.profile)
    if (problem !== null) report(`${path}.abnormal`, `rule "${id}": ${problem}`)
    return point === null ? null : { ...single, ...more, type: 'discrete', point, abnormal: profile.abnormal }
  }
  const afterMs =
    typeof profile.after === 'string' ? parseDuration(profile.after) : profile.after.intervals * intervalMs
  if (afterMs < intervalMs) {
    const message = `rule "${id}": ${afterMs / 1000} s is shorter than the ${intervalMs / 1000} s between two messages of the device`
    report(`${path}.after`, message)
  }
  return { ...single, type: 'no-data', afterMs: Math.max(afterMs, intervalMs) }
}

/** It works with a standard text, which tells a duty officer nothing. */
export function* adviseOnGuidance({ id, guidance }: RuleProfile, path: DocumentPath): Generator<Finding> {
  if (guidance !== undefined) return
  yield { path, message: `the rule "${id}" has no guidance; say what it means and what to do first`, isAdvice: true }
}

/** Why a rule on states can never fire, or never clear; or null. */
function abnormalProblem(abnormal: readonly number[], { id, type, states }: PointProfile): string | null {
  const codes = type === 'boolean' ? [0, 1] : Object.keys(states ?? {}).map(Number)
  if (codes.length === 0) return null
  const has = `"${id}" has the states ${codes.join(', ')}`
  const unknown = abnormal.find((code) => !codes.includes(code))
  if (unknown !== undefined) return `it waits for ${unknown}, and ${has}`
  return codes.every((code) => abnormal.includes(code)) ? `it could never clear: ${has}, and all are abnormal` : null
}

export function scheduledOf(
  { scheduled }: Pick<RuleProfile, 'scheduled'>,
  {
    id,
    timetable,
    limit,
    path,
    report,
  }: Pick<FinishContext, 'timetable' | 'path' | 'report'> & { readonly id: string; readonly limit: LimitParts | null },
): Pick<Rule, 'scheduled'> {
  if (scheduled === undefined) return {}
  const at: Report = (key, message) => report(`${path}.scheduled${key}`, `rule "${id}": ${message}`)
  return { scheduled: resolveScheduled(scheduled, timetable, { limit, report: at }) }
}

export function handling({
  inhibitedBy,
  reAlarm,
  longestShelving,
}: Pick<RuleProfile, 'inhibitedBy' | 'reAlarm' | 'longestShelving'>): Pick<
  Rule,
  'inhibitedBy' | 'reAlarmMs' | 'longestShelvingMs'
> {
  return {
    ...(inhibitedBy === undefined ? {} : { inhibitedBy }),
    ...(reAlarm === undefined ? {} : { reAlarmMs: parseDuration(reAlarm) }),
    ...(longestShelving === undefined ? {} : { longestShelvingMs: parseDuration(longestShelving) }),
  }
}

/** The kind's own limit is for what endangers people; a fault has one only where its rule says so. */
function maxDetection(
  profile: RuleProfile,
  { kind, isComputed }: { readonly kind: KindProfile; readonly isComputed: boolean },
): { readonly maxDetectionSeconds?: number } {
  if (profile.type === 'no-data' || profile.type === 'bad-quality') return {}
  // How long a trend or a computed point takes to show is up to its window, not to the line.
  const isTrend = (profile.type === 'limit' && profile.trend !== undefined) || isComputed
  const byKind = profile.class === 'fault' || isTrend ? undefined : kind.maxDetectionSeconds
  const seconds = profile.maxDetectionSeconds ?? byKind
  return seconds === undefined ? {} : { maxDetectionSeconds: seconds }
}

/** One rule as it runs: setpoints resolved, durations in ms, and whatever can never fire or never clear reported. */
import type { LocalText } from './base-schema.ts'
import type { Point, Rule } from './device.ts'
import { parseDuration } from './duration.ts'
import type { Comparison } from './level-units.ts'
import { resolveLevels, type UnitParts } from './levels.ts'
import type { Report } from './rule-overrides.ts'
import type { RuleProfile } from './rule-schema.ts'
import { type LimitParts, resolveScheduled, type Timetable } from './scheduled-rules.ts'
import type { KindProfile, PointProfile } from './schema.ts'
import { setpointProblems } from './setpoints.ts'
import { resolveTrend, trendPoint, trendProblem } from './trend.ts'

/** A rule of a profile and the point it is about. */
export interface RuleCandidate {
  readonly id: string
  readonly profile: RuleProfile
  readonly point: Point | null
  /** What setpoints are compared with; of a limit. */
  readonly comparison?: Comparison
  readonly detail?: Point
}

export const DEFAULT_GUIDANCE: LocalText = {
  zh: '请到现场核实，并向值班负责人报告。',
  en: 'Check on site and report to the duty officer.',
}

export interface RuleContext {
  readonly kind: KindProfile
  readonly intervalMs: number
  readonly points: readonly Point[]
  readonly timetable: Timetable
  readonly unit: UnitParts
  /** Where to look for what is wrong with it. */
  readonly path: string
  readonly report: Report
}

type RuleBase = Pick<Rule, 'id' | 'name' | 'class' | 'latching' | 'guidance'>

/** Null where the model lacks the point it is about. */
export function finishRule(candidate: RuleCandidate, context: RuleContext): Rule | null {
  const { id, profile, point } = candidate
  const isFault = profile.type === 'no-data' || profile.type === 'bad-quality'
  const base = {
    id,
    name: profile.name,
    class: profile.class ?? (isFault ? 'fault' : 'alarm'),
    latching: profile.latching ?? false,
    guidance: profile.guidance ?? DEFAULT_GUIDANCE,
    ...maxDetection(profile, { kind: context.kind, isComputed: point?.profile.compute !== undefined }),
    ...handling(profile),
  }
  if (profile.type === 'limit') return finishLimit(base, { ...candidate, profile }, context)
  const single = {
    ...base,
    ...scheduledOf(profile, { ...context, id, limit: null }),
    priority: profile.priority,
    onDelayMs: parseDuration(profile.onDelay ?? '0s'),
    offDelayMs: parseDuration(profile.offDelay ?? '0s'),
  }
  switch (profile.type) {
    case 'bad-quality':
      return { ...single, type: 'bad-quality' }
    case 'no-data':
      return { ...single, type: 'no-data', afterMs: silenceMs(id, profile, context) }
    case 'discrete': {
      if (point === null) return null
      const problem = abnormalProblem(profile.abnormal, point.profile)
      if (problem !== null) context.report(`${context.path}.abnormal`, `rule "${id}": ${problem}`)
      return { ...single, ...detailOf(candidate), type: 'discrete', point, abnormal: profile.abnormal }
    }
  }
}

function finishLimit(
  base: RuleBase,
  candidate: RuleCandidate & { readonly profile: RuleProfile & { readonly type: 'limit' } },
  context: RuleContext,
): Rule | null {
  const { id, profile, point, comparison } = candidate
  const { intervalMs, path, points, report, unit } = context
  if (point === null || comparison === undefined) return null
  const trend = profile.trend === undefined ? null : resolveTrend(profile.trend)
  const problem = trend === null ? null : trendProblem(trend, intervalMs)
  if (problem !== null) report(`${path}.window`, `rule "${id}": ${problem}`)
  const compared = trend === null ? point.profile : trendPoint(point.profile, trend)
  const { levels, problems } = resolveLevels(profile.levels, compared, unit)
  const unknown = setpointProblems(profile.levels, { points, parameters: unit.parameters ?? {} })
  for (const { level, message } of [...problems, ...unknown]) {
    report(`${path}.levels.${level}`, `rule "${id}", level "${level}": ${message}`)
  }
  const limit = { levels: profile.levels, usual: levels, compared, comparison, unit }
  return {
    ...base,
    ...detailOf(candidate),
    type: 'limit',
    point,
    levels,
    ...(profile.confirm === undefined ? {} : { confirm: profile.confirm }),
    ...(trend === null ? {} : { trend }),
    ...scheduledOf(profile, { ...context, id, limit }),
  }
}

function detailOf({ detail }: RuleCandidate): { readonly detail?: Point } {
  return detail === undefined ? {} : { detail }
}

function silenceMs(
  id: string,
  { after }: RuleProfile & { readonly type: 'no-data' },
  { intervalMs, path, report }: RuleContext,
): number {
  const afterMs = typeof after === 'string' ? parseDuration(after) : after.intervals * intervalMs
  if (afterMs < intervalMs) {
    const message = `rule "${id}": ${afterMs / 1000} s is shorter than the ${intervalMs / 1000} s between two messages of the device`
    report(`${path}.after`, message)
  }
  return Math.max(afterMs, intervalMs)
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
  }: Pick<RuleContext, 'timetable' | 'path' | 'report'> & { readonly id: string; readonly limit: LimitParts | null },
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

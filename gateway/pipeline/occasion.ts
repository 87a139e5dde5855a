/** What an alarm is told when a gate of its rule has switched: level, priority, cause and reason. */
import type {
  DiscreteRule,
  LimitRule,
  Point,
  Rule,
  RuleLevel,
  SetpointRule,
  VoteFaultRule,
  VoteRule,
} from '../../device-profiles/device.ts'
import type { Alarm, AlarmCause } from '../alarm-model.ts'
import type { Instant, LocalText, Reading } from '../model.ts'
import type { Occasion } from './alarm.ts'
import type { DeviceState, PointState } from './device-state.ts'
import { isMissed } from './hearing.ts'
import { isDistrusted } from './quality.ts'
import {
  discreteReason,
  distrustReason,
  heardAgainReason,
  limitReason,
  limitReturnReason,
  missedReason,
  reportedLate,
  setpointReason,
  silenceReason,
  subjectOf,
  trustedAgainReason,
  withDetail,
} from './reason.ts'
import { activeGate, type Gate, type RuleState, type TrendState } from './rules.ts'
import { voteReason } from './vote-reason.ts'
import { degradedTo, healthyIn, type MemberState } from './votes.ts'

interface Circumstances {
  readonly device: DeviceState
  /** The alarm before it changes. */
  readonly alarm: Alarm
  readonly at: Instant
}

interface Told extends Circumstances {
  readonly gates: readonly Gate[]
  readonly levels: readonly RuleLevel[]
  readonly trend: TrendState | null
  /** Place of the most severe gate that is on, or -1. */
  readonly place: number
}

type Why = Pick<Occasion, 'cause' | 'reason' | 'vote'>

/** Where no gate is on, level and priority stay those that were active: they say what returned. */
export function occasionOf(state: RuleState, circumstances: Circumstances): Occasion {
  const { rule, gates, levels, trend } = state
  const { alarm, at } = circumstances
  const place = activeGate(state)
  const active = place < 0 ? undefined : rule.type === 'limit' ? state.levels[place] : rule
  return {
    time: at.wall,
    level: levelNow(state, circumstances),
    priority: active?.priority ?? alarm.priority,
    ...why(rule, { ...circumstances, gates, levels, trend, place }),
  }
}

function levelNow({ rule, gates, levels }: RuleState, { device: { group }, alarm }: Circumstances): string | null {
  if (rule.type === 'limit') {
    const place = gates.findLastIndex(({ on }) => on)
    return levels[place]?.level ?? alarm.level
  }
  if (rule.type !== 'vote-degraded') return null
  return gates[0]?.on ? degradedTo(group?.voteOf(rule.vote)) : alarm.level
}

/** Of a reading that came late and was beyond the level at `place`. */
export function lateOccasion(
  { rule, levels }: RuleState<LimitRule | DiscreteRule>,
  { reading, place, at }: { readonly reading: Reading; readonly place: number; readonly at: Instant },
): Occasion {
  const { value, quality, time } = reading
  const { id, profile } = rule.point
  const number = typeof value === 'number' ? value : Number.NaN
  const cause = { point: id, value, unit: profile.unit, quality, time }
  const ageMs = at.wall - time
  if (rule.type === 'discrete') {
    const reason = reportedLate(discreteReason(rule, number, { active: true, heldMs: 0 }), ageMs)
    return { time: at.wall, level: null, priority: rule.priority, cause: { ...cause, setpoint: null }, reason }
  }
  const level = levels[place]
  if (level === undefined) throw new RangeError(`rule ${rule.id} has no level ${place}`)
  const reason = reportedLate(limitReason(rule, level, { value: number, heldMs: 0 }), ageMs)
  const { setpoint, priority } = level
  return { time: at.wall, level: level.level, priority, cause: { ...cause, setpoint }, reason }
}

/** Only a change to a milder level of the same side is for the better; from too high to too low is a new hazard. */
export function isWorse(rule: Rule, before: string | null, after: string | null): boolean {
  if (rule.type === 'vote-degraded') return healthyIn(after) < healthyIn(before)
  if (rule.type !== 'limit') return false
  const from = rule.levels.findIndex(({ level }) => level === before)
  const to = rule.levels.findIndex(({ level }) => level === after)
  return to > from || rule.levels[to]?.side !== rule.levels[from]?.side
}

function why(rule: Rule, told: Told): Why {
  switch (rule.type) {
    case 'limit':
      return limitWhy(rule, told)
    case 'discrete':
      return discreteWhy(rule, told)
    case 'no-data':
      return silenceWhy(told)
    case 'bad-quality':
      return distrustWhy(told)
    case 'setpoint-unknown':
      return setpointWhy(rule, told)
    case 'vote':
    case 'vote-degraded':
    case 'vote-impossible':
      return voteWhy(rule, told)
  }
}

function limitWhy(rule: LimitRule, { device, alarm, gates, levels, trend, place }: Told): Why {
  const before = levels.findIndex(({ level }) => level === alarm.level)
  const level = levels[place]
  const { cause, value } = trend === null ? measured(device, rule.point) : trended(device, rule, trend)
  if (level === undefined) {
    const heldMs = gates[before]?.heldMs ?? 0
    // One that its schedule has switched off has no setpoint now.
    const left = levels.slice(before, before + 1).find(({ setpoint }) => Number.isFinite(setpoint))
    const reason = limitReturnReason(rule, left, { value, heldMs })
    return { cause: { ...cause, setpoint: left?.setpoint ?? null }, reason }
  }
  const fell = alarm.facts.active && before > place && levels[before]?.side === level.side
  const told = fell
    ? { value, heldMs: 0, fallenFrom: levels[before]?.level ?? '' }
    : { value, heldMs: gates[place]?.heldMs ?? 0 }
  const reason = withDetail(limitReason(rule, level, told), detailOf(device, rule))
  return { cause: { ...cause, setpoint: level.setpoint }, reason }
}

function discreteWhy(rule: DiscreteRule, { device, gates, place }: Told): Why {
  const { cause, value } = measured(device, rule.point)
  const heldMs = gates[0]?.heldMs ?? 0
  const reason = discreteReason(rule, value, { active: place >= 0, heldMs })
  return { cause, reason: place < 0 ? reason : withDetail(reason, detailOf(device, rule)) }
}

function setpointWhy(rule: SetpointRule, { device, at, place }: Told): Why {
  const limit = device.rules.find((state) => state.rule.id === rule.limit)
  const { frozen = null } = limit ?? {}
  const point = frozen?.type === 'unknown' ? frozen.point : null
  const quality = place < 0 ? 'good' : 'bad'
  const cause: AlarmCause = { point, value: null, unit: '', quality, time: at.wall, setpoint: null }
  return { cause, reason: setpointReason(limit?.rule.name ?? rule.name, place < 0 ? null : frozen) }
}

function voteWhy(rule: VoteRule | VoteFaultRule, { device: { group }, at, gates, place }: Told): Why {
  const state = group?.voteOf(rule.type === 'vote' ? rule.id : rule.vote)
  if (!group || state === undefined) throw new RangeError(`rule ${rule.id} is not the vote of a group`)
  const { required, healthy, total, counted } = state.tally
  const lost = state.members.filter(({ loss }) => loss !== null)
  const value = rule.type === 'vote' ? counted.length : total - healthy
  const setpoint = rule.type === 'vote' ? required : null
  const cause: AlarmCause = { point: null, value, unit: '1', quality: 'good', time: at.wall, setpoint }
  const vote = { required, healthy, total, counted: idsOf(counted), lost: idsOf(lost) }
  const heldMs = gates[0]?.heldMs ?? 0
  const reason = voteReason(state, { type: rule.type, active: place >= 0, heldMs, at, group })
  return { cause, vote, reason }
}

function idsOf(members: readonly MemberState[]): readonly string[] {
  return [...new Set(members.map(({ member }) => member.device))]
}

/** What the device says itself about it, where the rule names such a text. */
function detailOf(device: DeviceState, { detail }: LimitRule | DiscreteRule): string | null {
  const reading = device.points.find(({ point }) => point.id === detail?.id)?.reading
  return reading?.quality === 'good' && typeof reading.value === 'string' ? reading.value : null
}

/** Gates of points switch on good readings only, so the newest reading is the one that counted. */
function measured(device: DeviceState, point: Point): { readonly cause: AlarmCause; readonly value: number } {
  const reading = device.points.find((candidate) => candidate.point.id === point.id)?.reading
  const value = reading?.value ?? null
  const { unit } = point.profile
  const cause = {
    point: point.id,
    value,
    unit,
    quality: reading?.quality ?? 'bad',
    time: reading?.time ?? 0,
    setpoint: null,
  }
  return { cause, value: typeof value === 'number' ? value : Number.NaN }
}

/** What was compared with the setpoint, not the value that it was made of. */
function trended(
  device: DeviceState,
  rule: LimitRule,
  { value }: TrendState,
): { readonly cause: AlarmCause; readonly value: number } {
  const { cause } = measured(device, rule.point)
  return { cause: { ...cause, value, unit: subjectOf(rule).profile.unit }, value: value ?? Number.NaN }
}

function silenceWhy({ device, at, place }: Told): Why {
  const { heard, since, silenceMs } = device
  const from = heard ?? since
  const cause: AlarmCause = { point: null, value: null, unit: '', quality: 'bad', time: from.wall, setpoint: null }
  if (place < 0) return { cause: { ...cause, quality: 'good' }, reason: heardAgainReason(silenceMs) }
  const { intervalMs } = device.device
  const reason = silenceReason({ silentMs: at.mono - from.mono, intervalMs, sinceStart: heard === null })
  return { cause, reason }
}

function distrustWhy({ device, alarm, at, place }: Told): Why {
  const culprit =
    place < 0
      ? device.points.find(({ point }) => point.id === alarm.cause.point)
      : (device.points.find(isDistrustedNow) ?? device.points.find((point) => isMissed(device, point)))
  const reading = culprit?.reading
  const cause: AlarmCause = {
    point: culprit?.point.id ?? null,
    value: reading?.value ?? null,
    unit: culprit?.point.profile.unit ?? '',
    quality: reading?.quality ?? 'bad',
    time: reading?.time ?? 0,
    setpoint: null,
  }
  const reason: LocalText =
    place < 0 || culprit === undefined
      ? trustedAgainReason(culprit?.point)
      : isDistrustedNow(culprit)
        ? distrustReason(culprit.point, reading?.reason ?? 'malformed')
        : missedReason(culprit.point, Number.isFinite(culprit.goodAt) ? at.mono - culprit.goodAt : null)
  return { cause, reason }
}

function isDistrustedNow({ reading }: PointState): boolean {
  return reading !== null && isDistrusted(reading)
}

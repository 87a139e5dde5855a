/**
 * When a point or a device is abnormal.
 *
 * Each rule has one gate per level, and each gate its own on-delay and off-delay, measured on the monotonic clock. The
 * equations are those of the Logix ALMA block: a high limit is abnormal at value >= setpoint for the on-delay and clears at
 * value < setpoint - deadband for the off-delay; a low limit is its mirror.
 *
 * Only good readings are fed. A bad or uncertain one leaves every gate as it is: a delay that has begun neither expires nor
 * starts again, and the next good reading decides with the whole time that has passed.
 */
import { withoutNoise } from '../../device-profiles/codec/conversion.ts'
import type { DiscreteRule, LimitRule, Rule, RuleLevel } from '../../device-profiles/device.ts'
import type { Trend } from '../../device-profiles/trend.ts'
import type { Alarm } from '../alarm-model.ts'
import type { Instant } from '../model.ts'
import { TrendWindow } from './trend-window.ts'

export interface Gate {
  onDelayMs: number
  offDelayMs: number
  on: boolean
  /** Since when the opposite of `on` holds (monotonic), or null while it does not. */
  since: number | null
  /** How long it had held when `on` last changed. */
  heldMs: number
}

export interface RuleState<R extends Rule = Rule> {
  readonly rule: R
  /** `deviceId.ruleId` */
  readonly alarmId: string
  /** One per level of a limit, mildest first; otherwise one. */
  readonly gates: readonly Gate[]
  /** Of a limit: as they are now. */
  levels: readonly RuleLevel[]
  /** The same as the configuration and the schedule have them: some may be taken from other points. */
  nominal: readonly RuleLevel[]
  /** Why it is not judged now; null: it is. */
  frozen: Frozen | null
  /** Its schedule has switched it off for now: it goes on underneath. */
  isOff: boolean
  /** Of a limit on a trend. */
  readonly trend: TrendState | null
  /** What readings that came late have said; null: nothing abnormal. */
  late: LateOccurrence | null
}

/** A setpoint that is taken from another point is not known, or setpoints have overtaken one another. */
export type Frozen =
  | { readonly type: 'unknown'; readonly point: string }
  | { readonly type: 'crossed'; readonly level: string }

/** What late readings have said last. Times of the device, ms since 1970. */
export interface LateOccurrence {
  readonly from: number
  readonly until: number
  /** Place of the most severe level that was told; -1: none yet, because of its delay. */
  readonly told: number
}

/** How a point changes, and what that was when the rule last looked. */
export interface TrendState {
  readonly window: TrendWindow
  /** Null: not known. */
  value: number | null
}

/** One for all rules that have none. */
const NO_LEVELS: readonly RuleLevel[] = []

/** `row` is the alarm as it stood before: what was active is active, so that a restart does not raise it again. */
export function createRuleState<R extends Rule>(
  rule: R,
  alarmId: string,
  { row }: { readonly row: Alarm | undefined },
): RuleState<R> {
  const gates = rule.type === 'limit' ? rule.levels.map(createGate) : [createGate(rule)]
  const trend = rule.type === 'limit' && rule.trend !== undefined ? newTrend(rule.trend) : null
  const levels = rule.type === 'limit' ? rule.levels : NO_LEVELS
  const source = levels.find((level) => level.source !== undefined)?.source
  const frozen: Frozen | null = source === undefined ? null : { type: 'unknown', point: source.point }
  const state = { rule, alarmId, gates, levels, nominal: levels, frozen, isOff: false, trend, late: null }
  if (row?.facts.active) restore(state, row.level)
  return state
}

/** Place of the most severe gate that is on, or -1. */
export function activeGate({ gates }: RuleState): number {
  for (let i = gates.length - 1; i >= 0; i--) if (gates[i]?.on) return i
  return -1
}

/** True while a delay runs. */
export function isPending({ gates }: RuleState): boolean {
  for (const gate of gates) if (gate.since !== null) return true
  return false
}

/** A good value of the rule's point. True when a gate switched. */
export function judgeValue(state: RuleState<LimitRule | DiscreteRule>, value: number, { mono }: Instant): boolean {
  const { rule, gates } = state
  if (state.frozen !== null) return false
  if (rule.type === 'limit') return judgeLevels(state, { value, mono, mayClear: true })
  const gate = gates[0]
  return gate !== undefined && feedGate(gate, rule.abnormal.includes(value), mono)
}

function judgeLevels(
  state: RuleState,
  { value, mono, mayClear }: { readonly value: number; readonly mono: number; readonly mayClear: boolean },
): boolean {
  const { gates, levels } = state
  // An alarm that cannot clear yet cannot change its side either; it can become more severe.
  const stays = mayClear ? undefined : levels[activeGate(state)]
  let switched = false
  for (let i = 0; i < gates.length; i++) {
    const gate = gates[i]
    const level = levels[i]
    if (gate === undefined || level === undefined) continue
    if (stays !== undefined && (gate.on || level.side !== stays.side)) continue
    if (feedGate(gate, isBeyond(level, value, gate.on), mono)) switched = true
  }
  if (switched) carryMilderLevels(gates)
  return switched
}

/**
 * Compares what the trend of a point is now. Where it is not known the gates stay as they are; a history that is shorter
 * than the window can raise each level but not clear it. True when a gate switched.
 */
export function judgeTrend(state: RuleState<LimitRule | DiscreteRule>, at: Instant): boolean {
  if (state.trend === null) return false
  const trend = state.trend.window.at(at.mono)
  state.trend.value = trend?.value ?? null
  if (trend === null || state.frozen !== null) return false
  return judgeLevels(state, { value: trend.value, mono: at.mono, mayClear: trend.whole })
}

/** Between these values, both excluded, nothing that was calm at `value` changes. */
export interface CalmRange {
  readonly above: number
  readonly below: number
}

/** No rule: every value is calm. */
const EVERYWHERE: CalmRange = { above: -Infinity, below: Infinity }

/**
 * Null while a gate is on or a delay runs. Most readings of most points are far from every setpoint; two comparisons then
 * do for all the rules of a point.
 */
export function calmRange(states: readonly RuleState<LimitRule | DiscreteRule>[], value: number): CalmRange | null {
  if (states.length === 0) return EVERYWHERE
  let { above, below } = EVERYWHERE
  for (const { rule, gates, levels } of states) {
    if (gates.some((gate) => gate.on || gate.since !== null)) return null
    const bounds = rule.type === 'limit' ? levels.map((level) => level.setpoint) : rule.abnormal
    for (const bound of bounds) {
      if (bound <= value) above = Math.max(above, bound)
      if (bound >= value) below = Math.min(below, bound)
    }
  }
  return { above, below }
}

/** A verdict about the whole device: silent or not, believable or not. True when the gate switched. */
export function judgeDevice({ gates }: RuleState, abnormal: boolean, { mono }: Instant): boolean {
  const gate = gates[0]
  return gate !== undefined && feedGate(gate, abnormal, mono)
}

/** A good value from before this process: delays that it begins or ends, without switching anything. */
export function trackDelays(
  { rule, gates, levels, frozen }: RuleState<LimitRule | DiscreteRule>,
  value: number,
  mono: number,
): void {
  if (frozen !== null) return
  for (const [i, gate] of gates.entries()) {
    const level = levels[i]
    const abnormal =
      rule.type === 'discrete' ? rule.abnormal.includes(value) : level !== undefined && isBeyond(level, value, gate.on)
    if (abnormal === gate.on) gate.since = null
    else gate.since ??= mono
  }
}

/**
 * Other setpoints from now on. A delay that runs goes on only where the values that began it would have begun it under the
 * new setpoint too; the value that is there is to be judged next.
 */
export function changeLevels(state: RuleState, levels: readonly RuleLevel[]): void {
  for (const [i, gate] of state.gates.entries()) {
    const [before, after] = [state.levels[i], levels[i]]
    if (before === undefined || after === undefined) continue
    gate.onDelayMs = after.onDelayMs
    gate.offDelayMs = after.offDelayMs
    const [from, to] = gate.on ? [clearsAt(before), clearsAt(after)] : [before.setpoint, after.setpoint]
    const isImplied = gate.on === (after.side === 'above') ? to >= from : to <= from
    if (!isImplied) gate.since = null
  }
  state.levels = levels
}

function clearsAt({ side, setpoint, deadband }: RuleLevel): number {
  return withoutNoise(side === 'above' ? setpoint - deadband : setpoint + deadband)
}

/** Lets delays expire that have run out at `mono`, while the last good reading still stands. True when a gate switched. */
export function expireDelays(state: RuleState, mono: number): boolean {
  if (state.frozen !== null) return false
  let switched = false
  for (const gate of state.gates) if (gate.since !== null && feedGate(gate, !gate.on, mono)) switched = true
  if (switched && state.rule.type === 'limit') carryMilderLevels(state.gates)
  return switched
}

function newTrend(trend: Trend): TrendState {
  return { window: new TrendWindow(trend), value: null }
}

function createGate({ onDelayMs, offDelayMs }: { readonly onDelayMs: number; readonly offDelayMs: number }): Gate {
  return { onDelayMs, offDelayMs, on: false, since: null, heldMs: 0 }
}

function feedGate(gate: Gate, abnormal: boolean, mono: number): boolean {
  if (abnormal === gate.on) {
    gate.since = null
    return false
  }
  gate.since ??= mono
  const heldMs = mono - gate.since
  if (heldMs < (gate.on ? gate.offDelayMs : gate.onDelayMs)) return false
  switchGate(gate, heldMs)
  return true
}

function switchGate(gate: Gate, heldMs: number): void {
  gate.on = !gate.on
  gate.since = null
  gate.heldMs = heldMs
}

/** A level that is on holds through its deadband, bounds included. */
export function isBeyond({ side, setpoint, deadband }: RuleLevel, value: number, on: boolean): boolean {
  if (!on) return side === 'above' ? value >= setpoint : value <= setpoint
  return side === 'above' ? value >= withoutNoise(setpoint - deadband) : value <= withoutNoise(setpoint + deadband)
}

/**
 * A level that is reached proves the milder ones that the value is beyond too, whose own delays still run. Otherwise a value that falls
 * back from orange into yellow would return to normal for the rest of yellow's on-delay.
 */
function carryMilderLevels(gates: readonly Gate[]): void {
  for (let severe = gates.length - 1; severe > 0; severe--) {
    if (!gates[severe]?.on) continue
    for (let milder = 0; milder < severe; milder++) {
      const gate = gates[milder]
      if (gate === undefined || gate.on || gate.since === null) continue
      switchGate(gate, gates[severe]?.heldMs ?? 0)
    }
  }
}

/** A level that the configuration no longer has is taken for the mildest one, so that the alarm stays until a value clears it. */
function restore({ rule, gates }: RuleState, level: string | null): void {
  const found = rule.type === 'limit' ? rule.levels.findIndex((candidate) => candidate.level === level) : 0
  const place = Math.max(found, 0)
  gates.forEach((gate, i) => {
    const sameSide = rule.type !== 'limit' || rule.levels[i]?.side === rule.levels[place]?.side
    if (i <= place && sameSide) gate.on = true
  })
}

/**
 * Late readings that would have been an alarm when they were measured. They raise nothing, but somebody must be told.
 *
 * Readings that follow one another in what a device plays back belong to one occurrence, which is told once and again where
 * it grows more severe; the deadband ends it, as it would have ended the alarm.
 */
import type { DiscreteRule, LimitRule } from '../../device-profiles/device.ts'
import type { Alarm } from '../alarm-model.ts'
import { isBeyond, type LateOccurrence, type RuleState } from './rules.ts'

interface LateValue {
  readonly value: number
  readonly time: number
}

/**
 * Place of the level to be told, or null. A value stands until the next one, so a delay that is no longer than the device's
 * interval has run out with every reading; a longer one needs several.
 */
export function judgeLate(
  state: RuleState<LimitRule | DiscreteRule>,
  { value, time }: LateValue,
  { intervalMs, standsMs }: { readonly intervalMs: number; readonly standsMs: number },
): number | null {
  if (state.frozen !== null) return null
  const before = state.late !== null && isWithin(time, state.late, standsMs) ? state.late : null
  const from = Math.min(before?.from ?? time, time)
  const until = Math.max(before?.until ?? time, time)
  const told = before?.told ?? -1
  const heldMs = Math.max(intervalMs, until - from)
  const beyond = state.gates.map((_, place) => isAbnormal(state, place, { value, told }))
  if (!beyond.includes(true)) {
    state.late = null
    return null
  }
  const place = beyond.findLastIndex((is, i) => is && (state.gates[i]?.onDelayMs ?? 0) <= heldMs)
  state.late = { from, until, told: Math.max(told, place) }
  return place > told ? place : null
}

/** True where people know: it is active, or it was when this was measured. */
export function isKnown(row: Alarm | undefined, time: number, intervalMs: number): boolean {
  if (row === undefined) return false
  const { facts, raisedAt, returnedAt } = row
  // What raised it was measured before the message came, and a device may repeat that.
  return facts.active || (returnedAt !== null && time >= raisedAt - intervalMs && time <= returnedAt)
}

function isWithin(time: number, { from, until }: LateOccurrence, standsMs: number): boolean {
  return time >= from - standsMs && time <= until + standsMs
}

function isAbnormal(
  { rule, levels }: RuleState<LimitRule | DiscreteRule>,
  place: number,
  { value, told }: { readonly value: number; readonly told: number },
): boolean {
  if (rule.type === 'discrete') return rule.abnormal.includes(value)
  const level = levels[place]
  if (level === undefined) return false
  const holds = place <= told && levels[told]?.side === level.side
  return isBeyond(level, value, holds)
}

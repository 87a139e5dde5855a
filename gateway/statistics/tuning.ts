/**
 * Which deadband and which delays would have kept an alarm quiet, from what was really measured.
 *
 * Every dip below a setpoint that was soon followed by the next excursion should not have ended the alarm: the deadband must
 * bridge how far these dips went, or the off-delay how long they took. Every excursion that was soon over should not have
 * begun one: the on-delay must be longer. Each is the 95th percentile, and each is then tried on the same readings with the
 * gates that the gateway uses.
 */
import type { LimitRule, RuleLevel } from '../../device-profiles/device.ts'
import { createRuleState, expireDelays, judgeValue } from '../pipeline/rules.ts'
import { CHATTER_WINDOW_MS } from './nuisance.ts'

/** A good reading; `time` in ms since 1970. */
export interface TunedReading {
  readonly time: number
  readonly value: number
}

export interface Tuning {
  readonly level: string
  readonly setpoint: number
  /** How often the level was raised with its present settings, on these readings. */
  readonly raises: number
  /** Each alone; null: nothing on these readings asks for it. */
  readonly deadband: Suggestion | null
  readonly offDelayMs: Suggestion | null
  readonly onDelayMs: Suggestion | null
}

export interface Suggestion {
  readonly now: number
  readonly suggested: number
  /** How often the level would have been raised with it. */
  readonly raises: number
}

interface Run {
  readonly lengthMs: number
  /** How far the value went beyond (or stayed short of) the setpoint. */
  readonly depth: number
}

/** `readings` in the order of time. One tuning per level, mildest first. */
export function tune(rule: LimitRule, readings: readonly TunedReading[]): readonly Tuning[] {
  return tunableLevels(rule).map((level) => tuneLevel(rule, level, readings))
}

/** Of a setpoint that is another point's value nobody can say what it was then. */
export function tunableLevels({ levels }: LimitRule): readonly RuleLevel[] {
  return levels.filter(({ source }) => source === undefined)
}

function tuneLevel(rule: LimitRule, level: RuleLevel, readings: readonly TunedReading[]): Tuning {
  const { excursions, dips } = runsOf(level, readings)
  const raisesWith = (changes: Partial<RuleLevel>) => countRaises(rule, { ...level, ...changes }, readings)
  const digits = rule.point.profile.decimals ?? 3
  const suggest = (key: 'deadband' | 'onDelayMs' | 'offDelayMs', wanted: number | null): Suggestion | null =>
    wanted === null || wanted <= level[key]
      ? null
      : { now: level[key], suggested: wanted, raises: raisesWith({ [key]: wanted }) }
  const seconds = (runs: readonly Run[]) => {
    const ms = percentile95(runs.map(({ lengthMs }) => lengthMs))
    return ms === null ? null : Math.ceil(ms / 1000) * 1000 + 1000
  }
  return {
    ...{ level: level.level, setpoint: level.setpoint, raises: raisesWith({}) },
    deadband: suggest('deadband', roundedUp(percentile95(dips.map(({ depth }) => depth)), digits)),
    offDelayMs: suggest('offDelayMs', seconds(dips)),
    onDelayMs: suggest('onDelayMs', seconds(excursions)),
  }
}

/** Runs on either side of the setpoint that took less than the time in which chattering is counted. */
function runsOf(
  { side, setpoint }: RuleLevel,
  readings: readonly TunedReading[],
): { readonly excursions: readonly Run[]; readonly dips: readonly Run[] } {
  const excursions: Run[] = []
  const dips: Run[] = []
  let run: { beyond: boolean; from: number; depth: number; first: boolean } | null = null
  for (const { time, value } of readings) {
    const beyond = side === 'above' ? value >= setpoint : value <= setpoint
    const depth = Math.abs(value - setpoint)
    if (run === null || run.beyond !== beyond) {
      // Of the first run nobody knows when it began.
      if (run !== null && !run.first && time - run.from <= CHATTER_WINDOW_MS) {
        const ended = { lengthMs: time - run.from, depth: run.depth }
        if (run.beyond) excursions.push(ended)
        else dips.push(ended)
      }
      run = { beyond, from: time, depth, first: run === null }
    } else run.depth = Math.max(run.depth, depth)
  }
  return { excursions, dips }
}

function countRaises(rule: LimitRule, level: RuleLevel, readings: readonly TunedReading[]): number {
  const state = createRuleState({ ...rule, levels: [level] }, 'tuned', { row: undefined })
  const [gate] = state.gates
  let raises = 0
  for (const { time, value } of readings) {
    const at = { wall: time, mono: time }
    const before = gate?.on === true
    // A delay that ran out between two readings did so then, as with a tick each second.
    const expired = expireDelays(state, time)
    if (expired && !before) raises++
    if (judgeValue(state, value, at) && gate?.on === true) raises++
  }
  return raises
}

function percentile95(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)] ?? null
}

/** One step of the last digit more: a dip that goes just as far clears at the deadband itself. */
function roundedUp(value: number | null, digits: number): number | null {
  if (value === null) return null
  const power = 10 ** digits
  return (Math.floor(value * power + 1e-9) + 1) / power
}

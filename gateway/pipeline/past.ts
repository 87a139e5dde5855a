/**
 * What the rules knew before a restart, made again from the readings that were stored: since when a delay runs, what a window
 * holds, how long a device has been silent. Nothing is raised or returned here; the first reading after the start decides,
 * with the whole time that has passed.
 */
import type { Device } from '../../device-profiles/device.ts'
import type { Instant, PointValue, Quality } from '../model.ts'
import type { ComputedState } from './computed-state.ts'
import type { DeviceState, PointState } from './device-state.ts'
import { activeGate, type RuleState, trackDelays } from './rules.ts'

/** A stored reading. */
export interface PastReading {
  /** Of the measurement, ms since 1970. */
  readonly time: number
  readonly value: PointValue | null
  readonly quality: Quality
  readonly replayed?: boolean
  readonly test?: boolean
}

/** What is known of the run before a restart. */
export interface PastRun {
  /** Since then nobody listened; ms since 1970. */
  readonly endedAt: number
  /** By point: when the newest usable reading was measured, however long ago. */
  readonly newest: ReadonlyMap<string, number>
}

/** Of the readings that say that their device was there; -Infinity where there is none. */
export function newestTime(readings: readonly PastReading[]): number {
  return readings.findLast(({ quality, replayed }) => quality !== 'bad' && replayed !== true)?.time ?? -Infinity
}

/** The newest good number; null: there is none. */
export function newestValue(readings: readonly PastReading[]): number | null {
  const value = readings.findLast(({ quality, replayed }) => quality === 'good' && replayed !== true)?.value
  return typeof value === 'number' ? value : null
}

/** The part of the past that a device's rules need of one of its points, ms; 0: none. */
export function neededPast(device: DeviceState, point: PointState): number {
  const { rules, trendRules } = point
  const silence = device.silenceRules.map(({ rule }) => rule.afterMs)
  return Math.max(computedPast(device.computed, point), ...silence, ...[...rules, ...trendRules].map(pastOf))
}

function pastOf({ rule, gates }: RuleState): number {
  const delays = gates.flatMap(({ onDelayMs, offDelayMs }) => [onDelayMs, offDelayMs])
  const trend = rule.type === 'limit' ? rule.trend : undefined
  const window = trend === undefined || trend.type === 'unchanged' ? 0 : trend.windowMs
  // A value that does not move has been where it is for longer than its setpoint, or it does not matter.
  const still = rule.type === 'limit' && trend?.type === 'unchanged' ? longestStillMs(rule.levels) : 0
  return Math.max(window, still) + Math.max(0, ...delays)
}

function longestStillMs(levels: readonly { readonly setpoint: number }[]): number {
  return Math.max(...levels.map(({ setpoint }) => setpoint)) * 60_000 * 1.1
}

/** `readings` in the order of time. */
export function relive(
  { rules, trendRules }: PointState,
  readings: readonly PastReading[],
  { wall, mono }: Instant,
): void {
  for (const { time, value, quality, replayed } of readings) {
    // A clock that was set back since would put the past into the future.
    if (quality !== 'good' || typeof value !== 'number' || replayed === true || time > wall) continue
    const at = mono - (wall - time)
    for (const state of rules) trackDelays(state, value, at)
    for (const state of trendRules) {
      state.trend?.window.add(value, at)
      const trend = state.trend?.window.at(at) ?? null
      if (trend !== null && (trend.whole || activeGate(state) < 0)) trackDelays(state, trend.value, at)
    }
  }
}

/**
 * The silence of a device that was heard `silentMs` before the gateway ended goes on; the time in which nobody listened
 * does not count.
 */
export function resumeSilence(device: DeviceState, silentMs: number): void {
  const { wall, mono } = device.since
  if (device.heard === null && silentMs > 0) device.since = { wall: wall - silentMs, mono: mono - silentMs }
}

/** How far back the computed points of a device look at one of its points, ms; 0: not at all. */
function computedPast(computed: readonly PointState[], point: PointState): number {
  const windows = computed.map(({ computed: state }) =>
    state?.calculation.inputs.includes(point.point.profile.id) ? state.calculation.windowMs : 0,
  )
  return Math.max(0, ...windows)
}

/** What the calculation knew before a restart, from what was stored of its inputs. Times as in `relive`. */
export function reliveComputed(
  { calculation, calculator }: ComputedState,
  { device, past, now }: { device: Device; past: ReadonlyMap<string, readonly PastReading[]>; now: Instant },
): void {
  const values = calculation.inputs.flatMap((id, input) =>
    (past.get(`${device.id}.${id}`) ?? []).flatMap(({ time, value, quality, replayed, test }) => {
      const isReal = replayed !== true && test !== true
      const isUsable = quality === 'good' && typeof value === 'number' && isReal && time <= now.wall
      return isUsable ? [{ input, time, value }] : []
    }),
  )
  values.sort((a, b) => a.time - b.time)
  for (const { input, time, value } of values) calculator.add(input, value, now.mono - (now.wall - time))
}

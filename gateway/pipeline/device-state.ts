/** What is remembered of one device between two samples. Only the pipeline changes it. */
import type {
  BadQualityRule,
  Device,
  DiscreteRule,
  LimitRule,
  NoDataRule,
  Point,
  Rule,
} from '../../device-profiles/device.ts'
import type { Alarm } from '../alarm-model.ts'
import type { Instant, QualityReason, Reading } from '../model.ts'
import { alarmOf } from './alarm.ts'
import { type ComputedState, computedStateOf } from './computed-state.ts'
import { Decoder } from './decode.ts'
import { type DeviceClock, lateAfterMs, newDeviceClock } from './device-clock.ts'
import { newStamps, type Stamps } from './measurement-time.ts'
import { newPace, type Pace } from './pace.ts'
import { staleAfter } from './quality.ts'
import { type CalmRange, createRuleState, type RuleState } from './rules.ts'
import { sameData } from './same-data.ts'
import type { VoteSight } from './votes.ts'

export interface PointState {
  readonly point: Point
  /** Those that look at its value. */
  readonly rules: readonly RuleState<LimitRule | DiscreteRule>[]
  /** Those that look at how it changes. */
  readonly trendRules: readonly RuleState<LimitRule | DiscreteRule>[]
  /** Of a computed point; null: it comes from the device. */
  readonly computed: ComputedState | null
  readonly stamps: Stamps
  /** While good values stay between these, none of `rules` changes; null: they must be asked. */
  calm: CalmRange | null
  /** The newest live reading. The next one may be written over it: whoever keeps it, copies it. */
  reading: Reading | null
  /** What exactly is wrong with it, or null. */
  detail: string | null
  /** By which sample it was last brought: a number that is compared with that of the newest. */
  takenIn: number
  /**
   * The live reading that was stored last; null before the first, and after one that could not be written. `reading` itself
   * where every reading is stored.
   */
  stored: Reading | null
  /** When it was read (monotonic). */
  storedAt: number
  /** The newest reading, where it is not stored because nothing had changed. */
  leftOut: Reading | null
  /** When the last good reading came (monotonic). */
  goodAt: number
  /** Set once the last good reading has grown too old; only a good one takes it back. */
  stale: boolean
  /** Since when its device is asked for it (monotonic). */
  readonly since: number
  /** A rule of class alarm looks at it: people rely on it. */
  readonly watched: boolean
  /** Where a rule looks at it that is to come in time. */
  readonly pace: Pace | null
  /**
   * 'distrusted': the last thing the device itself said of this point was not to be believed. 'missed': the device speaks,
   * but no longer of this point. Only a good reading takes it back; silence does not.
   */
  doubt: 'distrusted' | 'missed' | null
}

export interface DynamicRule {
  readonly limit: RuleState
  readonly fault: RuleState
}

export interface DeviceState {
  readonly device: Device
  readonly decoder: Decoder
  readonly points: readonly PointState[]
  /** The computed ones, each after those it is computed from. */
  readonly computed: readonly PointState[]
  readonly rules: readonly RuleState[]
  readonly silenceRules: readonly RuleState<NoDataRule>[]
  readonly trustRules: readonly RuleState<BadQualityRule>[]
  /** Those that differ at some times. */
  readonly scheduledRules: readonly RuleState[]
  /** Limits that take setpoints from points, and the faults that tell when those are not known. */
  readonly dynamicRules: readonly DynamicRule[]
  readonly staleAfterMs: number
  /** Milliseconds without a word after which it counts as silent. */
  readonly silentAfterMs: number
  /** Since when it has been listened to without a word, at first. */
  since: Instant
  heard: Instant | null
  /** When it began to speak, for the first time or after a silence (monotonic). */
  speaksSince: number
  /** The last silence that was longer than a no-data rule allows; null before the first. */
  silenceMs: number | null
  /** How many points are in doubt. */
  doubts: number
  /** Nothing is in doubt, and the trust rules stand still: until there is a doubt they need not be asked. */
  trusted: boolean
  /** Readings that were never stored because nothing had changed. */
  unchanged: number
  readonly clock: DeviceClock
  /** Age from which a message of it is late, ms. */
  readonly lateMs: number
  /** The newest sample that brought no data, until one does. `whole`: nothing of the device could be read. */
  failure: { readonly reason: QualityReason; readonly detail: string; readonly whole: boolean } | null
  /** Of a group: its votes and what they see. */
  group: VoteSight | null
}

const NONE: readonly never[] = []

interface Past {
  readonly previous: DeviceState | undefined
  readonly alarms: ReadonlyMap<string, Alarm>
  readonly now: Instant
}

/** Takes over from `previous` what did not change: readings of the same points, delays and gates of the same rules. */
export function createDeviceState(device: Device, { previous, alarms, now }: Past): DeviceState {
  const rules = device.rules.map((rule) => ruleStateOf(device, rule, { previous, alarms }))
  const points = device.points.map((point) => pointStateOf(device, point, { previous, rules, now }))
  for (const { rule, alarmId } of rules) {
    const row = alarms.get(alarmId)
    if (rule.type === 'bad-quality' && row?.facts.active) distrust(points, row)
  }
  const silenceRules = rules.filter((state): state is RuleState<NoDataRule> => state.rule.type === 'no-data')
  const staleAfterMs = staleAfter(device.intervalMs)
  return {
    device,
    decoder: new Decoder(device),
    points,
    computed: orNone(points.filter(({ computed }) => computed !== null)),
    rules,
    silenceRules,
    trustRules: rules.filter((state): state is RuleState<BadQualityRule> => state.rule.type === 'bad-quality'),
    scheduledRules: rules.filter(({ rule }) => rule.scheduled !== undefined),
    dynamicRules: [...dynamicRulesOf(rules)],
    staleAfterMs,
    silentAfterMs: silenceRules.length === 0 ? staleAfterMs : Math.min(...silenceRules.map(({ rule }) => rule.afterMs)),
    since: previous?.since ?? now,
    heard: previous?.heard ?? null,
    speaksSince: previous?.speaksSince ?? now.mono,
    silenceMs: previous?.silenceMs ?? null,
    doubts: points.filter(({ doubt }) => doubt !== null).length,
    trusted: false,
    unchanged: previous?.unchanged ?? 0,
    clock: previous?.clock ?? newDeviceClock(),
    lateMs: lateAfterMs(device.intervalMs),
    failure: previous?.failure ?? null,
    group: null,
  }
}

function* dynamicRulesOf(rules: readonly RuleState[]): Generator<DynamicRule> {
  for (const fault of rules) {
    const { rule } = fault
    if (rule.type !== 'setpoint-unknown') continue
    const limit = rules.find((state) => state.rule.id === rule.limit)
    if (limit !== undefined) yield { limit, fault }
  }
}

function ruleStateOf(device: Device, rule: Rule, { previous, alarms }: Pick<Past, 'previous' | 'alarms'>): RuleState {
  const kept = previous?.rules.find((state) => state.rule.id === rule.id)
  if (kept !== undefined && sameData(kept.rule, rule)) return kept
  const alarmId = `${device.id}.${rule.id}`
  return createRuleState(rule, alarmId, { row: alarms.get(alarmId) })
}

function pointStateOf(
  device: Device,
  point: Point,
  {
    previous,
    rules,
    now,
  }: { readonly previous: DeviceState | undefined; readonly rules: readonly RuleState[]; readonly now: Instant },
): PointState {
  const old = previous?.points.find((candidate) => candidate.point.id === point.id)
  // With other parameters (a new installation height) the old value is the answer to another question.
  const same =
    old !== undefined && isSameQuantity(old.point, point) && sameData(previous?.device.parameters, device.parameters)
  const own = rules.filter(
    (state): state is RuleState<LimitRule | DiscreteRule> => 'point' in state.rule && state.rule.point.id === point.id,
  )
  const isComputed = point.calculation !== undefined
  const watched = !isComputed && own.some(({ rule }) => rule.class === 'alarm')
  return {
    point,
    rules: orNone(own.filter(({ trend }) => trend === null)),
    trendRules: orNone(own.filter(({ trend }) => trend !== null)),
    computed: computedStateOf(point, { points: device.points, kept: keptCalculation(old, point, same) }),
    stamps: old?.stamps ?? newStamps(),
    calm: null,
    stored: same && old.stored !== null ? { ...old.stored } : null,
    storedAt: same ? old.storedAt : -Infinity,
    leftOut: same ? old.leftOut : null,
    reading: same ? old.reading : null,
    detail: same ? old.detail : null,
    takenIn: 0,
    goodAt: same ? old.goodAt : -Infinity,
    stale: same && old.stale,
    since: same ? old.since : now.mono,
    watched,
    pace: isComputed
      ? null
      : paceOf(own, device.intervalMs, {
          kept: same && device.intervalMs === previous?.device.intervalMs ? old.pace : null,
        }),
    doubt: same && (watched || old.doubt !== 'missed') ? old.doubt : null,
  }
}

/** One for all: most points have no rules and most devices no computed points. */
function orNone<T>(list: readonly T[]): readonly T[] {
  return list.length === 0 ? NONE : list
}

/** With other inputs, a setpoint or a window, what was computed is the answer to another question. */
function keptCalculation(old: PointState | undefined, { calculation }: Point, same: boolean): ComputedState | null {
  const kept = same ? (old?.computed ?? null) : null
  return kept !== null && sameData(kept.calculation, calculation) ? kept : null
}

function paceOf(
  rules: readonly RuleState[],
  intervalMs: number,
  { kept }: { readonly kept: Pace | null },
): Pace | null {
  const hurries = rules.some(({ rule }) => rule.class === 'alarm' || rule.maxDetectionSeconds !== undefined)
  return hurries ? (kept ?? newPace(intervalMs)) : null
}

/** How much is stored of it makes no other quantity of it. */
function isSameQuantity(a: Point, b: Point): boolean {
  return sameData({ ...a.profile, store: undefined }, { ...b.profile, store: undefined })
}

/** The alarm of a rule that never held, so that a command can say so. */
export function neverRaised(devices: Iterable<DeviceState>, alarmId: string): Alarm | undefined {
  for (const { device, rules } of devices) {
    const state = rules.find((candidate) => candidate.alarmId === alarmId)
    if (state !== undefined) return alarmOf(device, state.rule, undefined)
  }
  return undefined
}

/** After a restart the point that raised the fault is distrusted until it is good again. */
function distrust(points: readonly PointState[], row: Alarm): void {
  const culprit = points.find(({ point }) => point.id === row.cause.point)
  if (culprit?.reading === null) culprit.doubt = 'distrusted'
}

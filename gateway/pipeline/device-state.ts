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
import type { Alarm, Instant, QualityReason, Reading } from '../model.ts'
import { alarmOf } from './alarm.ts'
import { Decoder } from './decode.ts'
import { newStamps, type Stamps } from './measurement-time.ts'
import { staleAfter } from './quality.ts'
import { type CalmRange, createRuleState, type RuleState } from './rules.ts'
import { sameData } from './same-data.ts'

export interface PointState {
  readonly point: Point
  readonly rules: readonly RuleState<LimitRule | DiscreteRule>[]
  readonly stamps: Stamps
  /** While good values stay between these, none of `rules` changes; null: they must be asked. */
  calm: CalmRange | null
  /** The newest live reading. */
  reading: Reading | null
  /** What exactly is wrong with it, or null. */
  detail: string | null
  /** False after the newest reading could not be written, until the next one. */
  written: boolean
  /** When the last good reading came (monotonic). */
  goodAt: number
  /** Set once the last good reading has grown too old; only a good one takes it back. */
  stale: boolean
  /** The last thing the device itself said of this point was not to be believed. Silence does not take that back. */
  distrusted: boolean
}

export interface DeviceState {
  readonly device: Device
  readonly decoder: Decoder
  readonly points: readonly PointState[]
  readonly rules: readonly RuleState[]
  readonly silenceRules: readonly RuleState<NoDataRule>[]
  readonly trustRules: readonly RuleState<BadQualityRule>[]
  readonly staleAfterMs: number
  /** Since when it has been listened to. */
  readonly since: Instant
  heard: Instant | null
  /** The last silence that was longer than a no-data rule allows; null before the first. */
  silenceMs: number | null
  /** How many points are distrusted. */
  distrusted: number
  /** The newest sample that brought no data, until one does. `whole`: nothing of the device could be read. */
  failure: { readonly reason: QualityReason; readonly detail: string; readonly whole: boolean } | null
}

interface Past {
  readonly previous: DeviceState | undefined
  readonly alarms: ReadonlyMap<string, Alarm>
  readonly now: Instant
}

/** Takes over from `previous` what did not change: readings of the same points, delays and gates of the same rules. */
export function createDeviceState(device: Device, { previous, alarms, now }: Past): DeviceState {
  const rules = device.rules.map((rule) => ruleStateOf(device, rule, { previous, alarms }))
  const points = device.points.map((point) => pointStateOf(device, point, { previous, rules }))
  for (const { rule, alarmId } of rules) {
    const row = alarms.get(alarmId)
    if (rule.type === 'bad-quality' && row?.facts.active) distrust(points, row)
  }
  return {
    device,
    decoder: new Decoder(device),
    points,
    rules,
    silenceRules: rules.filter((state): state is RuleState<NoDataRule> => state.rule.type === 'no-data'),
    trustRules: rules.filter((state): state is RuleState<BadQualityRule> => state.rule.type === 'bad-quality'),
    staleAfterMs: staleAfter(device.intervalMs),
    since: previous?.since ?? now,
    heard: previous?.heard ?? null,
    silenceMs: previous?.silenceMs ?? null,
    distrusted: points.filter((point) => point.distrusted).length,
    failure: previous?.failure ?? null,
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
  { previous, rules }: { readonly previous: DeviceState | undefined; readonly rules: readonly RuleState[] },
): PointState {
  const old = previous?.points.find((candidate) => candidate.point.id === point.id)
  // With other parameters (a new installation height) the old value is the answer to another question.
  const same =
    old !== undefined && sameData(old.point, point) && sameData(previous?.device.parameters, device.parameters)
  const own = rules.filter(
    (state): state is RuleState<LimitRule | DiscreteRule> => 'point' in state.rule && state.rule.point.id === point.id,
  )
  return {
    point,
    rules: own,
    stamps: old?.stamps ?? newStamps(),
    calm: null,
    written: old?.written ?? true,
    reading: same ? old.reading : null,
    detail: same ? old.detail : null,
    goodAt: same ? old.goodAt : -Infinity,
    stale: same && old.stale,
    distrusted: same && old.distrusted,
  }
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
  if (culprit?.reading === null) culprit.distrusted = true
}

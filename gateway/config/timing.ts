/** How long it takes from a change in the field to its alarm, at worst, for every rule that watches a point. */
import type { Device, Rule } from '../../device-profiles/device.ts'
import { type LinePrediction, predictLine, type ReadWithin } from '../sources/modbus/line-timing.ts'
import type { GatewayConfig, LineConfig } from './config.ts'
import { alarmPointsOf, lineLoad, sourceOf } from './line-load.ts'

/** Delays, silence and staleness are looked at so often: a delay ends with the first tick after it. */
export const TICK_MS = 500

export interface WatchedRule {
  readonly deviceId: string
  readonly ruleId: string
  /** `deviceId.pointId` */
  readonly pointId: string
  /** Of its slowest level. */
  readonly onDelayMs: number
  /** Its point is read with those that may raise an alarm, before the rest. */
  readonly isAlarm: boolean
  /** What is asked for; null where nothing is. */
  readonly maxMs: number | null
}

export interface Detection extends WatchedRule {
  readonly healthyMs: number
  /** While the worst one of the other units on the line is dead; null where there is no other. */
  readonly oneDeadMs: number | null
}

export interface LineTiming extends LinePrediction {
  readonly id: string
  readonly type: LineConfig['type']
  readonly endpoint: string
  readonly replyTimeMs: number
  /** How many connections there may be; the times are those of one. */
  readonly connections: number
  readonly detections: readonly Detection[]
}

export interface MqttDetection extends WatchedRule {
  /** How often the device speaks when nothing happens. */
  readonly intervalMs: number
  /** For a change that the device tells with its next regular message; one that it tells at once comes sooner. */
  readonly ms: number
}

export interface GatewayTiming {
  readonly lines: readonly LineTiming[]
  readonly mqtt: readonly MqttDetection[]
}

/** The points of `config` can all be read, as `loadConfig` has made sure. */
export function predictTiming(config: GatewayConfig): GatewayTiming {
  return {
    lines: config.lines.map(predictConfiguredLine),
    mqtt: config.mqttDevices.flatMap(({ device }) =>
      watchedRules(device).map((rule) => {
        const intervalMs = device.intervalMs
        return { ...rule, intervalMs, ms: intervalMs + delayOf(rule) }
      }),
    ),
  }
}

function predictConfiguredLine(line: LineConfig): LineTiming {
  const prediction = predictLine(lineLoad(line))
  const endpoint = line.type === 'modbus-rtu' ? `${line.path} at ${line.baudRate} baud` : `${line.host}:${line.port}`
  const { id, type, replyTimeMs } = line
  return {
    ...{ id, type, endpoint, replyTimeMs },
    connections: line.type === 'modbus-tcp' ? (line.maxConnections ?? 1) : 1,
    ...prediction,
    detections: detectionsOf(prediction, rulesByDevice(line)),
  }
}

export type RulesByDevice = ReadonlyMap<string, readonly WatchedRule[]>

export function rulesByDevice({ units }: LineConfig): RulesByDevice {
  return new Map(units.map(({ device }) => [device.id, watchedRules(device)]))
}

/** Rules of the class alarm on a point, and whatever else has a limit of its own. */
export function watchedRules(device: Device): readonly WatchedRule[] {
  const alarmPoints = alarmPointsOf(device)
  return device.rules.flatMap((rule) => {
    if (rule.type !== 'limit' && rule.type !== 'discrete') return []
    const { id: ruleId, maxDetectionSeconds } = rule
    // What is computed looks back over minutes or days: the line has no part in how long it takes.
    if (rule.point.profile.compute !== undefined) return []
    if (rule.class !== 'alarm' && maxDetectionSeconds === undefined) return []
    const maxMs = maxDetectionSeconds === undefined ? null : maxDetectionSeconds * 1000
    const isAlarm = alarmPoints.includes(sourceOf(rule.point))
    return [{ deviceId: device.id, ruleId, pointId: rule.point.id, isAlarm, onDelayMs: onDelayOf(rule), maxMs }]
  })
}

function onDelayOf(rule: Extract<Rule, { type: 'limit' | 'discrete' }>): number {
  return rule.type === 'discrete' ? rule.onDelayMs : Math.max(...rule.levels.map((level) => level.onDelayMs))
}

export function detectionsOf(prediction: LinePrediction, rules: RulesByDevice): readonly Detection[] {
  return prediction.units.flatMap((unit) =>
    (rules.get(unit.deviceId) ?? []).map((rule) => {
      const within = (read: ReadWithin): number =>
        (rule.isAlarm ? read.alarmReadWithinMs : read.readWithinMs) + delayOf(rule)
      return { ...rule, healthyMs: within(unit), oneDeadMs: unit.oneDead === null ? null : within(unit.oneDead) }
    }),
  )
}

/** Without an on-delay the reading itself raises the alarm, and no tick is waited for. */
export function delayOf({ onDelayMs }: WatchedRule): number {
  return onDelayMs === 0 ? 0 : onDelayMs + TICK_MS
}

export function worstMs({ healthyMs, oneDeadMs }: Detection): number {
  return Math.max(healthyMs, oneDeadMs ?? 0)
}

export function isTooSlow(detection: Detection): boolean {
  return detection.maxMs !== null && worstMs(detection) > detection.maxMs
}

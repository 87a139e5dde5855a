/**
 * Detection times as the running gateway measures them, comparable with what `outpost check --timing` computes: from asking
 * for one value to the next good one (a change in between is seen then), the on-delay, and the tick that ends it.
 */
import type { Device } from '../../device-profiles/device.ts'
import type { GatewayConfig } from '../config/config.ts'
import { delayOf, type WatchedRule, watchedRules } from '../config/timing.ts'

export interface DetectionTime {
  /** `deviceId.ruleId` */
  readonly alarm: string
  readonly device: string
  readonly deviceName: string
  /** `deviceId.pointId` */
  readonly point: string
  /** The line of its device; null: it speaks MQTT. */
  readonly line: string | null
  /** Null before there is enough to say. */
  readonly measuredMs: number | null
  /** Null where nothing is asked for, or where the device itself tells a change long before its next regular message. */
  readonly allowedMs: number | null
}

interface Watched extends Omit<DetectionTime, 'measuredMs'> {
  readonly delayMs: number
}

/** What is watched never changes: a changed configuration has new ones. */
export class DetectionTimes {
  readonly #watched: readonly Watched[]

  constructor({ lines, mqttDevices }: Pick<GatewayConfig, 'lines' | 'mqttDevices'>) {
    this.#watched = [
      ...lines.flatMap(({ id, units }) => units.flatMap(({ device }) => watchedOf(device, id))),
      ...mqttDevices.flatMap(({ device }) => watchedOf(device, null)),
    ]
  }

  /** `paceOf`: how long a change of a point could go unseen lately, in ms. */
  measure(paceOf: (point: string) => number | null): readonly DetectionTime[] {
    return this.#watched.map(({ delayMs, ...watched }) => {
      const pace = paceOf(watched.point)
      return { ...watched, measuredMs: pace === null ? null : pace + delayMs }
    })
  }
}

function watchedOf(device: Device, line: string | null): readonly Watched[] {
  return watchedRules(device).map((rule) => ({
    alarm: `${device.id}.${rule.ruleId}`,
    ...{ device: device.id, deviceName: device.name, point: rule.pointId, line },
    ...{ allowedMs: allowedMs(rule, line === null ? device.intervalMs : 0), delayMs: delayOf(rule) },
  }))
}

function allowedMs(rule: WatchedRule, messageIntervalMs: number): number | null {
  const isToldBefore = rule.maxMs !== null && messageIntervalMs + delayOf(rule) > rule.maxMs
  return isToldBefore ? null : rule.maxMs
}

/** By how much it is too slow; 0 where it is not. */
export function overdueMs({ measuredMs, allowedMs }: DetectionTime): number {
  return measuredMs === null || allowedMs === null ? 0 : Math.max(0, measuredMs - allowedMs)
}

/** The one that is nearest to its limit or furthest beyond it; where there are no limits, the slowest. */
export function slowest(times: readonly DetectionTime[]): DetectionTime | null {
  const measured = times.filter(({ measuredMs }) => measuredMs !== null)
  const limited = measured.filter(({ allowedMs }) => allowedMs !== null)
  const margin = ({ measuredMs, allowedMs }: DetectionTime): number => (measuredMs ?? 0) - (allowedMs ?? 0)
  const worst = (a: DetectionTime, b: DetectionTime): DetectionTime => (margin(b) > margin(a) ? b : a)
  return (limited.length > 0 ? limited : measured).reduce<DetectionTime | null>((a, b) => (a ? worst(a, b) : b), null)
}

/** The same words in every language: names, numbers, units. */
export function slowestText(times: readonly DetectionTime[]): string {
  const found = slowest(times)
  if (found === null) return '-'
  const { deviceName, point, measuredMs, allowedMs } = found
  const limit = allowedMs === null ? '' : ` ${overdueMs(found) > 0 ? '>' : '≤'} ${seconds(allowedMs)} s`
  return `${deviceName} ${point} ${seconds(measuredMs ?? 0)} s${limit}`
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10
}

import type { Rule } from '../../device-profiles/device.ts'
import type { Instant, Reading } from '../model.ts'
import type { DeviceState, PointState } from './device-state.ts'
import { paceMs } from './pace.ts'
import { type DeviceStatus, type PointStatus, statusOf } from './status.ts'

/** The devices that are watched now, replaced as a whole by a new configuration, and what is known of their points. */
export class Watched {
  #devices: ReadonlyMap<string, DeviceState> = new Map()

  get devices(): ReadonlyMap<string, DeviceState> {
    return this.#devices
  }

  replace(devices: ReadonlyMap<string, DeviceState>): void {
    this.#devices = devices
  }

  /** By `deviceId.pointId`. */
  point(id: string): PointState | undefined {
    const [deviceId = ''] = id.split('.', 1)
    return this.#devices.get(deviceId)?.points.find(({ point }) => point.id === id)
  }

  /** The newest value of a point, as far as it can be believed. */
  value(pointId: string): number | null {
    const reading = this.point(pointId)?.reading
    return reading?.quality === 'good' && typeof reading.value === 'number' ? reading.value : null
  }

  /** As it is configured now. */
  ruleOf(alarmId: string): Rule | undefined {
    const [deviceId = ''] = alarmId.split('.', 1)
    return this.#devices.get(deviceId)?.rules.find((state) => state.alarmId === alarmId)?.rule
  }

  /** The points from which setpoints are taken. */
  setpointSources(): ReadonlySet<string> {
    const levels = this.#devices
      .values()
      .flatMap(({ dynamicRules }) => dynamicRules.flatMap(({ limit }) => limit.nominal))
    return new Set(levels.flatMap(({ source }) => (source === undefined ? [] : [source.point])))
  }

  *points(): Iterable<PointStatus> {
    for (const { device, points } of this.#devices.values()) {
      for (const { point, reading, rules } of points) {
        yield { device, point, reading: reading === null ? null : { ...reading }, rules }
      }
    }
  }

  *statuses(now: Instant): Iterable<DeviceStatus> {
    for (const state of this.#devices.values()) yield statusOf(state, now)
  }

  /** The newest readings that are not stored, because nothing had changed. */
  leftOut(): readonly Reading[] {
    const readings: Reading[] = []
    for (const { points } of this.#devices.values()) {
      for (const { leftOut } of points) if (leftOut !== null) readings.push(leftOut)
    }
    return readings
  }

  /** How long a change of a point could go unseen lately, in ms; null: nothing hurries, or there is too little to say. */
  paceOf(pointId: string, { mono }: Instant): number | null {
    const state = this.point(pointId)
    return state === undefined || state.pace === null ? null : paceMs(state.pace, mono)
  }

  /** The newest live reading and when the last good one came (monotonic; null: never). */
  latest(pointId: string): { readonly reading: Reading; readonly goodAt: number | null } | null {
    const state = this.point(pointId)
    if (state === undefined || state.reading === null) return null
    return { reading: { ...state.reading }, goodAt: state.goodAt === -Infinity ? null : state.goodAt }
  }
}

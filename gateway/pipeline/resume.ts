/** Goes on where the gateway ended: what of the past the rules need, and how it is given back to them. */
import type { Instant } from '../model.ts'
import type { Groups } from './groups.ts'
import {
  neededPast,
  newestTime,
  newestValue,
  type PastReading,
  type PastRun,
  relive,
  reliveComputed,
  resumeSilence,
} from './past.ts'
import { takeSetpoints } from './setpoints.ts'
import type { Watched } from './watched.ts'

export interface PastNeed {
  readonly point: string
  /** Back from now. */
  readonly ms: number
}

export function* pastNeeds(watched: Watched, groups: Groups | null): Iterable<PastNeed> {
  const sources = watched.setpointSources()
  for (const device of watched.devices.values()) {
    for (const point of device.points) {
      const needs = [neededPast(device, point), groups?.pastOf(device, point) ?? 0]
      const ms = Math.max(...needs, sources.has(point.point.id) ? device.staleAfterMs : 0)
      if (ms > 0) yield { point: point.point.id, ms }
    }
  }
}

export interface Resumption {
  /** Of each point what was stored of it, oldest first. */
  readonly past: ReadonlyMap<string, readonly PastReading[]>
  readonly now: Instant
  readonly run?: PastRun | undefined
  readonly groups: Groups | null
}

export function resume(watched: Watched, { past, now, run, groups }: Resumption): void {
  const newest = run?.newest ?? new Map([...past].map(([point, readings]) => [point, newestTime(readings)]))
  const endedAt = run?.endedAt ?? Math.max(...newest.values())
  for (const device of watched.devices.values()) {
    // What the setpoints were at last, for the delays that ran; they are known again when their sources speak.
    for (const { limit } of device.dynamicRules) takeSetpoints(limit, (id) => newestValue(past.get(id) ?? []))
    let heardAt = -Infinity
    for (const point of device.points) {
      const readings = past.get(point.point.id) ?? []
      relive(point, readings, now)
      // What was computed is no word of the device.
      if (point.computed === null) heardAt = Math.max(heardAt, newest.get(point.point.id) ?? -Infinity)
      else reliveComputed(point.computed, { device: device.device, past, now })
    }
    if (heardAt > -Infinity) resumeSilence(device, endedAt - heardAt)
    groups?.resume(device, past, now)
  }
}

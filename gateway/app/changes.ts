/** What a changed configuration changes, and what it cannot change, in words for people. */
import type { Device } from '../../device-profiles/device.ts'
import type { GatewayConfig } from '../config/config.ts'
import { sameData } from '../pipeline/same-data.ts'
import type { PartChanges } from './part-set.ts'

/** What a running gateway is: changing it would tear the journals from their past. */
export function unchangeable(now: GatewayConfig, next: GatewayConfig): readonly string[] {
  const fixed = [
    ['gateway.id', now.gateway.id, next.gateway.id],
    ['gateway.dataDirectory', now.gateway.dataDirectory, next.gateway.dataDirectory],
    ['storage', now.storage, next.storage],
  ] as const
  return fixed
    .filter(([, before, after]) => !sameData(before, after))
    .map(([path]) => `${path}: cannot change while the gateway runs; restart it to apply this file`)
}

export function describePartChanges({ started, stopped, restarted }: PartChanges): readonly string[] {
  return [
    ...started.map((key) => `started ${key}`),
    ...stopped.map((key) => `stopped ${key}`),
    ...restarted.map((key) => `restarted ${key}`),
  ]
}

/** Of field devices and groups; the gateway and its sinks are devices only to themselves. */
export function describeDeviceChanges(before: readonly Device[], after: readonly Device[]): readonly string[] {
  const old = inField(before)
  const next = inField(after)
  return [
    ...[...next.keys()].filter((id) => !old.has(id)).map((id) => `added device ${id}`),
    ...[...old.keys()].filter((id) => !next.has(id)).map((id) => `removed device ${id}`),
    ...[...next]
      .filter(([id, device]) => old.has(id) && !sameData(old.get(id), device))
      .map(([id]) => `changed device ${id}`),
  ]
}

function inField(devices: readonly Device[]): ReadonlyMap<string, Device> {
  const field = devices.filter(({ profile, members }) => profile.protocol !== 'self' || members !== undefined)
  return new Map(field.map((device) => [device.id, device]))
}

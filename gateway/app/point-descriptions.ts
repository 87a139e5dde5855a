import type { Device } from '../../device-profiles/device.ts'
import type { PointDescription } from '../sinks/point-description.ts'

/**
 * What sinks are told about points, by their ids. Made when somebody asks: a station with a hundred thousand points and no
 * sink for readings needs none of them.
 */
export class PointDescriptions {
  readonly #devices = new Map<string, Device>()
  readonly #made = new Map<string, PointDescription>()

  /** What was measured before a device or a point was removed still waits for its sinks, and keeps its tags and field types. */
  add(devices: readonly Device[]): void {
    for (const device of devices) {
      this.#keepRemoved(device)
      this.#devices.set(device.id, device)
      for (const { id } of device.points) this.#made.delete(id)
    }
  }

  /** Undefined for a point that no configuration since the start had. */
  get(point: string): PointDescription | undefined {
    const known = this.#made.get(point)
    if (known !== undefined) return known
    const [deviceId = ''] = point.split('.', 1)
    const device = this.#devices.get(deviceId)
    const profile = device?.points.find(({ id }) => id === point)?.profile
    if (device === undefined || profile === undefined) return undefined
    const { station, kind } = device
    const made = { station, device: device.id, pointId: profile.id, kind, type: profile.type, unit: profile.unit }
    this.#made.set(point, made)
    return made
  }

  #keepRemoved(next: Device): void {
    const stays = new Set(next.points.map(({ id }) => id))
    for (const { id } of this.#devices.get(next.id)?.points ?? []) if (!stays.has(id)) this.get(id)
  }
}

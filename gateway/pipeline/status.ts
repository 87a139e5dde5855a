/** What is known now of points and devices, for people who look. */
import type { Device, Point } from '../../device-profiles/device.ts'
import type { Instant, Reading } from '../model.ts'
import { clockOffsetMs } from './device-clock.ts'
import type { DeviceState, PointState } from './device-state.ts'
import { isSilent } from './hearing.ts'

export interface PointStatus {
  readonly device: Device
  readonly point: Point
  /** The newest reading that is about now; null before the first. */
  readonly reading: Reading | null
  /** Those that compare its value, with the setpoints that they have now. */
  readonly rules: PointState['rules']
}

export interface DeviceStatus {
  readonly device: Device
  /** Wall clock; null before it spoke for the first time since the gateway knows it. */
  readonly lastHeardAt: number | null
  /** 'failed': the newest sample says that nothing of it can be read. 'silent': not heard for longer than it may be. */
  readonly state: 'ok' | 'silent' | 'failed' | 'never-heard'
  /** Why its newest sample brought no data or, where it did, what is wrong with the first point that is not good; or null. */
  readonly detail: string | null
  /** Readings that were not stored because nothing had changed, since the gateway knows it. */
  readonly unchanged: number
  /** How far its own clock is ahead of ours, in ms, as learnt from its messages; null where it says no time. */
  readonly clockOffsetMs: number | null
}

export function statusOf(state: DeviceState, now: Instant): DeviceStatus {
  const { device, heard, failure, points, unchanged, clock } = state
  return {
    device,
    lastHeardAt: heard?.wall ?? null,
    // A group says nothing itself; what its members lack is in its faults.
    state:
      device.members !== undefined
        ? 'ok'
        : failure?.whole
          ? 'failed'
          : heard === null
            ? 'never-heard'
            : isSilent(state, now)
              ? 'silent'
              : 'ok',
    detail: failure?.detail ?? points.find(({ detail }) => detail !== null)?.detail ?? null,
    unchanged,
    clockOffsetMs: clockOffsetMs(clock, now),
  }
}

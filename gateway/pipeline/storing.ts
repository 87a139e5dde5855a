/**
 * Which readings are stored. The rules see every reading; this decides only what is kept of them.
 *
 * On change, a reading is compared with the last STORED one, so that a slow drift is not hidden in steps that are each smaller
 * than the deadband. What is stored because it changed takes the reading before it along: a step is then drawn as a step
 * and not as a ramp that began with the last stored reading. Late data is always stored, and is compared with nothing.
 */
import { withoutNoise } from '../../device-profiles/codec/conversion.ts'
import type { AlarmCause, Reading } from '../model.ts'
import type { DeviceState, PointState } from './device-state.ts'
import { forgetNewest, forgetReplayed } from './measurement-time.ts'

interface Take {
  readonly reading: Reading
  /** Monotonic, ms. */
  readonly mono: number
  readonly into: Reading[]
}

/** A live reading, before it is remembered as the newest one of its point. True if the one before it is now lost for good. */
export function storeLive(device: DeviceState, point: PointState, take: Take): boolean {
  const { reading, mono, into } = take
  const {
    stored,
    leftOut,
    point: { store },
  } = point
  if (store === undefined || stored === null || isChanged(stored, reading, store.deadband)) {
    if (leftOut !== null) into.push(leftOut)
    noteStored(point, take)
    return false
  }
  // To the nearest reading: one that comes a little before its time is as good as the one after it.
  const isDue = mono - point.storedAt + device.device.intervalMs / 2 >= store.maxIntervalMs
  if (isDue) noteStored(point, take)
  else point.leftOut = reading
  if (leftOut === null) return false
  device.unchanged++
  return true
}

/** What an alarm names as its cause is stored, also where it was no change. */
export function storeCause(device: DeviceState, cause: AlarmCause, into: Reading[]): void {
  if (cause.point === null) return
  const point = device.points.find((candidate) => candidate.point.id === cause.point)
  if (point?.leftOut?.time !== cause.time) return
  noteStored(point, { reading: point.leftOut, mono: point.goodAt, into })
}

/** What a changed configuration no longer remembers was the last that is known. */
export function storeForgotten(
  before: ReadonlyMap<string, DeviceState>,
  { after, into }: { readonly after: ReadonlyMap<string, DeviceState>; readonly into: Reading[] },
): void {
  for (const [id, { points }] of before) {
    for (const { leftOut } of points) {
      if (leftOut === null) continue
      if (!after.get(id)?.points.some((point) => point.leftOut === leftOut)) into.push(leftOut)
    }
  }
}

/**
 * A reading was refused by the journal, and nobody was told that it was taken. What is sent again is then no duplicate, and
 * what comes next is stored, because nothing on disk says the same.
 */
export function forgetStored(point: PointState, reading: Reading): void {
  if (reading.replayed === true) forgetReplayed(point.stamps, reading.time)
  else if (point.stored?.time === reading.time) {
    point.stored = null
    point.leftOut = null
    forgetNewest(point.stamps)
  }
}

function noteStored(point: PointState, { reading, mono, into }: Take): void {
  point.stored = reading
  point.storedAt = mono
  point.leftOut = null
  into.push(reading)
}

function isChanged(stored: Reading, { quality, reason, value }: Reading, deadband: number): boolean {
  if (quality !== stored.quality || reason !== stored.reason) return true
  if (typeof value !== 'number' || typeof stored.value !== 'number') return value !== stored.value
  return withoutNoise(Math.abs(value - stored.value)) > deadband
}

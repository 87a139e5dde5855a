/**
 * Which readings are stored. The rules see every reading; this decides only what is kept of them.
 *
 * On change, a reading is compared with the last STORED one, so that a slow drift is not hidden in steps that are each smaller
 * than the deadband. What is stored because it changed takes the reading before it along: a step is then drawn as a step
 * and not as a ramp that began with the last stored reading. Late data is always stored, and is compared with nothing.
 */
import { withoutNoise } from '../../device-profiles/codec/conversion.ts'
import type { AlarmCause } from '../alarm-model.ts'
import type { Reading } from '../model.ts'
import type { DeviceState, PointState } from './device-state.ts'
import { forgetLive, forgetNewest, forgetReplayed } from './measurement-time.ts'
import type { Step } from './step.ts'

interface Newest {
  readonly reading: Reading
  readonly step: Step
}

/** The newest reading of a point, which is remembered already. True if the one before it is now lost for good. */
export function storeNewest(device: DeviceState, point: PointState, { reading, step }: Newest): boolean {
  const { stored, leftOut } = point
  const { store } = point.point
  if (store === undefined || stored === null || isChanged(stored, reading, store.deadband)) {
    if (leftOut !== null) step.readings.push(leftOut)
    takeNewest(point, { reading, step })
    return false
  }
  // To the nearest reading: one that comes a little before its time is as good as the one after it.
  const isDue = step.at.mono - point.storedAt + device.device.intervalMs / 2 >= store.maxIntervalMs
  if (isDue) takeNewest(point, { reading, step })
  else point.leftOut = reading
  if (leftOut === null) return false
  device.unchanged++
  return true
}

/** What an alarm names as its cause is stored, also where it was no change. */
export function storeCause(device: DeviceState, cause: AlarmCause, step: Step): void {
  if (cause.point === null) return
  const point = device.points.find((candidate) => candidate.point.id === cause.point)
  const reading = point?.leftOut
  if (point === undefined || reading?.time !== cause.time) return
  takeNewest(point, { reading, step })
  point.storedAt = point.goodAt
}

/** What a changed configuration no longer remembers was the last that is known. */
export function storeForgotten(
  before: ReadonlyMap<string, DeviceState>,
  { after, step }: { readonly after: ReadonlyMap<string, DeviceState>; readonly step: Step },
): void {
  for (const [id, { points }] of before) {
    for (const { leftOut } of points) {
      if (leftOut === null) continue
      if (!after.get(id)?.points.some((point) => point.leftOut === leftOut)) step.readings.push(leftOut)
    }
  }
}

/**
 * A reading was refused by the journal, and nobody was told that it was taken. What is sent again is then no duplicate, and
 * what comes next is stored, because nothing on disk says the same.
 */
export function forgetStored(point: PointState, reading: Reading): void {
  if (reading.replayed === true) {
    forgetReplayed(point.stamps, reading.time)
    return
  }
  forgetLive(point.stamps, reading.time)
  if (point.stored?.time !== reading.time) return
  point.stored = null
  point.leftOut = null
  forgetNewest(point.stamps)
}

function takeNewest(point: PointState, { reading, step }: Newest): void {
  // What is not compared with the next one needs no object that lives so long.
  point.stored = point.point.store === undefined ? point.reading : reading
  point.storedAt = step.at.mono
  point.leftOut = null
  step.readings.push(reading)
}

function isChanged(stored: Reading, { quality, reason, value }: Reading, deadband: number): boolean {
  if (quality !== stored.quality || reason !== stored.reason) return true
  if (typeof value !== 'number' || typeof stored.value !== 'number') return value !== stored.value
  return withoutNoise(Math.abs(value - stored.value)) > deadband
}

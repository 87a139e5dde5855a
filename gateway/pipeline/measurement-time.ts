/**
 * When a reading was measured, whether it is about now, and how readings of one point are kept apart.
 *
 * Only the device's own times are compared with one another. A reading stamped by the gateway is always about now, so a
 * step of the gateway's clock cannot turn live readings into late ones.
 */
import type { PointValue } from '../model.ts'

/** What is remembered of one point's times. All times in milliseconds since 1970. */
export interface Stamps {
  /** Time of the newest live reading as it was stored. */
  stored: number
  /** The newest live reading that the device has stamped; null before the first, and for ever where devices have no clock. */
  device: DeviceStamp | null
  /** By device time, the value that was last recorded as replayed; the latest of them, and null before the first. */
  replayed: Map<number, PointValue | null> | null
}

interface DeviceStamp {
  /** As the device gave it; NaN once the reading could not be written. */
  time: number
  /** The last time that was stored within a millisecond of it, by whichever clock. */
  stored: number
  value: PointValue | null
  /** A device-stamped reading measured before this one is late. */
  lateBefore: number
  /** The last live readings by device time: value, and the time that was stored. */
  readonly live: Map<number, { readonly value: PointValue | null; readonly stored: number }>
}

const EARLIEST = Date.UTC(2020, 0, 1)
const MOST_AHEAD_MS = 5 * 60_000
/** A gateway stamp this little behind the last one is the same burst or a slewing clock; more is a clock that stepped. */
const SAME_BURST_MS = 1000
/** So many replayed readings of a point are known again when a device repeats its memory or a broker a message. */
const MAX_REPLAYED = 256
/** So many live readings of a point are known again: as many as a device may have in flight, and then some. */
const MAX_LIVE = 32

/**
 * The newest reading could not be written: the next one with its time is no duplicate of anything that is on disk, and the
 * device that got no acknowledgement sends exactly that.
 */
export function forgetNewest(stamps: Stamps): void {
  if (stamps.device === null) return
  stamps.device.value = null
  stamps.device.time = NaN
  // With it goes what was not stored because it was no change of it.
  stamps.device.live.clear()
}

/** The same for any live reading, by the time that was stored. */
export function forgetLive({ device }: Stamps, stored: number): void {
  for (const [time, reading] of device?.live ?? []) if (reading.stored === stored) device?.live.delete(time)
}

/** The same for a replayed reading. */
export function forgetReplayed(stamps: Stamps, deviceTime: number): void {
  stamps.replayed?.delete(deviceTime)
}

export function newStamps(): Stamps {
  return { stored: -Infinity, device: null, replayed: null }
}

/** A device whose clock was never set says 1970 or 2000; one that is ahead of us would hide all that follows. */
export function isBelievable(time: number, receivedAt: number): boolean {
  return time >= EARLIEST && time <= receivedAt + MOST_AHEAD_MS
}

/**
 * The message came twice (QoS 1 allows it): same point, same device time, same value. Others may have come in between,
 * because a device repeats all that it had in flight; but of several readings of one moment only the last counts, or a
 * value that comes back within the tick of the device's clock would be lost.
 */
export function isDuplicate(
  { device }: Stamps,
  deviceTime: number,
  reading: { readonly value: PointValue | null },
): boolean {
  if (device === null) return false
  if (deviceTime === device.time) return reading.value === device.value
  const before = device.live.get(deviceTime)
  return before !== undefined && before.value === reading.value
}

export function isLate({ device }: Stamps, deviceTime: number): boolean {
  return device !== null && deviceTime < device.lateBefore
}

/** False when it was replayed already: brokers repeat what they keep with every connection, devices what nobody confirmed. */
export function rememberReplayed(
  stamps: Stamps,
  deviceTime: number,
  { value }: { readonly value: PointValue | null },
): boolean {
  stamps.replayed ??= new Map()
  const { replayed } = stamps
  if (replayed.get(deviceTime) === value) return false
  replayed.delete(deviceTime)
  replayed.set(deviceTime, value)
  dropOldest(replayed, MAX_REPLAYED)
  return true
}

function dropOldest(readings: Map<number, unknown>, most: number): void {
  const [oldest] = readings.size > most ? readings.keys() : []
  if (oldest !== undefined) readings.delete(oldest)
}

/** Stamps a live reading with the device's time. */
export function stampByDevice(
  stamps: Stamps,
  deviceTime: number,
  { value, receivedAt }: { readonly value: PointValue | null; readonly receivedAt: number },
): number {
  stamps.device ??= { time: NaN, stored: -Infinity, value: null, lateBefore: -Infinity, live: new Map() }
  const { device } = stamps
  let time = deviceTime === device.time ? microsecondAfter(device.stored) : deviceTime
  if (time <= stamps.stored && time > stamps.stored - 1) time = microsecondAfter(stamps.stored)
  device.time = deviceTime
  device.stored = time
  device.value = value
  device.live.set(deviceTime, { value, stored: time })
  dropOldest(device.live, MAX_LIVE)
  // Nothing is measured after it was received: a clock that was ahead and is set right must not make the next readings late.
  device.lateBefore = Math.min(deviceTime, receivedAt)
  stamps.stored = time
  return time
}

/** Stamps a reading with the time of receipt. */
export function stampByGateway(stamps: Stamps, receivedAt: number): number {
  const { stored, device } = stamps
  const time = receivedAt <= stored && receivedAt > stored - SAME_BURST_MS ? microsecondAfter(stored) : receivedAt
  stamps.stored = time
  if (device !== null && time >= device.stored && time < device.stored + 1) device.stored = time
  return time
}

/**
 * InfluxDB keeps one value per series and time, and the last one written wins. Computed on whole microseconds, because
 * 0.001 ms is not a sum of the binary fractions that are left beside thirteen digits of milliseconds.
 */
function microsecondAfter(time: number): number {
  return (Math.round(time * 1000) + 1) / 1000
}

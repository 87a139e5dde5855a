/** From a grade to the reading of a point, if it is one. */
import type { Instant, Reading, Sample } from '../model.ts'
import type { Decoding, FurtherDecoding } from './decode.ts'
import { isBehind } from './device-clock.ts'
import type { DeviceState, PointState } from './device-state.ts'
import {
  isBelievable,
  isDuplicate,
  isLate,
  rememberReplayed,
  stampByDevice,
  stampByGateway,
} from './measurement-time.ts'
import type { Grade } from './quality.ts'

/** How a sample came; the same for all its points. */
export interface Receipt {
  readonly at: Instant
  /** The device's own time where it gave a believable one. */
  readonly deviceTime: number | null
  /** The broker had kept the message: nobody knows how old it is. */
  readonly retained: boolean
  /** False for the first reply after a time-out that may answer an earlier request. */
  readonly confirmed: boolean
  /** How long the device took for it, in ms. */
  readonly tookMs: number
  /** Its device, or the message itself, has something newer: not about now, however it compares with what came before. */
  readonly late: boolean
}

const STALE: Grade = { value: null, quality: 'bad', reason: 'stale', detail: null }

export function receiptOf(
  sample: Sample,
  { time }: Decoding,
  { clock, lateMs }: Pick<DeviceState, 'clock' | 'lateMs'>,
): Receipt {
  const deviceTime = believed(time, sample.at)
  const retained = (sample.type === 'message' || sample.type === 'documents') && sample.retained
  // What a broker has kept says nothing about the clock either.
  const late = deviceTime !== null && !retained && isBehind(clock, { deviceTime, at: sample.at, lateMs })
  return {
    at: sample.at,
    deviceTime,
    retained,
    late,
    confirmed: sample.type !== 'registers' || sample.unconfirmed !== true,
    tookMs: sample.type === 'registers' ? (sample.tookMs ?? 0) : 0,
  }
}

/** Of a reading that the sample brings beside the newest ones. */
export function furtherReceiptOf(receipt: Receipt, { time, late }: FurtherDecoding): Receipt {
  return { ...receipt, deviceTime: believed(time, receipt.at), late: late || receipt.late }
}

function believed(time: number | null, at: Instant): number | null {
  return time !== null && isBelievable(time, at.wall) ? time : null
}

/**
 * Of a retained message only where it has a device time. 'repeated': bad for the reason that stands already; a dead device
 * must not fill the journal.
 */
export function record(point: PointState, graded: Grade, receipt: Receipt): Reading | 'duplicate' | 'repeated' {
  const { deviceTime } = receipt
  const receivedAt = receipt.at.wall
  if (deviceTime !== null && isDuplicate(point.stamps, deviceTime, graded)) return 'duplicate'
  if (deviceTime !== null && (receipt.retained || receipt.late || isLate(point.stamps, deviceTime))) {
    if (!rememberReplayed(point.stamps, deviceTime, graded)) return 'duplicate'
    return { ...readingOf(point, graded, { time: deviceTime, receivedAt }), replayed: true }
  }
  if (graded.quality === 'bad' && point.reading?.reason === graded.reason && point.stored !== null) return 'repeated'
  const time =
    deviceTime === null
      ? stampByGateway(point.stamps, receivedAt)
      : stampByDevice(point.stamps, deviceTime, { value: graded.value, receivedAt })
  return readingOf(point, graded, { time, receivedAt })
}

export function recordStale(point: PointState, { wall }: Instant): Reading {
  return readingOf(point, STALE, { time: stampByGateway(point.stamps, wall), receivedAt: wall })
}

function readingOf(
  { point }: PointState,
  { value, quality, reason }: Grade,
  { time, receivedAt }: { readonly time: number; readonly receivedAt: number },
): Reading {
  return reason === null
    ? { point: point.id, time, receivedAt, value, quality }
    : { point: point.id, time, receivedAt, value, quality, reason }
}

/** What a sample changes in what is known of its device: whether it speaks, and whether it is to be believed. */
import type { Instant, QualityReason, Reading, Sample } from '../model.ts'
import type { Decoding } from './decode.ts'
import type { DeviceState, PointState } from './device-state.ts'
import { notePace } from './pace.ts'
import { isDistrusted } from './quality.ts'

interface Heard {
  readonly decoding: Decoding
  /** How many findings of the sample are about now. */
  readonly live: number
}

const SILENT: readonly QualityReason[] = ['communication-failure', 'stale']

export function hear(device: DeviceState, sample: Sample, { decoding, live }: Heard): void {
  const failure = failureOf(sample, device, decoding)
  if (failure !== null) device.failure = failure
  if (!isSpeaking(sample, { current: live > 0, failure })) return
  if (failure === null) device.failure = null
  const gap = device.heard === null ? 0 : sample.at.mono - device.heard.mono
  if (device.heard === null || gap >= device.silentAfterMs) device.speaksSince = sample.at.mono
  if (gap >= device.silentAfterMs && device.silenceRules.length > 0) device.silenceMs = gap
  device.heard = sample.at
}

interface Newest {
  readonly reading: Reading
  readonly detail: string | null
  readonly at: Instant
  /** How long the device took for it. */
  readonly tookMs?: number
}

/** Takes a live reading as the newest one of its point. */
export function rememberReading(
  device: DeviceState,
  point: PointState,
  { reading, detail, at, tookMs = 0 }: Newest,
): void {
  point.reading = writtenOver(point.reading, reading)
  point.detail = detail
  if (reading.quality === 'good') {
    const { pace, doubt } = point
    if (pace !== null) notePace(pace, { askedAt: at.mono - tookMs, at: at.mono, isBroken: doubt !== null })
    point.goodAt = at.mono
    point.stale = false
    if (point.doubt !== null) device.doubts--
    point.doubt = null
    // What is wrong with the inputs of a computed point is their doubt.
  } else if (isDistrusted(reading) && point.computed === null) {
    if (point.doubt === null) device.doubts++
    point.doubt = 'distrusted'
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/**
 * Good readings are written over the one before. As an object of its own each would live until the next one, and moving
 * a hundred thousand of them a second to the old part of the heap costs more than decoding them.
 */
function writtenOver(before: Reading | null, reading: Reading): Reading {
  if (before?.quality !== 'good' || reading.quality !== 'good' || before.test !== reading.test) return { ...reading }
  const newest: Mutable<Reading> = before
  newest.time = reading.time
  newest.receivedAt = reading.receivedAt
  newest.value = reading.value
  return newest
}

/** Doubts the watched points of which the device says nothing usable although it speaks. */
export function missPoints(device: DeviceState): void {
  for (const point of device.points) {
    if (point.doubt !== null || !isMissed(device, point)) continue
    point.doubt = 'missed'
    device.doubts++
  }
}

/**
 * True for a watched point that was not good for longer than it may be, all of which time the device spoke. Counted up to
 * its last word and from the end of its last silence: what nobody could hear is the no-data rule's, and after a silence
 * each point has its time to come again.
 */
export function isMissed(device: DeviceState, { watched, goodAt, since }: PointState): boolean {
  if (!watched || device.heard === null) return false
  return device.heard.mono - Math.max(goodAt, since, device.speaksSince) > device.staleAfterMs
}

export function isSilent({ heard, silentAfterMs }: DeviceState, { mono }: Instant): boolean {
  return heard !== null && mono - heard.mono >= silentAfterMs
}

/**
 * False while nothing new is known of the points in doubt: not heard since the start, or silent now. The fault then neither
 * comes nor goes.
 */
export function isTrustKnown(device: DeviceState, now: Instant): boolean {
  const { heard, doubts, points } = device
  if (heard === null) return false
  if (doubts === 0 || points.some(({ reading }) => reading !== null && isDistrusted(reading))) return true
  return !isSilent(device, now) && points.some((point) => isMissed(device, point))
}

type Failure = DeviceState['failure']

function failureOf(
  sample: Sample,
  { device }: DeviceState,
  { malformed, points, further }: Pick<Decoding, 'malformed' | 'points' | 'further'>,
): Failure {
  switch (sample.type) {
    case 'device-failure':
      return { reason: sample.reason, detail: sample.detail, whole: true }
    case 'read-failure':
      return { reason: sample.reason, detail: sample.detail, whole: false }
    case 'message':
    case 'documents':
      if (sample.retained) return null
      if (malformed !== null) return { reason: 'malformed', detail: malformed, whole: true }
      if (points.length > 0) return null
      // As good as silence: a device with another profile's words would otherwise never be missed.
      return {
        reason: 'communication-failure',
        detail:
          further === undefined
            ? `its newest message says nothing about any point of the profile ${device.profile.id}`
            : 'its newest message brings earlier readings only',
        whole: false,
      }
    case 'recorded':
      return Object.values(sample.readings).every(({ reason }) => reason === 'communication-failure')
        ? { reason: 'communication-failure', detail: 'nothing came', whole: true }
        : null
    case 'registers':
    case 'values':
      return null
  }
}

/**
 * A reply that may answer an earlier request, a message that the broker kept, data that the device sends late or twice:
 * none of them shows that the device can tell us what happens now. An exception or a message in disorder does. Bytes that
 * came instead of a reply do not: whoever sent them, the device has answered nothing that it was asked.
 */
function isSpeaking(
  sample: Sample,
  { current, failure }: { readonly current: boolean; readonly failure: Failure },
): boolean {
  if (sample.type === 'device-failure') return sample.reason === 'device-fault'
  if (failure !== null) return !SILENT.includes(failure.reason)
  switch (sample.type) {
    case 'registers':
      return sample.unconfirmed !== true
    case 'message':
    case 'documents':
      return !sample.retained && current
    default:
      return true
  }
}

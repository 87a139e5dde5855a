/** The life of one point: what the world does, what the sensor makes of it, and what goes wrong with it. Pure. */
import type { PointProfile } from '../device-profiles/schema.ts'
import { cameLooseAt, quantised, strikes, waver } from './generators/sensor.ts'
import { type Recording, recordedAt } from './recording.ts'

export interface Track {
  readonly point: PointProfile
  /** In the point's own unit. */
  readonly initial: number
  readonly sensor: Sensor
  /** In the order of time; they do not overlap. */
  readonly moves: readonly Move[]
  /** What was measured once, instead of `initial` and `moves`. */
  readonly recording: Recording | null
  /** In the order of time; they do not overlap. */
  readonly faults: readonly Span<PointFault>[]
}

export interface Sensor {
  /** How far the value wavers to both sides. */
  readonly noise: number
  /** How far it creeps away in an hour of the story. */
  readonly driftPerHour: number
  /** One count. */
  readonly resolution: number
  /** It follows only when it comes loose, about so many seconds apart; 0 if it does not stick. */
  readonly stickingSeconds: number
}

export const PERFECT: Sensor = { noise: 0, driftPerHour: 0, resolution: 0, stickingSeconds: 0 }

/** From the value before, which a move leaves at its end. */
export type Move =
  /** In a straight line to `to`; at once where start and end are the same. */
  | { readonly type: 'ramp'; readonly startSeconds: number; readonly endSeconds: number; readonly to: number }
  /** As a generator says, `seconds` after the start; without an end (Infinity) until the next move. */
  | {
      readonly type: 'course'
      readonly startSeconds: number
      readonly endSeconds: number
      readonly valueAt: (seconds: number) => number
    }

export interface Span<Fault> {
  readonly startSeconds: number
  /** Infinity where it lasts to the end. */
  readonly endSeconds: number
  readonly fault: Fault
}

/** What is wrong with one point, of a device of any protocol. */
export type PointFault =
  /** It keeps the value that it had. */
  | { readonly type: 'stuck' }
  /** In this share of all seconds it reads `to`, by a seeded chance. */
  | { readonly type: 'spikes'; readonly to: number; readonly share: number }
  /** It tells its value in another unit: times `factor`, plus `plus`. */
  | { readonly type: 'other-unit'; readonly factor: number; readonly plus: number }
  /** It is not measured. */
  | { readonly type: 'missing' }

/** The span at a moment; null while nothing is wrong. */
export function spanAt<Fault>(spans: readonly Span<Fault>[], seconds: number): Span<Fault> | null {
  const span = spans.findLast(({ startSeconds }) => startSeconds <= seconds)
  return span !== undefined && seconds < span.endSeconds ? span : null
}

/** Of the world, without sensor and faults; null where nothing was recorded. */
export function worldAt(
  { initial, moves, recording }: Pick<Track, 'initial' | 'moves' | 'recording'>,
  seconds: number,
): number | null {
  return recording === null ? movedTo(initial, { moves, seconds }) : recordedAt(recording, seconds)
}

export function movedTo(
  initial: number,
  { moves, seconds }: { readonly moves: readonly Move[]; readonly seconds: number },
): number {
  let value = initial
  for (const [i, move] of moves.entries()) {
    const { startSeconds, endSeconds } = move
    if (seconds < startSeconds) break
    const end = Math.min(seconds, endSeconds, moves[i + 1]?.startSeconds ?? Infinity)
    if (move.type === 'course') value = move.valueAt(end - startSeconds)
    else if (seconds >= endSeconds) value = move.to
    else value += ((move.to - value) * (seconds - startSeconds)) / (endSeconds - startSeconds)
  }
  return value
}

export interface Moment {
  /** Of this telling of the story. */
  readonly story: number
  /** Since the start. */
  readonly seconds: number
  readonly seed: string
}

/** What the device says; null where it is not measured. Sensor and drift never leave the point's range by themselves. */
export function readingAt(track: Track, moment: Moment): number | null {
  const span = spanAt(track.faults, moment.story)
  if (span === null) return measuredAt(track, moment)
  const { fault, startSeconds } = span
  switch (fault.type) {
    case 'missing':
      return null
    case 'stuck':
      return measuredAt(track, { ...moment, ...stoodStill(moment, startSeconds) })
    case 'spikes':
      return strikes(moment.seed, { seconds: moment.seconds, share: fault.share })
        ? fault.to
        : measuredAt(track, moment)
    case 'other-unit': {
      const value = measuredAt(track, moment)
      return value === null ? null : Number((value * fault.factor + fault.plus).toPrecision(12))
    }
  }
}

function stoodStill({ story, seconds }: Moment, since: number): Pick<Moment, 'story' | 'seconds'> {
  return { story: since, seconds: seconds - (story - since) }
}

function measuredAt(track: Track, { story, seconds, seed }: Moment): number | null {
  const { noise, driftPerHour, resolution, stickingSeconds } = track.sensor
  const at = stickingSeconds > 0 ? cameLooseAt(seed, { seconds: story, sticking: stickingSeconds }) : story
  const value = worldAt(track, at)
  if (value === null) return null
  const error = (noise === 0 ? 0 : noise * waver(seed, seconds)) + (driftPerHour * story) / 3600
  if (error === 0) return quantised(value, resolution)
  const [low, high] = track.point.range ?? [-Infinity, Infinity]
  return quantised(Math.min(Math.max(value + error, Math.min(low, value)), Math.max(high, value)), resolution)
}

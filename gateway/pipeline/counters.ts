import type { Reading, Sample } from '../model.ts'
import type { Decoding } from './decode.ts'
import type { Receipt } from './record.ts'

/** What the pipeline has done since it was made. Every reading that was not recorded stands here with its reason. */
export interface Counters {
  readonly samples: number
  /** Readings recorded, by quality; replayed ones are among them. */
  readonly readingsGood: number
  readonly readingsUncertain: number
  readonly readingsBad: number
  /** Readings recorded but not taken for now: retained messages with a time of their own, and late data. */
  readonly replayed: number
  /** Not recorded: the same point, device time and value as the last live or one of the last replayed readings. */
  readonly duplicates: number
  /** Not recorded: bad for the same reason as the last reading. */
  readonly badRepeated: number
  /** Not recorded: no change of a point that is stored on change. The newest of each may still be, with the next change. */
  readonly unchanged: number
  /** Messages of which nothing could be understood. */
  readonly malformed: number
  /** Messages that were understood and say nothing about any point of their profile. */
  readonly withoutPoints: number
  /** Messages that a broker had kept and that do not say when they were measured. */
  readonly retainedIgnored: number
  /** Samples of devices that the configuration does not have. */
  readonly unknownDevice: number
  /** Values for points that the profile does not have. */
  readonly unknownPoint: number
  /** Register blocks that cover no point of their device. */
  readonly uncovered: number
  /** Readings of messages with several that were not recorded, because nobody can tell when they were measured. */
  readonly undated: number
  /** Device times before 2020 or more than 5 minutes ahead; the time of receipt was taken. */
  readonly timesNotBelieved: number
  readonly alarmEvents: number
}

export type MutableCounters = { -readonly [Key in keyof Counters]: number }

export function newCounters(): MutableCounters {
  return {
    samples: 0,
    readingsGood: 0,
    readingsUncertain: 0,
    readingsBad: 0,
    replayed: 0,
    duplicates: 0,
    badRepeated: 0,
    unchanged: 0,
    malformed: 0,
    withoutPoints: 0,
    retainedIgnored: 0,
    unknownDevice: 0,
    unknownPoint: 0,
    uncovered: 0,
    undated: 0,
    timesNotBelieved: 0,
    alarmEvents: 0,
  }
}

export function countSample(
  counters: MutableCounters,
  sample: Sample,
  { decoding, receipt }: { readonly decoding: Decoding; readonly receipt: Receipt },
): void {
  counters.samples++
  if (decoding.malformed !== null) counters.malformed++
  if (decoding.points.length === 0 && decoding.further === undefined) {
    if (sample.type === 'registers') counters.uncovered++
    if (sample.type === 'message' || sample.type === 'documents') counters.withoutPoints++
  }
  counters.undated += decoding.dropped ?? 0
  if (decoding.time !== null && receipt.deviceTime === null) counters.timesNotBelieved++
  counters.unknownPoint += decoding.unknown
}

export function countReading(counters: MutableCounters, reading: Reading): void {
  if (reading.replayed === true) counters.replayed++
  if (reading.quality === 'good') counters.readingsGood++
  else if (reading.quality === 'bad') counters.readingsBad++
  else counters.readingsUncertain++
}

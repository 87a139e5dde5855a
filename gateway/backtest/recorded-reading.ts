/** What a backtest is made of: readings that were stored, whoever stored them. */
import type { PointValue, Quality, QualityReason } from '../model.ts'

export interface RecordedReading {
  /** `deviceId.pointId` */
  readonly point: string
  /** Of the measurement, ms since 1970. */
  readonly time: number
  readonly value: PointValue | null
  readonly quality: Quality
  readonly reason?: QualityReason
  /** Delivered late: no rule was given it, and none is now. */
  readonly replayed?: boolean
}

/** ms since 1970; `to` is excluded. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** A source gives batches in the order of time, and closes what it opened when it is left early. */
export type RecordedReadings = AsyncIterable<readonly RecordedReading[]> | Iterable<readonly RecordedReading[]>

/** The source cannot be read; the message says where, what was expected, what came, and what to do. */
export class SourceError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SourceError'
  }
}

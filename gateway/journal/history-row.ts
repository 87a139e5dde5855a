import type { PointValue, Quality, QualityReason } from '../model.ts'

export interface HistoryQuery {
  /** `deviceId.pointId` */
  readonly point: string
  /** Time of measurement, ms since 1970, both inclusive. */
  readonly from: number
  readonly to: number
  /** Most rows of the answer, 2 to 10 000. */
  readonly maxPoints: number
}

/**
 * One reading, or, where there are more readings than rows, what one stretch of time had. Such a stretch gives up to two
 * rows, one for its values and one for its bad readings, so that a short failure never vanishes in a long trend.
 * A stretch without readings gives no row.
 */
export interface HistoryRow {
  /** Of the last reading that the row stands for. */
  readonly time: number
  /** The last value. */
  readonly value: PointValue | null
  /** Over all numbers that the row stands for; null for texts and for bad readings. */
  readonly min: number | null
  readonly max: number | null
  /** The worst that the row stands for. */
  readonly quality: Quality
  readonly reason?: QualityReason
  /** Present where a reading that the row stands for was measured earlier and delivered late. */
  readonly replayed?: boolean
  /** Present where a reading that the row stands for came while an engineer tested the point. */
  readonly test?: boolean
}

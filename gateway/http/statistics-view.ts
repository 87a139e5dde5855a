/** What the figures of alarms look like from HTTP. */
import type { LocalText } from '../model.ts'
import type { AlarmStatistics, Period } from '../statistics/alarm-statistics.ts'
import type { Flood } from '../statistics/flood.ts'
import type { Tuning } from '../statistics/tuning.ts'

export interface AlarmTuning extends Period {
  readonly alarm: string
  /** Good readings on which it stands. */
  readonly readings: number
  readonly levels: readonly Tuning[]
}

export type TuningAnswer =
  | { readonly ok: true; readonly tuning: AlarmTuning }
  | { readonly ok: false; readonly refusal: 'unknown-alarm' | 'not-tunable'; readonly message: LocalText }

export interface StatisticsView {
  /** `station` null: all. */
  of(period: Period, station: string | null): Promise<AlarmStatistics>
  /** Of a limit on a value. Where there are too many readings, of the newest of the period. */
  tuning(alarmId: string, period: Period): Promise<TuningAnswer>
  /** By station, where there is one now. */
  floods(): ReadonlyMap<string, Flood>
}

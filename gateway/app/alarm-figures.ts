/** The figures of alarms: of a period from the journal, of floods from what is committed now. */
import type { LimitRule } from '../../device-profiles/device.ts'
import type { AlarmEvent } from '../alarm-model.ts'
import type { HistoryItem } from '../http/gateway-view.ts'
import type { StatisticsView, TuningAnswer } from '../http/statistics-view.ts'
import type { Journal } from '../journal/journal-types.ts'
import type { Clock } from '../model.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { type AlarmMoment, isAnnunciation, momentOf } from '../statistics/alarm-moment.ts'
import { type AlarmStatistics, AlarmTally, type Period } from '../statistics/alarm-statistics.ts'
import { FLOOD_WINDOW_MS, type Flood, FloodWatch } from '../statistics/flood.ts'
import { tunableLevels, tune } from '../statistics/tuning.ts'

const PAGE = 2000
const MAX_READINGS = 10_000
/** How often the period is made shorter, until each of its readings can be seen. */
const SHORTENINGS = 8

export interface AlarmFiguresParts {
  readonly pipeline: Pipeline
  readonly journal: Pick<Journal, 'moments' | 'standing' | 'history' | 'onCommitted'>
  readonly clock: Pick<Clock, 'now'>
}

export class AlarmFigures implements StatisticsView {
  readonly #parts: AlarmFiguresParts
  readonly #watches = new Map<string, FloodWatch>()

  constructor(parts: AlarmFiguresParts) {
    this.#parts = parts
  }

  /** Begins to watch for floods, with what the last minutes before the start had. Gives the way to end it. */
  async start(): Promise<() => void> {
    const { journal, clock } = this.#parts
    const to = clock.now().wall
    const end = journal.onCommitted(({ events }) => this.#watch(events))
    // A journal that cannot be read says so itself; a flood is then seen from its next ten alarms on.
    const before = await journal
      .moments({ after: { time: to - FLOOD_WINDOW_MS, seq: 0 }, to, limit: PAGE })
      .catch(() => [])
    for (const moment of before) this.#note(moment)
    return end
  }

  floods(): ReadonlyMap<string, Flood> {
    const now = this.#parts.clock.now().wall
    const floods = new Map<string, Flood>()
    for (const [station, watch] of this.#watches) {
      watch.pass(now)
      if (watch.flood !== null) floods.set(station, watch.flood)
    }
    return floods
  }

  async of(period: Period, station: string | null): Promise<AlarmStatistics> {
    const { journal } = this.#parts
    const tally = new AlarmTally(period)
    const isMeant = (moment: AlarmMoment) => station === null || moment.station === station
    for (let after = { time: period.from, seq: -1 }; ; ) {
      const page = await journal.moments({ after, to: period.to, limit: PAGE })
      for (const moment of page) if (isMeant(moment)) tally.add(moment)
      const last = page.at(-1)
      if (last === undefined || page.length < PAGE) break
      after = { time: last.time, seq: last.seq }
    }
    return tally.result((await journal.standing(period.to)).filter(isMeant))
  }

  async tuning(alarmId: string, period: Period): Promise<TuningAnswer> {
    const rule = this.#parts.pipeline.ruleOf(alarmId)
    if (rule === undefined) return refusedTuning('unknown-alarm')
    const isTunable = rule.type === 'limit' && rule.trend === undefined && tunableLevels(rule).length > 0
    if (!isTunable) return refusedTuning('not-tunable')
    const { from, items } = await this.#readings(rule, period)
    const readings = items.flatMap(({ time, value, quality, replayed, test }) =>
      quality === 'good' && typeof value === 'number' && replayed !== true && test !== true ? [{ time, value }] : [],
    )
    const levels = tune(rule, readings)
    return { ok: true, tuning: { alarm: alarmId, from, to: period.to, readings: readings.length, levels } }
  }

  /** One by one: what stands for several would hide the very noise that is looked for. */
  async #readings(
    { point }: LimitRule,
    { from, to }: Period,
  ): Promise<{ from: number; items: readonly HistoryItem[] }> {
    for (let start = from, i = 0; ; start = to - (to - start) / 4, i++) {
      const query = { point: point.id, from: start, to, maxPoints: MAX_READINGS }
      const items = await this.#parts.journal.history(query)
      if (i === SHORTENINGS || items.every(({ min, max }) => min === max)) return { from: start, items }
    }
  }

  #watch(events: readonly AlarmEvent[]): void {
    for (const event of events) this.#note(momentOf(event))
  }

  #note(moment: AlarmMoment): void {
    if (moment.mark !== null || !isAnnunciation(moment)) return
    const watch = this.#watches.get(moment.station) ?? new FloodWatch()
    this.#watches.set(moment.station, watch)
    watch.add(moment.time)
  }
}

function refusedTuning(refusal: 'unknown-alarm' | 'not-tunable'): TuningAnswer {
  const message =
    refusal === 'unknown-alarm'
      ? { zh: '配置中没有此报警', en: 'the configuration has no such alarm' }
      : {
          zh: '只有对数值设固定限值的报警才有死区和延时建议',
          en: 'deadband and delays are suggested only for limits on a value with setpoints of their own',
        }
  return { ok: false, refusal, message }
}

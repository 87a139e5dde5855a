/**
 * The figures by which EEMUA 191 and ISA-18.2 judge an alarm system, of one station (or all) and one period.
 *
 * Counted is what asked people to look (`isAnnunciation`). Exercises, tests and what was raised while it was suppressed ask
 * nobody; how many there were is said beside it.
 */
import { PRIORITIES, type Priority } from '../alarm-model.ts'
import { type AlarmMoment, isAnnunciation } from './alarm-moment.ts'
import { FloodWatch } from './flood.ts'
import { NuisanceWatch } from './nuisance.ts'

const MINUTE = 60_000
const TEN_MINUTES = 10 * MINUTE
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** An alarm that stands longer than this is stale. */
export const STALE_MS = DAY
const TOP = 10

/** So many alarms in an hour, or in ten minutes, are more than one person can deal with (ISA-18.2). */
const MOST_IN_AN_HOUR = 30
const MOST_IN_TEN_MINUTES = 10

/**
 * What EEMUA 191 and ISA-18.2 call manageable. Of the rates the value that is very likely acceptable; `most…` is what can just be
 * managed. The priorities are those of EEMUA 191 (80 / 15 / 5 %), with less than 1 % for a fourth and highest one.
 */
export const TARGETS = {
  ...{ perDay: 150, perHour: 6, perTenMinutes: 1 },
  ...{ mostPerDay: 300, mostPerHour: 12, mostPerTenMinutes: 2 },
  peakPerTenMinutes: 10,
  peakPerHour: 15,
  peakPerMinute: 2,
  /** Parts of the time, of the hours and stretches of ten minutes, of all alarms. */
  timeInFlood: 0.01,
  hoursAbove30: 0.01,
  tenMinutesAbove10: 0.01,
  topTenShare: 0.05,
  ...{ urgentShare: 0.01, highShare: 0.05, mediumShare: 0.15, lowShare: 0.8 },
  stale: 5,
  chattering: 0,
  fleeting: 0,
} as const

export interface Contributor {
  readonly alarm: string
  readonly count: number
}

export interface AlarmStatistics {
  readonly from: number
  readonly to: number
  readonly alarms: number
  readonly perDay: number
  readonly perHour: number
  readonly perTenMinutes: number
  readonly peakPerMinute: number
  readonly peakPerTenMinutes: number
  readonly peakPerHour: number
  /** Parts from 0 to 1. Hours and stretches of ten minutes are counted from the beginning of the period. */
  readonly timeInFlood: number
  readonly hoursAbove30: number
  readonly tenMinutesAbove10: number
  readonly floods: number
  readonly largestFlood: number
  readonly topTen: readonly Contributor[]
  readonly topTenShare: number
  readonly byPriority: Readonly<Record<Priority, number>>
  readonly byClass: { readonly alarm: number; readonly fault: number }
  /** Raised three times within a minute or more often; how often that was. */
  readonly chattering: readonly Contributor[]
  /** Back within seconds, without anybody's doing, and not again within a minute. */
  readonly fleeting: readonly Contributor[]
  /** Standing for more than 24 h at the end of the period. */
  readonly stale: readonly string[]
  /** From asking to acknowledging, ms; null where nothing was acknowledged. */
  readonly timeToAcknowledge: {
    readonly count: number
    readonly medianMs: number | null
    readonly p95Ms: number | null
    readonly maxMs: number | null
  }
  readonly leftOut: { readonly exercisesAndTests: number; readonly suppressed: number }
}

export interface Period {
  /** ms since 1970, `to` excluded. */
  readonly from: number
  readonly to: number
}

export class AlarmTally {
  readonly #period: Period
  readonly #minutes: Uint32Array
  readonly #counts = new Map<string, number>()
  readonly #byPriority: Record<Priority, number> = { low: 0, medium: 0, high: 0, urgent: 0 }
  readonly #byClass = { alarm: 0, fault: 0 }
  readonly #askedAt = new Map<string, number>()
  readonly #waits: number[] = []
  readonly #nuisance = new NuisanceWatch()
  readonly #flood = new FloodWatch()
  #floods = 0
  #floodMs = 0
  #largest = 0
  #alarms = 0
  #marked = 0
  #suppressed = 0

  constructor(period: Period) {
    this.#period = period
    this.#minutes = new Uint32Array(Math.max(1, Math.ceil((period.to - period.from) / MINUTE)))
  }

  /** In order of time, within the period. */
  add(moment: AlarmMoment): void {
    const { alarm, time, type, state, mark } = moment
    if (mark !== null) {
      if (type === 'raised') this.#marked++
      return
    }
    this.#nuisance.add(moment)
    if (type === 'acknowledged') this.#acknowledge(alarm, time)
    if (!isAnnunciation(moment)) {
      if (type === 'raised' && state !== 'unacknowledged') this.#suppressed++
      return
    }
    this.#alarms++
    this.#askedAt.set(alarm, time)
    this.#counts.set(alarm, (this.#counts.get(alarm) ?? 0) + 1)
    this.#byPriority[moment.priority]++
    this.#byClass[moment.class]++
    const minute = Math.min(this.#minutes.length - 1, Math.floor((time - this.#period.from) / MINUTE))
    this.#minutes[minute] = (this.#minutes[minute] ?? 0) + 1
    this.#noteFlood(this.#flood.add(time))
  }

  /** `standing`: alarms that were active at the end of the period, and since when. */
  result(standing: Iterable<Pick<AlarmMoment, 'alarm' | 'raisedAt' | 'mark'>>): AlarmStatistics {
    const { from, to } = this.#period
    this.#noteFlood(this.#flood.pass(to))
    const open = this.#flood.flood
    if (open !== null) this.#noteFlood({ ...open, to })
    const topTen = mostFirst(this.#counts).slice(0, TOP)
    const stale = [...standing].filter(({ raisedAt, mark }) => mark === null && to - raisedAt > STALE_MS)
    return {
      ...{ from, to, alarms: this.#alarms },
      ...{ perDay: this.#per(DAY), perHour: this.#per(HOUR), perTenMinutes: this.#per(TEN_MINUTES) },
      ...{ peakPerMinute: this.#peak(1), peakPerTenMinutes: this.#peak(10), peakPerHour: this.#peak(60) },
      ...{ timeInFlood: this.#floodMs / (to - from), floods: this.#floods, largestFlood: this.#largest },
      hoursAbove30: this.#partAbove(MOST_IN_AN_HOUR, 60),
      tenMinutesAbove10: this.#partAbove(MOST_IN_TEN_MINUTES, 10),
      topTen,
      topTenShare: this.#alarms === 0 ? 0 : topTen.reduce((sum, { count }) => sum + count, 0) / this.#alarms,
      byPriority: Object.fromEntries(PRIORITIES.map((name) => [name, this.#byPriority[name]])) as Record<
        Priority,
        number
      >,
      byClass: { ...this.#byClass },
      ...{ chattering: mostFirst(this.#nuisance.chattering), fleeting: mostFirst(this.#nuisance.fleeting(to)) },
      stale: stale.map(({ alarm }) => alarm),
      timeToAcknowledge: this.#timeToAcknowledge(),
      leftOut: { exercisesAndTests: this.#marked, suppressed: this.#suppressed },
    }
  }

  #per(ms: number): number {
    return this.#alarms / ((this.#period.to - this.#period.from) / ms)
  }

  #acknowledge(alarm: string, time: number): void {
    const askedAt = this.#askedAt.get(alarm)
    if (askedAt === undefined) return
    this.#askedAt.delete(alarm)
    this.#waits.push(Math.max(0, time - askedAt))
  }

  #noteFlood(ended: { readonly from: number; readonly to: number | null; readonly alarms: number } | null): void {
    if (ended === null) return
    this.#floods++
    this.#largest = Math.max(this.#largest, ended.alarms)
    this.#floodMs += Math.max(0, Math.min(ended.to ?? this.#period.to, this.#period.to) - ended.from)
  }

  /** The most in any stretch of so many whole minutes that begins with a minute of the period. */
  #peak(minutes: number): number {
    let most = 0
    let within = 0
    for (let i = 0; i < this.#minutes.length; i++) {
      within += this.#minutes[i] ?? 0
      if (i >= minutes) within -= this.#minutes[i - minutes] ?? 0
      most = Math.max(most, within)
    }
    return most
  }

  /** Of the stretches of so many minutes one after the other, the part that has more than `most`. */
  #partAbove(most: number, minutes: number): number {
    let above = 0
    for (let start = 0; start < this.#minutes.length; start += minutes) {
      let within = 0
      for (let i = start; i < start + minutes; i++) within += this.#minutes[i] ?? 0
      if (within > most) above++
    }
    return above / Math.ceil(this.#minutes.length / minutes)
  }

  #timeToAcknowledge(): AlarmStatistics['timeToAcknowledge'] {
    const sorted = this.#waits.sort((a, b) => a - b)
    const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? null
    return { count: sorted.length, medianMs: at(0.5), p95Ms: at(0.95), maxMs: sorted.at(-1) ?? null }
  }
}

function mostFirst(counts: ReadonlyMap<string, number>): Contributor[] {
  return Array.from(counts, ([alarm, count]) => ({ alarm, count })).sort(
    (a, b) => b.count - a.count || (a.alarm < b.alarm ? -1 : 1),
  )
}

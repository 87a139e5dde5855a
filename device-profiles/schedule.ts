/** Schedules as the rules work with them, and what can be wrong with one. */
import type { Schedule } from './schedule-schema.ts'

export interface ResolvedSchedule {
  readonly timeZone: string
  /** Month and day as one number, 501 for 1 May. */
  readonly season: Span | null
  /** 0 is Sunday; null: every day. */
  readonly days: readonly number[] | null
  /** Minutes since midnight. */
  readonly time: Span | null
}

/** From the larger to the smaller it goes over the end and on from the beginning. */
export interface Span {
  readonly from: number
  readonly to: number
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const DAYS_OF_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

export function resolveSchedule({ season, days, time }: Schedule, timeZone: string): ResolvedSchedule {
  return {
    timeZone,
    season: season === undefined ? null : { from: monthAndDay(season.from), to: monthAndDay(season.to) },
    days: days === undefined ? null : days.map((day) => DAYS.indexOf(day)).sort(),
    time: time === undefined ? null : { from: minutesOfDay(time.from), to: minutesOfDay(time.to) },
  }
}

/** Why it cannot be meant so, or null. */
export function scheduleProblem({ season, days, time }: Schedule): string | null {
  if (season === undefined && days === undefined && time === undefined) {
    return 'expected at least one of season, days and time'
  }
  const impossible = [season?.from, season?.to].find((day) => day !== undefined && !isDay(day))
  if (impossible !== undefined) return `expected a day of the year, got ${impossible}`
  if (time !== undefined && time.from === time.to) {
    return `expected a time that lasts, got ${time.from} to ${time.to}; for the whole day leave it out`
  }
  if (time?.from === '24:00') return 'expected a time that begins before 24:00'
  return null
}

/** Why nobody can tell the time there, or null. */
export function timeZoneProblem(timeZone: string): string | null {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return null
  } catch {
    return `expected a time zone as Asia/Shanghai, got "${timeZone}"`
  }
}

function isDay(day: string): boolean {
  const [month = 0, date = 0] = day.split('-').map(Number)
  return date <= (DAYS_OF_MONTH[month - 1] ?? 0)
}

function monthAndDay(text: string): number {
  const [month = 0, day = 0] = text.split('-').map(Number)
  return month * 100 + day
}

export function minutesOfDay(text: string): number {
  const [hours = 0, more = 0] = text.split(':').map(Number)
  return hours * 60 + more
}

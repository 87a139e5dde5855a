/** What the clocks at a station say, and whether a schedule holds then. Pure: the moment is an argument. */
import type { ResolvedSchedule, Span } from '../device-profiles/schedule.ts'

export interface LocalTime {
  /** Minutes since midnight, as a clock on the wall shows them; where clocks are set back an hour comes twice. */
  readonly minutes: number
  readonly today: LocalDay
  readonly yesterday: LocalDay
}

export interface LocalDay {
  /** Days since 1970-01-01. */
  readonly date: number
  /** 501 for 1 May. */
  readonly monthAndDay: number
  /** 0 is Sunday. */
  readonly weekday: number
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** Asking what time it is somewhere is slow, and the answer is good for a minute. */
export class LocalClock {
  readonly #zones = new Map<string, { readonly format: Intl.DateTimeFormat; minute: number; time: LocalTime | null }>()

  /** `wall`: milliseconds since 1970. Offsets of time zones are whole minutes. */
  at(timeZone: string, wall: number): LocalTime {
    let zone = this.#zones.get(timeZone)
    if (zone === undefined) {
      zone = { format: formatOf(timeZone), minute: Number.NaN, time: null }
      this.#zones.set(timeZone, zone)
    }
    const minute = Math.floor(wall / MINUTE_MS)
    if (zone.minute !== minute || zone.time === null) {
      zone.time = localTime(zone.format, minute * MINUTE_MS)
      zone.minute = minute
    }
    return zone.time
  }
}

/**
 * When the clocks there show that time: `minutes` after the midnight with which the `date` begins, more than 1440 among them. Of an
 * hour that comes twice one of both; where it is left out, an hour before or after it.
 */
export function momentOf(
  timeZone: string,
  { date, minutes }: { readonly date: number; readonly minutes: number },
): number {
  const wanted = date * DAY_MS + minutes * MINUTE_MS
  const format = formatOf(timeZone)
  let moment = wanted
  // The first step finds the day, the second one the offset that holds then.
  for (let step = 0; step < 2; step++) {
    const shown = localTime(format, moment)
    moment += wanted - (shown.today.date * DAY_MS + shown.minutes * MINUTE_MS)
  }
  return moment
}

export function isDuring({ season, days, time }: ResolvedSchedule, now: LocalTime): boolean {
  const fits = ({ monthAndDay, weekday }: LocalDay): boolean =>
    (season === null || isInYear(season, monthAndDay)) && (days === null || days.includes(weekday))
  if (time === null) return fits(now.today)
  if (time.from < time.to) return now.minutes >= time.from && now.minutes < time.to && fits(now.today)
  return (now.minutes >= time.from && fits(now.today)) || (now.minutes < time.to && fits(now.yesterday))
}

function isInYear({ from, to }: Span, day: number): boolean {
  return from <= to ? day >= from && day <= to : day >= from || day <= to
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const
  return new Intl.DateTimeFormat('en', { timeZone, calendar: 'gregory', hourCycle: 'h23', ...numeric })
}

function localTime(format: Intl.DateTimeFormat, wall: number): LocalTime {
  const parts = new Map(format.formatToParts(wall).map(({ type, value }) => [type, Number(value)]))
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
  const midnight = Date.UTC(part('year'), part('month') - 1, part('day'))
  return {
    minutes: part('hour') * 60 + part('minute'),
    today: localDay(midnight),
    yesterday: localDay(midnight - DAY_MS),
  }
}

function localDay(midnight: number): LocalDay {
  const date = new Date(midnight)
  const monthAndDay = (date.getUTCMonth() + 1) * 100 + date.getUTCDate()
  return { date: midnight / DAY_MS, monthAndDay, weekday: date.getUTCDay() }
}

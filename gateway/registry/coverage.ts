/** When nobody is on duty by a roster. */
import type { Calendar, Roster } from './registry-content.ts'
import { DutyPlan, EMPTY_CALENDAR } from './roster.ts'

/** From a minute to another, not included; counted from the midnight with which 1970-01-01 began there. */
export interface Gap {
  readonly from: number
  readonly to: number
}

export interface Gaps {
  /** In a week without holidays, which begins on Monday 1970-01-05 and may be told past its end. */
  readonly week: readonly Gap[]
  /** On and after the days of the calendar. Empty where the week has gaps: they would all be told again. */
  readonly dates: readonly Gap[]
}

const DAY = 1440
const MONDAY = 4
const WEEK_DAYS = 7

/**
 * Clocks that are set do not matter: a shift is on while the clocks show its times, so that what is covered on paper is
 * covered at every moment.
 */
export function gapsOf(roster: Roster): Gaps {
  const ordinary = new DutyPlan({ ...roster, calendar: EMPTY_CALENDAR })
  const week = overTheWeekend(gapsBetween(ordinary, { first: MONDAY, last: MONDAY + WEEK_DAYS - 1 }))
  if (week.length > 0) return { week, dates: [] }
  const plan = new DutyPlan(roster)
  return { week, dates: stretchesOf(roster.calendar).flatMap((stretch) => gapsBetween(plan, stretch)) }
}

interface Stretch {
  readonly first: number
  readonly last: number
}

/** Days of the calendar, each with the one after it, into which its shifts reach. */
function stretchesOf({ holidays, workdays }: Calendar): readonly Stretch[] {
  const dates = [...new Set([...holidays, ...workdays].flatMap((date) => [date, date + 1]))].sort((a, b) => a - b)
  const stretches: { first: number; last: number }[] = []
  for (const date of dates) {
    const open = stretches.at(-1)
    if (open !== undefined && open.last === date - 1) open.last = date
    else stretches.push({ first: date, last: date })
  }
  return stretches
}

function gapsBetween(plan: DutyPlan, { first, last }: Stretch): readonly Gap[] {
  const turns = []
  for (let date = first - 1; date <= last; date++) turns.push(...plan.turnsOf(date))
  const on = turns.map(({ shift, date }) => ({ from: date * DAY + shift.from, to: date * DAY + shift.to }))
  const gaps: Gap[] = []
  let covered = first * DAY
  for (const { from, to } of on.sort((a, b) => a.from - b.from)) {
    if (from > covered) gaps.push({ from: covered, to: from })
    covered = Math.max(covered, to)
  }
  const end = (last + 1) * DAY
  return covered < end ? [...gaps, { from: covered, to: end }] : gaps
}

/** What lasts from Sunday into Monday is one gap. */
function overTheWeekend(gaps: readonly Gap[]): readonly Gap[] {
  const [monday, sunday] = [gaps[0], gaps.at(-1)]
  const end = (MONDAY + WEEK_DAYS) * DAY
  const meets = monday?.from === MONDAY * DAY && sunday?.to === end
  if (monday === undefined || sunday === undefined || !meets || monday === sunday) return gaps
  return [...gaps.slice(1, -1), { from: sunday.from, to: monday.to + WEEK_DAYS * DAY }]
}

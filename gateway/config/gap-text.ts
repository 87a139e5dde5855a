/** Hours without anybody on duty, as people read them. */
import { dateText, timeText } from '../registry/calendar-date.ts'
import type { Gap } from '../registry/coverage.ts'
import { weekdayOf } from '../registry/roster.ts'

const DAY_MINUTES = 1440
/** Who sees these knows what is wrong. */
const SHOWN_GAPS = 5

const NAMES: Readonly<Record<string, string>> = {
  ...{
    mon: 'Monday',
    tue: 'Tuesday',
    wed: 'Wednesday',
    thu: 'Thursday',
    fri: 'Friday',
    sat: 'Saturday',
    sun: 'Sunday',
  },
}

export function gapListText(gaps: readonly Gap[], text: (gap: Gap) => string): string {
  const shown = gaps.slice(0, SHOWN_GAPS).map(text).join(', and ')
  return gaps.length > SHOWN_GAPS ? `${shown}, and ${gaps.length - SHOWN_GAPS} times more` : shown
}

/** 'from Saturday 18:00 to Monday 08:00' */
export function weeklyGapText(gap: Gap): string {
  return spanText(gap, (date) => NAMES[weekdayOf(date)] ?? '')
}

/** 'on 2026-10-01 from 00:00 to 24:00' */
export function datedGapText(gap: Gap): string {
  return spanText(gap, dateText)
}

function spanText({ from, to }: Gap, nameOf: (date: number) => string): string {
  const [day, minutes] = [Math.floor(from / DAY_MINUTES), from % DAY_MINUTES]
  // What ends at midnight ends on the day before, at 24:00.
  const lastDay = Math.ceil(to / DAY_MINUTES) - 1
  const end = timeText(to - lastDay * DAY_MINUTES)
  if (day === lastDay) return `on ${nameOf(day)} from ${timeText(minutes)} to ${end}`
  return `from ${nameOf(day)} ${timeText(minutes)} to ${nameOf(lastDay)} ${end}`
}

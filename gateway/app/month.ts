/** Months by the clocks of a station. */
import { momentOf } from '../local-time.ts'
import type { Period } from '../statistics/alarm-statistics.ts'

export interface Month extends Period {
  /** As 2026-10. */
  readonly month: string
}

const DAY_MS = 86_400_000

/** Null: the last one that is over. */
export function monthOf(
  month: string | null,
  { timeZone, now }: { readonly timeZone: string; readonly now: number },
): Month {
  const [year = 0, number = 0] = (month ?? lastMonth(timeZone, now)).split('-').map(Number)
  const midnight = (ofMonth: number): number => {
    return momentOf(timeZone, { date: Date.UTC(year, ofMonth - 1, 1) / DAY_MS, minutes: 0 })
  }
  const name = `${year}-${String(number).padStart(2, '0')}`
  return { month: name, from: midnight(number), to: midnight(number + 1) }
}

function lastMonth(timeZone: string, now: number): string {
  const text = new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit' }).format(now)
  const [year = 0, month = 0] = text.split('-').map(Number)
  return month === 1 ? `${year - 1}-12` : `${year}-${String(month - 1).padStart(2, '0')}`
}

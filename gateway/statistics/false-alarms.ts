/**
 * How many alarms were none, as people have judged them, by place. A place with more than five false alarms on a day has to be
 * looked after (the duties of operators under GB 50440-2007 know that number).
 */
import type { Occurrence } from './occurrence-book.ts'

/** On one day at one place. */
export const MOST_FALSE_ALARMS = 5

export interface FalseAlarms {
  readonly station: string
  readonly place: string
  readonly occurrences: number
  readonly real: number
  readonly false: number
  readonly test: number
  readonly unknown: number
  /** Nobody has said what they were. */
  readonly unjudged: number
  /** Of those that were judged real or false, the part that was false; null where there are none. */
  readonly falseRate: number | null
  /** The day with the most false alarms, as 2026-10-31; null where there were none. */
  readonly worstDay: string | null
  readonly onWorstDay: number
  /** More than five on one day. */
  readonly flagged: boolean
}

type Counted = { -readonly [K in 'real' | 'false' | 'test' | 'unknown' | 'unjudged']: number } & {
  readonly station: string
  readonly place: string
  readonly days: Map<string, number>
}

/** Of alarms, not of faults; exercises and tests that were marked are none. Worst first. */
export function falseAlarms(occurrences: Iterable<Occurrence>, dayOf: (time: number) => string): FalseAlarms[] {
  const places = new Map<string, Counted>()
  for (const occurrence of occurrences) {
    if (occurrence.class !== 'alarm' || occurrence.mark !== null) continue
    const { station, place, verdict, raisedAt } = occurrence
    const key = JSON.stringify([station, place])
    const none = { real: 0, false: 0, test: 0, unknown: 0, unjudged: 0, days: new Map<string, number>() }
    const counted = places.get(key) ?? { station, place, ...none }
    places.set(key, counted)
    counted[verdict ?? 'unjudged']++
    if (verdict !== 'false') continue
    const day = dayOf(raisedAt)
    counted.days.set(day, (counted.days.get(day) ?? 0) + 1)
  }
  return [...places.values()]
    .map(falseAlarmsOf)
    .sort((a, b) => b.onWorstDay - a.onWorstDay || b.false - a.false || (a.place < b.place ? -1 : 1))
}

function falseAlarmsOf({ days, ...counted }: Counted): FalseAlarms {
  const [worstDay = null, onWorstDay = 0] = [...days].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0] ?? []
  const judged = counted.real + counted.false
  return {
    ...counted,
    occurrences: judged + counted.test + counted.unknown + counted.unjudged,
    falseRate: judged === 0 ? null : counted.false / judged,
    ...{ worstDay, onWorstDay, flagged: onWorstDay > MOST_FALSE_ALARMS },
  }
}

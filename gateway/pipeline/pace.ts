/**
 * How long a change of a point could have gone unseen lately: from asking for one good reading to the next one.
 *
 * One late reading says little (a busy machine, a lost frame), so the second longest time counts, of the last one or two
 * windows. What cannot be believed has an alarm of its own and is left out.
 */

/** All times monotonic, in ms. */
export interface Pace {
  /** When the last good reading was asked for; NaN where nothing can be said of the time since then. */
  askedAt: number
  readonly windowMs: number
  windowEndsAt: number
  longest: number
  second: number
  /** Of both in the window before. */
  earlierLongest: number
  earlierSecond: number
}

const WINDOW_MS = 5 * 60_000
/** So that there are some readings in each window of a device that speaks seldom. */
const LEAST_INTERVALS = 4

export function newPace(intervalMs: number): Pace {
  return {
    askedAt: Number.NaN,
    windowMs: Math.max(WINDOW_MS, LEAST_INTERVALS * intervalMs),
    windowEndsAt: -Infinity,
    ...{ longest: 0, second: 0, earlierLongest: 0, earlierSecond: 0 },
  }
}

/** A good reading. `isBroken`: the one before it was not to be believed. */
export function notePace(
  pace: Pace,
  { askedAt, at, isBroken }: { readonly askedAt: number; readonly at: number; readonly isBroken: boolean },
): void {
  const gap = at - pace.askedAt
  pace.askedAt = askedAt
  if (isBroken || Number.isNaN(gap)) return
  turnWindow(pace, at)
  if (gap > pace.longest) {
    pace.second = pace.longest
    pace.longest = gap
  } else if (gap > pace.second) pace.second = gap
}

/** The second longest time; null while there are too few. */
export function paceMs(pace: Pace, now: number): number | null {
  turnWindow(pace, now)
  const { longest, second, earlierLongest, earlierSecond } = pace
  const found = Math.max(Math.min(longest, earlierLongest), second, earlierSecond)
  return found > 0 ? found : null
}

function turnWindow(pace: Pace, now: number): void {
  if (now < pace.windowEndsAt) return
  const isNext = now < pace.windowEndsAt + pace.windowMs
  pace.earlierLongest = isNext ? pace.longest : 0
  pace.earlierSecond = isNext ? pace.second : 0
  pace.longest = 0
  pace.second = 0
  pace.windowEndsAt = now + pace.windowMs
}

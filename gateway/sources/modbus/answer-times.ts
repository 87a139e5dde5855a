/**
 * How long the units of one line wait for one another, at worst and whatever their phases.
 *
 * A unit sends its next request when the last one is answered, and requests are served in the order they came. So before
 * each of its requests at most one request of every other unit is served, and of no unit more cycles than begin meanwhile.
 */

/** What one unit takes of its line. */
export interface Share {
  readonly requests: number
  readonly longestMs: number
  readonly cycleMs: number
  /** Shortest time from one cycle to the next. */
  readonly spacingMs: number
}

const MAX_ROUNDS = 50

/** For each unit the longest time from the beginning of a cycle until all of it is answered. */
export function answerTimes(shares: readonly Share[]): readonly number[] {
  let times = shares.map((share) => share.cycleMs)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = shares.map((own, i) => {
      let ms = own.cycleMs
      for (const [j, other] of shares.entries()) {
        if (j === i) continue
        // A cycle that began before, but was not answered, counts too; so does one that was due before and is late.
        const otherMs = times[j] ?? 0
        const late = otherMs > other.spacingMs ? 1 : 0
        const cycles = Math.ceil(((times[i] ?? 0) + otherMs) / other.spacingMs) + late
        ms += Math.min(own.requests * other.longestMs, cycles * other.cycleMs)
      }
      return ms
    })
    if (next.every((ms, i) => ms === times[i])) return next
    times = next
  }
  const longest = sum(shares, (share) => share.longestMs)
  return shares.map((own) => own.cycleMs + own.requests * (longest - own.longestMs))
}

export function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}

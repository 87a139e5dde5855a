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
  /** From one cycle to the next. */
  readonly spacingMs: number
  /** The same where it may once be shorter. */
  readonly soonestMs: number
}

const MAX_ROUNDS = 50

/** For each unit the longest time from the beginning of a cycle until all of it is answered. */
export function answerTimes(shares: readonly Share[]): readonly number[] {
  let times = shares.map((share) => share.cycleMs)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = shares.map((own, i) => {
      let ms = own.cycleMs
      for (const [j, other] of shares.entries()) {
        if (j !== i) ms += waitFor(other, { own, ownMs: times[i] ?? 0, otherMs: times[j] ?? 0 })
      }
      return ms
    })
    if (next.every((ms, i) => ms === times[i])) return next
    times = next
  }
  const longest = sum(shares, (share) => share.longestMs)
  return shares.map((own) => own.cycleMs + own.requests * (longest - own.longestMs))
}

/**
 * The same while any one of the other units is dead and takes `dead` of the line instead of its own share: at worst the
 * one that is waited for least when it lives.
 */
export function answerTimesWithDead(shares: readonly Share[], dead: Share): readonly number[] {
  const times = answerTimes([...shares, dead])
  return shares.map((own, i) => {
    const ownMs = times[i] ?? 0
    let least = ownMs
    for (const [j, other] of shares.entries()) {
      if (j !== i) least = Math.min(least, waitFor(other, { own, ownMs, otherMs: times[j] ?? 0 }))
    }
    return ownMs - least
  })
}

/** How long one unit waits for another during one cycle of its own; the times are what both need for a cycle. */
function waitFor(
  other: Share,
  { own, ownMs, otherMs }: { readonly own: Share; readonly ownMs: number; readonly otherMs: number },
): number {
  // A cycle that began before, but was not answered, counts too; so does one that was due before and is late.
  const late = otherMs > other.spacingMs ? 1 : 0
  const within = ownMs + otherMs
  const cycles = Math.min(Math.ceil(within / other.spacingMs) + 1, Math.ceil(within / other.soonestMs)) + late
  return Math.min(own.requests * other.longestMs, cycles * other.cycleMs)
}

export function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}

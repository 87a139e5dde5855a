/** Reduces the readings of one point to a number of rows that a trend can show, without hiding extremes or failures. */
import type { HistoryEntry } from './history-chunk.ts'
import type { HistoryQuery, HistoryRow } from './history-row.ts'

/** What one stretch of time had: its values, its bad readings. */
interface Bucket {
  readonly values: HistoryRow | null
  readonly bad: HistoryRow | null
}
const EMPTY: Bucket = { values: null, bad: null }

/** Takes readings in any order; keeps memory for `maxPoints` rows, however many readings come. */
export class Downsampler {
  readonly #from: number
  readonly #to: number
  readonly #maxPoints: number
  #single: HistoryRow[] = []
  #buckets: Bucket[] | null = null

  constructor({ from, to, maxPoints }: Omit<HistoryQuery, 'point'>) {
    this.#from = from
    this.#to = to
    this.#maxPoints = maxPoints
  }

  add(entry: HistoryEntry): void {
    if (entry.time < this.#from || entry.time > this.#to) return
    const row = rowOf(entry)
    if (this.#buckets !== null) {
      this.#put(this.#buckets, row)
      return
    }
    this.#single.push(row)
    if (this.#single.length <= this.#maxPoints) return
    const buckets: Bucket[] = new Array(this.#maxPoints).fill(EMPTY)
    for (const earlier of this.#single) this.#put(buckets, earlier)
    this.#buckets = buckets
    this.#single = []
  }

  /** In the order of time. */
  rows(): HistoryRow[] {
    if (this.#buckets === null) return this.#single.toSorted(byTime)
    let buckets = this.#buckets
    let rows = rowsOf(buckets)
    while (rows.length > this.#maxPoints && buckets.length > 1) {
      buckets = joinPairs(buckets)
      rows = rowsOf(buckets)
    }
    return rows
  }

  #put(buckets: Bucket[], row: HistoryRow): void {
    const share = (row.time - this.#from) / (this.#to - this.#from)
    const index = Math.min(buckets.length - 1, Math.floor(share * buckets.length))
    const bucket = buckets[index] ?? EMPTY
    buckets[index] =
      row.quality === 'bad'
        ? { ...bucket, bad: join(bucket.bad, row) }
        : { ...bucket, values: join(bucket.values, row) }
  }
}

function rowOf({ time, value, quality, reason, replayed, test }: HistoryEntry): HistoryRow {
  // A bad reading may carry a number that is not to be believed: it has no part in the extremes.
  const extreme = quality !== 'bad' && typeof value === 'number' ? value : null
  return {
    ...{ time, value, min: extreme, max: extreme, quality },
    ...(reason === undefined ? {} : { reason }),
    ...(replayed === true ? { replayed } : {}),
    ...(test === true ? { test } : {}),
  }
}

/** One row for both; value from the later one, quality from the worse one. */
function join(a: HistoryRow | null, b: HistoryRow | null): HistoryRow | null {
  if (a === null || b === null) return a ?? b
  const later = b.time >= a.time ? b : a
  const earlier = later === b ? a : b
  const worse = later.quality === 'good' ? earlier : later
  return {
    time: later.time,
    value: later.value,
    min: extremeOf(Math.min, a.min, b.min),
    max: extremeOf(Math.max, a.max, b.max),
    quality: worse.quality,
    ...(worse.reason === undefined ? {} : { reason: worse.reason }),
    ...(a.replayed === true || b.replayed === true ? { replayed: true } : {}),
    ...(a.test === true || b.test === true ? { test: true } : {}),
  }
}

function extremeOf(
  pick: (a: number, b: number) => number,
  ...[a, b]: readonly [number | null, number | null]
): number | null {
  return a === null || b === null ? (a ?? b) : pick(a, b)
}

function joinPairs(buckets: readonly Bucket[]): Bucket[] {
  const joined: Bucket[] = []
  for (let i = 0; i < buckets.length; i += 2) {
    const [a = EMPTY, b = EMPTY] = [buckets[i], buckets[i + 1]]
    joined.push({ values: join(a.values, b.values), bad: join(a.bad, b.bad) })
  }
  return joined
}

function rowsOf(buckets: readonly Bucket[]): HistoryRow[] {
  return buckets.flatMap(({ values, bad }) => [values, bad].filter((row) => row !== null).toSorted(byTime))
}

function byTime(a: HistoryRow, b: HistoryRow): number {
  return a.time - b.time
}

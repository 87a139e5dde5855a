/** What a point once measured: rows of a CSV file, each valid until the next one. */

export interface Recording {
  /** Seconds from the first row, rising. */
  readonly times: readonly number[]
  /** Null: nothing was measured. As many as there are times. */
  readonly values: readonly (number | null)[]
}

/** Null in a hole; before the first row and after the last one: as in them. */
export function recordedAt({ times, values }: Recording, seconds: number): number | null {
  let low = 0
  let high = times.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((times[middle] as number) <= seconds) low = middle
    else high = middle - 1
  }
  return values[low] ?? null
}

/** When the last row begins. */
export function recordingEnd({ times }: Recording): number {
  return times.at(-1) ?? 0
}

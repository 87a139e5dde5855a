/** What every calculation of a computed point is to the pipeline. */

/** A number, or why there is none: the reading is then bad, and no rule sees it. */
export type Computed = { readonly value: number } | { readonly unknown: string }

/** Keeps what it needs of the past. Pure but for that; times are monotonic, in ms, and never go back. */
export interface Calculator {
  /** A good value of one of its inputs, by the place in `Calculation.inputs`. */
  add(input: number, value: number, mono: number): void
  /** After the newest values were added. Asked only while the newest reading of every input is good. */
  value(mono: number): Computed
}

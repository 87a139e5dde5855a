/** One line of the benchmark table: a figure of ours against a limit or a peer measured in the same run. */
export interface Row {
  readonly name: string
  readonly ours: string
  readonly against: string
  /** Ours in relation to the other; the median of the rounds. */
  readonly ratio: number
  readonly aim: string
  readonly met: boolean
  readonly note?: string
}

export interface Bench {
  readonly id: string
  run(): Promise<readonly Row[]>
}

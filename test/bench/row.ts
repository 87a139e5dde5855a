/** One line of the benchmark table: a figure of ours against a limit or a peer measured in the same run. */
export interface Row {
  readonly name: string
  readonly ours: string
  readonly against: string
  /** Ours in relation to the other; the median of the rounds. NaN: there is none. */
  readonly ratio: number
  readonly aim: string
  readonly met: boolean
  readonly note?: string
}

export interface Bench {
  readonly id: string
  run(): Promise<readonly Row[]>
}

/** The place of a row that this machine cannot measure. */
export function notMeasured(name: string, { aim, why }: { readonly aim: string; readonly why: string }): Row {
  return { name, ours: 'not measured', against: '–', ratio: Number.NaN, aim, met: false, note: why }
}

/** `usual` ones, or what OUTPOST_BENCH_ROUNDS says: one is enough to see whether a row works. */
export function roundsOr(usual: number): number {
  return Number(process.env.OUTPOST_BENCH_ROUNDS ?? usual)
}

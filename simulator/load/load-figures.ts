/** What was measured of a load, in bounded memory however long it was. */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

export interface LoadFigures {
  readonly seconds: number
  /** Messages that were sent, or requests that were expected. */
  readonly offered: number
  /** Of them, those that were acknowledged, or came. */
  readonly done: number
  /** Of them, those that were not, long after the end; at an interruption of a connection all that were on their way. */
  readonly lost: number
  /** Could not be sent in their time: too much of that device was unacknowledged. */
  readonly heldBack: number
  /** Connections that ended by themselves. */
  readonly cutOff: number
  readonly latency: Percentiles
}

/** In ms. */
export interface Percentiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

const LONGEST_US = 600_000_000

/** Keeps three figures of each time, in some 100 kB. */
export class Latencies {
  readonly #histogram: RecordableHistogram = createHistogram({ lowest: 1, highest: LONGEST_US, figures: 3 })

  add(ms: number): void {
    this.#histogram.record(Math.min(Math.max(Math.round(ms * 1000), 1), LONGEST_US))
  }

  get count(): number {
    return this.#histogram.count
  }

  percentiles(): Percentiles {
    const at = (share: number): number => (this.count === 0 ? 0 : this.#histogram.percentile(share) / 1000)
    return { p50: at(50), p90: at(90), p99: at(99), max: this.count === 0 ? 0 : this.#histogram.max / 1000 }
  }
}

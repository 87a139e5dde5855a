/** The readings that wait for the next commit, already as bytes. */
import type { Reading } from '../model.ts'
import type { PointDictionary } from './point-dictionary.ts'
import { BlockEncoder, MAX_BLOCK_READINGS, type ReadingBlock } from './reading-block.ts'

type NumberlessBlock = ReturnType<BlockEncoder['take']>

export interface TakenGroup {
  readonly blocks: readonly ReadingBlock[]
  readonly readings: readonly Reading[]
}

export class ReadingGroup {
  readonly #points: PointDictionary
  readonly #encoder = new BlockEncoder()
  #sealed: NumberlessBlock[] = []
  #readings: Reading[] = []

  constructor(points: PointDictionary) {
    this.#points = points
  }

  get count(): number {
    return this.#readings.length
  }

  /** Give it only readings without a `readingProblem`. */
  add(readings: readonly Reading[]): void {
    for (const reading of readings) {
      if (this.#encoder.count === MAX_BLOCK_READINGS) this.#sealed.push(this.#encoder.take())
      this.#encoder.add(reading, this.#points.index(reading.point))
      this.#readings.push(reading)
    }
  }

  /** Numbers come only here: a group that the disk refuses gives them back. */
  take(firstSeq: number): TakenGroup {
    if (this.#encoder.count > 0) this.#sealed.push(this.#encoder.take())
    let next = firstSeq
    const blocks = this.#sealed.map(({ count, receivedAt, bytes }) => {
      const block = { firstSeq: next, lastSeq: next + count - 1, receivedAt, bytes }
      next += count
      return block
    })
    const readings = this.#readings
    this.#sealed = []
    this.#readings = []
    return { blocks, readings }
  }
}

/**
 * Which numbers of a journal a delivery is done with: all up to the cursor, and stretches above it that were brought first because they
 * were fresh. Only the cursor is kept on disk: after a restart what lies above it is brought again, which receivers take
 * without harm, and nothing can be lost by a stretch that was written down wrongly.
 */
export interface Range {
  /** Not in it. */
  readonly after: number
  /** The last one in it. */
  readonly upTo: number
}

/** Each long failure during a drain makes one more; the lowest of too many is forgotten, so brought again. */
const MOST_STRETCHES = 32

export class Progress {
  #cursor: number
  /** Ascending, apart from one another and from the cursor. Behind the last one the fresh items are. */
  readonly #ahead: Range[] = []

  constructor(cursor: number) {
    this.#cursor = cursor
  }

  /** Everything up to here is done. */
  get cursor(): number {
    return this.#cursor
  }

  get hasBacklog(): boolean {
    return this.#ahead.length > 0
  }

  /** The oldest that is not done. Without a backlog it has no end. */
  get oldest(): Range {
    return { after: this.#cursor, upTo: this.#ahead[0]?.after ?? Number.POSITIVE_INFINITY }
  }

  /** Behind this number are the fresh ones. */
  get fresh(): number {
    return this.#ahead.at(-1)?.upTo ?? this.#cursor
  }

  /** What is not done up to this number becomes backlog. */
  leaveBehind(upTo: number): void {
    if (upTo <= this.fresh) return
    this.#ahead.push({ after: upTo, upTo })
    if (this.#ahead.length > MOST_STRETCHES) this.#ahead.shift()
  }

  /** The oldest are done up to `seq`. */
  completeOldest(seq: number): void {
    this.#cursor = Math.max(this.#cursor, seq)
    for (let next = this.#ahead[0]; next !== undefined && next.after <= this.#cursor; next = this.#ahead[0]) {
      this.#cursor = Math.max(this.#cursor, next.upTo)
      this.#ahead.shift()
    }
  }

  /** The fresh ones are done up to `seq`. */
  completeFresh(seq: number): void {
    const last = this.#ahead.pop()
    if (last === undefined) this.completeOldest(seq)
    else this.#ahead.push({ after: last.after, upTo: Math.max(last.upTo, seq) })
  }
}

/**
 * What a delivery brings next. In the order of the journal; where `freshFirst` is given and a receiver has lagged behind, the newest
 * and what is measured now first, and the backlog behind it from the oldest on, with its mark.
 */
import type { Clock, Log } from '../model.ts'
import { Progress } from './progress.ts'
import type { Retry } from './retry.ts'

/** For items that are worth more while they are fresh, and whose receivers need no order. */
export interface FreshFirst<T> {
  /** Number of the last item in the journal. */
  head(): number
  /** The item with the mark that it waited in a backlog. */
  mark(item: T): T
  /** When it came about, in ms since 1970. */
  timeOf(item: T): number
}

/** Without a backlog everything is fresh. */
export interface Batch<T> {
  readonly from: 'fresh' | 'backlog'
  readonly items: readonly T[]
}

export interface DeliveryQueueOptions<T extends { readonly seq: number }> {
  readonly id: string
  readonly batchSize: number
  read(afterSeq: number, limit: number): Promise<readonly T[]>
  loadCursor(): Promise<number>
  advance(seq: number): Promise<void>
  readonly freshFirst?: FreshFirst<T>
  readonly retry: Retry
  readonly clock: Clock
  readonly log: Log
}

/** What has waited longer is late: it is marked, and of more than two batches only the newest go first. */
const LATE_MS = 10_000

export class DeliveryQueue<T extends { readonly seq: number }> {
  readonly #options: DeliveryQueueOptions<T>
  #progress = new Progress(0)
  #woken = false
  /** The backlog is due although there is more that is fresh: whatever comes in, it must get through. */
  #backlogDue = false

  constructor(options: DeliveryQueueOptions<T>) {
    this.#options = options
  }

  async load(): Promise<void> {
    this.#progress = new Progress(await this.#journal(() => this.#options.loadCursor()))
  }

  /** There is something new in the journal. */
  wake(): void {
    this.#woken = true
  }

  get cursor(): number {
    return this.#progress.cursor
  }

  get hasBacklog(): boolean {
    return this.#progress.hasBacklog
  }

  /** Nothing is there that could be brought. */
  get isEmpty(): boolean {
    return !this.#woken && !this.#progress.hasBacklog
  }

  /** May be empty. */
  next(): Promise<Batch<T>> {
    const backlogFirst = this.#progress.hasBacklog && (this.#backlogDue || !this.#woken)
    return backlogFirst ? this.#nextOfBacklog() : this.#nextFresh()
  }

  /** `seq` and what was before it in its batch are confirmed or kept as dead letters. Resolves when that is on disk. */
  async complete({ from, seq }: { readonly from: Batch<T>['from']; readonly seq: number }): Promise<void> {
    const progress = this.#progress
    const { cursor, hasBacklog } = progress
    if (from === 'fresh') progress.completeFresh(seq)
    else progress.completeOldest(seq)
    if (progress.cursor > cursor) await this.#journal(() => this.#options.advance(progress.cursor))
    if (hasBacklog && !progress.hasBacklog)
      this.#options.log.info({ delivery: this.#options.id }, 'the backlog is through')
  }

  /** To be asked at each attempt: what is tried again for an hour was fresh at first. */
  marked(part: readonly T[]): readonly T[] {
    const { freshFirst } = this.#options
    if (freshFirst === undefined || !this.#isLate(part[0])) return part
    return part.map((item) => (this.#isLate(item) ? freshFirst.mark(item) : item))
  }

  async #nextFresh(): Promise<Batch<T>> {
    // Before the read: a wake during it is about items that it may have missed.
    this.#woken = false
    const { freshFirst, batchSize } = this.#options
    const items = await this.#read(this.#progress.fresh)
    const last = items.at(-1)
    if (last === undefined || items.length < batchSize) return { from: 'fresh', items }
    // A full batch: there is more.
    this.#woken = true
    // The newest batch of what waits goes first too: there are the last known values.
    const backlog = (freshFirst?.head() ?? 0) - batchSize
    if (this.#isLate(items[0]) && backlog - last.seq > batchSize) {
      this.#leaveBehind(backlog)
      return { from: 'fresh', items: [] }
    }
    this.#backlogDue = this.#progress.hasBacklog
    return { from: 'fresh', items }
  }

  async #nextOfBacklog(): Promise<Batch<T>> {
    this.#backlogDue = false
    const { after, upTo } = this.#progress.oldest
    const items = (await this.#read(after)).filter(({ seq }) => seq <= upTo)
    // The rest was dropped meanwhile, because the journal was full.
    if (items.length === 0) await this.complete({ from: 'backlog', seq: upTo })
    return { from: 'backlog', items }
  }

  #leaveBehind(upTo: number): void {
    if (!this.#progress.hasBacklog) {
      const facts = { delivery: this.#options.id, backlog: upTo - this.#progress.cursor }
      this.#options.log.info(facts, 'what is fresh goes first, the backlog behind it')
    }
    this.#progress.leaveBehind(upTo)
  }

  #isLate(item: T | undefined): boolean {
    const { freshFirst, clock } = this.#options
    return item !== undefined && freshFirst !== undefined && clock.now().wall - freshFirst.timeOf(item) > LATE_MS
  }

  #read(after: number): Promise<readonly T[]> {
    return this.#journal(() => this.#options.read(after, this.#options.batchSize))
  }

  #journal<R>(step: () => Promise<R>): Promise<R> {
    return this.#options.retry.until('journal', step)
  }
}

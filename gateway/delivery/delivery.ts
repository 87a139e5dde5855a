/**
 * Brings what a journal holds to one sink: at least once, in order, from a cursor that moves only behind the sink's
 * confirmation. One batch is in memory at a time, however long the receiver was away. Where `freshFirst` is given, a receiver that is
 * back hears at once of what is measured now, and of the backlog behind it, oldest first.
 */

import { DeliveryError, type Sink } from '../delivery-model.ts'
import type { Clock, Instant, Log } from '../model.ts'
import type { Backoff, Failure } from './backoff.ts'
import { type Batch, DeliveryQueue, type FreshFirst } from './delivery-queue.ts'
import type { DeliveryStatus } from './delivery-status.ts'
import { Retry } from './retry.ts'

export interface DeliveryOptions<T extends { readonly seq: number }> {
  readonly id: string
  /** Belongs to this delivery alone, which also stops it. */
  readonly sink: Sink<T>
  /** Items with `seq` above `afterSeq`, ascending, at most `limit`. */
  read(afterSeq: number, limit: number): Promise<readonly T[]>
  /** The `seq` of the last item that is done with; 0 at the very first start. */
  loadCursor(): Promise<number>
  /** Everything up to `seq` is confirmed or kept as a dead letter. Resolves when that is on disk. */
  advance(seq: number): Promise<void>
  /** Keeps an item that the receiver can never accept. Resolves when it is on disk. */
  deadLetter(letter: DeadLetter<T>): Promise<void>
  /** When an item came about, in ms since 1970, for `oldestUnsentAt`. */
  timeOf?(item: T): number
  readonly freshFirst?: FreshFirst<T>
  readonly clock: Clock
  readonly log: Log
  readonly backoff?: Partial<Backoff>
  /** A number in [0, 1) for the jitter. */
  readonly random?: () => number
}

export interface DeadLetter<T> {
  readonly seq: number
  readonly item: T
  readonly error: string
}

export interface Delivery {
  start(): void
  /** There is something new in the journal. Ends idleness; never shortens a backoff. */
  wake(): void
  /** Aborts the write in flight. Idempotent and bounded in time. */
  stop(): Promise<void>
  status(): DeliveryStatus
}

/** Longest time that `stop` waits for a sink or a journal that does not end by itself. */
const STOP_WITHIN_MS = 5000

export function createDelivery<T extends { readonly seq: number }>(options: DeliveryOptions<T>): Delivery {
  return new DeliveryLoop(options)
}

function stateIn(failure: Failure): DeliveryStatus['state'] {
  return failure === 'refused' ? 'refused' : 'waiting'
}

function waited(item: { readonly at: number; readonly triedAt: Instant } | null, mono: number): number {
  return item === null ? 0 : Math.max(0, item.triedAt.wall - item.at) + mono - item.triedAt.mono
}

class DeliveryLoop<T extends { readonly seq: number }> implements Delivery {
  readonly #options: DeliveryOptions<T>
  readonly #stopping = new AbortController()
  readonly #retry: Retry
  #loop: Promise<void> | null = null
  #stopped: Promise<void> | null = null

  readonly #queue: DeliveryQueue<T>
  #endSleep: (() => void) | null = null

  #delivering = false
  #attempts = 0
  #delivered = 0
  #deadLettered = 0
  /** Dead letters since the last batch that had none; the log speaks at its begin and at its end. */
  #deadLetterRun = 0
  #oldestUnsent: { readonly at: number; readonly triedAt: Instant } | null = null

  constructor(options: DeliveryOptions<T>) {
    this.#options = options
    this.#retry = new Retry({ ...options, signal: this.#stopping.signal })
    this.#queue = new DeliveryQueue({ ...options, batchSize: options.sink.maxBatch, retry: this.#retry })
  }

  start(): void {
    if (this.#loop !== null || this.#stopping.signal.aborted) return
    this.#loop = this.#run().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) throw error
    })
  }

  wake(): void {
    this.#queue.wake()
    this.#endSleep?.()
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#stopping.abort(new Error(`delivery ${this.#options.id} is stopping`))
    this.#endSleep?.()
    const ended = (async () => {
      await this.#loop
      await this.#options.sink.stop()
    })()
    const giveUp = new AbortController()
    const late = this.#options.clock.sleep(STOP_WITHIN_MS, giveUp.signal).then(
      () => true,
      () => false,
    )
    const tooLate = await Promise.race([ended.then(() => false), late])
    giveUp.abort()
    if (tooLate)
      this.#options.log.warn({ delivery: this.#options.id }, 'delivery did not end in time and is left behind')
  }

  status(): DeliveryStatus {
    const trouble = this.#retry.trouble
    const { mono } = this.#options.clock.now()
    return {
      id: this.#options.id,
      state: trouble === null ? (this.#delivering ? 'delivering' : 'idle') : stateIn(trouble.failure),
      failure: trouble?.failure ?? null,
      message: trouble?.message ?? null,
      since: trouble?.since ?? null,
      failuresInARow: trouble?.failures ?? 0,
      failingMs: trouble === null ? 0 : mono - trouble.failingSince,
      delivered: this.#delivered,
      deadLettered: this.#deadLettered,
      attempts: this.#attempts,
      cursor: this.#queue.cursor,
      oldestUnsentAt: this.#oldestUnsent?.at ?? null,
      waitingMs: waited(this.#oldestUnsent, mono),
    }
  }

  async #run(): Promise<void> {
    await this.#queue.load()
    while (!this.#stopping.signal.aborted) {
      const batch = await this.#queue.next()
      if (batch.items.length > 0) await this.#deliver(batch)
      else if (this.#queue.isEmpty) await this.#sleep()
    }
  }

  async #sleep(): Promise<void> {
    this.#delivering = false
    this.#oldestUnsent = null
    while (this.#queue.isEmpty && !this.#stopping.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#endSleep = resolve
      })
      this.#endSleep = null
    }
  }

  /**
   * A batch that the receiver can never accept is halved until the poisonous items stand alone. Halves are tried in order,
   * and a half that was partly accepted before may be sent again: receivers take the same item twice without harm.
   */
  async #deliver({ from, items }: Batch<T>): Promise<void> {
    this.#delivering = true
    const deadBefore = this.#deadLettered
    const waiting: (readonly T[])[] = [items]
    for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
      if (from === 'backlog' || !this.#queue.hasBacklog) this.#noteOldest(part[0])
      const refusal = await this.#write(part)
      if (refusal === null || part.length === 1) {
        if (refusal === null) this.#delivered += part.length
        else await this.#bury(part, refusal)
        await this.#queue.complete({ from, seq: part.at(-1)?.seq ?? 0 })
      } else {
        const middle = Math.ceil(part.length / 2)
        waiting.push(part.slice(middle), part.slice(0, middle))
      }
    }
    if (this.#deadLettered === deadBefore) this.#endDeadLetterRun()
  }

  #noteOldest(item: T | undefined): void {
    const at = item === undefined ? undefined : this.#options.timeOf?.(item)
    this.#oldestUnsent = at === undefined ? null : { at, triedAt: this.#options.clock.now() }
  }

  /** Null when the sink has confirmed the part, or why it can never accept it as it is. */
  #write(part: readonly T[]): Promise<string | null> {
    return this.#retry.until('unreachable', async () => {
      this.#stopping.signal.throwIfAborted()
      this.#attempts += 1
      try {
        await this.#options.sink.write(this.#queue.marked(part), this.#stopping.signal)
        return null
      } catch (error) {
        if (error instanceof DeliveryError && error.failure === 'unacceptable') return error.message
        throw error
      }
    })
  }

  async #bury(part: readonly T[], error: string): Promise<void> {
    const item = part[0]
    if (item === undefined) return
    await this.#retry.until('journal', () => this.#options.deadLetter({ seq: item.seq, item, error }))
    this.#deadLettered += 1
    this.#deadLetterRun += 1
    if (this.#deadLetterRun > 1) return
    const facts = { delivery: this.#options.id, seq: item.seq, error }
    this.#options.log.warn(facts, 'the receiver can never accept an item; it is kept as a dead letter')
  }

  #endDeadLetterRun(): void {
    if (this.#deadLetterRun === 0) return
    const facts = { delivery: this.#options.id, deadLetters: this.#deadLetterRun }
    this.#deadLetterRun = 0
    this.#options.log.info(facts, 'the receiver accepts everything again')
  }
}

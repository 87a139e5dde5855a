/**
 * Brings what a journal holds to one sink: at least once, in order, from a cursor that moves only behind the sink's
 * confirmation. One batch is in memory at a time, however long the receiver was away.
 */
import { type Clock, DeliveryError, type Instant, type Log, type Sink } from '../model.ts'
import type { Backoff, Failure } from './backoff.ts'
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

  /** Set by `wake` while the loop is busy, so that what came during a read is not slept over. */
  #woken = false
  #endSleep: (() => void) | null = null

  #cursor = 0
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
  }

  start(): void {
    if (this.#loop !== null || this.#stopping.signal.aborted) return
    this.#loop = this.#run().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) throw error
    })
  }

  wake(): void {
    this.#woken = true
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
      cursor: this.#cursor,
      oldestUnsentAt: this.#oldestUnsent?.at ?? null,
      waitingMs: waited(this.#oldestUnsent, mono),
    }
  }

  async #run(): Promise<void> {
    const options = this.#options
    this.#cursor = await this.#retry.until('journal', () => options.loadCursor())
    while (!this.#stopping.signal.aborted) {
      // Before the read: a wake during it is about items that it may have missed.
      this.#woken = false
      const batch = await this.#retry.until('journal', () => options.read(this.#cursor, options.sink.maxBatch))
      if (batch.length > 0) await this.#deliver(batch)
      else await this.#sleep()
    }
  }

  async #sleep(): Promise<void> {
    this.#delivering = false
    this.#oldestUnsent = null
    while (!this.#woken && !this.#stopping.signal.aborted) {
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
  async #deliver(batch: readonly T[]): Promise<void> {
    this.#delivering = true
    const deadBefore = this.#deadLettered
    const waiting: (readonly T[])[] = [batch]
    for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
      this.#noteOldest(part[0])
      const refusal = await this.#write(part)
      if (refusal === null) {
        this.#delivered += part.length
        await this.#advance(part)
      } else if (part.length === 1) {
        await this.#bury(part, refusal)
        await this.#advance(part)
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
        await this.#options.sink.write(part, this.#stopping.signal)
        return null
      } catch (error) {
        if (error instanceof DeliveryError && error.failure === 'unacceptable') return error.message
        throw error
      }
    })
  }

  async #advance(part: readonly T[]): Promise<void> {
    const last = part.at(-1)
    if (last === undefined) return
    await this.#retry.until('journal', () => this.#options.advance(last.seq))
    this.#cursor = last.seq
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

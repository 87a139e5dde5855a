/**
 * Brings what waits to one receiver, the most important first, several at a time where the receiver likes it, and goes on trying with growing
 * delays. Only references wait here: what is sent is read when its turn comes.
 */
import { DeliveryError } from '../delivery-model.ts'
import type { Clock, Log } from '../model.ts'
import type { Backoff } from './backoff.ts'
import type { DeliveryStatus } from './delivery-status.ts'
import { PriorityQueue, type QueuedItem } from './priority-queue.ts'
import { TroubleWatch } from './trouble.ts'

/** What the receiver has done with an item. */
export type Settled<R> =
  | { readonly ok: true; readonly result: R }
  /** It can never take it, or there are too many. */
  | { readonly ok: false; readonly reason: string }

export interface ChannelItem extends QueuedItem {
  /** When it came about, ms since 1970. */
  readonly at: number
}

export interface ChannelLoopOptions<T extends ChannelItem, R> {
  readonly id: string
  readonly atOnce: number
  /** Resolves when the receiver has confirmed it. */
  send(item: T, signal: AbortSignal): Promise<R>
  /** Called once for each item that does not wait any more, except those that are withdrawn. */
  settled(item: T, outcome: Settled<R>): void
  /** From this rank on an item does not wait until a delay is over. */
  readonly pressingRank: number
  /** Most items that wait; above it the least important go. Default 20 000. */
  readonly most?: number
  /** An attempt that takes longer is given up. Default 60 s. */
  readonly longestMs?: number
  readonly backoff?: Partial<Backoff>
  readonly random?: () => number
  readonly clock: Clock
  readonly log: Log
}

const STOP_WITHIN_MS = 2000
const LONGEST_MS = 60_000
const MOST = 20_000
/** Pressing items may shorten a delay so often, ms. */
const PRESS_EVERY_MS = 1000

export class ChannelLoop<T extends ChannelItem, R> {
  readonly #options: ChannelLoopOptions<T, R>
  readonly #queue = new PriorityQueue<T>()
  readonly #watch: TroubleWatch
  readonly #underWay = new Set<AbortController>()
  readonly #tried = new Set<string>()
  #delay: AbortController | null = null
  #triedAt = Number.NEGATIVE_INFINITY
  #stopped = false
  #delivered = 0
  #failed = 0
  #attempts = 0

  constructor(options: ChannelLoopOptions<T, R>) {
    this.#options = options
    this.#watch = new TroubleWatch(options)
  }

  add(item: T): void {
    if (this.#stopped || !this.#queue.add(item)) return
    if (this.#queue.size > (this.#options.most ?? MOST)) this.#giveUpLeast()
    this.#press()
    this.#pump()
  }

  /** It is not sent any more; one that is on its way may arrive. */
  withdraw(id: string): void {
    this.#tried.delete(id)
    this.#queue.done(id)
    this.#pump()
  }

  /** Bounded in time. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#delay?.abort()
    for (const attempt of this.#underWay) attempt.abort(new Error('stopping'))
    const late = performance.now() + STOP_WITHIN_MS
    while (this.#underWay.size > 0 && performance.now() < late) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  status(): DeliveryStatus {
    const { id, clock } = this.#options
    const { wall, mono } = clock.now()
    const trouble = this.#watch.trouble
    const oldest = this.#queue.oldest
    return {
      id,
      state: trouble === null ? (oldest === undefined ? 'idle' : 'delivering') : stateIn(trouble.failure),
      failure: trouble?.failure ?? null,
      message: trouble?.message ?? null,
      since: trouble?.since ?? null,
      failuresInARow: trouble?.failures ?? 0,
      failingMs: trouble === null ? 0 : mono - trouble.failingSince,
      ...{ delivered: this.#delivered, deadLettered: this.#failed, attempts: this.#attempts, cursor: 0 },
      oldestUnsentAt: oldest?.at ?? null,
      waitingMs: oldest === undefined ? 0 : Math.max(0, wall - oldest.at),
    }
  }

  get waiting(): number {
    return this.#queue.size
  }

  #giveUpLeast(): void {
    const least = this.#queue.least
    if (least === undefined) return
    this.#queue.done(least.id)
    this.#settle(least, { ok: false, reason: 'too many wait for this channel' })
  }

  /** Something new and urgent is worth an attempt, but not where the receiver has asked for time. */
  #press(): void {
    const next = this.#queue.peek()
    if (this.#delay === null || next === undefined || next.rank < this.#options.pressingRank) return
    const isFresh = !this.#tried.has(next.id) && this.#watch.trouble?.failure !== 'busy'
    if (!isFresh || this.#options.clock.now().mono - this.#triedAt < PRESS_EVERY_MS) return
    this.#delay.abort()
    this.#delay = null
  }

  #pump(): void {
    while (!this.#stopped && this.#delay === null && this.#underWay.size < this.#width()) {
      const item = this.#queue.take()
      if (item === undefined) return
      void this.#attempt(item)
    }
  }

  /**
   * A receiver that fails is tried with one item at a time. Where several go at a time, there are as many places again for what is
   * pressing: it must not wait until the channel has told what is not.
   */
  #width(): number {
    const { atOnce, pressingRank } = this.#options
    if (this.#watch.trouble !== null || atOnce === 1) return 1
    return (this.#queue.peek()?.rank ?? 0) >= pressingRank ? atOnce * 2 : atOnce
  }

  async #attempt(item: T): Promise<void> {
    const attempt = new AbortController()
    this.#underWay.add(attempt)
    this.#attempts++
    this.#tried.add(item.id)
    this.#triedAt = this.#options.clock.now().mono
    try {
      const result = await this.#sendInTime(item, attempt)
      this.#watch.recover()
      this.#delivered++
      if (this.#queue.done(item.id) !== undefined) this.#settle(item, { ok: true, result })
    } catch (error) {
      if (!this.#stopped) this.#fail(item, error)
    } finally {
      this.#underWay.delete(attempt)
      this.#pump()
    }
  }

  async #sendInTime(item: T, attempt: AbortController): Promise<R> {
    const { clock, longestMs = LONGEST_MS, send } = this.#options
    const over = new AbortController()
    const late = clock.sleep(longestMs, over.signal).then(() => {
      const reason = new DeliveryError('unreachable', `the channel has not ended within ${longestMs} ms`)
      attempt.abort(reason)
      throw reason
    })
    late.catch(() => {})
    const stopped = new Promise<never>((_, reject) => {
      attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason), { once: true })
    })
    try {
      return await Promise.race([send(item, attempt.signal), late, stopped])
    } finally {
      over.abort()
    }
  }

  #fail(item: T, error: unknown): void {
    if (error instanceof DeliveryError && error.failure === 'unacceptable') {
      // About this very item: the receiver is alive.
      this.#watch.recover()
      if (this.#queue.done(item.id) !== undefined) this.#settle(item, { ok: false, reason: error.message })
      return
    }
    this.#queue.putBack(item)
    const delay = this.#watch.fail(error, 'unreachable')
    this.#delay?.abort()
    const waiting = new AbortController()
    this.#delay = waiting
    this.#options.clock.sleep(delay, waiting.signal).then(
      () => {
        if (this.#delay === waiting) this.#delay = null
        this.#pump()
      },
      () => {},
    )
  }

  #settle(item: T, outcome: Settled<R>): void {
    this.#tried.delete(item.id)
    if (!outcome.ok) this.#failed++
    this.#options.settled(item, outcome)
  }
}

function stateIn(failure: string): DeliveryStatus['state'] {
  return failure === 'refused' ? 'refused' : 'waiting'
}

/**
 * What waits for one receiver: the highest rank first, then the oldest. Items about the same thing keep their order, because its end must
 * not come before its begin: an item waits for those before it that share a key, and lends them its rank.
 */
import { ReadyHeap } from './ready-heap.ts'

export interface QueuedItem {
  readonly id: string
  readonly seq: number
  /** The higher, the sooner. */
  readonly rank: number
  readonly keys: readonly string[]
}

interface Entry<T> {
  readonly item: T
  readonly rank: number
  readonly seq: number
}

interface Waiting<T> {
  readonly item: T
  rank: number
  isOut: boolean
}

export class PriorityQueue<T extends QueuedItem> {
  readonly #waiting = new Map<string, Waiting<T>>()
  /** Of each key the ids in their order. */
  readonly #lines = new Map<string, string[]>()
  readonly #ready = new ReadyHeap<Entry<T>>()

  /** Those that are on their way are counted too. */
  get size(): number {
    return this.#waiting.size
  }

  /** The one that came first. */
  get oldest(): T | undefined {
    return this.#waiting.values().next().value?.item
  }

  has(id: string): boolean {
    return this.#waiting.has(id)
  }

  /** The least important, of these the oldest; none that is on its way. */
  get least(): T | undefined {
    let least: Waiting<T> | undefined
    for (const waiting of this.#waiting.values()) {
      if (!waiting.isOut && (least === undefined || waiting.rank < least.rank)) least = waiting
    }
    return least?.item
  }

  /** False where it waits already. */
  add(item: T): boolean {
    if (this.#waiting.has(item.id)) return false
    this.#waiting.set(item.id, { item, rank: item.rank, isOut: false })
    for (const key of item.keys) {
      const line = this.#lines.get(key) ?? []
      for (const before of line) this.#raise(before, item.rank)
      this.#lines.set(key, [...line, item.id])
    }
    this.#offer(item.id)
    return true
  }

  /** What would be taken next. */
  peek(): T | undefined {
    for (let entry = this.#ready.peek(); entry !== undefined; entry = this.#ready.peek()) {
      if (this.#isCurrent(entry)) return entry.item
      this.#ready.pop()
    }
    return undefined
  }

  /** It is on its way until `done` or `putBack`. */
  take(): T | undefined {
    const item = this.peek()
    if (item === undefined) return undefined
    this.#ready.pop()
    ;(this.#waiting.get(item.id) as Waiting<T>).isOut = true
    return item
  }

  putBack({ id }: T): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    waiting.isOut = false
    this.#offer(id)
  }

  /** It does not wait any more. */
  done(id: string): T | undefined {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return undefined
    this.#waiting.delete(id)
    for (const key of waiting.item.keys) {
      const line = (this.#lines.get(key) ?? []).filter((other) => other !== id)
      if (line.length === 0) this.#lines.delete(key)
      else this.#lines.set(key, line)
      const [next] = line
      if (next !== undefined) this.#offer(next)
    }
    return waiting.item
  }

  #raise(id: string, rank: number): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined || waiting.rank >= rank) return
    waiting.rank = rank
    this.#offer(id)
  }

  #offer(id: string): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined || waiting.isOut) return
    const isFirst = waiting.item.keys.every((key) => this.#lines.get(key)?.[0] === id)
    if (isFirst) this.#ready.push({ item: waiting.item, rank: waiting.rank, seq: waiting.item.seq })
  }

  /** It was raised, taken or given up since it was offered. */
  #isCurrent({ item, rank }: Entry<T>): boolean {
    const waiting = this.#waiting.get(item.id)
    return waiting !== undefined && waiting.item === item && !waiting.isOut && waiting.rank === rank
  }
}

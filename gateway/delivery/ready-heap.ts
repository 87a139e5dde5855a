/** What may go next: the highest rank first, and of one rank the oldest. */
export interface Ranked {
  readonly rank: number
  readonly seq: number
}

export class ReadyHeap<T extends Ranked> {
  readonly #items: T[] = []

  push(item: T): void {
    const items = this.#items
    items.push(item)
    for (let at = items.length - 1; at > 0; ) {
      const above = (at - 1) >> 1
      if (!this.#isBefore(at, above)) return
      this.#swap(at, above)
      at = above
    }
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  pop(): T | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (first === undefined || last === undefined || items.length === 0) return first
    items[0] = last
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      let next = at
      if (left < items.length && this.#isBefore(left, next)) next = left
      if (right < items.length && this.#isBefore(right, next)) next = right
      if (next === at) return first
      this.#swap(at, next)
      at = next
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#items[a] as T, this.#items[b] as T]
    return one.rank > other.rank || (one.rank === other.rank && one.seq < other.seq)
  }

  #swap(a: number, b: number): void {
    const items = this.#items
    ;[items[a], items[b]] = [items[b] as T, items[a] as T]
  }
}

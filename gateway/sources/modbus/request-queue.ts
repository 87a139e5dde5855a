/**
 * What waits for one line, in three classes: what a person waits for, then what may raise an alarm, then the rest.
 *
 * A class that is never let through would be a unit that silently goes stale, so whatever stands first in its class is
 * overtaken a few times at most.
 */

/** `command`: writes and probes. `alarm`: reads with a point that a rule of the class alarm watches. */
export type RequestPriority = 'command' | 'alarm' | 'rest'

/** How a request is treated on its line. */
export interface RequestOptions {
  /** `rest` if absent. */
  readonly priority?: RequestPriority
  /** Longest wait for the reply; the line's own if absent. */
  readonly timeoutMs?: number | undefined
  /**
   * A shorter silence than the line's own after a time-out. A reply that is later still then fails a request of another
   * unit, which it cannot be taken for, and leaves its own unit suspect.
   */
  readonly quietMs?: number | undefined
  /** Silence is an ordinary answer, as in a search for units, and says nothing about the connection. */
  readonly silenceExpected?: boolean
}

const CLASSES: readonly RequestPriority[] = ['command', 'alarm', 'rest']

/** After so many requests of other classes the first of a class has its turn. */
export const MAX_OVERTAKEN = 4

interface Lane<T> {
  readonly waiting: T[]
  overtaken: number
}

export class RequestQueue<T extends { readonly priority: RequestPriority }> {
  readonly #lanes: Readonly<Record<RequestPriority, Lane<T>>> = {
    command: { waiting: [], overtaken: 0 },
    alarm: { waiting: [], overtaken: 0 },
    rest: { waiting: [], overtaken: 0 },
  }

  get size(): number {
    return CLASSES.reduce((sum, priority) => sum + this.#lanes[priority].waiting.length, 0)
  }

  push(item: T): void {
    this.#lanes[item.priority].waiting.push(item)
  }

  /** The next to be sent; in order within its class. */
  take(): T | undefined {
    const occupied = CLASSES.map((priority) => this.#lanes[priority]).filter(({ waiting }) => waiting.length > 0)
    const next = occupied.findLast(({ overtaken }) => overtaken >= MAX_OVERTAKEN) ?? occupied[0]
    if (next === undefined) return undefined
    for (const lane of occupied) lane.overtaken++
    next.overtaken = 0
    return next.waiting.shift()
  }

  /** Empties it. */
  takeAll(): readonly T[] {
    return CLASSES.flatMap((priority) => {
      this.#lanes[priority].overtaken = 0
      return this.#lanes[priority].waiting.splice(0)
    })
  }
}

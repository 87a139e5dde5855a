/**
 * What waits for one line, in four classes: what a person waits for, then what may raise an alarm, then the rest, then what
 * will probably cost a time-out.
 *
 * A class that is never let through would be a unit that silently goes stale, so whatever stands first in its class is
 * overtaken a limited number of times.
 */

/**
 * `command`: writes and probes. `alarm`: reads with a point that a rule of the class alarm watches. `suspect`: reads of a unit
 * that did not answer its last request, which hold the line for many times as long as any other.
 */
export type RequestPriority = 'command' | 'alarm' | 'rest' | 'suspect'

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

const CLASSES: readonly RequestPriority[] = ['command', 'alarm', 'rest', 'suspect']

/** After so many requests of other classes the first of a class has its turn. */
export const MAX_OVERTAKEN = 4
/** All units of a long line are asked between two requests to a dead one; on a line that is never idle it is asked all the same. */
export const MAX_SUSPECT_OVERTAKEN = 128

interface Lane<T> {
  readonly waiting: T[]
  readonly mostOvertaken: number
  overtaken: number
  /** Where the first one stands that may go; below 0: none may. */
  first: number
}

export class RequestQueue<T extends { readonly priority: RequestPriority }> {
  /** In the order of `CLASSES`. */
  readonly #lanes: readonly Lane<T>[] = CLASSES.map((priority) => ({
    waiting: [],
    mostOvertaken: priority === 'suspect' ? MAX_SUSPECT_OVERTAKEN : MAX_OVERTAKEN,
    overtaken: 0,
    first: 0,
  }))

  get size(): number {
    let size = 0
    for (const { waiting } of this.#lanes) size += waiting.length
    return size
  }

  get hasOnlySuspects(): boolean {
    return this.size > 0 && this.#lanes.every(({ waiting }, i) => waiting.length === 0 || CLASSES[i] === 'suspect')
  }

  push(item: T): void {
    this.#lanes[CLASSES.indexOf(item.priority)]?.waiting.push(item)
  }

  /** The next to be sent, of those that may go; in order within its class. */
  take(mayGo?: (item: T) => boolean): T | undefined {
    let next: Lane<T> | undefined
    for (const lane of this.#lanes) {
      lane.first = mayGo === undefined ? 0 : lane.waiting.findIndex(mayGo)
      if (lane.first < 0 || lane.waiting.length === 0) continue
      if (next === undefined || lane.overtaken >= lane.mostOvertaken) next = lane
    }
    if (next === undefined) return undefined
    for (const lane of this.#lanes) if (lane.first >= 0 && lane.waiting.length > 0) lane.overtaken++
    next.overtaken = 0
    return next.first === 0 ? next.waiting.shift() : next.waiting.splice(next.first, 1)[0]
  }

  /** Empties it. */
  takeAll(): readonly T[] {
    return this.#lanes.flatMap((lane) => {
      lane.overtaken = 0
      return lane.waiting.splice(0)
    })
  }
}

/** Messages of one connection in the order in which they came, until they are answered. */
import type { AedesOptions } from 'aedes'

type Answer = Parameters<NonNullable<AedesOptions['authorizePublish']>>[2]

/** A message that is not answered yet. */
export interface Turn {
  readonly bytes: number
  /** 0: nothing to acknowledge. */
  readonly messageId: number
  /** Of a message that goes through aedes, which acknowledges it. */
  readonly answer: Answer | null
  answered: boolean
  error: Error | null
  /** The one behind it in its chain. */
  next: Turn | null
}

/**
 * First in, first out. A turn stands in one chain at a time. No array, because a client that waits for each PUBACK would
 * grow and drop one with every message.
 */
export class TurnChain {
  first: Turn | null = null
  #last: Turn | null = null
  length = 0

  add(turn: Turn): void {
    if (this.#last === null) this.first = turn
    else this.#last.next = turn
    this.#last = turn
    this.length++
  }

  takeFirst(): void {
    const turn = this.first
    if (turn === null) return
    this.first = turn.next
    turn.next = null
    if (this.first === null) this.#last = null
    this.length--
  }

  clear(): void {
    this.first = null
    this.#last = null
    this.length = 0
  }

  /** Of those that are to be acknowledged. */
  messageIds(): readonly number[] {
    const ids: number[] = []
    for (let turn = this.first; turn !== null; turn = turn.next) {
      if (turn.messageId !== 0) ids.push(turn.messageId)
    }
    return ids
  }
}

/** Why something that the broker should have kept for a client is not kept. */
export type DropReason =
  /** The queue of the session has its most messages or bytes. */
  | 'queue-full'
  /** All queues together have their most bytes. */
  | 'queues-full'
  /** Waited in a session that had to go for a newer one. */
  | 'session-evicted'
  /** Waited in a session whose client was away for too long. */
  | 'session-expired'
  | 'retained-full'
  /** The will is published if the client is lost, but not if the broker dies too. */
  | 'wills-full'

export class Drops {
  readonly #counts = new Map<DropReason, number>()

  add(reason: DropReason, messages = 1): void {
    if (messages > 0) this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + messages)
  }

  counts(): Readonly<Partial<Record<DropReason, number>>> {
    return Object.fromEntries(this.#counts)
  }
}

import type { AlarmEvent } from '../model.ts'

export type JournalFailure =
  /** The disk or SQLite refused; the journal goes on trying by itself. */
  | 'disk'
  /** More waits for the disk than memory may hold. */
  | 'overloaded'
  /** A reading or a query that no journal can take. */
  | 'invalid'
  /** Another gateway works on this directory. */
  | 'locked'
  /** The files were written by a newer Outpost. */
  | 'newer'
  /** Not started, or stopped. */
  | 'stopped'

export class JournalError extends Error {
  readonly failure: JournalFailure
  /**
   * Alarm events of the refused outcome. They have their numbers, are seen by all, and stay queued until they are on
   * disk; only the promise of being on disk could not be kept yet.
   */
  readonly events: readonly AlarmEvent[]
  constructor(failure: JournalFailure, message: string, options: { events?: readonly AlarmEvent[] } = {}) {
    super(message)
    this.name = 'JournalError'
    this.failure = failure
    this.events = options.events ?? []
  }
}

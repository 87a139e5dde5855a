import type { AlarmEvent } from '../alarm-model.ts'

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

/** SQLite and the file system name neither the place nor the remedy when the files of a journal cannot be opened. */
export function openingError(directory: string, error: unknown): unknown {
  if (error instanceof JournalError && error.failure !== 'disk') return error
  const message = error instanceof Error ? error.message : String(error)
  const remedy = /\bfull\b|no space/i.test(message)
    ? 'delete what is not needed on this disk, but nothing in this directory, or use a larger one'
    : 'check that it can be written by the user of the gateway and that its disk is sound, or name another directory'
  return new JournalError('disk', `the data directory ${directory} cannot be used: ${message}; ${remedy}`)
}

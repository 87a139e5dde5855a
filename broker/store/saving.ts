/** The way of the store to the disk. */
import type { NoteChange } from './store-change.ts'

export interface Saving {
  /** Brings the change to disk soon. */
  readonly note: NoteChange
  /** Resolves when everything noted so far is on disk. */
  saved(): Promise<void>
}

export const done = Promise.resolve()

/** What the broker keeps ends with its process. */
export const MEMORY_ONLY: Saving = { note: () => {}, saved: () => done }

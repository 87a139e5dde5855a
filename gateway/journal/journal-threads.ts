/** The two worker threads of the journal: opened together, ended together. */
import type { Clock } from '../model.ts'
import type { SetAside } from './database.ts'
import { openingError } from './journal-error.ts'
import { WorkerLink } from './worker-calls.ts'
import type { HistoryCalls, OpenedWriter, WriterCalls } from './worker-messages.ts'

/** A thread that hangs in the file system is given up after so long, ms. */
const END_WITHIN = 1000

export interface ThreadOptions {
  readonly directory: string
  readonly maxReadings: number
  readonly maxAlarmEvents: number
  readonly historyDays: number
  readonly maxReadingPages: number | null
  readonly clock: Clock
  /** Told when a thread ended by itself. */
  readonly onEnd: (reason: string) => void
}

export interface OpenedThreads {
  readonly opened: OpenedWriter
  readonly historyPassed: number
  readonly setAside: readonly SetAside[]
}

/** Runs from its construction on, so that a start can read its configuration while the threads load what they need. */
export class JournalThreads {
  readonly writer = new WorkerLink<WriterCalls>(new URL('./writer-worker.ts', import.meta.url), {
    name: 'journal-writer',
  })
  readonly history = new WorkerLink<HistoryCalls>(new URL('./history-worker.ts', import.meta.url), {
    name: 'journal-history',
  })
  #ending = false

  /** Opens all files; on failure both threads are ended and the error says why. */
  async open(options: ThreadOptions): Promise<OpenedThreads> {
    const { directory, maxReadings, maxAlarmEvents, historyDays, maxReadingPages, clock } = options
    for (const thread of [this.writer, this.history]) {
      void thread.exited.then((reason) => {
        if (!this.#ending) options.onEnd(reason)
      })
    }
    const { wall, mono } = clock.now()
    try {
      // The writer first: it takes the lock of the directory, and makes the files that the history thread reads.
      const opened = await this.writer.call('open', { directory, maxReadings, maxAlarmEvents, maxReadingPages, wall })
      const maxUnwritten = Math.ceil(maxReadings / 4)
      const history = await this.history.call('open', { directory, historyDays, maxUnwritten, wall, mono })
      const setAside = [...opened.setAside, ...history.setAside]
      return { opened, historyPassed: history.passed, setAside }
    } catch (error) {
      await this.end()
      throw openingError(directory, error)
    }
  }

  /** Writes what the history has in memory and closes all files. */
  async close(): Promise<void> {
    // The history may fail to write; the journal still has what it could not.
    await this.history.call('close', null).catch(() => null)
    await this.writer.call('close', null)
  }

  async end(): Promise<void> {
    this.#ending = true
    const ended = Promise.all([this.writer.end(), this.history.end()])
    if (await withinTime(END_WITHIN, ended)) return
    this.writer.abandon()
    this.history.abandon()
  }
}

/** False when `work` has not ended, well or badly, after `ms` of real time. */
export async function withinTime(ms: number, work: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => late.resolve(false), ms)
  const done = work.then(
    () => true,
    () => true,
  )
  try {
    return await Promise.race([done, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

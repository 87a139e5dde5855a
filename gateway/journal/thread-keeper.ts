/** Keeps the two threads running: starts them, asks them every second how they are, starts them again if they end. */
import type { Clock, Log } from '../model.ts'
import type { SetAside } from './database.ts'
import { JournalError } from './journal-error.ts'
import { JournalThreads, type OpenedThreads, type ThreadOptions } from './journal-threads.ts'
import type { HistoryState, WriterState } from './worker-messages.ts'

export interface KeeperOptions extends Omit<ThreadOptions, 'onEnd'> {
  readonly clock: Clock
  readonly log: Log
  /** Told what the files hold, at the start and whenever the threads were started again. */
  readonly onOpened: (opened: OpenedThreads) => void
}

export class ThreadKeeper {
  readonly #options: KeeperOptions
  readonly #asking = new Set<string>()
  #threads: JournalThreads | null = null
  #restarting = false
  #ended = false
  #historyPassed: number | null = null
  writerState: WriterState | null = null
  historyState: HistoryState | null = null
  /** Since the start, restarts of the threads included. */
  readonly setAside: SetAside[] = []
  /** Why the threads are gone; null while they run. */
  failure: string | null = null

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  get started(): boolean {
    return this.#threads !== null
  }

  /** Throws a `JournalError` 'stopped' when there are none. */
  get threads(): JournalThreads {
    if (this.#threads === null) throw new JournalError('stopped', 'the journal is not started')
    return this.#threads
  }

  async start(threads = new JournalThreads()): Promise<OpenedThreads> {
    const onEnd = (reason: string): void => {
      this.failure ??= reason
    }
    const opened = await threads.open({ ...this.#options, onEnd })
    for (const file of opened.setAside) {
      this.setAside.push(file)
      this.#options.log.error({ ...file }, 'a damaged journal file was set aside; a fresh one is used')
    }
    if (this.#ended) {
      await threads.end()
      throw new JournalError('stopped', 'the journal was stopped while it started')
    }
    this.#threads = threads
    this.#historyPassed = opened.historyPassed
    this.#options.onOpened(opened)
    this.writerState = await threads.writer.call('tick', { historyPassed: opened.historyPassed })
    return opened
  }

  tick(): void {
    if (this.failure !== null) void this.#restart(this.failure)
    const now = this.#options.clock.now()
    this.#ask('history', async (threads) => {
      this.historyState = await threads.history.call('tick', now)
      this.#historyPassed = this.historyState.passed
    })
    this.#ask('writer', async (threads) => {
      this.writerState = await threads.writer.call('tick', { historyPassed: this.#historyPassed })
    })
  }

  /** Idempotent; a thread that hangs is left behind after a second. */
  async end(): Promise<void> {
    this.#ended = true
    await this.#threads?.end()
  }

  /** One question at a time to each thread, so that a slow one is not flooded. */
  #ask(thread: string, question: (threads: JournalThreads) => Promise<void>): void {
    const threads = this.#threads
    if (threads === null || this.#asking.has(thread)) return
    this.#asking.add(thread)
    const { log } = this.#options
    question(threads)
      // The next commit meets the same trouble, and tells of it.
      .catch((error: unknown) => log.debug({ error: String(error), thread }, 'the state of the journal is not known'))
      .finally(() => this.#asking.delete(thread))
  }

  async #restart(reason: string): Promise<void> {
    if (this.#restarting || this.#ended) return
    this.#restarting = true
    this.#options.log.error({ reason }, 'a thread of the journal ended; both are started again')
    try {
      await this.#threads?.end()
      await this.start()
      this.failure = null
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error)
    } finally {
      this.#restarting = false
    }
  }
}

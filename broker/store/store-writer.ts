/**
 * Brings changes to the file in groups, one at a time: everything of one turn of the event loop, and everything that
 * comes while a group is under way, shares a commit. Changes that nobody waits for linger a moment for company.
 *
 * What is in memory is the truth. After any failure (a full disk, a damaged file, a thread that ended) single changes
 * no longer tell what the file holds, so it is written anew as a whole, again and again until that succeeds.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../log.ts'
import { done, type Saving } from './saving.ts'
import type { StoreChange } from './store-change.ts'
import type { SetAside, StoreFileOptions } from './store-file.ts'
import { StoreThread } from './store-thread-link.ts'

/** Changes that nobody waits for wait so long at most, ms. */
const LINGER_MS = 50
const RETRY_MS = 1000
/** With more changes than this waiting for the disk, the whole is less. */
const MAX_PENDING = 50_000

export interface StoreWriterOptions {
  readonly path: string
  readonly maxBytes: number
  /** The changes that would make all that is kept. */
  readonly snapshot: () => Iterable<StoreChange>
  readonly log: Log
}

export interface FileStats {
  readonly path: string
  readonly bytes: number
  /** Why the file cannot be written, or null. */
  readonly failed: string | null
  /** Damaged files that were moved away since the start. */
  readonly setAside: readonly SetAside[]
}

export class StoreWriter implements Saving {
  readonly #options: StoreWriterOptions
  readonly #thread = new StoreThread()
  readonly #setAside: SetAside[] = []
  #pending: StoreChange[] = []
  /** For everyone who waits for what is pending. */
  #next: PromiseWithResolvers<void> | null = null
  /** For everyone who waits for what is under way. */
  #inFlight: PromiseWithResolvers<void> | null = null
  #immediate = false
  #timer: NodeJS.Timeout | null = null
  /** The file does not hold what single changes build on: it must be written as a whole. */
  #broken = false
  #failed: string | null = null
  #bytes = 0
  #closed = false

  constructor(options: StoreWriterOptions) {
    this.#options = options
  }

  stats(): FileStats {
    return { path: this.#options.path, bytes: this.#bytes, failed: this.#failed, setAside: [...this.#setAside] }
  }

  /** Gives what the file holds. Rejects when it is of a newer version, in use, or cannot be opened. */
  async open(): Promise<readonly StoreChange[]> {
    try {
      const { held, setAside, bytes } = await this.#thread.ask({ type: 'open', file: this.#file() })
      this.#noteFile(setAside, bytes)
      return held
    } catch (error) {
      await this.#thread.end()
      throw error
    }
  }

  readonly note = (change: StoreChange): void => {
    if (this.#closed) return
    if (this.#pending.length >= MAX_PENDING) this.#break()
    if (!this.#broken) this.#pending.push(change)
    this.#linger(LINGER_MS)
  }

  saved(): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the broker is stopping'))
    if (this.#pending.length === 0 && !this.#broken) return this.#inFlight?.promise ?? done
    this.#next ??= unwatched()
    if (this.#failed === null) this.#soon()
    return this.#next.promise
  }

  /** Writes what waits and takes nothing more; gives a disk that hangs up after `ms`. */
  async close(ms: number): Promise<void> {
    if (this.#closed) return
    const last = this.saved()
    this.#closed = true
    await within(ms, last)
    clearTimeout(this.#timer ?? undefined)
    await within(ms, this.#thread.ask({ type: 'close' }))
    if (!(await within(ms, this.#thread.end()))) this.#thread.abandon()
  }

  #file(): StoreFileOptions {
    const { path, maxBytes } = this.#options
    return { path, maxBytes, wall: Date.now() }
  }

  #break(): void {
    this.#broken = true
    this.#pending = []
  }

  /** After the sockets of this turn were read: all that they brought shares the group. */
  #soon(): void {
    if (this.#immediate || this.#inFlight !== null) return
    this.#immediate = true
    setImmediate(() => {
      this.#immediate = false
      this.#dispatch()
    })
  }

  #linger(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.#dispatch()
    }, ms)
  }

  #dispatch(): void {
    if (this.#inFlight !== null) return
    const waiting = this.#next ?? unwatched()
    this.#next = null
    this.#inFlight = waiting
    this.#write().then(
      ({ setAside, bytes }) => this.#settle(waiting, { setAside, bytes }),
      (error: Error) => this.#fail(waiting, error),
    )
  }

  #write(): ReturnType<StoreThread['ask']> {
    const changes = this.#broken ? [...this.#options.snapshot()] : this.#pending
    const whole = this.#broken
    this.#broken = false
    this.#pending = []
    return this.#thread.ask(whole ? { type: 'replace', file: this.#file(), changes } : { type: 'write', changes })
  }

  #settle(
    waiting: PromiseWithResolvers<void>,
    file: { readonly setAside: SetAside | null; readonly bytes: number },
  ): void {
    this.#inFlight = null
    this.#noteFile(file.setAside, file.bytes)
    if (this.#failed !== null) this.#options.log.info({ file: this.#options.path }, 'the broker store writes again')
    this.#failed = null
    waiting.resolve()
    if (this.#next !== null) this.#soon()
    else if (this.#pending.length > 0 || this.#broken) this.#linger(LINGER_MS)
  }

  #fail(waiting: PromiseWithResolvers<void>, error: Error): void {
    this.#inFlight = null
    this.#break()
    if (this.#failed === null) {
      const facts = { file: this.#options.path, reason: error.message }
      this.#options.log.error(facts, 'the broker store cannot write: what it should keep is not acknowledged')
    }
    this.#failed = error.message
    waiting.reject(error)
    clearTimeout(this.#timer ?? undefined)
    this.#timer = null
    this.#linger(RETRY_MS)
  }

  #noteFile(setAside: SetAside | null, bytes: number): void {
    this.#bytes = bytes
    if (setAside === null) return
    this.#setAside.push(setAside)
    this.#options.log.error({ ...setAside }, 'a damaged file of the broker was set aside; a new one is used')
  }
}

/** A promise whose rejection may go unheard. */
function unwatched(): PromiseWithResolvers<void> {
  const waiting = Promise.withResolvers<void>()
  waiting.promise.catch(() => {})
  return waiting
}

/** False when `work` has not ended, well or badly, after `ms`. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController()
  const ended = work.then(
    () => true,
    () => true,
  )
  const late = delay(ms, false, { signal: timer.signal }).catch(() => false)
  const inTime = await Promise.race([ended, late])
  timer.abort()
  return inTime
}

/** Counts why clients were refused or cut off, and logs each reason once per address instead of once per attempt. */
import type { Log } from './log.ts'
import type { RefusalReason } from './refusal.ts'

/** An address that had no such trouble for so long is news when it has it again. */
const QUIET_MS = 10 * 60_000
/** Trouble that never ends is said again so often, with its number: behind one address may stand many devices. */
const REMIND_MS = 60 * 60_000
const MAX_REMEMBERED = 1000

export interface Trouble {
  readonly address: string
  /** Null before CONNECT. */
  readonly clientId: string | null
  /** Absent before the client is let in, and for anonymous ones. */
  readonly username?: string
  readonly reason: RefusalReason
  readonly detail: string
}

interface Remembered {
  readonly lastAt: number
  readonly reportedAt: number
  readonly unreported: number
}

export class ClientTroubles {
  readonly #log: Log
  readonly #counts = new Map<RefusalReason, number>()
  /** By address and reason, in order of the last trouble, so that the first entry is the oldest. */
  readonly #last = new Map<string, Remembered>()

  constructor(log: Log) {
    this.#log = log
  }

  counts(): Readonly<Partial<Record<RefusalReason, number>>> {
    return Object.fromEntries(this.#counts)
  }

  /** `now` is monotonic, in milliseconds. */
  record(trouble: Trouble, now: number): void {
    this.#counts.set(trouble.reason, (this.#counts.get(trouble.reason) ?? 0) + 1)
    const key = `${trouble.reason} ${trouble.address}`
    const before = this.#last.get(key)
    if (before !== undefined && now - before.lastAt <= QUIET_MS && now - before.reportedAt <= REMIND_MS) {
      this.#remember(key, { lastAt: now, reportedAt: before.reportedAt, unreported: before.unreported + 1 })
      return
    }
    this.#remember(key, { lastAt: now, reportedAt: now, unreported: 0 })
    const what = trouble.reason === 'rate' ? 'MQTT client slowed down' : 'MQTT client refused or cut off'
    this.#log.warn({ ...trouble, unreportedBefore: before?.unreported ?? 0 }, what)
  }

  #remember(key: string, entry: Remembered): void {
    this.#last.delete(key)
    this.#last.set(key, entry)
    if (this.#last.size <= MAX_REMEMBERED) return
    const oldest = this.#last.keys().next()
    if (!oldest.done) this.#last.delete(oldest.value)
  }
}

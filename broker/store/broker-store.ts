/** What the broker keeps for its clients, and where: in memory only, or in a file beside. */
import type { Log } from '../log.ts'
import type { StateStats } from './kept-state.ts'
import { MEMORY_ONLY } from './saving.ts'
import { SessionStore } from './session-store.ts'
import type { StoreClock } from './store-clock.ts'
import { maxFileBytes, type StoreLimits } from './store-limits.ts'
import { type FileStats, StoreWriter } from './store-writer.ts'
import type { ClientRef } from './stored-packet.ts'

export type Persistence =
  /** Ends with the process. */
  | { readonly type: 'memory' }
  /** One file, of which only this broker knows. */
  | { readonly type: 'file'; readonly path: string }

export interface StoreStats extends StateStats {
  /** Null where there is none. */
  readonly file: FileStats | null
}

const EXPIRE_EVERY_MS = 60_000

export class BrokerStore {
  readonly sessions: SessionStore
  readonly #writer: StoreWriter | null
  #expiring: NodeJS.Timeout | null = null

  constructor(options: {
    readonly persistence: Persistence
    readonly limits: StoreLimits
    readonly log: Log
    readonly clock?: StoreClock
    /** False for a subscription that was refused. */
    readonly isGranted: (client: ClientRef, filter: string) => boolean
    /** PUBACK or PUBCOMP came. */
    readonly onAcknowledged: (client: ClientRef, messageId: number) => void
  }) {
    const { persistence, limits, log, isGranted, onAcknowledged } = options
    const snapshot = () => this.sessions.snapshot()
    const maxBytes = maxFileBytes(limits)
    this.#writer =
      persistence.type === 'file' ? new StoreWriter({ path: persistence.path, maxBytes, snapshot, log }) : null
    const clock = options.clock === undefined ? {} : { clock: options.clock }
    const saving = this.#writer ?? MEMORY_ONLY
    this.sessions = new SessionStore({ limits, saving, isGranted, onAcknowledged, ...clock })
  }

  /** Rejects when the file is of a newer version, in use, or cannot be opened. */
  async start(): Promise<void> {
    if (this.#writer !== null) this.sessions.restore(await this.#writer.open())
    this.#expiring = setInterval(() => this.sessions.expire(), EXPIRE_EVERY_MS)
    this.#expiring.unref()
  }

  /** What changes from now on is not kept. Takes at most three times `ms`. */
  async stop(ms: number): Promise<void> {
    clearInterval(this.#expiring ?? undefined)
    await this.#writer?.close(ms)
  }

  stats(): StoreStats {
    return { ...this.sessions.stats(), file: this.#writer?.stats() ?? null }
  }
}

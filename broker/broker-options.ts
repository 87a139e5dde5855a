/** What a broker is made from. */
import type { Authentication } from './access.ts'
import type { Ingest } from './ingest-gate.ts'
import type { BrokerLimits } from './limits.ts'
import type { ListenerOptions } from './listener-options.ts'
import type { Log } from './log.ts'
import type { Persistence } from './store/broker-store.ts'

export interface BrokerOptions {
  /** Port 0 takes a free one; `addresses()` tells which. */
  readonly listeners: readonly ListenerOptions[]
  readonly authentication: Authentication
  readonly limits?: Partial<BrokerLimits>
  /** Where sessions, queued and retained messages and wills are kept; in memory if absent. */
  readonly persistence?: Persistence
  /** How often the topics under $SYS are renewed; 10 s if absent. */
  readonly systemIntervalMs?: number
  /** Called for every message and every will; the acknowledgement waits for the promise. */
  readonly ingest: Ingest
  /** Called for a message above QoS 0 that `ingest` has had, and whose client is gone before it could be told. */
  readonly unheard?: (message: { readonly connection: object; readonly messageId: number }) => void
  readonly log: Log
}

import type { ConnectionOptions } from './connection.ts'
import type { Framing } from './framing.ts'

/** What a station listens with: a TCP port, or a serial line. */
export interface Listener {
  /** Rejects when the port or the serial line cannot be had, and says which. Idempotent. */
  start(): Promise<void>
  /** Idempotent; resolves when everything is closed. */
  stop(): Promise<void>
  /** Drops every master and goes on listening. */
  dropConnections(): void
  /** Of TCP, once it has listened. */
  readonly port: number | null
  /** Open now. */
  readonly connections: number
  /** So far; of a serial line, how often it was opened. */
  readonly accepted: number
}

export interface ListenerOptions {
  readonly createFraming: () => Framing
  readonly respond: ConnectionOptions['respond']
  readonly onBroken: (reason: string) => void
}

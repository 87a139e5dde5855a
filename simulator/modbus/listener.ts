import type { Duplex } from 'node:stream'

/** What a station listens with: a TCP port, or a serial line. */
export interface Listener {
  /** Rejects when the port or the serial line cannot be had, and says which. Idempotent. */
  start(): Promise<void>
  /** Idempotent; resolves when everything is closed. */
  stop(): Promise<void>
  /** Drops every master and goes on listening. */
  dropConnections(): void
  /** Nothing is read or sent while it is frozen, on new connections either. */
  setFrozen(isFrozen: boolean): void
  /** Serves the connections of this moment no more, and leaves them open. */
  abandonConnections(): void
  /** Of TCP, once it has listened. */
  readonly port: number | null
  /** Open now. */
  readonly connections: number
  /** So far; of a serial line, how often it was opened. */
  readonly accepted: number
  /** Connections that were one too many, so far; a refused one never comes here. */
  readonly turnedAway: number
}

export interface ListenerOptions {
  /** A master that has come; `hangUp` ends its stream, which does nothing on a serial line. */
  readonly connect: (stream: Duplex, hangUp: () => void) => StationConnection
}

/** One master on one stream. */
export interface StationConnection {
  start(): void
  /** Nothing goes out any more; the stream itself is its owner's to end. */
  close(): void
  /** Nothing is read or sent while it is frozen. */
  setFrozen(isFrozen: boolean): void
}

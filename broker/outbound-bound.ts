/**
 * Bounds what waits for clients that do not read as fast as messages come for them, each and all together.
 *
 * A connection is looked at only while its buffer is full; what a buffer holds before that is a few KiB.
 */
import type { Duplex } from 'node:stream'
import { Refusal } from './refusal.ts'

export interface OutboundStats {
  /** Connections whose buffer is full now. */
  readonly slowSubscribers: number
  /** Bytes that wait for them, with what Node needs to keep them. */
  readonly waitingBytes: number
}

interface Waiting {
  bytes: number
  readonly release: () => void
}

export class OutboundBound {
  readonly #limits: { readonly perClient: number; readonly inAll: number; readonly timeoutMs: number }
  readonly #waiting = new Map<Duplex, Waiting>()
  #bytes = 0

  /** `timeoutMs`: how long a connection may be full before it is cut off. */
  constructor(limits: { readonly perClient: number; readonly inAll: number; readonly timeoutMs: number }) {
    this.#limits = limits
  }

  stats(): OutboundStats {
    return { slowSubscribers: this.#waiting.size, waitingBytes: this.#bytes }
  }

  /** False where the connection has no room for so many bytes more. */
  admit(conn: Duplex, bytes: number): boolean {
    const waiting = this.#waiting.get(conn) ?? this.#watch(conn)
    const { perClient, inAll } = this.#limits
    if (waiting.bytes + bytes > perClient || this.#bytes + bytes > inAll) return false
    waiting.bytes += bytes
    this.#bytes += bytes
    return true
  }

  /** What waited has found another place. */
  release(conn: Duplex): void {
    this.#waiting.get(conn)?.release()
  }

  #watch(conn: Duplex): Waiting {
    const timer = setTimeout(() => {
      const seconds = this.#limits.timeoutMs / 1000
      conn.destroy(new Refusal('slow-subscriber', `the client left its connection full for ${seconds} s`))
    }, this.#limits.timeoutMs)
    timer.unref()
    const release = (): void => {
      clearTimeout(timer)
      conn.off('drain', release)
      conn.off('close', release)
      if (this.#waiting.delete(conn)) this.#bytes -= waiting.bytes
    }
    const waiting: Waiting = { bytes: 0, release }
    conn.on('drain', release)
    conn.on('close', release)
    this.#waiting.set(conn, waiting)
    return waiting
  }
}

/** One connection of a line, for as long as it lasts. */
import type { Clock } from '../../model.ts'
import { type Connection, endpointText, type OpenTransport, type TransportOptions } from './transport.ts'

export interface Link {
  readonly connection: Connection
  /** Aborted when the connection is no more. */
  readonly signal: AbortSignal
  /** Ends it; the first cause counts. */
  readonly end: (cause: string) => void
}

export interface LinkOptions {
  readonly transport: TransportOptions
  readonly open: OpenTransport
  readonly clock: Clock
  /** Ends the wait for the connection. */
  readonly signal: AbortSignal
  /** Longest wait for the connection. */
  readonly timeoutMs: number
  /** Returns why the stream cannot be followed any more, or null. Not called after the end. */
  readonly received: (bytes: Uint8Array) => string | null
  /** Called once, when it ends by itself or by `end`. */
  readonly ended: (cause: string) => void
}

/** Throws an error whose message says what to check. */
export async function openLink({ transport, open, clock, signal, timeoutMs, ...calls }: LinkOptions): Promise<Link> {
  const over = new AbortController()
  let connection: Connection | null = null
  const end = (cause: string): void => {
    if (over.signal.aborted) return
    over.abort()
    calls.ended(cause)
    connection?.close()
  }
  connection = await open(transport, {
    ...{ clock, signal, timeoutMs },
    onData: (bytes) => {
      if (over.signal.aborted) return
      const broken = calls.received(bytes)
      if (broken !== null) end(broken)
    },
  })
  // What ended while it opened is closed all the same.
  if (over.signal.aborted) connection.close()
  void connection.closed.then((cause) => end(`${endpointText(transport)}: ${cause}`))
  return { connection, signal: over.signal, end }
}

/** When a line has a connection: opens it, opens it again when it is lost, and lets go of it where that is wanted. */
import type { Clock } from '../../model.ts'
import { atMost } from './at-most.ts'
import { Backoff } from './backoff.ts'
import type { Exchange } from './exchange.ts'
import type { LineState } from './line-state.ts'
import { type Link, openLink } from './link.ts'
import type { LineTiming } from './timing.ts'
import type { OpenTransport, TransportOptions } from './transport.ts'

/**
 * `release-between-polls`: closed when nothing is to be asked, so that other masters may use the device, and opened again
 * for the next request.
 */
export type ConnectionUse = 'keep' | 'release-between-polls'

export interface LinkKeeperOptions {
  readonly transport: TransportOptions
  readonly timing: LineTiming
  readonly use: ConnectionUse
  readonly open: OpenTransport
  readonly clock: Clock
  readonly state: LineState
  readonly exchange: Exchange
  /** Uses the connection until it has ended. */
  serve(link: Link): Promise<void>
  /** Resolves when there is something to send, or after `stop`. */
  untilAsked(): Promise<void>
  /** The line is down, or the connection has ended. */
  changed(): void
}

export const CLOSE_WITHIN_MS = 2_000
const RELEASED = 'released until the next request'
const STOPPED = 'the line was stopped'

export class LinkKeeper {
  readonly #options: LinkKeeperOptions
  readonly #backoff: Backoff
  readonly #stopping = new AbortController()
  #running: Promise<void> = Promise.resolve()
  /** The connection has brought a reply. */
  #worked = false
  #connects = 0

  constructor(options: LinkKeeperOptions) {
    const { reconnectDelayMs, maxReconnectDelayMs } = options.timing
    this.#options = options
    this.#backoff = new Backoff({ firstMs: reconnectDelayMs, maxMs: maxReconnectDelayMs })
  }

  get connects(): number {
    return this.#connects
  }

  get isStopped(): boolean {
    return this.#stopping.signal.aborted
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#options.changed()
    await atMost(CLOSE_WITHIN_MS, this.#running, this.#options.clock)
  }

  works(): void {
    this.#worked = true
    this.#backoff.reset()
  }

  /** The next request opens it again. */
  release(link: Link): void {
    link.end(RELEASED)
  }

  async #run(): Promise<void> {
    const { state, exchange, clock, use } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      state.tries()
      if (use === 'release-between-polls') await this.#options.untilAsked()
      if (!signal.aborted) await this.#connectAndServe()
      // Wait first and connect afterwards: a reply that is still under way must not find the new connection.
      const wait = Math.max(state.now === 'down' ? this.#backoff.next() : 0, exchange.silentForMs)
      if (wait > 0) await clock.sleep(wait, signal).catch(() => {})
    }
    state.stopped(STOPPED)
    this.#options.changed()
  }

  async #connectAndServe(): Promise<void> {
    const { state, exchange, clock } = this.#options
    const wasReleased = state.now === 'released'
    let link: Link
    try {
      link = await this.#open()
    } catch (error) {
      this.#down((error as Error).message)
      return
    }
    const stop = (): void => link.end(STOPPED)
    this.#stopping.signal.addEventListener('abort', stop)
    if (this.#stopping.signal.aborted) stop()
    this.#connects++
    // From now on: what came before the stream was open is read only now.
    if (wasReleased || this.#connects === 1) exchange.beginUnknown()
    if (!link.signal.aborted) state.connected()
    await this.#options.serve(link)
    this.#stopping.signal.removeEventListener('abort', stop)
    // A serial port is locked until it is really closed, and a device counts a connection until then.
    await atMost(CLOSE_WITHIN_MS, link.connection.closed, clock)
  }

  #open(): Promise<Link> {
    const { transport, open, clock, timing, exchange } = this.#options
    this.#worked = false
    return openLink({
      ...{ transport, open, clock, signal: this.#stopping.signal, timeoutMs: timing.connectTimeoutMs },
      received: (bytes) => exchange.received(bytes),
      ended: (cause) => this.#ended(cause),
    })
  }

  #ended(cause: string): void {
    const { state, exchange } = this.#options
    if (cause === RELEASED) state.released()
    else if (this.#worked && !this.isStopped) state.lost(cause)
    else this.#down(cause)
    exchange.disconnected(cause)
    this.#options.changed()
  }

  #down(cause: string): void {
    const { state, changed } = this.#options
    if (this.isStopped) state.stopped(cause)
    else state.down(cause)
    changed()
  }
}

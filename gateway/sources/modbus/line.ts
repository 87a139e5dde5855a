/**
 * One physical line: one connection, one queue, one request in flight.
 *
 * Units on a line share its wire, so requests of different units must never overlap. Connecting and waiting are handled
 * here; what to ask, and how often, is the poller's business.
 */
import type { Clock, Log } from '../../model.ts'
import { Backoff } from './backoff.ts'
import { Exchange, type ExchangeCounters, type RequestResult, type UnitRequest } from './exchange.ts'
import { openTransport } from './open-transport.ts'
import { type RequestOptions, type RequestPriority, RequestQueue } from './request-queue.ts'
import type { LineTiming } from './timing.ts'
import { type Connection, endpointText, type TransportOptions } from './transport.ts'

export interface LineOptions {
  readonly id: string
  readonly transport: TransportOptions
  readonly timing: LineTiming
}

interface Pending extends UnitRequest {
  readonly priority: RequestPriority
  readonly silenceExpected: boolean
  readonly resolve: (result: RequestResult) => void
}

/** One connection for as long as it lasts. */
interface Link {
  readonly connection: Connection
  /** Ends it; the first cause counts. */
  readonly end: (cause: string) => void
  /** Aborted when the connection is no more. */
  readonly signal: AbortSignal
}

/** A request that cannot be sent because bytes never stop coming is given up after this. */
const MAX_WAIT_FOR_SILENCE_MS = 60_000
const CLOSE_WITHIN_MS = 2_000
const MAX_TIMEOUTS_TO_RECONNECT = 64

export class Line {
  readonly #options: LineOptions
  readonly #clock: Clock
  readonly #log: Log
  readonly #exchange: Exchange
  readonly #backoff: Backoff
  readonly #stopping = new AbortController()
  readonly #queue = new RequestQueue<Pending>()
  #running: Promise<void> = Promise.resolve()
  #wake: () => void = () => {}
  /** `down`: the next try has its time; requests fail at once instead of waiting for it. */
  #state: 'connecting' | 'connected' | 'down' = 'connecting'
  #since: number
  #error: string | null = null
  #connects = 0
  #timeoutsInRow = 0
  #timeoutsToReconnect: number
  #freeAt = 0

  constructor(options: LineOptions, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    const { transport, timing } = options
    this.#options = options
    this.#clock = clock
    this.#log = log
    this.#since = clock.now().wall
    this.#exchange = new Exchange({ ...timing, transport, clock })
    this.#backoff = new Backoff({ firstMs: timing.reconnectDelayMs, maxMs: timing.maxReconnectDelayMs })
    this.#timeoutsToReconnect = timing.reconnectAfterTimeouts
  }

  get connected(): boolean {
    return this.#state === 'connected'
  }

  /** Wall time at which `connected` last changed. */
  get since(): number {
    return this.#since
  }

  /** What is wrong with the line; null from the first reply on. */
  get error(): string | null {
    return this.#error
  }

  get counters(): Readonly<ExchangeCounters> & { readonly connects: number } {
    return { ...this.#exchange.counters, connects: this.#connects }
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Everything in flight or waiting fails at once. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#atMost(CLOSE_WITHIN_MS, this.#running)
  }

  /** Never rejects; waits for the requests of higher priority and for those before it, but not behind them for ever. */
  request(
    unitId: number,
    request: UnitRequest['request'],
    { priority = 'rest', silenceExpected = false, ...times }: RequestOptions = {},
  ): Promise<RequestResult> {
    if (this.#state === 'down' || this.#stopping.signal.aborted) return Promise.resolve(this.#notConnected())
    return new Promise((resolve) => {
      this.#queue.push({ unitId, request, ...times, priority, silenceExpected, resolve })
      this.#wake()
    })
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      this.#state = 'connecting'
      await this.#connectAndServe()
      // Wait first and connect afterwards: a reply that is still under way must not find the new connection.
      const wait = Math.max(this.#backoff.next(), this.#exchange.silentForMs)
      await this.#clock.sleep(wait, signal).catch(() => {})
    }
  }

  async #connectAndServe(): Promise<void> {
    let link: Link
    try {
      link = await this.#connect()
    } catch (error) {
      this.#goDown((error as Error).message)
      return
    }
    const stop = (): void => link.end('the line was stopped')
    this.#stopping.signal.addEventListener('abort', stop)
    if (this.#stopping.signal.aborted) stop()
    this.#connects++
    this.#timeoutsInRow = 0
    const { connectDelayMs, interRequestDelayMs } = this.#options.timing
    this.#freeAt = this.#now() + connectDelayMs - interRequestDelayMs
    if (!link.signal.aborted) this.#setState('connected')
    await this.#serve(link)
    this.#stopping.signal.removeEventListener('abort', stop)
    // A serial port is locked until it is really closed.
    await this.#atMost(CLOSE_WITHIN_MS, link.connection.closed)
  }

  async #connect(): Promise<Link> {
    const ended = new AbortController()
    let connection: Connection | null = null
    const end = (cause: string): void => {
      if (ended.signal.aborted) return
      ended.abort()
      this.#goDown(cause)
      this.#exchange.disconnected(cause)
      connection?.close()
      this.#wake()
    }
    connection = await openTransport(this.#options.transport, {
      clock: this.#clock,
      signal: this.#stopping.signal,
      timeoutMs: this.#options.timing.connectTimeoutMs,
      onData: (bytes) => {
        if (ended.signal.aborted) return
        const broken = this.#exchange.received(bytes)
        if (broken !== null) end(broken)
      },
    })
    void connection.closed.then((cause) => end(`${this.#where()}: ${cause}`))
    return { connection, end, signal: ended.signal }
  }

  async #serve(link: Link): Promise<void> {
    while (!link.signal.aborted) {
      if (this.#queue.size === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      } else if (await this.#becomesFree(link.signal)) {
        // Taken only now, so that whatever stands first when the line is free goes first.
        const next = this.#queue.take()
        if (next === undefined) continue
        const result = await this.#exchange.send(next, (bytes) => link.connection.write(bytes))
        this.#freeAt = this.#now()
        if (!(next.silenceExpected && isSilence(result))) this.#judge(result, link)
        next.resolve(result)
      }
    }
  }

  /** Waits for the pause between requests and for the silence after a lost reply. False if the line may not be used. */
  async #becomesFree(signal: AbortSignal): Promise<boolean> {
    const since = this.#now()
    for (;;) {
      const now = this.#now()
      const pause = this.#freeAt + this.#options.timing.interRequestDelayMs - now
      const wait = Math.max(pause, this.#exchange.silentForMs)
      if (wait <= 0) return true
      if (now - since > MAX_WAIT_FOR_SILENCE_MS) {
        const detail = `${this.#where()} is never silent: bytes keep coming that nobody asked for`
        this.#queue.take()?.resolve({ type: 'failure', failure: 'refused', detail })
        return false
      }
      try {
        await this.#clock.sleep(wait, signal)
      } catch {
        return false
      }
    }
  }

  #judge(result: RequestResult, { end }: Link): void {
    const { transport, timing } = this.#options
    if (result.type === 'reply') {
      this.#timeoutsInRow = 0
      this.#timeoutsToReconnect = timing.reconnectAfterTimeouts
      this.#backoff.reset()
      if (this.#error !== null) this.#log.info({ line: this.#options.id }, 'the Modbus line answers again')
      this.#error = null
      return
    }
    if (result.failure === 'cut-off') end(`${this.#where()}: ${result.detail}`)
    if (result.failure !== 'timeout') return
    this.#timeoutsInRow++
    // A serial port cannot be half-open, and opening it again can reset a device.
    if (transport.type === 'modbus-rtu' || this.#timeoutsInRow < this.#timeoutsToReconnect) return
    // Units that are simply dead must not cost a connection every few requests.
    this.#timeoutsToReconnect = Math.min(this.#timeoutsToReconnect * 2, MAX_TIMEOUTS_TO_RECONNECT)
    end(`${this.#where()} gave no reply to the last ${this.#timeoutsInRow} requests; connecting again`)
  }

  /** Whatever waits fails at once. One log line per change: further causes go to the status until the line has answered. */
  #goDown(cause: string): void {
    this.#setState('down')
    if (this.#error === null && !this.#stopping.signal.aborted) {
      this.#log.warn({ line: this.#options.id, error: cause }, 'the Modbus line is down; trying again')
    }
    this.#error = cause
    for (const pending of this.#queue.takeAll()) pending.resolve(this.#notConnected())
  }

  #notConnected(): RequestResult {
    return { type: 'failure', failure: 'not-connected', detail: this.#error ?? 'the line is not connected' }
  }

  #setState(state: 'connected' | 'down'): void {
    const was = this.connected
    this.#state = state
    if (was !== this.connected) this.#since = this.#clock.now().wall
  }

  async #atMost(ms: number, work: Promise<unknown>): Promise<void> {
    const timer = new AbortController()
    await Promise.race([work, this.#clock.sleep(ms, timer.signal).catch(() => {})])
    timer.abort()
  }

  #where(): string {
    return endpointText(this.#options.transport)
  }

  #now(): number {
    return this.#clock.now().mono
  }
}

function isSilence(result: RequestResult): boolean {
  return result.type === 'failure' && result.failure === 'timeout'
}

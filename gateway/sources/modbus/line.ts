/**
 * One connection of a line: one queue, one request in flight.
 *
 * Units on a line share its wire, so requests of different units must never overlap. What is sent, and when, is decided
 * here; whether there is a connection by its keeper; what to ask, and how often, by the pollers.
 */
import type { Clock, Log } from '../../model.ts'
import { Exchange, type RequestResult, type UnitRequest } from './exchange.ts'
import type { ExchangeCounters } from './exchange-counters.ts'
import { HalfOpenWatch } from './half-open.ts'
import { LineState } from './line-state.ts'
import type { Link } from './link.ts'
import { type ConnectionUse, LinkKeeper } from './link-keeper.ts'
import { openTransport } from './open-transport.ts'
import { type RequestOptions, type RequestPriority, RequestQueue } from './request-queue.ts'
import type { LineTiming } from './timing.ts'
import { endpointText, type OpenTransport, type TransportOptions } from './transport.ts'

export interface LineOptions {
  readonly id: string
  readonly transport: TransportOptions
  readonly timing: LineTiming
  /** `keep` if absent. */
  readonly connection?: ConnectionUse | undefined
}

export interface LineSurroundings {
  readonly clock: Clock
  readonly log: Log
  /** How a stream is opened; tests have their own way. */
  readonly open?: OpenTransport | undefined
}

export interface LineCounters extends ExchangeCounters {
  connects: number
  /** How long the line was taken by requests, the pauses and silences before them included. */
  busyMs: number
}

interface Pending extends UnitRequest {
  readonly priority: RequestPriority
  readonly silenceExpected: boolean
  readonly resolve: (result: RequestResult) => void
}

/** A request that cannot be sent because bytes never stop coming is given up after this. */
const MAX_WAIT_FOR_SILENCE_MS = 60_000
/** Longer than any pause inside a cycle or a probe: those are not worth a new connection. */
export const RELEASE_AFTER_MS = 250

export class Line {
  readonly #options: LineOptions
  readonly #clock: Clock
  readonly #state: LineState
  readonly #exchange: Exchange
  readonly #halfOpen: HalfOpenWatch
  readonly #keeper: LinkKeeper
  readonly #queue = new RequestQueue<Pending>()
  #wake: () => void = () => {}
  #freeAt = 0
  #busyMs = 0

  constructor(options: LineOptions, { clock, log, open = openTransport }: LineSurroundings) {
    const { id, transport, timing, connection: use = 'keep' } = options
    this.#options = options
    this.#clock = clock
    this.#state = new LineState({ facts: { line: id }, clock, log })
    this.#exchange = new Exchange({ ...timing, transport, clock })
    this.#halfOpen = new HalfOpenWatch(timing.reconnectAfterTimeouts)
    const parts = { transport, timing, use, open, clock, state: this.#state, exchange: this.#exchange }
    this.#keeper = new LinkKeeper({
      ...parts,
      serve: (link) => this.#serve(link),
      untilAsked: () => this.#untilAsked(),
      changed: () => this.#changed(),
    })
  }

  get connected(): boolean {
    return this.#state.isConnected
  }

  /** Wall time at which `connected` last changed. */
  get since(): number {
    return this.#state.since
  }

  /** What is wrong with the line; null from the first reply on. */
  get error(): string | null {
    return this.#state.error
  }

  get counters(): Readonly<LineCounters> {
    return { ...this.#exchange.counters, connects: this.#keeper.connects, busyMs: this.#busyMs }
  }

  /** The slowest reply lately; null before the first. */
  get slowestReplyMs(): number | null {
    return this.#exchange.slowestReplyMs
  }

  start(): void {
    this.#keeper.start()
  }

  /** Everything in flight or waiting fails at once. Idempotent and bounded in time. */
  stop(): Promise<void> {
    return this.#keeper.stop()
  }

  /** Never rejects; waits for the requests of higher priority and for those before it, but not behind them for ever. */
  request(
    unitId: number,
    request: UnitRequest['request'],
    { priority = 'rest', silenceExpected = false, ...times }: RequestOptions = {},
  ): Promise<RequestResult> {
    if (this.#isDown) return Promise.resolve(this.#notConnected())
    return new Promise((resolve) => {
      this.#queue.push({ unitId, request, ...times, priority, silenceExpected, resolve })
      this.#wake()
    })
  }

  get #isDown(): boolean {
    return this.#state.now === 'down' || this.#keeper.isStopped
  }

  /** Where there is no hope, whatever waits fails at once. */
  #changed(): void {
    if (this.#isDown) for (const pending of this.#queue.takeAll()) pending.resolve(this.#notConnected())
    this.#wake()
  }

  async #serve(link: Link): Promise<void> {
    const { connectDelayMs, interRequestDelayMs } = this.#options.timing
    this.#freeAt = this.#now() + connectDelayMs - interRequestDelayMs
    this.#halfOpen.connected()
    while (!link.signal.aborted) {
      const from = this.#now()
      if (this.#queue.size === 0) {
        await this.#untilBusy(link)
      } else if (this.#isFreeAtOnce || (await this.#becomesFree(link.signal))) {
        // Taken only now, so that whatever stands first when the line is free goes first. Where it is free at once, the
        // next request leaves before the last reply is decoded.
        const next = this.#takeNext()
        if (next === undefined) {
          await this.#atMost(this.#exchange.firstHeldForMs ?? 0)
          continue
        }
        const sentAt = this.#now()
        const result = await this.#exchange.send(next, (bytes) => link.connection.write(bytes))
        this.#freeAt = this.#now()
        this.#busyMs += this.#freeAt - from
        // A pause that was over when the request came is one all the same: no other request could have had it.
        const lineMs = Math.max(this.#freeAt - from, this.#freeAt - sentAt + interRequestDelayMs)
        if (!(next.silenceExpected && isSilence(result))) this.#judge(result, link)
        next.resolve({ ...result, lineMs })
      }
    }
  }

  /** A unit that is listened for is not polled meanwhile; a command is too urgent to wait for that. */
  #takeNext(): Pending | undefined {
    if (this.#exchange.firstHeldForMs === null) return this.#queue.take()
    return this.#queue.take(({ priority, unitId }) => priority === 'command' || this.#exchange.heldForMs(unitId) === 0)
  }

  /** Waits for a request; one that releases its connection does so where none comes. */
  async #untilBusy(link: Link): Promise<void> {
    if (this.#options.connection !== 'release-between-polls') return this.#woken()
    // A reply that stayed away may still come, and must not find whoever connects next.
    const waits = (): number => Math.max(this.#exchange.silentForMs, this.#exchange.firstHeldForMs ?? 0)
    const isWoken = await this.#atMost(Math.max(RELEASE_AFTER_MS, waits()))
    if (!isWoken && this.#queue.size === 0 && waits() === 0) this.#keeper.release(link)
  }

  /** Waits for something to do, but not longer. */
  async #atMost(ms: number): Promise<boolean> {
    const woken = new AbortController()
    const rest = this.#clock.sleep(ms, woken.signal)
    await Promise.race([rest.catch(() => {}), this.#woken().then(() => woken.abort())])
    return woken.signal.aborted
  }

  async #untilAsked(): Promise<void> {
    while (this.#queue.size === 0 && !this.#keeper.isStopped) await this.#woken()
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  /** A suspect lets the unit that was just answered ask on: it would hold up the rest of that unit's cycle for a time-out. */
  get #isFreeAtOnce(): boolean {
    return this.#waitMs <= 0 && !this.#queue.hasOnlySuspects
  }

  /** What is left of the pause between requests and of a silence. */
  get #waitMs(): number {
    return Math.max(this.#freeAt + this.#options.timing.interRequestDelayMs - this.#now(), this.#exchange.silentForMs)
  }

  /** Waits for the pause between requests and for the silence after a lost reply. False if the line may not be used. */
  async #becomesFree(signal: AbortSignal): Promise<boolean> {
    const since = this.#now()
    for (;;) {
      const wait = this.#waitMs
      if (wait <= 0) return true
      if (this.#now() - since > MAX_WAIT_FOR_SILENCE_MS) {
        const detail = `${this.#where()} is never silent: bytes keep coming that nobody asked for`
        this.#queue.take()?.resolve({ type: 'failure', failure: 'refused', detail })
        return false
      }
      try {
        await this.#clock.pause(wait, signal)
      } catch {
        return false
      }
    }
  }

  #judge(result: RequestResult, link: Link): void {
    if (result.type === 'reply') {
      this.#halfOpen.replied()
      this.#keeper.works()
      this.#state.answers()
      return
    }
    if (result.failure === 'cut-off') link.end(`${this.#where()}: ${result.detail}`)
    // A serial port cannot be half-open, and opening it again can reset a device.
    if (result.failure !== 'timeout' || this.#options.transport.type === 'modbus-rtu') return
    const timeouts = this.#halfOpen.timedOut()
    if (timeouts !== null) {
      link.end(`${this.#where()} gave no reply to the last ${timeouts} requests; connecting again`)
    }
  }

  #notConnected(): RequestResult {
    return { type: 'failure', failure: 'not-connected', detail: this.error ?? 'the line is not connected' }
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

import type { ServerResponse } from 'node:http'
import type { Clock, Log, Reading } from '../model.ts'
import { ApiError } from './errors.ts'
import { alarmFrame, EventStream, namedFrame, readingsFrame } from './event-stream.ts'
import type { GatewayView, News } from './gateway-view.ts'

/** How often collected readings and heartbeats go out. */
const TICK_MS = 1000
export const HEARTBEAT_MS = 15_000
/** A client that takes nothing for so long is dropped; it resumes from its last number when it is back. */
export const STALL_MS = 20_000

export interface StreamRequest {
  /** Number of the last alarm event the client has, or null to begin with the next one. */
  readonly after: number | null
  /** Null: a comment every 15 s. */
  readonly heartbeatMs: number | null
  readonly allowed: () => boolean
}

/** Brings alarm events and readings to every open stream. */
export class EventStreams {
  readonly #view: GatewayView
  readonly #clock: Clock
  readonly #log: Log
  readonly #maxStreams: number
  readonly #streams = new Set<EventStream>()
  /** The latest reading of each point since the last tick. */
  #readings = new Map<string, Reading>()
  #endings: (() => void)[] = []
  #dropped = 0

  constructor(options: {
    readonly view: GatewayView
    readonly clock: Clock
    readonly log: Log
    readonly maxStreams: number
  }) {
    this.#view = options.view
    this.#clock = options.clock
    this.#log = options.log
    this.#maxStreams = options.maxStreams
  }

  get open(): number {
    return this.#streams.size
  }

  /** Clients that did not read, since the start. */
  get dropped(): number {
    return this.#dropped
  }

  start(): void {
    this.#endings = [this.#view.subscribe((news) => this.#offer(news)), this.#clock.every(TICK_MS, () => this.#tick())]
  }

  stop(): void {
    for (const end of this.#endings.splice(0)) end()
    for (const stream of this.#streams) stream.end()
    this.#streams.clear()
  }

  /** Throws 503 when there are as many streams as there may be. */
  claimPlace(): void {
    if (this.#streams.size < this.#maxStreams) return
    throw new ApiError(503, 'too-many-streams', {
      message: `${this.#maxStreams} event streams are open already; close one or try again later`,
      retryAfterSeconds: 5,
    })
  }

  /** Takes over a response whose head has been written. */
  add(response: ServerResponse, request: StreamRequest): void {
    const newest = this.#view.lastSeq()
    const stream = new EventStream({
      response,
      view: this.#view,
      clock: this.#clock,
      // A number beyond ours is of another journal: the client sees that in the greeting and starts afresh.
      after: Math.min(request.after ?? newest, newest),
      heartbeatMs: request.heartbeatMs ?? HEARTBEAT_MS,
      heartbeatAs: request.heartbeatMs === null ? 'comment' : 'event',
      allowed: request.allowed,
      onFailure: (err) => this.#log.error({ err }, 'an event stream could not read the alarm journal and was ended'),
    })
    this.#streams.add(stream)
    response.once('close', () => this.#streams.delete(stream))
    const { gateway, startedAt } = this.#view.info()
    const now = this.#clock.now().wall
    stream.begin(namedFrame('hello', { gateway, startedAt, lastSeq: newest, now }), newest)
  }

  #offer(news: News): void {
    if (this.#streams.size === 0) return
    for (const reading of news.readings) {
      // A reading delivered late says nothing about now.
      if (reading.replayed !== true) this.#readings.set(reading.point, reading)
    }
    if (news.modes !== undefined) {
      const frame = namedFrame('modes', { modes: news.modes })
      for (const stream of this.#streams) stream.offerNotice('modes', frame)
    }
    if (news.ordered !== undefined) {
      const frame = namedFrame('ordered', { alarm: news.ordered })
      for (const stream of this.#streams) stream.offerNotice(news.ordered.id, frame)
    }
    if (news.dispatch !== undefined) {
      const frame = namedFrame('dispatch', { events: news.dispatch })
      for (const stream of this.#streams) stream.offerDispatch(frame)
    }
    if (news.events.length === 0) return
    const frames = news.events.map(alarmFrame)
    for (const stream of this.#streams) stream.offerEvents(news.events, frames)
  }

  #tick(): void {
    const now = this.#clock.now()
    const readings = this.#readings
    this.#readings = new Map()
    const frame = readings.size === 0 ? null : readingsFrame(readings.values())
    for (const stream of this.#streams) {
      if (this.#ended(stream, now.mono)) continue
      if (frame !== null) stream.offerReadings(readings, frame)
      stream.beat(now)
    }
  }

  #ended(stream: EventStream, mono: number): boolean {
    if (!stream.allowed) {
      stream.end()
      return true
    }
    if (stream.blockedSince === null || mono - stream.blockedSince < STALL_MS) return false
    this.#dropped++
    this.#streams.delete(stream)
    stream.drop()
    this.#log.warn({ dropped: this.#dropped }, 'an event stream was dropped because its client does not read')
    return true
  }
}

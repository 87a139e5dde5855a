/**
 * One client of `GET /api/events`.
 *
 * The stream is a cursor into the alarm journal: what the socket cannot take now is read from disk again when it can.
 * Readings wait as the latest one of each point. So a slow client costs a bounded amount of memory and misses nothing.
 */
import type { ServerResponse } from 'node:http'
import type { AlarmEvent } from '../alarm-model.ts'
import type { Clock, Reading } from '../model.ts'
import type { GatewayView } from './gateway-view.ts'

/** Events read from the journal at a time while a client catches up. */
const PAGE = 100

export interface EventStreamOptions {
  readonly response: ServerResponse
  readonly view: Pick<GatewayView, 'alarmEvents'>
  readonly clock: Clock
  /** The client has every event up to this number. */
  readonly after: number
  readonly heartbeatMs: number
  /** Comments keep a connection open; a client that wants to see the beat gets events. */
  readonly heartbeatAs: 'comment' | 'event'
  /** False as soon as the client's session has ended. */
  readonly allowed: () => boolean
  readonly onFailure: (error: unknown) => void
}

export function alarmFrame(event: AlarmEvent): string {
  return `id: ${event.seq}\nevent: alarm\ndata: ${JSON.stringify(event)}\n\n`
}

export function readingsFrame(readings: Iterable<Reading>): string {
  return namedFrame('readings', { readings: [...readings] })
}

export function namedFrame(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}

export class EventStream {
  readonly #options: EventStreamOptions
  /** Number of the last event written to the socket. */
  #cursor: number
  /** Number of the newest event that exists. */
  #newest: number
  readonly #readings = new Map<string, Reading>()
  /** By what they are about: the newest frames of what is no event, while the client cannot take them. */
  readonly #notices = new Map<string, string>()
  #catchingUp = false
  #blockedSince: number | null = null
  #lastBeat = Number.NEGATIVE_INFINITY

  constructor(options: EventStreamOptions) {
    this.#options = options
    this.#cursor = options.after
    this.#newest = options.after
  }

  get closed(): boolean {
    return this.#options.response.destroyed || this.#options.response.writableEnded
  }

  get allowed(): boolean {
    return this.#options.allowed()
  }

  /** Since when (monotonic milliseconds) the client has not taken what was written; null while it reads. */
  get blockedSince(): number | null {
    return this.#blockedSince
  }

  begin(hello: string, newest: number): void {
    this.#write(`retry: 2000\n\n${hello}`)
    this.#newest = Math.max(newest, this.#newest)
    this.#wake()
  }

  /** `frames[i]` is the text of `events[i]`, made once for all streams. */
  offerEvents(events: readonly AlarmEvent[], frames: readonly string[]): void {
    for (const [index, event] of events.entries()) {
      this.#newest = Math.max(this.#newest, event.seq)
      if (!this.#idle || event.seq !== this.#cursor + 1) continue
      this.#cursor = event.seq
      this.#write(frames[index] ?? '')
    }
    this.#wake()
  }

  /** `frame` is the text of `readings`, made once for all streams. */
  offerReadings(readings: ReadonlyMap<string, Reading>, frame: string): void {
    if (this.#idle && this.#readings.size === 0) {
      this.#write(frame)
      return
    }
    for (const [point, reading] of readings) this.#readings.set(point, reading)
    this.#wake()
  }

  /** Of several frames about the same thing only the newest counts. */
  offerNotice(about: string, frame: string): void {
    if (this.#idle && this.#readings.size === 0) this.#write(frame)
    else this.#notices.set(about, frame)
    this.#wake()
  }

  /** Numbered, so that a client that could not take it finds the gap and asks for what is missing. */
  offerDispatch(frame: string): void {
    if (this.#idle) this.#write(frame)
  }

  beat(now: { readonly wall: number; readonly mono: number }): void {
    const { heartbeatMs, heartbeatAs } = this.#options
    // Half a tick of tolerance: ticks that come early by a millisecond must not double the interval.
    if (now.mono - this.#lastBeat < heartbeatMs - 500 || this.#blockedSince !== null) return
    this.#lastBeat = now.mono
    this.#write(heartbeatAs === 'event' ? namedFrame('heartbeat', { now: now.wall }) : ': heartbeat\n\n')
  }

  end(): void {
    this.#options.response.end()
  }

  drop(): void {
    this.#options.response.destroy()
  }

  get #idle(): boolean {
    return !this.#catchingUp && this.#blockedSince === null && !this.closed
  }

  #wake(): void {
    if (!this.#idle || (this.#cursor >= this.#newest && this.#readings.size === 0 && this.#notices.size === 0)) return
    this.#catchingUp = true
    this.#catchUp()
      .catch((error: unknown) => {
        this.#options.onFailure(error)
        this.end()
      })
      .finally(() => {
        this.#catchingUp = false
        // Something may have been offered between the last look and this moment.
        this.#wake()
      })
  }

  async #catchUp(): Promise<void> {
    while (!this.closed && this.#blockedSince === null) {
      if (this.#cursor < this.#newest) await this.#writePage()
      else if (this.#readings.size > 0) this.#writeReadings()
      else if (this.#notices.size > 0) this.#writeNotices()
      else return
    }
  }

  async #writePage(): Promise<void> {
    const { events, lastSeq } = await this.#options.view.alarmEvents(this.#cursor, PAGE)
    let frames = ''
    for (const event of events) {
      if (event.seq <= this.#cursor) continue
      this.#cursor = event.seq
      frames += alarmFrame(event)
    }
    if (frames !== '') this.#write(frames)
    // Events that the journal no longer has cannot be sent; the numbers show the client the gap.
    else this.#cursor = Math.max(this.#newest, lastSeq)
  }

  #writeReadings(): void {
    const frame = readingsFrame(this.#readings.values())
    this.#readings.clear()
    this.#write(frame)
  }

  #writeNotices(): void {
    const frames = [...this.#notices.values()].join('')
    this.#notices.clear()
    this.#write(frames)
  }

  #write(text: string): void {
    const { response, clock } = this.#options
    if (this.closed || response.write(text) || this.#blockedSince !== null) return
    this.#blockedSince = clock.now().mono
    response.once('drain', () => {
      this.#blockedSince = null
      this.#wake()
    })
  }
}

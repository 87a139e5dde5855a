/** Follows the alarm events of a gateway by their numbers, so that none is missed: what a broken connection took is asked for again. */
import { setTimeout as delay } from 'node:timers/promises'
import type { GatewayClient } from './gateway-client.ts'
import { listOf, numberOf, readEvent, record, type ToldEvent } from './told-event.ts'

/** What the gateway took for a value, each second at most. */
export interface ToldReading {
  /** `deviceId.pointId` */
  readonly point: string
  /** On the clock of the gateway. */
  readonly time: number
  /** Null: nothing usable was read. */
  readonly value: number | null
}

export interface EventWatchOptions {
  readonly client: GatewayClient
  /** Number of the last event that is known. */
  readonly after: number
  readonly onEvent: (event: ToldEvent) => void
  readonly onReadings: (readings: readonly ToldReading[]) => void
  /** Once per change: why nothing comes, and null when it comes again. */
  readonly onFailure: (why: string | null) => void
}

const RECONNECT_MS = 500
/** A block that never ends is no event stream. */
const LONGEST_BLOCK = 8 * 1024 * 1024

export class EventWatch {
  readonly #options: EventWatchOptions
  readonly #stop = new AbortController()
  #seq: number
  #failure: string | null = null
  #skipped = 0
  #following: Promise<void> | null = null
  #hello: { readonly promise: Promise<number>; readonly resolve: (offsetMs: number) => void } = Promise.withResolvers()

  constructor(options: EventWatchOptions) {
    this.#options = options
    this.#seq = options.after
  }

  /** Resolves when the first connection stands, with how far the gateway's clock is ahead of ours, in ms. */
  start(): Promise<number> {
    this.#following ??= this.#follow()
    return this.#hello.promise
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#following
  }

  /** Numbers that the gateway itself did not have any more. */
  get skipped(): number {
    return this.#skipped
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      try {
        const stream = await this.#options.client.stream(`/api/events?after=${this.#seq}`, signal)
        await this.#read(stream)
        this.#report('the gateway has ended the event stream')
      } catch (error) {
        if (!signal.aborted) this.#report(error instanceof Error ? error.message : String(error))
      }
      await delay(RECONNECT_MS, undefined, { signal }).catch(() => {})
    }
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder()
    let text = ''
    for await (const bytes of stream) {
      text += decoder.decode(bytes, { stream: true })
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      if (text.length > LONGEST_BLOCK) throw new TypeError('the event stream does not say where an event ends')
      for (const block of blocks) this.#take(block)
    }
  }

  #take(block: string): void {
    const lines = block.split('\n')
    const name = lines.find((line) => line.startsWith('event: '))?.slice(7)
    const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6))
    if (name === undefined || data.length === 0) return
    const value: unknown = JSON.parse(data.join('\n'))
    if (name === 'hello') this.#greeted(value)
    else if (name === 'alarm') this.#takeEvent(readEvent(value))
    else if (name === 'readings') this.#options.onReadings(listOf(value, 'readings').flatMap(readReading))
  }

  #greeted(value: unknown): void {
    this.#report(null)
    this.#hello.resolve(numberOf(record(value, 'a greeting'), 'now') - Date.now())
  }

  #takeEvent(event: ToldEvent): void {
    if (event.seq <= this.#seq) return
    this.#skipped += event.seq - this.#seq - 1
    this.#seq = event.seq
    this.#options.onEvent(event)
  }

  #report(failure: string | null): void {
    if ((failure === null) !== (this.#failure === null)) this.#options.onFailure(failure)
    this.#failure = failure
  }
}

function readReading(value: unknown): readonly ToldReading[] {
  const reading = record(value, 'a reading')
  const { point, time, value: measured } = reading
  if (typeof point !== 'string' || typeof time !== 'number') return []
  const number = typeof measured === 'boolean' ? Number(measured) : measured
  if (number === null) return [{ point, time, value: null }]
  return typeof number === 'number' ? [{ point, time, value: number }] : []
}

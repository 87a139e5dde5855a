/**
 * Tells a receiver at a steady pace that the gateway lives, so that its death is noticed there: a dead gateway raises no
 * alarm. Nothing is kept and nothing is sent again, because a heartbeat that comes late says nothing.
 */

import { DeliveryError, type DeliveryFailure, type Heartbeat, type Sink } from '../delivery-model.ts'
import type { Clock, Log } from '../model.ts'
import type { DeliveryStatus } from './delivery-status.ts'

export interface HeartbeatLoop {
  start(): void
  /** Says good-bye, for so long at most as a beat may take. */
  stop(): Promise<void>
  status(): DeliveryStatus
}

export interface HeartbeatOptions {
  readonly id: string
  readonly sink: Sink<Heartbeat>
  readonly intervalMs: number
  readonly beat: () => Heartbeat
  readonly clock: Clock
  readonly log: Log
}

const GOOD_BYE_WITHIN_MS = 1_000
/** A receiver that takes alarm events and no heartbeats has to learn them. */
const NEEDS_PEOPLE: readonly DeliveryFailure[] = ['refused', 'unacceptable']

export function createHeartbeatLoop(options: HeartbeatOptions): HeartbeatLoop {
  return new Loop(options)
}

class Loop implements HeartbeatLoop {
  readonly #options: HeartbeatOptions
  #stop: (() => void) | null = null
  #sending: { readonly done: Promise<void>; readonly end: AbortController } | null = null
  #delivered = 0
  #attempts = 0
  #failing: {
    readonly error: DeliveryError
    readonly since: number
    readonly mono: number
    readonly times: number
  } | null = null

  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#stop !== null) return
    const { clock, intervalMs } = this.#options
    this.#stop = clock.every(intervalMs, () => this.#beat())
    this.#beat()
  }

  async stop(): Promise<void> {
    if (this.#stop === null) return
    this.#stop()
    this.#stop = null
    this.#sending?.end.abort()
    await this.#sending?.done
    if (this.#failing === null) await this.#send({ ...this.#options.beat(), health: 'stopping' }, GOOD_BYE_WITHIN_MS)
    await this.#options.sink.stop()
  }

  status(): DeliveryStatus {
    const { id, clock } = this.#options
    const failing = this.#failing
    return {
      id,
      state: failing === null ? 'idle' : NEEDS_PEOPLE.includes(failing.error.failure) ? 'refused' : 'waiting',
      failure: failing?.error.failure ?? null,
      message: failing?.error.message ?? null,
      since: failing?.since ?? null,
      failuresInARow: failing?.times ?? 0,
      failingMs: failing === null ? 0 : clock.now().mono - failing.mono,
      delivered: this.#delivered,
      deadLettered: 0,
      attempts: this.#attempts,
      cursor: 0,
      oldestUnsentAt: null,
      waitingMs: 0,
    }
  }

  /** Given up before the next one is due, so that no two are on their way. */
  #beat(): void {
    void this.#send(this.#options.beat(), this.#options.intervalMs / 2)
  }

  async #send(beat: Heartbeat, withinMs: number): Promise<void> {
    const { sink, clock } = this.#options
    const end = new AbortController()
    const late = clock.sleep(withinMs, end.signal).then(() => {
      throw new DeliveryError('unreachable', `no answer within ${withinMs} ms`)
    })
    this.#attempts++
    const done = Promise.race([sink.write([beat], end.signal), late])
      .then(
        () => this.#succeeded(),
        (error: unknown) => this.#failed(error),
      )
      .finally(() => end.abort())
    this.#sending = { done, end }
    await done
    this.#sending = null
  }

  #succeeded(): void {
    this.#delivered++
    if (this.#failing === null) return
    const { id, log } = this.#options
    log.info({ delivery: id, missed: this.#failing.times }, 'heartbeats arrive again')
    this.#failing = null
  }

  #failed(error: unknown): void {
    // What the stop has cut off says nothing about the receiver.
    if (this.#stop === null) return
    const reason = error instanceof DeliveryError ? error : new DeliveryError('unreachable', String(error))
    const { id, clock, log } = this.#options
    if (this.#failing === null) log.warn({ delivery: id, reason: reason.message }, 'heartbeats do not arrive')
    const { wall, mono } = clock.now()
    this.#failing = {
      error: reason,
      since: this.#failing?.since ?? wall,
      mono: this.#failing?.mono ?? mono,
      times: (this.#failing?.times ?? 0) + 1,
    }
  }
}

/** What a connection of a line is doing and what is wrong with it. Each change of a failure is logged once. */
import type { Clock, Log } from '../../model.ts'

export interface LineStateOptions {
  readonly facts: object
  readonly clock: Clock
  readonly log: Log
}

export class LineState {
  readonly #options: LineStateOptions
  /**
   * `connecting`: requests wait for it. `released`: nothing is wrong, and the next request opens the connection again.
   * `down`: the next try has its time; requests fail at once instead of waiting for it.
   */
  #now: 'connecting' | 'connected' | 'released' | 'down' = 'connecting'
  #since: number
  #error: string | null = null
  #isTold = false

  constructor(options: LineStateOptions) {
    this.#options = options
    this.#since = options.clock.now().wall
  }

  get now(): 'connecting' | 'connected' | 'released' | 'down' {
    return this.#now
  }

  /** One that is released counts: nothing is wrong with it. */
  get isConnected(): boolean {
    return this.#now === 'connected' || this.#now === 'released'
  }

  /** Wall time at which `isConnected` last changed. */
  get since(): number {
    return this.#since
  }

  /** What is wrong; null from the first reply on. */
  get error(): string | null {
    return this.#error
  }

  /** A new try. */
  tries(): void {
    if (this.#now === 'down') this.#set('connecting')
  }

  connected(): void {
    this.#set('connected')
  }

  released(): void {
    this.#set('released')
  }

  /** It had worked and is opened again at once, which is worth no warning: many devices close idle connections. */
  lost(cause: string): void {
    this.#error = cause
    this.#set('connecting')
    this.#options.log.debug({ ...this.#options.facts, error: cause }, 'a Modbus connection ended; connecting again')
  }

  /** Further causes go to the status only, until it has answered. */
  down(cause: string): void {
    if (!this.#isTold) {
      this.#options.log.warn({ ...this.#options.facts, error: cause }, 'the Modbus line is down; trying again')
    }
    this.#isTold = true
    this.stopped(cause)
  }

  stopped(cause: string): void {
    this.#error = cause
    this.#set('down')
  }

  answers(): void {
    if (this.#error === null) return
    this.#error = null
    if (this.#isTold) this.#options.log.info(this.#options.facts, 'the Modbus line answers again')
    this.#isTold = false
  }

  #set(state: 'connecting' | 'connected' | 'released' | 'down'): void {
    const was = this.isConnected
    this.#now = state
    if (was !== this.isConnected) this.#since = this.#options.clock.now().wall
  }
}

/** Whether an outside broker can be used and why not; one log line per change. */
import type { Clock, Log } from '../../model.ts'

export interface ConnectionState {
  readonly connected: boolean
  /** When `connected` last changed, in milliseconds since 1970. */
  readonly since: number
  /** What is wrong, also while connected (a refused subscription, commits that fail); null when all is well. */
  readonly error: string | null
}

export class ConnectionStatus {
  readonly #source: { readonly id: string; readonly url: string; readonly clock: Clock; readonly log: Log }
  #connected = false
  #since: number
  #connectionError: string | null = 'not connected yet'
  #subscriptionError: string | null = null
  #commitError: string | null = null
  #logged: string | null = 'not connected yet'
  #stopped = false

  constructor(source: { readonly id: string; readonly url: string; readonly clock: Clock; readonly log: Log }) {
    this.#source = source
    this.#since = source.clock.now().wall
  }

  state(): ConnectionState {
    return { connected: this.#connected, since: this.#since, error: this.#error() }
  }

  connected(): void {
    this.#connectionError = null
    this.#setConnected(true)
  }

  /** The error that follows is followed by `closed`. */
  failed(error: Error & { readonly code?: unknown }): void {
    // Node's error for several tried addresses has no text of its own.
    this.#connectionError = error.message !== '' ? error.message : String(error.code ?? error.name)
    this.#logChange()
  }

  closed(): void {
    this.#connectionError ??= 'the connection was closed'
    this.#setConnected(false)
  }

  /** SUBACK came (null), or what is wrong with it. */
  subscribed(error: string | null): void {
    this.#subscriptionError = error
    this.#logChange()
  }

  /** A commit succeeded (null) or failed. A failure stands until a commit succeeds, over any number of connections. */
  committed(error: unknown): void {
    if (error === null && this.#commitError === null) return
    this.#commitError =
      error === null ? null : `not committed: ${error instanceof Error ? error.message : String(error)}`
    this.#logChange()
  }

  /** The end that we bring about ourselves is no news. */
  stop(): void {
    this.#stopped = true
  }

  #error(): string | null {
    return this.#commitError ?? this.#connectionError ?? this.#subscriptionError
  }

  #setConnected(connected: boolean): void {
    if (this.#connected !== connected) this.#since = this.#source.clock.now().wall
    this.#connected = connected
    this.#logChange()
  }

  #logChange(): void {
    const error = this.#error()
    if (error === this.#logged || this.#stopped) return
    this.#logged = error
    const { id, url, log } = this.#source
    if (error === null) log.info({ source: id, url }, 'MQTT broker is connected')
    else log.warn({ source: id, url, error }, 'MQTT broker cannot be used')
  }
}

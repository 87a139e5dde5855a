/**
 * The wills of clients that were connected when an earlier run of the broker ended. Nobody has told that they are lost,
 * and perhaps they are not: who comes back has a new will or none, and the will of who does not is published after a
 * while, as it would have been [MQTT-3.1.2-8].
 *
 * aedes would do that too, but it judges by the wall clock whether another run is alive, and asks again while it is
 * still at work.
 */
import type { Log } from './log.ts'
import type { StoredWill } from './store/stored-packet.ts'

export interface OverdueWillsOptions {
  readonly graceMs: number
  /** Of earlier runs; who has connected meanwhile is not among them. */
  readonly wills: () => readonly StoredWill[]
  /** Rejects when it was not taken; then it is tried again. */
  readonly publish: (will: StoredWill) => Promise<void>
  readonly log: Log
}

export class OverdueWills {
  readonly #options: OverdueWillsOptions
  #timer: NodeJS.Timeout | null = null
  #stopped = false

  constructor(options: OverdueWillsOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#stopped || this.#options.wills().length === 0) return
    this.#timer = setTimeout(() => void this.#publishAll().then(() => this.start()), this.#options.graceMs)
    this.#timer.unref()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer ?? undefined)
  }

  async #publishAll(): Promise<void> {
    for (const will of this.#options.wills()) {
      const { topic, clientId } = will
      // The client may have come back while the one before it was on its way.
      if (this.#stopped || !this.#options.wills().includes(will)) continue
      try {
        await this.#options.publish(will)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        this.#options.log.warn({ clientId, topic, reason }, 'the will of a client that did not come back is not taken')
      }
    }
  }
}

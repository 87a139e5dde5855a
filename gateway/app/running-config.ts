/**
 * The configuration that runs, and the way of a changed one: read, compared with what cannot change, applied, and taken back where
 * an address of it cannot be had. One reload at a time.
 */
import { problemText } from '../../device-profiles/yaml-document.ts'
import type { GatewayConfig } from '../config/config.ts'
import type { LoadResult } from '../config/load.ts'
import type { ReloadAnswer } from '../http/gateway-view.ts'
import type { Clock, Log } from '../model.ts'
import { sameData } from '../pipeline/same-data.ts'
import { describeDeviceChanges, unchangeable } from './changes.ts'
import { tidyMemory } from './tidy-memory.ts'

export interface RunningConfigOptions {
  /** Reads the file again. */
  readonly load: () => LoadResult
  /** Makes everything but HTTP as it says, and calls `take` on the way. Gives what changed. */
  readonly apply: (next: GatewayConfig) => Promise<readonly string[]>
  readonly serve: (http: GatewayConfig['http']) => Promise<unknown>
  readonly clock: Clock
  readonly log: Log
}

export interface ConfigStatus {
  readonly loadedAt: number
  /** Why the last changed one was refused. */
  readonly problems: readonly string[]
}

export class RunningConfig {
  readonly #options: RunningConfigOptions
  #current: GatewayConfig
  #status: ConfigStatus
  #reloading: Promise<unknown> = Promise.resolve()
  /** The way of the HTTP server to a new address. */
  #moving: Promise<void> = Promise.resolve()
  #stopping = false

  constructor(first: GatewayConfig, options: RunningConfigOptions) {
    this.#options = options
    this.#current = first
    this.#status = { loadedAt: options.clock.now().wall, problems: [] }
  }

  get current(): GatewayConfig {
    return this.#current
  }

  get status(): ConfigStatus {
    return this.#status
  }

  /** From here on, `next` is what runs. */
  take(next: GatewayConfig): void {
    this.#current = next
  }

  /** A reload that comes meanwhile waits until there is something to reload. */
  startsWith(started: Promise<void>): void {
    this.#reloading = started.catch(() => {
      this.#stopping = true
    })
  }

  reload(): Promise<ReloadAnswer> {
    const answer = this.#reloading
      .then(() => this.#reloadNow())
      .catch((error: unknown) => this.#refuse([messageOf(error)]))
    this.#reloading = answer.then(() => this.#moving)
    return answer
  }

  /** Resolves when a reload that is under way has ended; a later one is refused. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#reloading
  }

  async #reloadNow(): Promise<ReloadAnswer> {
    if (this.#stopping) return { ok: false, problems: ['the gateway is stopping'], changes: [] }
    const { load, apply, clock, log } = this.#options
    const result = load()
    if (!result.ok) return this.#refuse(result.problems.map(problemText))
    const before = this.#current
    const fixed = unchangeable(before, result.config)
    if (fixed.length > 0) return this.#refuse(fixed)
    const changes = [...describeDeviceChanges(before.devices, result.config.devices)]
    try {
      changes.push(...(await apply(result.config)))
    } catch (error) {
      return this.#refuse([messageOf(error), ...(await this.#goBack(before))])
    }
    this.#status = { loadedAt: clock.now().wall, problems: [] }
    if (!sameData(before.http, this.#current.http)) {
      changes.push('restarting http')
      // Not awaited: this very call may have come over HTTP, and its answer must leave before the server does.
      this.#moving = this.#moveHttp(before)
    }
    log.info({ changes }, 'the configuration was applied')
    tidyMemory()
    return { ok: true, problems: [], changes }
  }

  #refuse(problems: readonly string[]): ReloadAnswer {
    this.#status = { ...this.#status, problems }
    this.#options.log.warn({ problems }, 'the changed configuration was refused; the last good one stays')
    return { ok: false, problems, changes: [] }
  }

  /** An address of the changed configuration could not be taken. Gives what cannot be restored. */
  async #goBack(before: GatewayConfig): Promise<readonly string[]> {
    try {
      await this.#options.apply(before)
      return []
    } catch (error) {
      this.#options.log.error({ err: error }, 'the last good configuration could not be restored')
      return [`and the last good configuration could not be restored: ${messageOf(error)}`]
    }
  }

  /** A console at the old address beats none. */
  async #moveHttp(before: GatewayConfig): Promise<void> {
    const { serve, log } = this.#options
    try {
      await serve(this.#current.http)
    } catch (error) {
      // What runs has the old address, so that the next reload tries the new one again.
      this.#current = { ...this.#current, http: before.http }
      this.#status = { ...this.#status, problems: [messageOf(error)] }
      log.error({ err: error }, 'the new HTTP address cannot be used; the old one stays')
      await serve(before.http).catch((cause: unknown) => log.error({ err: cause }, 'the old HTTP address is gone too'))
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** A gateway for a scenario inside the test: the same parts as the command line starts, without a process of its own for each. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../gateway/app.ts'
import { systemClock } from '../../gateway/clock.ts'
import { loadConfig } from '../../gateway/config/load.ts'
import { type GatewayChildOptions, type OwnGateway, placeVariables } from '../../simulator/verdict/gateway-child.ts'
import { createMemoryLog } from './memory-log.ts'

export class GatewayInProcess implements OwnGateway {
  readonly ending = null
  readonly #options: GatewayChildOptions & { readonly untilAll?: () => Promise<void> }
  #stop: (() => Promise<void>) | null = null

  /** `untilAll`: what its start waits for besides itself. */
  constructor(options: GatewayChildOptions & { readonly untilAll?: () => Promise<void> }) {
    this.#options = options
  }

  get url(): string {
    return `http://127.0.0.1:${this.#options.places.httpPort}`
  }

  async start(): Promise<void> {
    const { places, configuration, environment = {} } = this.#options
    const folder = mkdtempSync(join(tmpdir(), 'outpost-scenario-'))
    const isGiven = typeof configuration === 'object'
    const file = isGiven ? configuration.path : join(folder, 'outpost.yaml')
    if (!isGiven) writeFileSync(file, configuration(join(folder, 'data')))
    const load = () => loadConfig(file, { environment: { ...placeVariables(places), ...environment } })
    const first = load()
    if (!first.ok) throw new Error(first.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'))
    const log = Object.assign(createMemoryLog(), { level: 'info' })
    const app = createApp(first.config, { clock: systemClock, log, reload: load })
    this.#stop = async () => {
      await app.stop()
      rmSync(folder, { recursive: true, force: true })
    }
    await app.start()
    await this.#options.untilAll?.()
  }

  async stop(): Promise<void> {
    const stop = this.#stop
    this.#stop = null
    await stop?.()
  }
}

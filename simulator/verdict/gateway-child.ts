/** A gateway of its own for a test, started by its command line, with journals in a folder that is thrown away. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { PartProcess } from '../demo/part-process.ts'
import { GATEWAY_COMMAND } from '../gateway-command.ts'
import type { BrokerAddress } from '../scenario.ts'
import { GatewayClient } from './gateway-client.ts'
import { FIELD_USER, PASSWORD_VARIABLE } from './gateway-configuration.ts'
import { GatewayError } from './gateway-error.ts'

const READY_WITHIN_MS = 60_000
const STOP_MS = 8000
/** Of what it says. */
const MOST_LINES = 5000

export interface GatewayPlaces {
  readonly httpPort: number
  readonly mqttPort: number
  readonly password: string
}

/** Free ports and a new password, which a scenario file may name as variables. */
export async function newPlaces(): Promise<GatewayPlaces> {
  const [httpPort, mqttPort] = await Promise.all([freePort(), freePort()])
  return { httpPort, mqttPort, password: randomBytes(24).toString('base64url') }
}

export function placeVariables({ httpPort, mqttPort, password }: GatewayPlaces): Readonly<Record<string, string>> {
  const ports = { OUTPOST_HTTP_PORT: String(httpPort), OUTPOST_MQTT_PORT: String(mqttPort) }
  // Any free one, so that several can be tested side by side.
  return { ...ports, OUTPOST_MODBUS_PORT: '0', [PASSWORD_VARIABLE]: password }
}

/** A gateway that is there for one test. */
export interface OwnGateway {
  readonly url: string
  /** Why it has ended by itself; null while it runs. */
  readonly ending: string | null
  /** Resolves when the API answers. */
  start(): Promise<void>
  /** Idempotent and bounded in time. */
  stop(): Promise<void>
}

export interface GatewayChildOptions {
  readonly places: GatewayPlaces
  /** A file, or what is written into one: told where its journals shall be. */
  readonly configuration: { readonly path: string } | ((dataDirectory: string) => string)
  /** Beside those of the places. */
  readonly environment?: Readonly<Record<string, string>>
  /** Where configuration, journals and log stay; a folder that is removed if absent. */
  readonly keep?: string | undefined
}

export class GatewayChild implements OwnGateway {
  readonly #options: GatewayChildOptions
  readonly #lines: string[] = []
  #process: PartProcess | null = null
  #folder: string | null = null
  #ending: string | null = null

  constructor(options: GatewayChildOptions) {
    this.#options = options
  }

  get url(): string {
    return `http://127.0.0.1:${this.#options.places.httpPort}`
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  get ending(): string | null {
    return this.#ending
  }

  /** Resolves when the API answers. Throws a GatewayError with what the gateway said when it does not. */
  async start(): Promise<void> {
    const { keep, places, environment } = this.#options
    const folder = keep === undefined ? mkdtempSync(join(tmpdir(), 'outpost-scenario-')) : resolve(keep)
    mkdirSync(folder, { recursive: true })
    this.#folder = folder
    const child = new PartProcess({
      name: 'gateway',
      command: [...GATEWAY_COMMAND, 'run', this.#configuration(folder)],
      environment: {
        ...placeVariables(places),
        ...environment,
        OUTPOST_DATA_DIRECTORY: join(folder, 'data'),
      },
      print: (line) => this.#keepLine(line),
    })
    this.#process = child
    child.start()
    process.once('exit', this.#kill)
    void child.ended().then((why) => {
      this.#ending = why
    })
    const client = new GatewayClient({ url: this.url })
    const deadline = performance.now() + READY_WITHIN_MS
    while (!(await client.answers())) {
      if (this.#ending !== null) throw new GatewayError(`the gateway did not start\n${this.#said()}`)
      if (performance.now() > deadline)
        throw new GatewayError(`the gateway does not answer within ${READY_WITHIN_MS / 1000} s\n${this.#said()}`)
      await delay(100)
    }
  }

  async stop(): Promise<void> {
    process.off('exit', this.#kill)
    await this.#process?.stop(STOP_MS)
    const folder = this.#folder
    this.#folder = null
    if (folder === null) return
    if (this.#options.keep === undefined) rmSync(folder, { recursive: true, force: true })
    else writeFileSync(join(folder, 'gateway.log'), `${this.#lines.join('\n')}\n`)
  }

  readonly #kill = (): void => this.#process?.kill()

  #configuration(folder: string): string {
    const { configuration } = this.#options
    if (typeof configuration === 'object') return configuration.path
    const path = join(folder, 'outpost.yaml')
    writeFileSync(path, configuration(join(folder, 'data')))
    return path
  }

  #keepLine(line: string): void {
    this.#lines.push(line.replace(/^gateway │ /, ''))
    if (this.#lines.length > MOST_LINES) this.#lines.splice(0, MOST_LINES / 10)
  }

  #said(): string {
    return this.#lines.slice(-20).join('\n')
  }
}

/** The devices' account at the broker of that gateway. */
export function brokerOf({ mqttPort, password }: GatewayPlaces): BrokerAddress {
  return { url: `mqtt://127.0.0.1:${mqttPort}`, username: FIELD_USER, password }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port')
  return address.port
}

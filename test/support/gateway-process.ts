/** A whole gateway as a process of its own, as it runs at a station: started from a file, asked over HTTP, killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import { stringify } from 'yaml'
import type { Alarm, AlarmEvent } from '../../gateway/alarm-model.ts'
import type { PointView } from '../../gateway/http/gateway-view.ts'
import type { Reading } from '../../gateway/model.ts'
import { OUTPOST } from './outpost-command.ts'
import { freePort } from './server-process.ts'

export const FIELD_USER = { name: 'field', password: 'field-password' }

const FIELD_ACCOUNT = {
  name: FIELD_USER.name,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration file
  password: '${FIELD_PASSWORD}',
  rights: { type: 'everything' },
}

export interface GatewayPlan {
  readonly id?: string
  /** A folder with device profiles beside those that come with Outpost. */
  readonly deviceProfiles?: string
  readonly lines?: readonly object[]
  /** False: no embedded broker. */
  readonly broker?: false
  /** Limits of the embedded broker. */
  readonly brokerLimits?: object
  readonly brokers?: readonly object[]
  readonly devices: readonly object[]
  readonly groups?: readonly object[]
  readonly sinks?: readonly object[]
  /** Gateways below. */
  readonly children?: readonly object[]
  readonly dispatch?: object
  /** Sections of stations, people and places. */
  readonly registry?: object
  readonly storage?: object
  readonly commands?: object
  readonly drills?: readonly object[]
  /** `data` in a folder of its own if absent. */
  readonly dataDirectory?: string
  readonly environment?: Readonly<Record<string, string>>
}

export class GatewayProcess {
  readonly folder: string
  readonly httpPort: number
  readonly mqttPort: number
  readonly #environment: Readonly<Record<string, string>>
  #child: ChildProcess | null = null
  /** Resolves when the process has ended and all that it said is in `output`. */
  #closed: Promise<unknown> = Promise.resolve()
  #output = ''
  /** Whoever is ended in the middle leaves no gateway behind. */
  readonly #killWithUs = () => this.#child?.kill('SIGKILL')

  private constructor(ports: { http: number; mqtt: number }, environment: Readonly<Record<string, string>>) {
    this.folder = mkdtempSync(join(tmpdir(), 'outpost-gateway-'))
    this.httpPort = ports.http
    this.mqttPort = ports.mqtt
    this.#environment = environment
  }

  static async create(plan: GatewayPlan): Promise<GatewayProcess> {
    const gateway = new GatewayProcess({ http: await freePort(), mqtt: await freePort() }, plan.environment ?? {})
    gateway.configure(plan)
    return gateway
  }

  /** Writes the configuration; a running gateway takes it with `reload`. */
  configure(plan: GatewayPlan): void {
    const file = {
      gateway: {
        ...{ id: plan.id ?? 'station-1', dataDirectory: plan.dataDirectory ?? './data' },
        ...(plan.deviceProfiles && { deviceProfiles: plan.deviceProfiles }),
      },
      station: { id: 'longtian', name: { zh: '龙田站', en: 'Longtian' }, type: 'community', address: '龙田路 1 号' },
      http: { port: this.httpPort, authentication: { type: 'anonymous-on-loopback' } },
      ...(plan.broker !== false && {
        broker: {
          port: this.mqttPort,
          authentication: { type: 'users', users: [FIELD_ACCOUNT] },
          ...(plan.brokerLimits && { limits: plan.brokerLimits }),
        },
      }),
      ...(plan.storage && { storage: plan.storage }),
      ...(plan.commands && { commands: plan.commands }),
      ...(plan.drills && { drills: plan.drills }),
      brokers: plan.brokers ?? [],
      lines: plan.lines ?? [],
      devices: plan.devices,
      ...(plan.groups && { groups: plan.groups }),
      sinks: plan.sinks ?? [],
      ...(plan.children && { children: plan.children }),
      ...(plan.dispatch && { dispatch: plan.dispatch }),
      ...plan.registry,
    }
    writeFileSync(join(this.folder, 'outpost.yaml'), stringify(file))
  }

  get output(): string {
    return this.#output
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Resolves when the API answers. */
  async start(): Promise<void> {
    this.launch()
    await this.said('"msg":"running"')
  }

  /** Starts the process and waits for nothing. */
  launch(): void {
    const child = spawn(process.execPath, [...OUTPOST, 'run', join(this.folder, 'outpost.yaml')], {
      env: { ...process.env, FIELD_PASSWORD: FIELD_USER.password, ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    process.off('exit', this.#killWithUs).once('exit', this.#killWithUs)
    this.#closed = once(child, 'close')
    this.#output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (bytes) => {
        this.#output += String(bytes)
      })
    }
  }

  /** Resolves once the output has it; rejects with the whole output when the process has ended without. */
  async said(words: string): Promise<void> {
    const child = this.#child
    if (child === null) throw new Error('the gateway was not started')
    const heard = Promise.withResolvers<void>()
    const look = () => this.#output.includes(words) && heard.resolve()
    const streams = [child.stdout, child.stderr]
    for (const stream of streams) stream?.on('data', look)
    look()
    void this.#closed.then(() =>
      heard.reject(new Error(`the gateway ended (${child.exitCode ?? child.signalCode}):\n${this.#output}`)),
    )
    await heard.promise.finally(() => {
      for (const stream of streams) stream?.off('data', look)
    })
  }

  /** Resolves when it has ended by itself, with the exit code. */
  async ended(): Promise<number | null> {
    const child = this.#child
    if (child === null) throw new Error('the gateway was not started')
    await this.#closed
    return child.exitCode
  }

  /** Ends it with the signal and resolves with the exit code once it is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT' = 'SIGTERM'): Promise<number | null> {
    const child = this.#child
    if (child === null) return null
    this.#child = null
    process.off('exit', this.#killWithUs)
    child.kill(signal)
    await this.#closed
    return child.exitCode
  }

  signal(signal: 'SIGHUP'): void {
    this.#child?.kill(signal)
  }

  async remove(): Promise<void> {
    await this.end('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(`http://127.0.0.1:${this.httpPort}${path}`).catch((error: unknown) => {
      const { exitCode = null, signalCode = null } = this.#child ?? {}
      if (exitCode === null && signalCode === null) throw error
      throw new Error(`the gateway has ended (${exitCode ?? signalCode}):\n${this.#output.slice(-5000)}`)
    })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }

  async post(path: string, body: object = {}): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(`http://127.0.0.1:${this.httpPort}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: answer.status, body: await answer.json() }
  }

  /** As a field device with the right password. */
  connect(clientId: string): Promise<MqttClient> {
    const { name: username, password } = FIELD_USER
    const url = `mqtt://127.0.0.1:${this.mqttPort}`
    return mqtt.connectAsync(url, { clientId, username, password, reconnectPeriod: 0 })
  }

  /** The newest reading of a point. */
  async reading(id: string): Promise<Reading | null | undefined> {
    const { points } = await this.get<{ points: PointView[] }>(`/api/points?device=${id.split('.')[0]}`)
    return points.find((point) => point.id === id)?.reading
  }

  /** One line of the metrics, by its name with its labels; 0 where it is not there. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.httpPort}/metrics`)).text()
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `))
    return Number(line?.slice(name.length + 1) ?? 0)
  }

  /** The sum of one metric over all its labels. */
  async metricSum(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.httpPort}/metrics`)).text()
    const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`))
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
  }

  /** How many lines of the log have these words. */
  logged(words: string): number {
    return this.#output.split('\n').filter((line) => line.includes(words)).length
  }

  async alarms(): Promise<readonly Alarm[]> {
    return (await this.get<{ alarms: Alarm[] }>('/api/alarms')).alarms
  }

  async alarmEvents(): Promise<readonly AlarmEvent[]> {
    const events: AlarmEvent[] = []
    for (;;) {
      const after = events.at(-1)?.seq ?? 0
      const page = await this.get<{ events: AlarmEvent[]; lastSeq: number }>(
        `/api/alarm-events?after=${after}&limit=1000`,
      )
      events.push(...page.events)
      if (page.events.length === 0) return events
    }
  }

  /** Resolves with the first event (from the beginning on) that fits; the event stream brings it, nothing is polled. */
  async event(fits: (event: AlarmEvent) => boolean, { within = 15_000 } = {}): Promise<AlarmEvent> {
    const signal = AbortSignal.timeout(within)
    const answer = await fetch(`http://127.0.0.1:${this.httpPort}/api/events?after=0`, { signal })
    const decoder = new TextDecoder()
    let text = ''
    try {
      for await (const bytes of answer.body as unknown as AsyncIterable<Uint8Array>) {
        text += decoder.decode(bytes, { stream: true })
        const blocks = text.split('\n\n')
        text = blocks.pop() as string
        for (const event of blocks.flatMap(parseEvent)) if (fits(event)) return event
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
    const seen = (await this.alarmEvents()).map((event) => `${event.type} ${event.alarm.id} ${event.alarm.level ?? ''}`)
    throw new Error(`no such alarm event within ${within} ms; there were:\n${seen.join('\n')}\n${this.#output}`)
  }
}

function parseEvent(block: string): readonly AlarmEvent[] {
  const lines = block.split('\n')
  if (!lines.some((line) => line.startsWith('id:'))) return []
  const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim())
  return [JSON.parse(data.join('\n')) as AlarmEvent]
}

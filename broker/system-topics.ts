/**
 * The broker's own topics: how it is, under the names that mosquitto gives them (mosquitto(8), "Broker status"). Whoever
 * subscribes gets them at once, and then what has changed every few seconds.
 */
import type { Client } from 'aedes'
import manifest from '../package.json' with { type: 'json' }
import { LOAD_MINUTES, SystemLoad } from './system-load.ts'
import { filterMatches } from './topic-tree.ts'

export interface SystemFigures {
  readonly clientsConnected: number
  /** Sessions whose client is away. */
  readonly clientsDisconnected: number
  readonly subscriptions: number
  readonly retainedMessages: number
  readonly queuedMessages: number
  readonly queuedBytes: number
  readonly packetsReceived: number
  readonly bytesReceived: number
  readonly bytesSent: number
  readonly messagesReceived: number
  readonly messagesSent: number
  readonly messagesDropped: number
  readonly connectionsAccepted: number
}

export interface SystemMessage {
  readonly topic: string
  readonly payload: Buffer
}

export interface SystemTopicsOptions {
  /** How often they are renewed; mosquitto's `sys_interval`. */
  readonly intervalMs: number
  readonly figures: () => SystemFigures
  /** To everyone who subscribes to the topic. */
  readonly announce: (message: SystemMessage) => void
  /** To one who has just subscribed. */
  readonly give: (client: Client, message: SystemMessage) => void
}

const PREFIX = '$SYS/broker/'
/** What the averages are of, under `load/`. */
const LOADS: Readonly<Record<string, keyof SystemFigures>> = {
  'messages/received': 'packetsReceived',
  'publish/received': 'messagesReceived',
  'publish/sent': 'messagesSent',
  'publish/dropped': 'messagesDropped',
  'bytes/received': 'bytesReceived',
  'bytes/sent': 'bytesSent',
  connections: 'connectionsAccepted',
}

export class SystemTopics {
  readonly #options: SystemTopicsOptions
  readonly #loads = new Map(Object.keys(LOADS).map((name) => [name, new SystemLoad()]))
  readonly #startedAt = performance.now()
  #last: ReadonlyMap<string, string> = new Map()
  #updatedAt = this.#startedAt
  #mostClients = 0
  #timer: NodeJS.Timeout | null = null

  constructor(options: SystemTopicsOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => this.#renew(), this.#options.intervalMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer ?? undefined)
  }

  clientCame(connected: number): void {
    this.#mostClients = Math.max(this.#mostClients, connected)
  }

  subscribed(client: Client, filters: readonly string[]): void {
    const wanted = filters.filter((filter) => filter.startsWith('$'))
    if (wanted.length === 0) return
    for (const [topic, text] of this.#values(this.#options.figures())) {
      if (wanted.some((filter) => filterMatches(filter, topic))) {
        this.#options.give(client, { topic, payload: Buffer.from(text) })
      }
    }
  }

  #renew(): void {
    const now = performance.now()
    const figures = this.#options.figures()
    for (const [name, load] of this.#loads)
      load.update(figures[LOADS[name] as keyof SystemFigures], now - this.#updatedAt)
    this.#updatedAt = now
    const values = this.#values(figures)
    for (const [topic, text] of values) {
      if (this.#last.get(topic) !== text) this.#options.announce({ topic, payload: Buffer.from(text) })
    }
    this.#last = values
  }

  #values(figures: SystemFigures): ReadonlyMap<string, string> {
    const uptime = Math.floor((performance.now() - this.#startedAt) / 1000)
    const known = figures.clientsConnected + figures.clientsDisconnected
    const texts: Readonly<Record<string, string | number>> = {
      version: `Outpost ${manifest.version}`,
      uptime: `${uptime} seconds`,
      'clients/total': known,
      'clients/connected': figures.clientsConnected,
      'clients/disconnected': figures.clientsDisconnected,
      'clients/maximum': this.#mostClients,
      'subscriptions/count': figures.subscriptions,
      'retained messages/count': figures.retainedMessages,
      'store/messages/count': figures.queuedMessages + figures.retainedMessages,
      'store/messages/bytes': figures.queuedBytes,
      'messages/received': figures.packetsReceived,
      'bytes/received': figures.bytesReceived,
      'bytes/sent': figures.bytesSent,
      'publish/messages/received': figures.messagesReceived,
      'publish/messages/sent': figures.messagesSent,
      'publish/messages/dropped': figures.messagesDropped,
    }
    const loads = [...this.#loads].flatMap(([name, load]) =>
      LOAD_MINUTES.map((minutes): [string, string] => [`load/${name}/${minutes}min`, load.rate(minutes).toFixed(2)]),
    )
    return new Map([...Object.entries(texts), ...loads].map(([name, text]) => [`${PREFIX}${name}`, String(text)]))
  }
}

/**
 * Messages that devices publish to an outside MQTT broker (3.1.1 or 5), taken as a client of it.
 *
 * Acknowledged means on disk here too: a persistent session under a fixed client id, subscriptions of QoS 1, and a
 * PUBACK only after the commit. What is not acknowledged when the connection or the process ends is delivered again.
 *
 * How the PUBACK waits: MQTT.js hands over one message at a time and goes on when `handleMessage` has called back, so
 * a callback that waits for the commit costs one commit per message. Measured with 1000 messages and commits of 5 ms:
 * 1000 commits in 6.4 s; in the way below 1 commit in 0.09 s, or 100 in 0.7 s with the 20 messages that mosquitto
 * sends ahead by default (`max_inflight_messages`). MQTT.js would also queue the PUBACK of a lost connection and send
 * it on the next one, where the packet identifier may stand for another message. So `handleMessage` calls back with an
 * error at once, which makes MQTT.js go on without acknowledging, and the PUBACK is written here, in the order of
 * receipt [MQTT-4.6.0-2] and on the connection on which the message came, or not at all.
 *
 * Subscriptions are sent at every connection, because a broker that restarted may have lost the session, and a session
 * from before may lack the topics of new devices. The broker then repeats its retained messages; they are marked.
 */
import { setImmediate } from 'node:timers/promises'
import { connect, type IPublishPacket, type MqttClient } from 'mqtt'
import type { Emit, Source } from '../../model.ts'
import { Acknowledgements, pubacks } from './acknowledgements.ts'
import { type ConnectionState, ConnectionStatus } from './connection-status.ts'
import { connectOptions, type ExternalSourceOptions, endedBy, MAX_IN_FLIGHT } from './external-options.ts'
import { InFlight } from './in-flight.ts'
import { MqttIngest, type MqttIngestStats } from './ingest.ts'
import { SeenMessages, type SessionMemory } from './seen-messages.ts'
import type { TopicRoute } from './topic-routes.ts'

const STOP_TIMEOUT_MS = 2000
const SUBSCRIPTIONS_PER_PACKET = 100

export interface ExternalSource extends Source {
  /** Replaces all devices and subscribes accordingly; throws, and changes nothing, where a topic filter is not valid. */
  setDevices(devices: readonly TopicRoute[]): void
  state(): ConnectionState
  stats(): MqttIngestStats
}

/** Throws where the options contradict themselves. A broker that cannot be reached never prevents `start`. */
export function createExternalSource(options: ExternalSourceOptions): ExternalSource {
  const { username, password } = new URL(options.url)
  if (username !== '' || password !== '') {
    throw new Error(`MQTT broker ${options.id}: the url must not hold credentials; use username and password`)
  }
  return new MqttClientSource(options)
}

class MqttClientSource implements ExternalSource {
  readonly id: string
  readonly #options: ExternalSourceOptions
  readonly #ingest: MqttIngest
  readonly #status: ConnectionStatus
  #filters: ReadonlySet<string>
  readonly #memory: SessionMemory
  readonly #inFlight = new InFlight(MAX_IN_FLIGHT)
  /** Subscriptions that the broker refused on this connection. */
  readonly #refused = new Set<string>()
  #client: MqttClient | null = null
  #emit: Emit | null = null
  #acknowledgements: { readonly stream: MqttClient['stream']; readonly queue: Acknowledgements } | null = null
  #stopped: Promise<void> | null = null

  constructor(options: ExternalSourceOptions) {
    this.id = options.id
    this.#options = options
    this.#ingest = new MqttIngest({ ...options, sourceId: options.id })
    this.#ingest.setDevices(options.devices)
    this.#filters = filtersOf(options.devices)
    const seen = options.seen ?? new SeenMessages(options.clock)
    this.#memory = seen.session(`${options.id} ${options.clientId}`)
    this.#status = new ConnectionStatus(options)
  }

  start(emit: Emit): Promise<void> {
    this.#emit = emit
    const client = connect(this.#options.url, connectOptions(this.#options))
    this.#client = client
    client.handleMessage = (packet, next) => this.#receive(client, packet, next)
    client.on('connect', ({ sessionPresent }) => {
      // In a session that begins, identifiers begin again.
      if (!sessionPresent) this.#memory.clear()
      this.#refused.clear()
      this.#status.connected()
      this.#subscribe([...this.#filters])
    })
    client.on('error', (error) => this.#status.failed(error))
    // MQTT 5 says why it ends a connection.
    client.on('disconnect', ({ reasonCode = 0 }) => this.#status.failed(endedBy(reasonCode)))
    client.on('close', () => {
      this.#giveUpAcknowledgements()
      this.#status.closed()
    })
    client.connect()
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#emit = null
    this.#status.stop()
    const client = this.#client
    if (client === null) return
    // What is on its way to disk is still acknowledged, so that it does not come twice.
    await this.#within(this.#inFlight.idle())
    // Acknowledgements go out at the end of the turn; nothing may follow DISCONNECT [MQTT-3.14.4-2].
    await setImmediate()
    // With manualConnect, MQTT.js forgets at the end that it was ended, and would connect again when a connection that
    // never got its CONNACK is closed.
    client.options.reconnectPeriod = 0
    await this.#within(client.endAsync())
    client.stream.destroy()
  }

  async #within(promise: Promise<void>): Promise<void> {
    const timer = new AbortController()
    const limit = this.#options.clock.sleep(STOP_TIMEOUT_MS, timer.signal).catch(() => {})
    await Promise.race([promise, limit])
    timer.abort()
  }

  setDevices(devices: readonly TopicRoute[]): void {
    this.#ingest.setDevices(devices)
    const before = this.#filters
    this.#filters = filtersOf(devices)
    for (const filter of before) if (!this.#filters.has(filter)) this.#refused.delete(filter)
    if (this.#client?.connected !== true) return
    const gone = [...before].filter((filter) => !this.#filters.has(filter))
    if (gone.length > 0) this.#client.unsubscribe(gone.map((filter) => this.#subscriptionName(filter)))
    this.#subscribe([...this.#filters].filter((filter) => !before.has(filter)))
  }

  state(): ConnectionState {
    return this.#status.state()
  }

  stats(): MqttIngestStats {
    return this.#ingest.stats()
  }

  #subscribe(filters: readonly string[]): void {
    for (let start = 0; start < filters.length; start += SUBSCRIPTIONS_PER_PACKET) {
      const some = filters.slice(start, start + SUBSCRIPTIONS_PER_PACKET)
      const names = some.map((filter) => this.#subscriptionName(filter))
      this.#client?.subscribe(names, { qos: 1 }, (error, _, answer) => {
        // When the connection was lost meanwhile, the next one subscribes again.
        if (this.#client?.connected !== true) return
        for (const filter of refusedOf(some, answer)) this.#refused.add(filter)
        const named = [...this.#refused].slice(0, 5).join(', ')
        if (this.#refused.size > 0) this.#status.subscribed(`the broker refuses the subscription to ${named}`)
        else this.#status.subscribed(error?.message ?? null)
      })
    }
  }

  #subscriptionName(filter: string): string {
    const { sharedGroup } = this.#options
    return sharedGroup === undefined ? filter : `$share/${sharedGroup}/${filter}`
  }

  #receive(client: MqttClient, packet: IPublishPacket, next: (error?: Error) => void): void {
    const emit = this.#emit
    if (emit === null) {
      next(NOT_ACKNOWLEDGED)
      return
    }
    const commit = this.#take(packet, emit)
    if (commit !== undefined) this.#inFlight.track(commit, (error) => this.#status.committed(error))
    if (packet.qos === 2) {
      // Never granted, so never the ordinary way: one at a time, completed by MQTT.js.
      const completed = (): void => next()
      if (commit === undefined) completed()
      else commit.then(completed, () => next(NOT_ACKNOWLEDGED))
      return
    }
    if (packet.qos === 1 && packet.messageId !== undefined) this.#acknowledge(client, packet.messageId, commit)
    this.#inFlight.belowLimit(() => next(NOT_ACKNOWLEDGED))
  }

  #take(packet: IPublishPacket, emit: Emit): Promise<unknown> | undefined {
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    try {
      const { topic, retain, qos, dup, messageId = 0 } = packet
      const delivery = qos === 0 ? undefined : { memory: this.#memory, messageId, dup }
      return this.#ingest.take({ topic, payload, retained: retain, delivery }, emit)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** What was not acknowledged on this connection comes again on the next. */
  #giveUpAcknowledgements(): void {
    for (const messageId of this.#acknowledgements?.queue.close() ?? []) this.#memory.noteUnheard(messageId)
  }

  #acknowledge(client: MqttClient, messageId: number, commit: Promise<unknown> | undefined): void {
    const { stream } = client
    if (this.#acknowledgements?.stream !== stream) {
      const queue = new Acknowledgements((messageIds) => {
        if (!stream.destroyed) stream.write(pubacks(messageIds))
      })
      this.#acknowledgements = { stream, queue }
    }
    const { queue } = this.#acknowledgements
    const committed = queue.expect(messageId)
    if (commit === undefined) {
      committed()
      return
    }
    commit.then(committed, () => {
      // The broker delivers again, from this message on, when the session is resumed.
      if (this.#acknowledgements?.queue === queue) this.#giveUpAcknowledgements()
      stream.destroy()
    })
  }
}

const NOT_ACKNOWLEDGED = new Error('acknowledged after the commit')

function filtersOf(devices: readonly TopicRoute[]): ReadonlySet<string> {
  return new Set(devices.map(({ topicFilter }) => topicFilter))
}

/** The filters that SUBACK answers with a failure [MQTT-3.9.3-2]. */
function refusedOf(
  filters: readonly string[],
  answer: { readonly granted: readonly unknown[] } | undefined,
): readonly string[] {
  return filters.filter((_, index) => (Number(answer?.granted[index] ?? 0) & 0x80) !== 0)
}

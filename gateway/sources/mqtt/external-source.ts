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
import type { IPublishPacket, MqttClient } from 'mqtt'
import type { Emit, Source } from '../../model.ts'
import { Acknowledgements, pubacks } from './acknowledgements.ts'
import { type ConnectionState, ConnectionStatus } from './connection-status.ts'
import { connectOptions, type ExternalSourceOptions, endedBy, MAX_IN_FLIGHT } from './external-options.ts'
import { InFlight } from './in-flight.ts'
import { MqttIngest, type MqttIngestStats, type MqttTopics } from './ingest.ts'
import { PublishError } from './publish-error.ts'
import { type OutgoingMessage, Publisher } from './publisher.ts'
import { SeenMessages, type SessionMemory } from './seen-messages.ts'
import { Subscriptions } from './subscriptions.ts'

const STOP_TIMEOUT_MS = 2000

export interface ExternalSource extends Source {
  /** Replaces all devices and listeners and subscribes accordingly; throws, and changes nothing, where a filter is not valid. */
  setTopics(topics: MqttTopics): void
  /** Now or never. Resolves when the broker has the message; rejects with a `PublishError`. */
  publish(message: OutgoingMessage): Promise<void>
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
  readonly #memory: SessionMemory
  readonly #publisher: Publisher
  readonly #subscriptions: Subscriptions
  readonly #inFlight = new InFlight(MAX_IN_FLIGHT)
  #client: MqttClient | null = null
  #emit: Emit | null = null
  #acknowledgements: { readonly stream: MqttClient['stream']; readonly queue: Acknowledgements } | null = null
  #stopped: Promise<void> | null = null

  constructor(options: ExternalSourceOptions) {
    this.id = options.id
    this.#options = options
    this.#ingest = new MqttIngest({ ...options, sourceId: options.id })
    this.#ingest.setTopics(options)
    this.#publisher = new Publisher(options.clock)
    const seen = options.seen ?? new SeenMessages(options.clock)
    this.#memory = seen.session(`${options.id} ${options.clientId}`)
    this.#status = new ConnectionStatus(options)
    this.#subscriptions = new Subscriptions(options, this.#status)
  }

  async start(emit: Emit): Promise<void> {
    // Its code is large, and most gateways have no outside broker.
    const { connect } = await import('mqtt')
    if (this.#stopped !== null) return
    this.#emit = emit
    const client = connect(this.#options.url, connectOptions(this.#options))
    this.#client = client
    client.handleMessage = (packet, next) => this.#receive(client, packet, next)
    client.on('connect', ({ sessionPresent }) => {
      // In a session that begins, identifiers begin again.
      if (!sessionPresent) this.#memory.clear()
      this.#status.connected()
      this.#subscriptions.begin(client)
    })
    client.on('error', (error) => this.#status.failed(error))
    // MQTT 5 says why it ends a connection.
    client.on('disconnect', ({ reasonCode = 0 }) => this.#status.failed(endedBy(reasonCode)))
    client.on('close', () => {
      this.#giveUpAcknowledgements()
      this.#publisher.closed()
      this.#status.closed()
    })
    client.connect()
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

  setTopics(topics: MqttTopics): void {
    this.#ingest.setTopics(topics)
    this.#subscriptions.change(topics, this.#client?.connected === true ? this.#client : null)
  }

  async publish(message: OutgoingMessage): Promise<void> {
    const client = this.#client
    // Not `client.connected`: before its event, MQTT.js still keeps messages for later.
    const { connected, error } = this.#status.state()
    if (client === null || !connected || this.#stopped !== null) {
      throw new PublishError(error ?? 'the connection to the broker is closed', { mayHaveLeft: false })
    }
    await this.#publisher.publish(client, message)
  }

  state(): ConnectionState {
    return this.#status.state()
  }

  stats(): MqttIngestStats {
    return this.#ingest.stats()
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

/**
 * Publishes to a broker outside, at QoS 1; an item is confirmed by its PUBACK and by nothing else.
 *
 * The client is used for one connection at a time, without its own reconnecting, queueing and resending: those keep
 * messages in memory and lose them, and the journal and its delivery do the same with disk. After a lost connection the
 * batch fails, and the next write connects anew.
 */
import type { IClientOptions, IConnackPacket, MqttClient } from 'mqtt'
import { DeliveryError, type DeliveryFailure, type Sink } from '../delivery-model.ts'
import { orAborted, withDeadline } from './deadline.ts'
import { networkReason } from './http-answer.ts'
import type { MessageFormat } from './mqtt-messages.ts'
import { prepareTopic, type TopicValues } from './mqtt-topic.ts'

export interface MqttSinkOptions<T> {
  readonly id: string
  /** mqtt://host:port or mqtts://host:port */
  readonly url: string
  /** The topic, with places of the format: `outpost/{station}/{device}`. */
  readonly topic: string
  readonly format: MessageFormat<T>
  readonly clientId?: string
  readonly username?: string
  readonly password?: string
  /** PEM texts. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  /**
   * With 5 (the default) a broker can say that a publish was not allowed. With 4 (MQTT 3.1.1) it can only acknowledge it
   * and throw it away, so use 4 only for a broker that knows nothing newer.
   */
  readonly protocolVersion?: 4 | 5
  /** To connect, and for the acknowledgements of one batch, in ms. Default 10 s. */
  readonly timeoutMs?: number
  /** Default 100. */
  readonly maxBatch?: number
}

/** Messages on the way at once, where the broker does not ask for fewer (MQTT 5 Receive Maximum). */
const MOST_IN_FLIGHT = 100
const KEEP_ALIVE_SECONDS = 15
const DEFAULT_TIMEOUT_MS = 10_000
/** Fixed header, lengths, packet id, no properties. */
const PUBLISH_OVERHEAD_BYTES = 10

export function createMqttSink<T>(options: MqttSinkOptions<T>): Sink<T> {
  const { protocol, username, password } = new URL(options.url)
  if (username !== '' || password !== '') {
    throw new Error(`sink ${options.id}: the URL contains an account; give username and password as keys of their own`)
  }
  if (protocol !== 'mqtt:' && protocol !== 'mqtts:') {
    throw new Error(`sink ${options.id}: expected mqtt:// or mqtts://, got ${protocol}`)
  }
  const topic = prepareTopic(options.topic, { places: options.format.places, where: `sink ${options.id}` })
  return new MqttSink({ ...options, topicOf: topic })
}

interface Connection {
  readonly client: MqttClient
  /** Rejects when the connection is lost. */
  readonly lost: Promise<never>
  /** Most messages that may wait for their PUBACK at once. */
  readonly window: number
  /** Largest packet that the broker takes, in bytes. */
  readonly largest: number
}

class MqttSink<T> implements Sink<T> {
  readonly id: string
  readonly maxBatch: number
  readonly #options: MqttSinkOptions<T> & { readonly topicOf: (values: TopicValues) => string }
  #connection: Connection | null = null

  constructor(options: MqttSinkOptions<T> & { readonly topicOf: (values: TopicValues) => string }) {
    this.id = options.id
    this.maxBatch = options.maxBatch ?? 100
    this.#options = options
  }

  async write(batch: readonly T[], signal: AbortSignal): Promise<void> {
    try {
      await withDeadline({ signal, ms: this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS }, async (limit) => {
        if (this.#connection?.client.connected === false) this.#drop()
        this.#connection ??= await this.#connect(limit)
        await this.#publish(this.#connection, batch, limit)
      })
    } catch (error) {
      const failure = this.#asDeliveryError(error)
      // Messages of this batch are still on the way; the next write begins with an empty window.
      if (failure.failure !== 'unacceptable') this.#drop()
      signal.throwIfAborted()
      throw failure
    }
  }

  async #connect(signal: AbortSignal): Promise<Connection> {
    // Its code is large, and most gateways have no such sink.
    const mqtt = await import('mqtt')
    const client = mqtt.connect(this.#options.url, this.#clientOptions())
    // Without a listener a late error of a dropped client would end the process.
    client.on('error', () => {})
    const lost = new Promise<never>((_, reject) => {
      // MQTT 5 says why, if it says anything; the first of the two settles the promise.
      client.once('disconnect', ({ reasonCode = 0 }) => {
        reject(Object.assign(new Error(`the broker disconnects with reason ${reasonCode}`), { code: reasonCode }))
      })
      client.once('close', () => reject(new Error('the broker closed the connection')))
    })
    const connected = new Promise<IConnackPacket>((resolve, reject) => {
      client.once('connect', resolve)
      client.once('error', reject)
    })
    lost.catch(() => {
      if (this.#connection?.client === client) this.#drop()
    })
    try {
      const { properties = {} } = await orAborted(signal, Promise.race([connected, lost]))
      const window = Math.min(properties.receiveMaximum ?? MOST_IN_FLIGHT, MOST_IN_FLIGHT)
      return { client, lost, window, largest: properties.maximumPacketSize ?? Number.POSITIVE_INFINITY }
    } catch (error) {
      client.end(true)
      throw error
    }
  }

  #clientOptions(): IClientOptions {
    const {
      clientId,
      username,
      password,
      tls = {},
      protocolVersion = 5,
      timeoutMs = DEFAULT_TIMEOUT_MS,
    } = this.#options
    return {
      protocolVersion,
      clean: true,
      reconnectPeriod: 0,
      queueQoSZero: false,
      resubscribe: false,
      connectTimeout: timeoutMs,
      keepalive: KEEP_ALIVE_SECONDS,
      ...(clientId === undefined ? {} : { clientId }),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...tls,
    }
  }

  /** All of the batch, in order; the broker's window is respected because the client does not do it. */
  async #publish(connection: Connection, batch: readonly T[], signal: AbortSignal): Promise<void> {
    for (let first = 0; first < batch.length; first += connection.window) {
      const part = batch.slice(first, first + connection.window)
      const acknowledged = Promise.allSettled(part.map((item) => this.#publishOne(connection, item)))
      const results = await orAborted(signal, Promise.race([acknowledged, connection.lost]))
      const failed = results.find((result) => result.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    }
  }

  #publishOne({ client, largest }: Connection, item: T): Promise<void> {
    const { format, topicOf } = this.#options
    const topic = topicOf(format.values(item))
    const payload = Buffer.from(format.payload(item))
    const size = payload.length + Buffer.byteLength(topic) + PUBLISH_OVERHEAD_BYTES
    return new Promise((resolve, reject) => {
      // The broker would cut the connection for it [MQTT-3.2.2-15], again and again.
      if (size > largest) reject(new DeliveryError('unacceptable', `the broker takes ${largest} bytes, not ${size}`))
      // The client would put it into a queue of its own.
      else if (!client.connected) reject(new Error('the connection was lost'))
      else client.publish(topic, payload, { qos: 1 }, (error) => (error ? reject(error) : resolve()))
    })
  }

  #asDeliveryError(error: unknown): DeliveryError {
    if (error instanceof DeliveryError) return error
    const { protocol, host } = new URL(this.#options.url)
    const code = reasonCode(error)
    const failure = code === null ? 'unreachable' : failureOfReason(code)
    const said = code === null ? networkReason(error) : textOf(error)
    const hint = code === 1 || code === 132 ? '; set protocolVersion 4 if the broker only speaks MQTT 3.1.1' : ''
    return new DeliveryError(failure, `${protocol}//${host}: ${said}${hint}`, { cause: error })
  }

  #drop(): void {
    const connection = this.#connection
    this.#connection = null
    connection?.client.end(true)
  }

  async stop(): Promise<void> {
    const connection = this.#connection
    this.#connection = null
    if (connection !== null) await new Promise<void>((resolve) => connection.client.end(true, () => resolve()))
  }
}

/** The CONNACK or PUBACK code (MQTT 3.1.1 table 3.1, MQTT 5 chapter 2.4); system errors have a text there. */
function reasonCode(error: unknown): number | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : null
}

function failureOfReason(code: number): DeliveryFailure {
  // Topic name invalid, packet too large, payload format invalid: about this very message.
  if ([144, 149, 153].includes(code)) return 'unacceptable'
  // Server busy, receive maximum, rate too high, quota, connection rate.
  if ([137, 147, 150, 151, 159].includes(code)) return 'busy'
  // Protocol version, client id, account, authorization, banned, retain or QoS not supported, moved.
  if ([1, 2, 4, 5, 132, 133, 134, 135, 138, 140, 154, 155, 156, 157].includes(code)) return 'refused'
  return 'unreachable'
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/**
 * From an MQTT message to one Sample for each device that speaks on its topic.
 *
 * A message on a topic that no device has is acknowledged, counted and reported once per topic: it will not become
 * known by being delivered again. A payload above the limit makes the device's points bad instead of vanishing; a kept one
 * says nothing about now and is only counted.
 */
import type { Clock, Emit, Log, MessageMark, SampleContent } from '../../model.ts'
import type { MqttMessage, ReadMessage } from './message-reader.ts'
import { Redeliveries } from './redeliveries.ts'
import type { TopicListener } from './topic-listener.ts'
import {
  createTopicIndex,
  createTopicRoutes,
  type TopicIndex,
  type TopicRoute,
  type TopicRoutes,
} from './topic-routes.ts'

/** So many topics are named in the log; further ones are only counted. */
const MAX_NAMED_TOPICS = 50
const MAX_NAME_LENGTH = 256

export interface MqttIngestOptions {
  readonly sourceId: string
  readonly maxPayloadBytes: number
  readonly clock: Clock
  readonly log: Log
}

export interface MqttTopics {
  readonly devices: readonly TopicRoute[]
  readonly listeners?: readonly TopicListener[]
}

export interface MqttIngestStats {
  readonly messages: number
  /** Messages that were taken before and came again: nothing was made of them. */
  readonly redeliveredMessages: number
  readonly oversizedMessages: number
  readonly unknownMessages: number
  /** Names in messages about several devices that no device has. */
  readonly unknownAddresses: number
  /** The first unknown topics since the devices were last set; names are cut at 256 characters. */
  readonly unknownTopics: readonly string[]
}

interface Telling {
  readonly emit: Emit
  /** For the first sample. */
  readonly mark: MessageMark | undefined
}

export class MqttIngest {
  readonly #options: MqttIngestOptions
  readonly #redeliveries = new Redeliveries()
  #routes: TopicRoutes = createTopicRoutes([])
  #listeners: TopicIndex<TopicListener> = createTopicIndex<TopicListener>([], ownerOf)
  readonly #oversizedTopics = new Set<string>()
  readonly #unknownTopics = new Set<string>()
  #messages = 0
  #oversized = 0
  #unknown = 0
  #unknownAddresses = 0

  constructor(options: MqttIngestOptions) {
    this.#options = options
  }

  /** Replaces all devices and listeners; throws, and changes nothing, where a topic filter is not valid. */
  setTopics({ devices, listeners = [] }: MqttTopics): void {
    const routes = createTopicRoutes(devices)
    this.#listeners = createTopicIndex(listeners, ownerOf)
    this.#routes = routes
    this.#oversizedTopics.clear()
    this.#unknownTopics.clear()
  }

  stats(): MqttIngestStats {
    return {
      messages: this.#messages,
      redeliveredMessages: this.#redeliveries.count,
      oversizedMessages: this.#oversized,
      unknownMessages: this.#unknown,
      unknownAddresses: this.#unknownAddresses,
      unknownTopics: [...this.#unknownTopics],
    }
  }

  /** Resolves when everything the message said is on disk; undefined when there is nothing to store. */
  take(message: MqttMessage, emit: Emit): Promise<unknown> | undefined {
    this.#messages++
    const { delivery } = message
    if (delivery === undefined) return this.#take(message, { emit, mark: undefined })
    const mark = this.#redeliveries.firstCopy(message, delivery)
    if (mark === null) return this.#redeliveries.pending
    const commit = this.#take(message, { emit, mark })
    if (commit !== undefined) this.#redeliveries.remember(mark, commit)
    return commit
  }

  #take(message: MqttMessage, { emit, mark }: Telling): Promise<unknown> | undefined {
    const routes = this.#routes.match(message.topic)
    const listeners = this.#listeners.match(message.topic)
    if (listeners.length > 0) this.#tell(message, listeners)
    const only = routes[0]
    if (only === undefined) {
      if (listeners.length === 0) this.#countUnknown(message.topic)
      return undefined
    }
    const { payload, retained } = message
    const tooLong = payload.length > this.#options.maxPayloadBytes ? this.#countOversized(message) : null
    // Nearly every message goes this way.
    if (routes.length === 1 && only.reader === undefined && tooLong === null) {
      return emit({
        type: 'message',
        deviceId: only.deviceId,
        at: this.#options.clock.now(),
        payload,
        retained,
        mark,
      })
    }
    if (tooLong !== null && retained) return undefined
    const content: SampleContent =
      tooLong === null
        ? { type: 'message', payload, retained }
        : { type: 'device-failure', reason: 'malformed', detail: tooLong }
    if (routes.length === 1 && tooLong !== null) {
      return emit({ deviceId: only.deviceId, at: this.#options.clock.now(), mark, ...content })
    }
    // Where the parts of a message may come to disk apart, its mark would hide what is missing after a crash.
    const inOneCommit = routes.length === 1 || routes.every(({ reader }) => reader === undefined)
    return Promise.all(
      routes.map((route, n) =>
        this.#takeFor(route, { message, content, emit, mark: inOneCommit && n === 0 ? mark : undefined }),
      ),
    )
  }

  #takeFor(
    { deviceId, reader }: TopicRoute,
    { message, content, emit, mark }: Telling & { readonly message: MqttMessage; readonly content: SampleContent },
  ): Promise<unknown> {
    if (reader === undefined || content.type !== 'message') {
      return emit({ deviceId, at: this.#options.clock.now(), mark, ...content })
    }
    const read = reader.read(message)
    return read instanceof Promise
      ? read.then((said) => this.#emitRead(said, { message, emit, mark }))
      : this.#emitRead(read, { message, emit, mark })
  }

  /** Stamped only now: the pipeline must not be told of a moment that has passed while a message was taken apart. */
  #emitRead(
    { contents, unknown = [] }: ReadMessage,
    { message, emit, mark }: Telling & { readonly message: MqttMessage },
  ): Promise<unknown> {
    if (contents.length === 0 && unknown.length > 0) this.#unknown++
    else this.#unknownAddresses += unknown.length
    for (const name of unknown) this.#reportUnknown(`${message.topic} (${name})`)
    return Promise.all(
      contents.map(({ deviceId, content }, n) =>
        emit({ deviceId, at: this.#options.clock.now(), mark: n === 0 ? mark : undefined, ...content }),
      ),
    )
  }

  #tell(message: MqttMessage, listeners: readonly TopicListener[]): void {
    const { topic, payload, retained, will = false, username = '' } = message
    if (retained || will || payload.length > this.#options.maxPayloadBytes) return
    for (const { heard } of listeners) heard({ topic, payload, username })
  }

  /** Gives what is wrong with it. */
  #countOversized({ topic, payload }: MqttMessage): string {
    this.#oversized++
    const detail = `a message of ${payload.length} bytes came, at most ${this.#options.maxPayloadBytes} are allowed`
    this.#reportOnce(this.#oversizedTopics, { topic, detail }, 'MQTT message is too long and was not decoded')
    return detail
  }

  #countUnknown(topic: string): void {
    this.#unknown++
    this.#reportUnknown(topic)
  }

  #reportUnknown(topic: string): void {
    this.#reportOnce(this.#unknownTopics, { topic }, 'MQTT topic belongs to no device')
  }

  #reportOnce(
    reported: Set<string>,
    facts: { readonly topic: string; readonly detail?: string },
    message: string,
  ): void {
    const topic = facts.topic.slice(0, MAX_NAME_LENGTH)
    if (reported.size >= MAX_NAMED_TOPICS || reported.has(topic)) return
    reported.add(topic)
    const { sourceId, log } = this.#options
    const last = reported.size === MAX_NAMED_TOPICS
    log.warn(
      { source: sourceId, ...facts, topic, ...(last ? { note: 'further topics are only counted' } : {}) },
      message,
    )
  }
}

function ownerOf({ owner }: TopicListener): string {
  return owner
}

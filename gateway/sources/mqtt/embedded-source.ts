/**
 * Messages that devices publish to the embedded broker.
 *
 * The broker calls `ingest` before it acknowledges, so a rejected commit leaves the message with the device. The
 * retain flag means nothing here: it asks the broker to keep what the device says now. Wills come the same way.
 */
import type { Emit, Source } from '../../model.ts'
import { MqttIngest, type MqttIngestOptions, type MqttIngestStats, type MqttTopics } from './ingest.ts'
import { type Delivery, SeenMessages, type SessionMemory } from './seen-messages.ts'

/** A message as the broker has it. */
export interface EmbeddedMessage {
  readonly topic: string
  readonly payload: Uint8Array
  /** 0 or absent where there is none: QoS 0, wills. */
  readonly messageId?: number
  readonly dup?: boolean
  readonly session?: string
  /** The same for all messages of one connection; null: of a client that is not connected. */
  readonly connection?: object | null
  /** The broker speaks for a client that it has lost. */
  readonly will?: boolean
  /** As whom its client was let in; empty or absent for nobody in particular. */
  readonly username?: string
}

export interface EmbeddedSource extends Source {
  /** For the broker. Rejects while the source is not started. */
  ingest(message: EmbeddedMessage): Promise<unknown> | undefined
  /** The message was taken, and its connection ended before it could be acknowledged. */
  unheard(message: { readonly connection: object; readonly messageId: number }): void
  /** Replaces all devices and listeners; throws, and changes nothing, where a topic filter is not valid. */
  setTopics(topics: MqttTopics): void
  stats(): MqttIngestStats
}

export interface EmbeddedSourceOptions extends Omit<MqttIngestOptions, 'sourceId'>, MqttTopics {
  readonly id: string
  /** Nothing is known of earlier runs if absent. */
  readonly seen?: SeenMessages
}

export function createEmbeddedSource(options: EmbeddedSourceOptions): EmbeddedSource {
  const ingest = new MqttIngest({ ...options, sourceId: options.id })
  ingest.setTopics(options)
  const seen = options.seen ?? new SeenMessages(options.clock)
  const memories = new WeakMap<object, SessionMemory>()
  let emit: Emit | null = null

  function deliveryOf(message: EmbeddedMessage): Delivery | undefined {
    const { messageId = 0, dup = false, session = '', connection = null } = message
    if (messageId === 0 || connection === null) return undefined
    let memory = memories.get(connection)
    if (memory === undefined) {
      memory = seen.session(`${options.id} ${session}`)
      memories.set(connection, memory)
    }
    return { memory, messageId, dup }
  }

  return {
    id: options.id,
    start(emitSample) {
      emit = emitSample
      return Promise.resolve()
    },
    stop() {
      emit = null
      return Promise.resolve()
    },
    ingest(message) {
      if (emit === null) return Promise.reject(new Error(`source ${options.id} takes no messages: it is not started`))
      const { topic, payload, will = false, username = '' } = message
      return ingest.take({ topic, payload, retained: false, will, username, delivery: deliveryOf(message) }, emit)
    },
    unheard({ connection, messageId }) {
      memories.get(connection)?.noteUnheard(messageId)
    },
    setTopics: (topics) => ingest.setTopics(topics),
    stats: () => ingest.stats(),
  }
}

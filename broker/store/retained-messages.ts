/** Retained messages, bounded in number and in bytes. */
import { filterMatches, TopicTree } from '../topic-tree.ts'
import type { NoteChange, StoreChange } from './store-change.ts'
import type { StoreLimits } from './store-limits.ts'
import { bytesOf, ownPayload, type StoredPacket } from './stored-packet.ts'

export class RetainedMessages {
  readonly #limits: Pick<StoreLimits, 'maxRetainedMessages' | 'maxRetainedBytes'>
  readonly #note: NoteChange
  readonly #messages = new Map<string, StoredPacket>()
  #bytes = 0

  constructor(limits: Pick<StoreLimits, 'maxRetainedMessages' | 'maxRetainedBytes'>, note: NoteChange) {
    this.#limits = limits
    this.#note = note
  }

  get count(): number {
    return this.#messages.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** An empty payload removes what was kept [MQTT-3.3.1-10]. False: there is no room, and it is not kept. */
  store(packet: StoredPacket): boolean {
    const replaced = this.#delete(packet.topic)
    const fits = packet.payload.length > 0 && this.#hasRoom(packet)
    if (fits) this.#set({ ...packet, payload: ownPayload(packet.payload) })
    // What does not fit is not kept; the one it would replace is gone all the same, for it is out of date.
    else if (replaced && !isBrokerTopic(packet.topic)) this.#note({ type: 'retained-ended', topic: packet.topic })
    return fits || packet.payload.length === 0
  }

  /** Each once, however many of the filters match. */
  *matching(filters: readonly string[]): Iterable<StoredPacket> {
    const patterns = new TopicTree<null>()
    const wildcards = filters.filter((filter) => /[+#]/.test(filter))
    for (const filter of wildcards) patterns.set(filter, filter, null)
    const named = new Set(filters)
    for (const topic of wildcards.length === 0 ? named : [...this.#messages.keys()]) {
      const message = this.#messages.get(topic)
      if (message !== undefined && (named.has(topic) || isMatched(topic, { patterns, wildcards }))) yield message
    }
  }

  restore({ topic, qos, payload }: StoreChange & { readonly type: 'retained' }): boolean {
    const packet = { cmd: 'publish', topic, qos, payload, retain: true, dup: false }
    if (!this.#hasRoom(packet)) return false
    this.#messages.set(topic, packet)
    this.#bytes += bytesOf(packet)
    return true
  }

  *snapshot(): Iterable<StoreChange> {
    for (const { topic, qos, payload } of this.#messages.values()) {
      if (!isBrokerTopic(topic)) yield { type: 'retained', topic, qos, payload }
    }
  }

  #set(packet: StoredPacket): void {
    this.#messages.set(packet.topic, packet)
    this.#bytes += bytesOf(packet)
    const { topic, qos, payload } = packet
    if (!isBrokerTopic(topic)) this.#note({ type: 'retained', topic, qos, payload })
  }

  #delete(topic: string): boolean {
    const before = this.#messages.get(topic)
    if (before === undefined) return false
    this.#messages.delete(topic)
    this.#bytes -= bytesOf(before)
    return true
  }

  #hasRoom(packet: StoredPacket): boolean {
    const { maxRetainedMessages, maxRetainedBytes } = this.#limits
    return this.#messages.size < maxRetainedMessages && this.#bytes + bytesOf(packet) <= maxRetainedBytes
  }
}

/** The broker says these anew by itself: they are not worth the disk. */
export function isBrokerTopic(topic: string): boolean {
  return topic.startsWith('$')
}

function isMatched(
  topic: string,
  { patterns, wildcards }: { readonly patterns: TopicTree<null>; readonly wildcards: readonly string[] },
): boolean {
  const [only, second] = wildcards
  if (only !== undefined && second === undefined) return filterMatches(only, topic)
  let matched = false
  patterns.match(topic, () => {
    matched = true
  })
  return matched
}

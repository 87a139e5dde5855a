/** Retained messages, bounded in bytes. */
import type { StoredPacket } from './stored-packet.ts'
import { bytesOf } from './stored-packet.ts'
import { filterMatches } from './topic-tree.ts'

export class RetainedMessages {
  readonly #maxBytes: number
  readonly #messages = new Map<string, StoredPacket>()
  #bytes = 0
  #refused = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Messages that were not kept because there was no room. */
  get refused(): number {
    return this.#refused
  }

  /** An empty payload removes what was kept [MQTT-3.3.1-10]. */
  store(packet: StoredPacket): void {
    const before = this.#messages.get(packet.topic)
    if (before !== undefined) {
      this.#messages.delete(packet.topic)
      this.#bytes -= bytesOf(before)
    }
    if (packet.payload.length === 0) return
    // What does not fit is not kept; the one it replaces is gone all the same, for it is out of date.
    if (this.#bytes + bytesOf(packet) > this.#maxBytes) {
      this.#refused++
      return
    }
    this.#messages.set(packet.topic, { ...packet, payload: Buffer.from(packet.payload) })
    this.#bytes += bytesOf(packet)
  }

  matching(filters: readonly string[]): readonly StoredPacket[] {
    return [...this.#messages.values()].filter(({ topic }) => filters.some((filter) => filterMatches(filter, topic)))
  }
}

/**
 * The wills of connected clients, for the case that the broker ends without a word: then nobody tells that they are
 * lost. The next run publishes the wills of those that do not come back; see `SessionStore.streamWill`.
 */
import type { NoteChange, StoreChange } from './store-change.ts'
import { bytesOf, type StoredWill } from './stored-packet.ts'

export class Wills {
  readonly #maxBytes: number
  readonly #note: NoteChange
  readonly #wills = new Map<string, StoredWill>()
  #bytes = 0

  constructor(maxBytes: number, note: NoteChange) {
    this.#maxBytes = maxBytes
    this.#note = note
  }

  get count(): number {
    return this.#wills.size
  }

  get(clientId: string): StoredWill | undefined {
    return this.#wills.get(clientId)
  }

  all(): readonly StoredWill[] {
    return [...this.#wills.values()]
  }

  /** False: there is no room, and it lives with its connection only. */
  put(clientId: string, will: StoredWill): boolean {
    this.delete(clientId)
    if (this.#bytes + bytesOf(will) > this.#maxBytes) return false
    this.#wills.set(clientId, will)
    this.#bytes += bytesOf(will)
    this.#note(changeOf(clientId, will))
    return true
  }

  delete(clientId: string): StoredWill | undefined {
    const will = this.#wills.get(clientId)
    if (will === undefined) return undefined
    this.#wills.delete(clientId)
    this.#bytes -= bytesOf(will)
    this.#note({ type: 'will-ended', client: clientId })
    return will
  }

  restore({ client, broker, topic, qos, retain, payload }: StoreChange & { readonly type: 'will' }): void {
    const will = { topic, qos, retain, payload, clientId: client, brokerId: broker }
    this.#wills.set(client, will)
    this.#bytes += bytesOf(will)
  }

  *snapshot(): Iterable<StoreChange> {
    for (const [clientId, will] of this.#wills) yield changeOf(clientId, will)
  }
}

function changeOf(client: string, { brokerId = '', topic, qos, retain, payload }: StoredWill): StoreChange {
  return { type: 'will', client, broker: brokerId, topic, qos, retain, payload }
}

/**
 * What becomes of a message here before its client is told "taken".
 *
 * aedes sends PUBACK before it asks its persistence to keep the message for absent subscribers, and PUBREC after three
 * questions, one commit each, between which the broker may die. So the broker keeps a message in one step before it
 * lets aedes go on (`accept`), and what aedes asks afterwards finds that it is done. The object that holds the payload
 * is what tells that it is the same message: aedes passes it on through all its copies of a packet.
 */
import type { KeptState } from './kept-state.ts'
import type { QueuedMessage } from './offline-queue.ts'
import { isBrokerTopic } from './retained-messages.ts'
import type { Saving } from './saving.ts'
import type { Holder } from './sessions.ts'
import { type ClientRef, ownPayload, type StoredPacket } from './stored-packet.ts'

interface MessageName {
  readonly brokerId: string
  readonly brokerCounter: number
}

/** By session; null where its queue was full. */
type Queued = ReadonlyMap<string, QueuedMessage | null>
type Granted = Pick<Holder, 'clientId' | 'qos' | 'rap'>

const NO_ROOM = 'the client has too many QoS 2 messages open: it must send PUBREL for those it has sent'

export class AcceptedMessages {
  readonly #state: KeptState
  readonly #saving: Saving
  readonly #newName: () => MessageName
  readonly #queued = new WeakMap<object, Queued>()

  /** `newName`: how aedes would name the next message that goes through it. */
  constructor(state: KeptState, { saving, newName }: { readonly saving: Saving; readonly newName: () => MessageName }) {
    this.#state = state
    this.#saving = saving
    this.#newName = newName
  }

  /** False: nothing of the message outlives the process, so nothing has to be waited for. */
  keeps(client: ClientRef, packet: StoredPacket): boolean {
    if (isRetained(packet) || isHandshake(client, packet)) return true
    return this.#state.sessions.hasHolder(packet.topic)
  }

  /**
   * Rejects when the message cannot be kept, and then nothing of it is. The packet gets its name now, because a session
   * may resume and send it before aedes has named it, and its payload becomes a copy.
   */
  accept(client: ClientRef, packet: StoredPacket): Promise<void> {
    const handshake = isHandshake(client, packet)
    Object.assign(packet, this.#newName(), { payload: ownPayload(packet.payload) })
    if (handshake && !this.#state.received.add(client, packet)) return Promise.reject(new Error(NO_ROOM))
    if (isRetained(packet)) this.#state.retain(packet)
    const queued = this.#enqueue(this.#state.sessions.holders(packet.topic), packet)
    this.#queued.set(packet.payload as object, queued)
    return this.#saving.saved().catch((error: unknown) => {
      this.#takeBack(client, packet, queued)
      throw error
    })
  }

  isAccepted({ payload }: Pick<StoredPacket, 'payload'>): boolean {
    return typeof payload === 'object' && this.#queued.has(payload)
  }

  /** True when every holder had the message already. */
  enqueue(holders: readonly Granted[], packet: StoredPacket): boolean {
    const queued = typeof packet.payload === 'object' ? this.#queued.get(packet.payload) : undefined
    const others = queued === undefined ? holders : holders.filter(({ clientId }) => !queued.has(clientId))
    if (others.length === 0) return true
    this.#enqueue(others, { ...packet, payload: ownPayload(packet.payload) })
    return false
  }

  /** Each session once, however many of its filters match. */
  #enqueue(holders: readonly Granted[], packet: StoredPacket): Queued {
    const granted = new Map<string, { qos: number; retain: boolean }>()
    for (const { clientId, qos, rap } of holders) {
      const before = granted.get(clientId)
      // An established subscription does not see the flag, unless it is a bridge that asked for it [MQTT-3.3.1-9].
      const retain = before?.retain === true || (packet.retain && rap === true)
      granted.set(clientId, { qos: Math.max(before?.qos ?? 0, Math.min(qos, packet.qos)), retain })
    }
    return new Map([...granted].map(([clientId, how]) => [clientId, this.#state.enqueue(clientId, packet, how)]))
  }

  /** It comes again: who has got it meanwhile gets it twice, which at least once allows. */
  #takeBack(client: ClientRef, packet: StoredPacket, queued: Queued): void {
    this.#queued.delete(packet.payload as object)
    this.#state.received.delete(client, packet.messageId ?? 0)
    for (const [clientId, message] of queued) {
      if (message !== null && message.sentTo === null) this.#state.sessions.get(clientId)?.queue.delete(message)
    }
  }
}

function isRetained({ retain, topic }: StoredPacket): boolean {
  return retain && !isBrokerTopic(topic)
}

/** Its identifier must be known until PUBREL. In a clean session it ends with the connection. */
function isHandshake({ clean }: ClientRef, { qos }: StoredPacket): boolean {
  return qos === 2 && clean !== true
}

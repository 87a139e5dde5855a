/** What aedes hands to its persistence, and what is kept of it. */

/** A packet as aedes hands it over. The identifier, DUP and QoS of one that is about to be sent may still be set. */
export interface StoredPacket {
  readonly cmd: string
  readonly topic: string
  readonly payload: Uint8Array | string
  qos: number
  readonly retain: boolean
  dup: boolean
  readonly brokerId?: string
  readonly brokerCounter?: number
  messageId?: number | undefined
}

export interface StoredSubscription {
  readonly topic: string
  readonly qos: number
  readonly rh?: number
  readonly rap?: boolean
  readonly nl?: boolean
  readonly subscriptionIdentifier?: number
}

/** A will as aedes hands it over. */
export interface StoredWill {
  readonly topic: string
  readonly payload: Uint8Array | string
  readonly qos: number
  readonly retain: boolean
  clientId?: string
  brokerId?: string
}

/** Of a client of aedes, what its persistence needs. */
export interface ClientRef {
  readonly id: string
  readonly clean?: boolean
  readonly closed?: boolean
  readonly conn?: { destroy(): unknown }
  /** The packet identifier that aedes gives to the next message it sends to this client. */
  _nextId?: number
}

/** What a kept message costs beside its topic and its payload, in memory and on disk, roughly. Bytes. */
const OVERHEAD = 200

/** Bytes that are counted for a kept message. */
export function bytesOf({ topic, payload }: Pick<StoredPacket, 'topic' | 'payload'>): number {
  return OVERHEAD + topic.length + payload.length
}

/**
 * A copy with memory of its own: the payload that came is a window on the socket's read buffer and would keep all
 * 64 KiB of it alive, and a window on shared memory is copied to another thread with all that it is a window on.
 */
export function ownPayload(payload: Uint8Array | string): Uint8Array | string {
  return typeof payload === 'string' ? payload : Buffer.from(new Uint8Array(payload).buffer)
}

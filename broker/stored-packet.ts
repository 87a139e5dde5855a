/** A packet as aedes hands it to its persistence. */
export interface StoredPacket {
  readonly cmd: string
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: number
  readonly retain: boolean
  readonly dup: boolean
  readonly brokerId?: string
  readonly brokerCounter?: number
  messageId?: number | undefined
}

export interface StoredSubscription {
  readonly topic: string
  readonly qos: number
}

const NOTHING = Buffer.alloc(0)

export function bytesOf(packet: StoredPacket): number {
  return packet.payload.length + packet.topic.length
}

/** A copy: the payload that came is a window on the socket's read buffer and would keep all 64 KiB of it alive. */
export function keep(packet: StoredPacket): StoredPacket {
  return { ...packet, payload: Buffer.from(packet.payload), messageId: undefined }
}

/** What is left when only the packet identifier matters. */
export function withoutContent(packet: StoredPacket): StoredPacket {
  return { ...packet, topic: '', payload: NOTHING }
}

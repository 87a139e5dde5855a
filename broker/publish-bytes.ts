/** PUBLISH packets [MQTT 3.3] as bytes. */
export type Qos = 0 | 1 | 2

export interface PublishHeader {
  readonly qos: Qos
  readonly retain: boolean
  /** From 1 to 65535; nothing at QoS 0. */
  readonly messageId: number
}

/** Everything before the payload. */
export function publishHead(
  { topic, payload }: { readonly topic: string; readonly payload: Uint8Array },
  { qos, retain, messageId }: PublishHeader,
): Buffer {
  const topicBytes = Buffer.byteLength(topic)
  const remaining = 2 + topicBytes + (qos > 0 ? 2 : 0) + payload.length
  const lengthBytes = remaining < 0x80 ? 1 : remaining < 0x4000 ? 2 : remaining < 0x20_0000 ? 3 : 4
  const head = Buffer.allocUnsafe(1 + lengthBytes + remaining - payload.length)
  head[0] = 0x30 | (qos << 1) | (retain ? 1 : 0)
  let position = 1
  for (let rest = remaining; position <= lengthBytes; rest >>= 7) {
    head[position] = (rest & 0x7f) | (position < lengthBytes ? 0x80 : 0)
    position++
  }
  position = head.writeUInt16BE(topicBytes, position)
  position += head.write(topic, position)
  if (qos > 0) head.writeUInt16BE(messageId, position)
  return head
}

/** Reads PUBLISH packets of the plain kind straight from the bytes of a connection [MQTT 3.3]. */

/** As aedes hands a packet to `authorizePublish`. */
export interface PublishFrame {
  readonly cmd: 'publish'
  readonly topic: string
  /** A window on the chunk. */
  readonly payload: Buffer
  readonly qos: 0 | 1
  readonly retain: false
  readonly dup: boolean
  /** 0 where there is none. */
  readonly messageId: number
}

const QOS_0 = 0x30
const QOS_1 = 0x32
const QOS_1_AGAIN = 0x3a

export class PublishReader {
  /** A device says the same topic every time: its bytes are compared, not decoded. */
  #topicBytes: Uint8Array = new Uint8Array()
  #topic = ''

  /**
   * The packets of a chunk that begins and ends between two packets; null unless each is a sound PUBLISH of QoS 0 or 1
   * that is not to be retained. What is wrong with another packet is for the parser to say.
   */
  read(chunk: Buffer): readonly PublishFrame[] | null {
    let frames: PublishFrame[] | null = null
    for (let at = 0; at < chunk.length; ) {
      const header = chunk[at++]
      if (header !== QOS_1 && header !== QOS_0 && header !== QOS_1_AGAIN) return null
      let length = 0
      let byte = 0
      for (let factor = 1; ; factor *= 128) {
        byte = chunk[at++] ?? 0
        length += (byte & 0x7f) * factor
        if (byte < 0x80) break
      }
      const end = at + length
      const frame = end > chunk.length ? null : this.#frame(chunk, { header, at, end })
      if (frame === null) return null
      // Most chunks are one message: an array that grows would take more memory than the message.
      if (frames === null && end === chunk.length) return [frame]
      frames ??= []
      frames.push(frame)
      at = end
    }
    return frames ?? []
  }

  #frame(
    chunk: Buffer,
    { header, at, end }: { readonly header: number; readonly at: number; readonly end: number },
  ): PublishFrame | null {
    const topicAt = at + 2
    if (topicAt > end) return null
    const topicEnd = topicAt + ((chunk[at] as number) << 8) + (chunk[at + 1] as number)
    const qos = header === QOS_0 ? 0 : 1
    const payloadAt = topicEnd + 2 * qos
    if (payloadAt > end || topicEnd === topicAt) return null
    const messageId = qos === 0 ? 0 : ((chunk[topicEnd] as number) << 8) + (chunk[topicEnd + 1] as number)
    const topic = this.#topicOf(chunk, topicAt, topicEnd)
    const payload = chunk.subarray(payloadAt, end)
    return { cmd: 'publish', topic, payload, qos, retain: false, dup: header === QOS_1_AGAIN, messageId }
  }

  #topicOf(chunk: Buffer, from: number, to: number): string {
    const known = this.#topicBytes
    let same = known.length === to - from
    for (let i = 0; same && i < known.length; i++) same = known[i] === chunk[from + i]
    if (same) return this.#topic
    // Bytes that are not UTF-8 become U+FFFD, which no topic may contain: the gate refuses it [MQTT-1.5.3-1].
    this.#topic = chunk.toString('utf8', from, to)
    this.#topicBytes = Uint8Array.prototype.slice.call(chunk, from, to)
    return this.#topic
  }
}

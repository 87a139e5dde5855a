/** The few MQTT 3.1.1 packets that a load needs, made once and sent often. */

export function connectPacket({
  clientId,
  username,
  password,
}: {
  readonly clientId: string
  readonly username?: string | undefined
  readonly password?: string | undefined
}): Buffer {
  // Clean session, and which of the two follow [MQTT-3.1.2-4, -18, -20]. No keep-alive: silence is no failure here.
  const flags = 0x02 | (username === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40)
  const texts = [clientId, username, password].flatMap((text) => (text === undefined ? [] : [textBytes(text)]))
  return packet(0x10, Buffer.concat([textBytes('MQTT'), Buffer.from([4, flags, 0, 0]), ...texts]))
}

export interface PublishPacket {
  readonly bytes: Buffer
  /** Where its identifier stands, two bytes. */
  readonly identifierAt: number
}

/** At QoS 1. */
export function publishPacket(topic: string, payload: Uint8Array): PublishPacket {
  const name = textBytes(topic)
  const bytes = packet(0x32, Buffer.concat([name, Buffer.from([0, 1]), payload]))
  return { bytes, identifierAt: bytes.length - payload.length - 2 }
}

function packet(firstByte: number, rest: Buffer): Buffer {
  const length: number[] = []
  let left = rest.length
  do {
    length.push((left % 128) | (left >= 128 ? 0x80 : 0))
    left = Math.floor(left / 128)
  } while (left > 0)
  return Buffer.concat([Buffer.from([firstByte, ...length]), rest])
}

function textBytes(text: string): Buffer {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** Whole packets out of a stream; what is left of one waits for the next piece. */
export class PacketReader {
  #rest: Buffer = Buffer.alloc(0)

  /** Calls back with the first byte of each packet and what stands behind its length. Throws a RangeError for no MQTT. */
  read(bytes: Buffer, onPacket: (firstByte: number, body: Buffer) => void): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    let at = 0
    for (;;) {
      const head = headAt(all, at)
      if (head === null || head.from + head.length > all.length) break
      onPacket(all[at] as number, all.subarray(head.from, head.from + head.length))
      at = head.from + head.length
    }
    this.#rest = all.subarray(at)
  }
}

function headAt(bytes: Buffer, at: number): { readonly from: number; readonly length: number } | null {
  let length = 0
  for (let i = 0; i < 4; i++) {
    const byte = bytes[at + 1 + i]
    if (byte === undefined) return null
    length += (byte & 0x7f) * 128 ** i
    if (byte < 0x80) return { from: at + 2 + i, length }
  }
  throw new RangeError('a remaining length of more than four bytes')
}

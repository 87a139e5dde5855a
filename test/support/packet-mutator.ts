/** Conversations of MQTT clients that go wrong, from a seed: the same seed gives the same bytes. */
import mqttPacket, { type Packet } from 'mqtt-packet'

const TOPICS = ['a', 'a/b', 'site/level', '火警/1', '/', 'a//b', '$SYS/broker/uptime', 'x'.repeat(300)]
const FILTERS = ['#', '+', 'a/+', 'site/#', '$SYS/#', 'a#', '+a', '/'.repeat(50), 'a/b']
const LENGTHS = [0, 1, 2, 3, 127, 128, 16_383, 65_535]

export class PacketMutator {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** CONNECT, which is mostly good, and packets of which most are not. */
  conversation(packets: number): readonly Buffer[] {
    const connect = this.#packetBytes(this.#connect())
    const first = this.#chance(0.85) ? connect : this.#mutated(connect)
    return [first, ...Array.from({ length: packets - 1 }, () => this.#next())]
  }

  #next(): Buffer {
    const bytes = this.#packetBytes(this.#packet())
    return this.#chance(0.15) ? bytes : this.#mutated(bytes)
  }

  /** Mulberry32: small, and good enough to get everywhere. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  #chance(probability: number): boolean {
    return this.#random() < probability
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)] as T
  }

  #bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.#below(256)))
  }

  #packetBytes(packet: Packet): Buffer {
    return mqttPacket.generate(packet)
  }

  #connect(): Packet {
    const will = {
      topic: this.#pick(['a/will', 'site/gone']),
      payload: Buffer.from('gone'),
      qos: this.#pick([0, 1, 2] as const),
      retain: false,
    }
    return {
      ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, keepalive: this.#below(100) },
      ...{ clientId: `fuzz ${this.#below(500)}`, clean: this.#chance(0.7) },
      ...(this.#chance(0.3) && { will }),
    }
  }

  #packet(): Packet {
    const messageId = 1 + this.#below(65_535)
    const qos = this.#pick([0, 1, 2] as const)
    switch (this.#below(8)) {
      case 0:
        return {
          cmd: 'subscribe',
          messageId,
          subscriptions: [
            { topic: this.#pick(FILTERS), qos },
            { topic: this.#pick(FILTERS), qos },
          ],
        }
      case 1:
        return { cmd: 'unsubscribe', messageId, unsubscriptions: [this.#pick(FILTERS)] }
      case 2:
        return { cmd: this.#pick(['puback', 'pubrec', 'pubrel', 'pubcomp'] as const), messageId }
      case 3:
        return this.#pick<Packet>([{ cmd: 'pingreq' }, { cmd: 'disconnect' }])
      case 4:
        return this.#connect()
      default:
        return {
          ...{ cmd: 'publish', topic: this.#pick(TOPICS), payload: this.#bytes(this.#pick([0, 1, 20, 300])) },
          ...{ qos, retain: this.#chance(0.2), dup: qos > 0 && this.#chance(0.2), ...(qos > 0 && { messageId }) },
        }
    }
  }

  #mutated(bytes: Buffer): Buffer {
    const copy = Buffer.from(bytes)
    const at = this.#below(copy.length)
    switch (this.#below(9)) {
      case 0: // It ends early, and what follows is read as the rest of it.
        return copy.subarray(0, at)
      case 1: // Its length is another one.
        return Buffer.concat([copy.subarray(0, 1), this.#length(), copy.subarray(2)])
      case 2: // Other flags, or another type.
        copy[0] = this.#below(256)
        return copy
      case 3: // A bit is wrong.
        copy[at] = (copy[at] as number) ^ (1 << this.#below(8))
        return copy
      case 4: // A length or an identifier inside is 0 or too much.
        if (copy.length > at + 1) copy.writeUInt16BE(this.#pick([0, 1, 0xffff, copy.length]), at)
        return copy
      case 5: // Bytes are too many, and counted.
        return this.#resized(Buffer.concat([copy, this.#bytes(1 + this.#below(8))]))
      case 6: // Bytes are missing, and not counted.
        return this.#resized(copy.subarray(0, Math.max(2, at)))
      case 7: // Something that no text holds.
        return this.#resized(
          Buffer.concat([
            copy.subarray(0, at),
            this.#pick([Buffer.from([0]), Buffer.from([0xff]), Buffer.from([0xed, 0xa0, 0x80])]),
            copy.subarray(at),
          ]),
        )
      default: // Nothing of it is left.
        return this.#bytes(1 + this.#below(40))
    }
  }

  #length(): Buffer {
    if (this.#chance(0.2)) return Buffer.from([0xff, 0xff, 0xff, this.#pick([0x7f, 0xff])])
    return lengthBytes(this.#pick(LENGTHS))
  }

  /** With the length that it has now, so that what is wrong with it is inside. */
  #resized(bytes: Buffer): Buffer {
    const body = bytes.subarray(2)
    return Buffer.concat([bytes.subarray(0, 1), lengthBytes(body.length), body])
  }
}

function lengthBytes(length: number): Buffer {
  const bytes: number[] = []
  let rest = length
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
    rest >>= 7
  } while (rest > 0)
  return Buffer.from(bytes)
}

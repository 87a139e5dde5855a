import fc from 'fast-check'
import { generate, type IPublishPacket } from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { PublishReader } from '../../../broker/publish-frames.ts'

const plain = fc.record({
  cmd: fc.constant('publish' as const),
  topic: fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' }),
  payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  qos: fc.constantFrom(0 as const, 1 as const),
  again: fc.boolean(),
  messageId: fc.integer({ min: 1, max: 65_535 }),
})
type Plain = typeof plain extends fc.Arbitrary<infer T> ? T : never

function packetOf({ again, messageId, ...packet }: Plain): IPublishPacket {
  return packet.qos === 0
    ? { ...packet, retain: false, dup: false }
    : { ...packet, retain: false, dup: again, messageId }
}

describe('plain publishes', () => {
  test('are read as they were written, however many stand in a chunk', () => {
    const reader = new PublishReader()
    fc.assert(
      fc.property(fc.array(plain, { minLength: 1, maxLength: 5 }), (messages) => {
        const packets = messages.map(packetOf)
        const frames = reader.read(Buffer.concat(packets.map((packet) => generate(packet))))
        expect(frames).toEqual(packets.map((packet) => ({ ...packet, messageId: packet.messageId ?? 0 })))
      }),
    )
  })

  test('are left to the parser as soon as one packet of the chunk is anything else', () => {
    const good = generate({
      cmd: 'publish',
      topic: 'a/b',
      payload: 'x',
      qos: 1,
      dup: false,
      retain: false,
      messageId: 1,
    })
    const others: readonly Uint8Array[] = [
      generate({ cmd: 'pingreq' }),
      generate({ cmd: 'publish', topic: 'a/b', payload: 'x', qos: 2, dup: false, retain: false, messageId: 2 }),
      generate({ cmd: 'publish', topic: 'a/b', payload: 'x', qos: 0, dup: false, retain: true }),
      // DUP on QoS 0 [MQTT-3.3.1-2], both QoS bits [MQTT-3.3.1-4], no topic, a topic that is longer than its packet.
      Buffer.from([0x38, 3, 0, 1, 0x61]),
      Buffer.from([0x36, 5, 0, 1, 0x61, 0, 1]),
      Buffer.from([0x32, 4, 0, 0, 0, 1]),
      Buffer.from([0x32, 4, 0, 9, 0x61, 0x62]),
      Buffer.from([0x32, 4, 0, 1, 0x61, 0]).subarray(0, 5),
      Buffer.from([0x30, 1, 0]),
      Buffer.from([0x30, 0]),
    ]
    for (const other of others) {
      expect(new PublishReader().read(Buffer.concat([good, other]))).toBeNull()
      expect(new PublishReader().read(Buffer.concat([other, good]))).toBeNull()
    }
  })

  test('no bytes make the reader fail or read beyond its chunk', () => {
    const bytes = fc.array(fc.constantFrom(0x30, 0x32, 0x3a, 0, 1, 2, 3, 4, 5, 0x61, 0x80, 0xff), { maxLength: 24 })
    fc.assert(
      fc.property(bytes, (values) => {
        const chunk = Buffer.from(values)
        const frames = new PublishReader().read(chunk)
        const size = (frames ?? []).reduce(
          (sum, { topic, payload }) => sum + Buffer.byteLength(topic, 'latin1') + payload.length,
          0,
        )
        expect(size).toBeLessThanOrEqual(3 * chunk.length)
      }),
    )
  })
})

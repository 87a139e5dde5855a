import fc from 'fast-check'
import mqttPacket, { type Packet } from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import type { ClientPacket } from '../../../broker/packet-decoder.ts'
import { PacketStream } from '../../../broker/packet-stream.ts'
import { Refusal } from '../../../broker/refusal.ts'

const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((value) => !value.includes('\u0000'))
const topic = text.filter((value) => value !== '')
const bytes = fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value))
const messageId = fc.integer({ min: 1, max: 65_535 })
const qos = fc.constantFrom<0 | 1 | 2>(0, 1, 2)
const filter = fc.constantFrom('a', 'a/+', '#', '+/#', 'a//b', '火警/+/😀')

const connect = fc
  .record({
    clientId: topic,
    clean: fc.boolean(),
    keepalive: fc.nat(65_535),
    will: fc.option(
      fc.record({ topic, payload: bytes.filter(({ length }) => length > 0), qos, retain: fc.boolean() }),
      { nil: undefined },
    ),
    user: fc.option(fc.record({ username: topic, password: fc.option(bytes, { nil: undefined }) }), { nil: undefined }),
  })
  .map(({ user, will, ...rest }): Packet => {
    const credentials =
      user === undefined ? {} : { username: user.username, ...(user.password && { password: user.password }) }
    return { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, ...rest, ...credentials, ...(will && { will }) }
  })
const publish = fc
  .record({ topic, payload: bytes, qos, retain: fc.boolean(), dup: fc.boolean(), messageId })
  .map(({ messageId: id, ...rest }): Packet => ({ cmd: 'publish', ...rest, ...(rest.qos > 0 && { messageId: id }) }))
const others = fc.oneof(
  fc.record({ cmd: fc.constantFrom('puback', 'pubrec', 'pubrel', 'pubcomp'), messageId }) as fc.Arbitrary<Packet>,
  fc
    .record({ messageId, subscriptions: fc.array(fc.record({ topic: filter, qos }), { minLength: 1, maxLength: 5 }) })
    .map((rest): Packet => ({ cmd: 'subscribe', ...rest })),
  fc
    .record({ messageId, unsubscriptions: fc.array(filter, { minLength: 1, maxLength: 5 }) })
    .map((rest): Packet => ({ cmd: 'unsubscribe', ...rest })),
  fc.constantFrom<Packet>({ cmd: 'pingreq' }, { cmd: 'disconnect' }),
)

/** What of a packet the decoder gives; mqtt-packet leaves some out that say "none". */
function expected(packet: Packet): unknown {
  if (packet.cmd === 'publish') return { ...packet, payload: Buffer.from(packet.payload) }
  return packet
}

describe('a stream of packets', () => {
  test('is what mqtt-packet wrote, in whatever pieces it comes', () => {
    fc.assert(
      fc.property(
        connect,
        fc.array(fc.oneof(publish, others), { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }),
        (first, more, cuts) => {
          const packets = [first, ...more]
          const stream = Buffer.concat(packets.map((packet) => mqttPacket.generate(packet)))
          const found: ClientPacket[] = []
          const decoder = new PacketStream((packet) => found.push(packet))
          for (let at = 0, n = 0; at < stream.length; n++) {
            const size = cuts[n % cuts.length] ?? 1
            decoder.take(stream.subarray(at, at + size))
            at += size
          }
          expect(found).toEqual(packets.map(expected))
        },
      ),
    )
  })

  test('of any bytes ends in a refusal or waits, and nothing else is thrown', () => {
    const header = fc.constantFrom(0x10, 0x30, 0x32, 0x34, 0x40, 0x62, 0x82, 0xa2, 0xc0, 0xe0, 0x00, 0xf0)
    const frame = fc
      .tuple(header, bytes)
      .map(([first, body]) =>
        Buffer.concat([Buffer.from([first, body.length & 0x7f]), body.subarray(0, body.length & 0x7f)]),
      )
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 5 }), (frames) => {
        const decoder = new PacketStream(() => {})
        try {
          decoder.take(mqttPacket.generate({ cmd: 'connect', protocolId: 'MQTT', clientId: 'a', clean: true }))
          for (const part of frames) decoder.take(part)
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal)
          expect((error as Refusal).reason).toBe('malformed-packet')
        }
      }),
    )
  })
})

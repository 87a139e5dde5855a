import fc from 'fast-check'
import { type Packet, parser } from 'mqtt-packet'
import { describe, expect, it } from 'vitest'
import { connectPacket, PacketReader, publishPacket } from '../../../../simulator/load/mqtt-packet-bytes.ts'

function parsed(bytes: Buffer): Packet {
  const packets: Packet[] = []
  const reading = parser({ protocolVersion: 4 })
  reading.on('packet', (packet) => packets.push(packet))
  reading.on('error', (error) => expect.fail(error.message))
  reading.parse(bytes)
  expect(packets.length).toBe(1)
  return packets[0] as Packet
}

describe('the packets of a load', () => {
  it('are read by another implementation as they are meant', () => {
    expect(parsed(connectPacket({ clientId: 'load-1', username: 'field', password: 'geheim' }))).toMatchObject({
      ...{ cmd: 'connect', protocolVersion: 4, clientId: 'load-1', clean: true, keepalive: 0, username: 'field' },
      password: Buffer.from('geheim'),
    })
    expect(parsed(connectPacket({ clientId: 'x' }))).not.toHaveProperty('username')
    const text = fc.string({ minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(
        text,
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 65_535 }),
        (topic, payload, id) => {
          const { bytes, identifierAt } = publishPacket(topic, payload)
          bytes.writeUInt16BE(id, identifierAt)
          expect(parsed(bytes)).toMatchObject({
            cmd: 'publish',
            qos: 1,
            messageId: id,
            topic,
            payload: Buffer.from(payload),
          })
        },
      ),
      { numRuns: 50 },
    )
  })

  it('are found whole wherever the stream is cut', () => {
    const packets = ['a', 'b'.repeat(200), 'c'.repeat(20_000)].map(
      (topic) => publishPacket(topic, Buffer.from('1')).bytes,
    )
    const stream = Buffer.concat(packets)
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 8 }), (cuts) => {
        const reader = new PacketReader()
        const lengths: number[] = []
        const places = [...cuts.toSorted((a, b) => a - b), stream.length]
        for (const [i, to] of places.entries()) {
          reader.read(stream.subarray(places[i - 1] ?? 0, to), (first, body) => {
            expect(first).toBe(0x32)
            lengths.push(body.length)
          })
        }
        expect(lengths).toEqual([6, 205, 20_005])
      }),
      { numRuns: 50 },
    )
    const noMqtt = () => new PacketReader().read(Buffer.alloc(8, 0xff), () => {})
    expect(noMqtt).toThrow('a remaining length of more than four bytes')
  })
})

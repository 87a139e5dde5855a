import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { STANDARD } from '../../../../device-profiles/gb26875/dialect.ts'
import { encodeFrame, type Frame, MAX_FRAME_BYTES } from '../../../../device-profiles/gb26875/frame.ts'
import { type Found, framesOfDatagram, Reframer } from '../../../../device-profiles/gb26875/reframer.ts'
import { BAD_END, PACKETS } from '../../../support/gb26875-vectors.ts'

const join = (...parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]))
const all = (...chunks: readonly Uint8Array[]): readonly Found[] => {
  const reframer = new Reframer(STANDARD)
  return chunks.flatMap((chunk) => [...reframer.feed(chunk)])
}
const serials = (found: readonly Found[]) =>
  found.map((each) => (each.type === 'frame' ? each.frame.serial : each.fault))
const frame = (serial: number, data: Uint8Array): Frame => ({
  ...{ serial, version: { main: 1, user: 1 }, source: 1, destination: 2, command: 2, data },
  time: { year: 2026, month: 1, day: 1, hour: 0, minute: 0, second: 0 },
})
const bytesOf = (serial: number, data = new Uint8Array()) => encodeFrame(frame(serial, data), STANDARD)

describe('split and joined', () => {
  const stream = join(PACKETS.fire, PACKETS.confirmed, BAD_END, PACKETS.version, PACKETS.own)
  const whole = all(stream)

  test('several packets in one read', () => {
    expect(serials(whole)).toEqual([1, 1, 'end', 1, 0])
  })

  it.each(Array.from({ length: stream.length - 1 }, (_, i) => i + 1))('split after byte %i', (at) => {
    expect(all(stream.subarray(0, at), stream.subarray(at))).toEqual(whole)
  })

  test('one byte at a time', () => {
    expect(all(...Array.from(stream, (byte) => Uint8Array.of(byte)))).toEqual(whole)
  })
})

test('start and end characters in the data are data', () => {
  const data = Uint8Array.from([0x23, 0x23, 0x40, 0x40, ...PACKETS.confirmed, 0x23, 0x23])
  const found = all(join(bytesOf(7, data), bytesOf(8)))
  expect(found).toMatchObject([{ frame: { serial: 7, data } }, { frame: { serial: 8 } }])
})

test('a serial number or a stray byte that looks like a start', () => {
  expect(serials(all(bytesOf(0x4040)))).toEqual([0x4040])
  expect(serials(all(join(Uint8Array.of(0x40), bytesOf(3))))).toEqual([3])
  expect(serials(all(join(Uint8Array.of(0x40, 0x40), bytesOf(3))))).toEqual([3])
})

test('any packets with anything between them, split anywhere: no packet is lost behind what is no start', () => {
  const garbage = fc.uint8Array({ maxLength: 40 }).map((bytes) => bytes.map((byte) => (byte === 0x40 ? 0 : byte)))
  const piece = fc.record({ garbage, data: fc.uint8Array({ maxLength: 50 }) })
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), fc.array(fc.nat(400), { maxLength: 8 }), (pieces, cuts) => {
      const stream = join(...pieces.flatMap((each, serial) => [each.garbage, bytesOf(serial, each.data)]))
      const at = [0, ...cuts.map((cut) => Math.min(cut, stream.length)).sort((a, b) => a - b), stream.length]
      const found = all(...at.slice(1).map((end, i) => stream.subarray(at[i], end)))
      expect(found).toEqual(all(stream))
      expect(found.flatMap((each) => (each.type === 'frame' ? [each.frame] : []))).toEqual(
        pieces.map(({ data }, serial) => frame(serial, data)),
      )
    }),
  )
})

test('endless garbage costs no memory, is counted, and does not hide the packet behind it', () => {
  const reframer = new Reframer(STANDARD)
  const noise = Uint8Array.from({ length: 65_536 }, (_, i) => (i * 7 + (i >> 8)) & 0xff)
  const found: Found[] = []
  for (let i = 0; i < 16; i++) {
    found.push(...reframer.feed(noise))
    expect(reframer.waitingBytes).toBeLessThanOrEqual(MAX_FRAME_BYTES)
  }
  expect(reframer.garbageBytes).toBeGreaterThan(900_000)
  found.push(...reframer.feed(new Uint8Array(MAX_FRAME_BYTES)))
  expect(serials([...reframer.feed(bytesOf(5))])).toContain(5)
  expect(reframer.garbageBytes).toBe(0)
})

test('what only looked like a start is given up, and the packet inside it is found', () => {
  const reframer = new Reframer(STANDARD)
  // It says that 512 bytes follow, and a packet comes.
  const start = bytesOf(1, new Uint8Array(512)).subarray(0, 27)
  expect([...reframer.feed(join(start, bytesOf(2)))]).toEqual([])
  expect(reframer.waitingBytes).toBe(57)
  expect(serials([...reframer.giveUpWaiting()])).toEqual([2])
  expect(reframer.waitingBytes).toBe(0)
})

describe('datagrams', () => {
  test('one packet, or several', () => {
    expect(serials(framesOfDatagram(join(bytesOf(1), bytesOf(2)), STANDARD))).toEqual([1, 2])
  })
  test('one that was cut off has no end characters', () => {
    expect(serials(framesOfDatagram(PACKETS.fire.subarray(0, 40), STANDARD))).toEqual(['end'])
    expect(framesOfDatagram(PACKETS.fire.subarray(0, 20), STANDARD)).toEqual([])
  })
})

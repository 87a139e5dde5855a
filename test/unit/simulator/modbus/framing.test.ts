import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc16 } from '../../../../simulator/modbus/crc16.ts'
import { type Framing, MbapFraming, type Request } from '../../../../simulator/modbus/framing.ts'
import { RtuFraming } from '../../../../simulator/modbus/rtu-framing.ts'

const word = fc.integer({ min: 0, max: 0xffff })

function bytesOf(...words: readonly number[]): number[] {
  return words.flatMap((value) => [value >> 8, value & 0xff])
}

/** Requests whose length follows from their function code. */
const pdu = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 6 }), word, word).map(([code, a, b]) => Uint8Array.of(code, ...bytesOf(a, b))),
  fc
    .tuple(fc.constantFrom(15, 16), word, word, fc.uint8Array({ minLength: 1, maxLength: 246 }))
    .map(([code, a, b, data]) => Uint8Array.of(code, ...bytesOf(a, b), data.length, ...data)),
)
const unitId = fc.integer({ min: 0, max: 255 })

function cutAt(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...places].map((start, i) => bytes.subarray(start, places[i] ?? bytes.length))
}

function pushAll(framing: Framing, chunks: readonly Uint8Array[]): Request[] {
  return chunks.flatMap((chunk) =>
    // What comes out must not change when the network reuses its buffer for what comes next.
    framing.receive(Uint8Array.from(chunk)).map((request) => ({ ...request, pdu: Uint8Array.from(request.pdu) })),
  )
}

describe('CRC of Modbus RTU', () => {
  it('is right for the frame of the serial line guide', () => {
    // 02 07 -> 41 12 (Modbus over serial line V1.02, appendix B).
    expect(crc16(Uint8Array.of(0x02, 0x07), 0, 2)).toBe(0x1241)
  })

  it('is right for a published frame of a radar gauge', () => {
    expect(crc16(Uint8Array.of(0x01, 0x03, 0x00, 0x01, 0x00, 0x01), 0, 6)).toBe(0xcad5)
  })
})

describe.each([
  { name: 'Modbus TCP', create: () => new MbapFraming(), transactions: true },
  { name: 'RTU', create: () => new RtuFraming(), transactions: false },
])('framing of $name', ({ create, transactions }) => {
  const request = fc
    .record({ unitId, pdu, transactionId: transactions ? word : fc.constant(0) })
    .map((value): Request => value)

  it('gives back every request, however the stream is split and joined', () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 8 }), fc.array(fc.nat({ max: 4000 })), (requests, cuts) => {
        const framing = create()
        const stream = Uint8Array.from(requests.flatMap((each) => [...framing.encode(each, each.pdu)]))
        expect(pushAll(framing, cutAt(stream, cuts))).toEqual(requests)
        expect(framing.waiting).toBe(0)
        expect(framing.broken).toBeNull()
        expect(framing.noise).toBe(0)
      }),
    )
  })
})

describe('framing of Modbus TCP', () => {
  it.each([
    ['another protocol', [0, 1, 0, 5, 0, 6, 1, 3, 0, 0, 0, 1]],
    ['a length of nothing', [0, 1, 0, 0, 0, 1, 1, 3, 0, 0, 0, 1]],
    ['a length beyond the longest request', [0, 1, 0, 0, 1, 0, 1, 3, 0, 0, 0, 1]],
  ])('is broken by %s, and keeps nothing', (_what, bytes) => {
    const framing = new MbapFraming()
    const good = Uint8Array.of(0, 9, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1)
    expect(framing.receive(Uint8Array.of(...good, ...bytes))).toHaveLength(1)
    expect(framing.broken).toMatch(/^expected a Modbus TCP header, got /)
    expect(framing.waiting).toBe(0)
    expect(framing.noise).toBe(bytes.length)
    expect(framing.receive(good)).toEqual([])
  })
})

describe('framing of RTU', () => {
  const read = { unitId: 1, transactionId: 0, pdu: Uint8Array.of(3, 0, 1, 0, 1) }
  const frame = new RtuFraming().encode(read, read.pdu)

  it('passes over a damaged request and finds the next one', () => {
    const damaged = Uint8Array.from(frame)
    damaged[3] = 0x55
    expect(pushAll(new RtuFraming(), [damaged, frame])).toEqual([read])
  })

  it('passes over a byte of noise in front of a request', () => {
    expect(pushAll(new RtuFraming(), [Uint8Array.of(0), frame])).toEqual([read])
  })

  it('understands a request whose length it does not know, once the line is silent', () => {
    const odd = { unitId: 4, transactionId: 0, pdu: Uint8Array.of(0x2b, 0x0e, 0x01, 0x00) }
    const framing = new RtuFraming()
    expect(framing.receive(framing.encode(odd, odd.pdu))).toEqual([])
    const requests = framing.silence()
    expect(requests.map(({ unitId, pdu }) => [unitId, ...pdu])).toEqual([[4, ...odd.pdu]])
    expect(framing.waiting).toBe(0)
  })

  it('finds behind half a request, once the line is silent, the whole one that it had swallowed', () => {
    const framing = new RtuFraming()
    // A long write that was cut off: its byte count reaches over the request that follows.
    expect(framing.receive(Uint8Array.of(1, 16, 0, 0, 0, 100, 200, ...frame))).toEqual([])
    expect(framing.silence().map(({ unitId, pdu }) => [unitId, ...pdu])).toEqual([[1, ...read.pdu]])
    expect(framing.noise).toBe(7)
  })

  it('never keeps more than two longest requests, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 10 }), (chunks) => {
        const framing = new RtuFraming()
        for (const chunk of chunks) {
          framing.receive(chunk)
          expect(framing.waiting).toBeLessThanOrEqual(512)
        }
        framing.silence()
        expect(framing.waiting).toBe(0)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeMbap, MbapFraming, parseMbap } from '../../../../gateway/sources/modbus/mbap-framing.ts'
import type { ModbusRequest } from '../../../../gateway/sources/modbus/pdu.ts'

const request: ModbusRequest = { type: 'read', table: 'holding-register', address: 0, count: 1 }
const idOf = (bytes: Uint8Array): number => ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)
const reply = (transactionId: number, value: number, unitId = 1): Uint8Array =>
  encodeMbap({ transactionId, unitId, pdu: Uint8Array.of(3, 2, value >> 8, value & 0xff) })
const words = (value: number) => ({ type: 'reply', reply: { type: 'words', words: Uint16Array.of(value) } })

describe('MBAP framing', () => {
  test('the header is that of the specification', () => {
    const bytes = encodeMbap({ transactionId: 0x1501, unitId: 0xff, pdu: Uint8Array.of(3, 0, 4, 0, 1) })
    expect(Buffer.from(bytes).toString('hex')).toBe('150100000006ff0300040001')
  })

  test('frames are found however the stream is cut or joined', () => {
    const frame = fc.record({
      transactionId: fc.integer({ min: 0, max: 0xffff }),
      unitId: fc.integer({ min: 0, max: 255 }),
      pdu: fc.uint8Array({ minLength: 1, maxLength: 253 }),
    })
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 40 }), (frames, step) => {
        const stream = Buffer.concat(frames.map(encodeMbap))
        const found: unknown[] = []
        let bytes: Uint8Array = new Uint8Array(0)
        for (let from = 0; from < stream.length; from += step) {
          bytes = Buffer.concat([bytes, stream.subarray(from, from + step)])
          for (let parsed = parseMbap(bytes); parsed.type === 'frame'; parsed = parseMbap(bytes)) {
            found.push({ ...parsed.frame, pdu: Uint8Array.from(parsed.frame.pdu) })
            bytes = bytes.subarray(parsed.end)
          }
        }
        expect(found).toEqual(frames)
      }),
    )
  })

  test('what is not Modbus TCP is broken, not waited for', () => {
    for (const bytes of ['HTTP/1.1 400 Bad Request', '\u0001\u0002\u0000\u0000\u0000\u0001', 'SSH-2.0']) {
      expect(parseMbap(Buffer.from(bytes, 'latin1')).type, bytes).toBe('broken')
    }
  })

  test('a late reply is dropped by its id, before and joined with the right one', () => {
    const framing = new MbapFraming({ firstId: 0xffff })
    const late = idOf(framing.begin(1, request))
    framing.abandon()
    const current = idOf(framing.begin(1, request))
    expect([late, current]).toEqual([0xffff, 0])
    expect(framing.receive(Buffer.concat([reply(late, 111), reply(current, 222)]))).toEqual([
      { type: 'late' },
      words(222),
    ])
  })

  test('an id whose reply may still come is not used again, even after all others', () => {
    const framing = new MbapFraming({ firstId: 7 })
    expect(idOf(framing.begin(1, request))).toBe(7)
    framing.abandon()
    const used = new Set<number>()
    for (let index = 0; index < 70_000; index++) {
      const id = idOf(framing.begin(1, request))
      used.add(id)
      expect(framing.receive(reply(id, 1))).toEqual([words(1)])
    }
    expect(used.has(7)).toBe(false)
    expect(used.size).toBe(65_535)
    expect(framing.receive(reply(7, 9))).toEqual([{ type: 'late' }])
  })

  test('ids go on over a new connection', () => {
    const framing = new MbapFraming({ firstId: 20 })
    framing.begin(1, request)
    framing.reset()
    framing.begin(1, request)
    expect(framing.receive(reply(20, 111))).toEqual([{ type: 'late' }])
    expect(framing.receive(reply(21, 222))).toEqual([words(222)])
  })

  test('another unit, function code or byte count under the right id is refused', () => {
    const pdus = [
      Uint8Array.of(4, 2, 0, 1),
      Uint8Array.of(3, 4, 0, 1, 0, 2),
      Uint8Array.of(3, 2, 0),
      Uint8Array.of(0x84, 2),
    ]
    const framing = new MbapFraming({ firstId: 0 })
    for (const [transactionId, pdu] of pdus.entries()) {
      framing.begin(1, request)
      expect(framing.receive(encodeMbap({ transactionId, unitId: 1, pdu }))).toMatchObject([{ type: 'refused' }])
    }
    framing.begin(1, request)
    expect(framing.receive(reply(pdus.length, 1, 2))).toMatchObject([
      { type: 'refused', detail: 'unit id 2 answered where unit id 1 was asked' },
    ])
  })

  test('half a reply of a lost connection is not completed by the next one', () => {
    const framing = new MbapFraming({ firstId: 0 })
    framing.begin(1, request)
    framing.receive(reply(0, 111).subarray(0, 8))
    framing.reset()
    framing.begin(1, request)
    expect(framing.receive(reply(1, 222))).toEqual([words(222)])
  })
})

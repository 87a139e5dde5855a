import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FramingEvent } from '../../../../gateway/sources/modbus/framing.ts'
import { encodePdu, type ModbusRequest } from '../../../../gateway/sources/modbus/pdu.ts'
import { encodeRtu, findRtuReply, RtuFraming } from '../../../../gateway/sources/modbus/rtu-framing.ts'
import { withCrc } from '../../../support/modbus-slave.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const read = (address: number, count: number): ModbusRequest => ({
  type: 'read',
  table: 'holding-register',
  address,
  count,
})

/** Units 5, 7 and 8 were asked some time. */
const create = () => new RtuFraming({ knows: (unitId) => [5, 7, 8].includes(unitId) })

function receive(request: { unitId: number; request: ModbusRequest }, chunks: readonly Uint8Array[]): FramingEvent[] {
  const framing = create()
  framing.begin(request.unitId, request.request)
  return chunks.flatMap((chunk) => framing.receive(chunk))
}

/** Cuts bytes at any places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(places.map((place) => place % bytes.length))].sort((a, b) => a - b)
  return [0, ...cuts].map((from, index) => bytes.slice(from, cuts[index] ?? bytes.length))
}

// Frames printed in makers' manuals: KELLER Series 30 (4.4), QDY30A, DFRobot SEN0492 and SEN0676.
const PRINTED = [
  {
    unitId: 1,
    request: read(2, 2),
    sent: '01 03 00 02 00 02 65 cb',
    came: '01 03 04 3f 75 f0 7b e3 de',
    words: [0x3f75, 0xf07b],
  },
  {
    unitId: 1,
    request: read(8, 2),
    sent: '01 03 00 08 00 02 45 c9',
    came: '01 03 04 41 b5 c0 79 6e 0b',
    words: [0x41b5, 0xc079],
  },
  {
    unitId: 0x50,
    request: read(0x34, 1),
    sent: '50 03 00 34 00 01 c8 45',
    came: '50 03 02 07 0b 06 7f',
    words: [1803],
  },
]

describe('RTU framing', () => {
  test.each(PRINTED)(
    'sends and understands the frames of the manuals: $sent',
    ({ unitId, request, sent, came, words }) => {
      expect(Buffer.from(encodeRtu(unitId, encodePdu(request))).equals(hex(sent))).toBe(true)
      expect(receive({ unitId, request }, [hex(came)])).toEqual([
        { type: 'reply', reply: { type: 'words', words: Uint16Array.from(words) } },
      ])
    },
  )

  test('refuses a frame that a manual prints with a wrong CRC', () => {
    expect(receive({ unitId: 2, request: read(0, 1) }, [hex('02 03 02 00 00 00 01 84 39')])).toEqual([])
    expect(receive({ unitId: 1, request: read(0x100, 4) }, [hex('01 03 08 3f 75 e3 d2 41 b6 1c 20 a0 77')])).toEqual([])
  })

  test('finds the reply however the stream is cut, and with noise before it', () => {
    const arbitrary = fc.record({
      unitId: fc.integer({ min: 1, max: 247 }),
      words: fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 125 }),
      noise: fc.uint8Array({ maxLength: 3 }).map((bytes) => bytes.map((byte) => (byte & 1 ? 0xff : 0x00))),
      places: fc.array(fc.nat(), { maxLength: 6 }),
    })
    fc.assert(
      fc.property(arbitrary, ({ unitId, words, noise, places }) => {
        const data = Buffer.alloc(words.length * 2)
        for (const [index, word] of words.entries()) data.writeUInt16BE(word, index * 2)
        const frame = withCrc(Buffer.concat([Buffer.of(unitId, 3, data.length), data]))
        const events = receive({ unitId, request: read(0, words.length) }, cut(Buffer.concat([noise, frame]), places))
        expect(events).toEqual([{ type: 'reply', reply: { type: 'words', words: Uint16Array.from(words) } }])
      }),
    )
  })

  test('one changed bit is never a reply', () => {
    const frame = withCrc(hex('07 03 04 12 34 56 78'))
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const damaged = Buffer.from(frame)
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const events = receive({ unitId: 7, request: read(0, 2) }, [damaged])
      expect(events.filter((event) => event.type === 'reply')).toEqual([])
    }
  })

  test('an exception is understood', () => {
    expect(receive({ unitId: 9, request: read(0, 1) }, [withCrc(hex('09 83 02'))])).toEqual([
      { type: 'reply', reply: { type: 'exception', code: 2 } },
    ])
  })

  test('a good frame of an unknown unit, of another function code or length is refused', () => {
    const asked = { unitId: 5, request: read(0, 2) }
    for (const [frame, behind] of [
      ['06 03 04 00 01 00 02', undefined],
      ['05 04 04 00 01 00 02', '4: 4'],
      ['05 03 02 00 01', '3: 2'],
      ['05 84 02', '4: exception'],
      ['05 06 00 01 00 02', '6: a write'],
    ] as const) {
      const [event, ...more] = receive(asked, [withCrc(hex(frame))])
      expect(event, frame).toMatchObject({ type: 'refused' })
      expect((event as { readonly behind?: string }).behind).toBe(behind)
      expect(more).toEqual([])
    }
  })

  test('a reply of another unit that was asked before is its own, and the one asked for is waited for', () => {
    const late = withCrc(hex('07 03 02 00 07'))
    const other = withCrc(hex('08 83 06'))
    const reply = withCrc(hex('05 03 02 00 05'))
    const events = [
      { type: 'stray', unitId: 7, shape: '3: 2' },
      { type: 'stray', unitId: 8, shape: '3: exception' },
      { type: 'reply', reply: { type: 'words', words: Uint16Array.of(5) } },
    ]
    const asked = { unitId: 5, request: read(0, 1) }
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 8 }), (places) => {
        expect(receive(asked, cut(Buffer.concat([late, other, reply]), places))).toEqual(events)
      }),
    )
    // Behind the reply it is told too.
    expect(receive(asked, [Buffer.concat([reply, late])])).toEqual([events[2], events[0]])
  })

  test('two replies to one request are both refused, because nothing says which is late', () => {
    const first = withCrc(hex('05 03 02 00 01'))
    const second = withCrc(hex('05 03 02 00 02'))
    expect(receive({ unitId: 5, request: read(0, 1) }, [Buffer.concat([first, second])])).toMatchObject([
      { type: 'refused' },
    ])
    // The second half-arrived: its rest comes when nothing is asked.
    const events = receive({ unitId: 5, request: read(0, 1) }, [
      Buffer.concat([first, second.subarray(0, 3)]),
      second.subarray(3),
    ])
    expect(events.slice(1)).toEqual([
      { type: 'noise', count: 3 },
      { type: 'stray', unitId: 5, shape: '3: 2' },
    ])
  })

  test('what comes when nothing is asked is told as whole replies, and as so many bytes besides', () => {
    const framing = create()
    const [stray, noise] = [withCrc(hex('09 03 02 00 07')), hex('ff ff')]
    expect(framing.receive(noise)).toEqual([{ type: 'noise', count: 2 }])
    expect(framing.receive(stray.subarray(0, 4))).toEqual([{ type: 'noise', count: 6 }])
    expect(framing.receive(Buffer.concat([stray.subarray(4), noise]))).toEqual([
      { type: 'stray', unitId: 9, shape: '3: 2' },
      { type: 'noise', count: 2 },
    ])
    framing.begin(5, read(0, 1))
    expect(framing.receive(withCrc(hex('05 03 02 00 05')))).toMatchObject([{ type: 'reply' }])
  })

  test('a truncated reply is waited for, and told when it is given up', () => {
    const framing = create()
    framing.begin(5, read(0, 2))
    expect(framing.receive(hex('05 03 04 00'))).toEqual([])
    expect(framing.abandon()).toContain('05 03 04 00')
    expect(framing.receive(hex('00'))).toEqual([{ type: 'noise', count: 1 }])
  })

  test('a write is answered only by itself', () => {
    const request = { type: 'write-register', address: 7, value: 9 } as const
    expect(receive({ unitId: 5, request }, [withCrc(hex('05 06 00 07 00 09'))])).toMatchObject([{ type: 'reply' }])
    expect(receive({ unitId: 5, request }, [withCrc(hex('05 06 00 07 00 08'))])).toMatchObject([{ type: 'refused' }])
  })

  test('babble neither grows the buffer nor makes a reply', () => {
    const framing = create()
    framing.begin(5, read(0, 2))
    for (let index = 0; index < 200; index++) framing.receive(Buffer.alloc(100, index))
    expect((framing.abandon() ?? '').length).toBeLessThan(300)
  })

  test('any bytes are searched without an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const found = findRtuReply(bytes, { unitId: 1, request: read(0, 2) })
        if (found.type !== 'incomplete') expect(found.end).toBeLessThanOrEqual(bytes.length)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeReply, encodePdu, type ModbusRequest, replyPduLength } from '../../../../gateway/sources/modbus/pdu.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const text = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/..(?!$)/g, '$& ')

// The examples that the specification itself prints (MODBUS Application Protocol V1.1b3, 6.1 to 6.12).
const EXAMPLES: readonly { readonly request: ModbusRequest; readonly sent: string; readonly came: string }[] = [
  {
    request: { type: 'read', table: 'coil', address: 0x13, count: 0x13 },
    sent: '01 00 13 00 13',
    came: '01 03 cd 6b 05',
  },
  {
    request: { type: 'read', table: 'discrete-input', address: 0xc4, count: 0x16 },
    sent: '02 00 c4 00 16',
    came: '02 03 ac db 35',
  },
  {
    request: { type: 'read', table: 'holding-register', address: 0x6b, count: 3 },
    sent: '03 00 6b 00 03',
    came: '03 06 02 2b 00 00 00 64',
  },
  {
    request: { type: 'read', table: 'input-register', address: 8, count: 1 },
    sent: '04 00 08 00 01',
    came: '04 02 00 0a',
  },
  { request: { type: 'write-coil', address: 0xac, value: true }, sent: '05 00 ac ff 00', came: '05 00 ac ff 00' },
  { request: { type: 'write-register', address: 1, value: 3 }, sent: '06 00 01 00 03', came: '06 00 01 00 03' },
  {
    request: {
      type: 'write-coils',
      address: 0x13,
      values: [true, false, true, true, false, false, true, true, true, false],
    },
    sent: '0f 00 13 00 0a 02 cd 01',
    came: '0f 00 13 00 0a',
  },
  {
    request: { type: 'write-registers', address: 1, values: [0x0a, 0x0102] },
    sent: '10 00 01 00 02 04 00 0a 01 02',
    came: '10 00 01 00 02',
  },
]

describe('requests and replies', () => {
  test.each(EXAMPLES)('are those of the specification: $sent', ({ request, sent, came }) => {
    expect(text(encodePdu(request))).toBe(sent)
    expect(replyPduLength(request)).toBe(hex(came).length)
    expect(decodeReply(request, hex(came)).type).toBe(request.type === 'read' ? 'words' : 'written')
  })

  test('registers are big-endian words, bits come lowest first', () => {
    const registers = decodeReply(EXAMPLES[2]?.request as ModbusRequest, hex('03 06 02 2b 00 00 00 64'))
    expect(registers).toEqual({ type: 'words', words: Uint16Array.of(0x022b, 0, 0x64) })
    const coils = decodeReply({ type: 'read', table: 'coil', address: 0, count: 10 }, hex('01 02 cd ff'))
    expect(coils).toEqual({ type: 'words', words: Uint16Array.of(1, 0, 1, 1, 0, 0, 1, 1, 1, 1) })
  })

  test('an exception is a reply', () => {
    const request = { type: 'read', table: 'holding-register', address: 0, count: 1 } as const
    expect(decodeReply(request, hex('83 02'))).toEqual({ type: 'exception', code: 2 })
  })

  test('what answers another request is a mismatch', () => {
    const read = { type: 'read', table: 'holding-register', address: 0, count: 2 } as const
    for (const pdu of [
      '04 04 00 01 00 02',
      '03 02 00 01',
      '03 04 00 01',
      '03 05 00 01 00 02',
      '84 02',
      '83 02 00',
      '',
    ]) {
      expect(decodeReply(read, hex(pdu)).type, pdu).toBe('mismatch')
    }
    expect(decodeReply({ type: 'write-register', address: 1, value: 3 }, hex('06 00 01 00 04')).type).toBe('mismatch')
    expect(decodeReply({ type: 'write-registers', address: 1, values: [3] }, hex('10 00 02 00 01')).type).toBe(
      'mismatch',
    )
  })

  test('any bytes give a reply or a mismatch, never an error', () => {
    const tables = fc.constantFrom('coil', 'discrete-input', 'holding-register', 'input-register')
    fc.assert(
      fc.property(tables, fc.integer({ min: 1, max: 125 }), fc.uint8Array({ maxLength: 260 }), (table, count, pdu) => {
        const reply = decodeReply({ type: 'read', table, address: 0, count }, pdu)
        if (reply.type === 'words') expect(reply.words).toHaveLength(count)
      }),
    )
  })
})

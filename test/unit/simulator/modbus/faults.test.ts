import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ActiveFault } from '../../../../simulator/modbus/active-fault.ts'
import { type Framing, MbapFraming, type Request } from '../../../../simulator/modbus/framing.ts'
import { type Exchange, faultyReply, type Reply } from '../../../../simulator/modbus/reply.ts'
import { RtuFraming, readFrame } from '../../../../simulator/modbus/rtu-framing.ts'
import { type UnitFault, unfitReason } from '../../../../simulator/modbus/unit-fault.ts'
import { mulberry32 } from '../../../../simulator/mulberry32.ts'

const request: Request = { transactionId: 0x0105, unitId: 7, pdu: Uint8Array.of(3, 0, 1, 0, 1) }
const ANSWER = Uint8Array.of(3, 2, 0x08, 0x44)
const tcp = (unitId: number, transactionId: number, ...pdu: number[]) => [
  ...[transactionId >> 8, transactionId & 0xff, 0, 0, 0, pdu.length + 1, unitId],
  ...pdu,
]

/** Counts how often the request was carried out. */
function exchangeOn(framing: Framing, random = mulberry32(1)): Exchange & { readonly carriedOut: () => number } {
  let times = 0
  const answer = () => {
    times++
    return ANSWER
  }
  return { request, framing, random, answer, pretended: () => ANSWER, carriedOut: () => times }
}

/** Each part as its bytes, with its pauses where it has some. */
function told(reply: Reply | null) {
  if (reply?.type !== 'bytes') return reply?.type ?? 'spared'
  return reply.parts.map(({ bytes, afterMs, byteMs }) => ({
    bytes: [...bytes],
    ...(afterMs === 0 ? {} : { afterMs }),
    ...(byteMs === undefined ? {} : { byteMs }),
  }))
}

const right = tcp(7, 0x0105, ...ANSWER)
const turned = [3, 2, 0xf7, 0xbb]

describe('a fault on Modbus TCP', () => {
  it.each<[UnitFault, unknown, number]>([
    [{ type: 'silent' }, 'none', 0],
    [{ type: 'lost' }, 'none', 1],
    [{ type: 'forgets-writes' }, [{ bytes: right }], 0],
    [{ type: 'disconnect' }, 'close', 0],
    [{ type: 'exception', code: 4 }, [{ bytes: tcp(7, 0x0105, 0x83, 4) }], 0],
    [{ type: 'busy', times: 1 }, [{ bytes: tcp(7, 0x0105, 0x83, 6) }], 0],
    [{ type: 'late', ms: 90 }, [{ bytes: right, afterMs: 90 }], 1],
    [{ type: 'slow', ms: 20 }, [{ bytes: right, byteMs: 20 }], 1],
    [{ type: 'duplicated', ms: 5 }, [{ bytes: right }, { bytes: right, afterMs: 5 }], 1],
    [{ type: 'foreign', of: 'unit', place: 'before' }, [{ bytes: tcp(8, 0x0105, ...turned) }, { bytes: right }], 1],
    [
      { type: 'foreign', of: 'function', place: 'behind' },
      [{ bytes: right }, { bytes: tcp(7, 0x0105, 4, ...turned.slice(1)) }],
      1,
    ],
    [{ type: 'truncated' }, [{ bytes: right.slice(0, 5) }], 1],
    [{ type: 'wrong-unit' }, [{ bytes: tcp(8, 0x0105, ...ANSWER) }], 1],
    [{ type: 'wrong-transaction' }, [{ bytes: tcp(7, 0x0104, ...ANSWER) }], 1],
  ])('%o', (fault, expected, carriedOut) => {
    const exchange = exchangeOn(new MbapFraming())
    expect(told(faultyReply(fault, exchange))).toEqual(expected)
    expect(exchange.carriedOut()).toBe(carriedOut)
  })

  it('garbage is as long as the right answer, and the same again with the same seed', () => {
    const bytes = () => told(faultyReply({ type: 'garbage' }, exchangeOn(new MbapFraming())))
    expect(bytes()).toEqual(bytes())
    expect((bytes() as { bytes: number[] }[])[0]?.bytes).toHaveLength(right.length)
  })
})

describe('a fault on RTU', () => {
  const framing = new RtuFraming()
  const bytesOf = (fault: UnitFault): readonly Uint8Array[] => {
    const reply = faultyReply(fault, exchangeOn(framing))
    return reply.type === 'bytes' ? reply.parts.map(({ bytes }) => bytes) : []
  }

  it('bad-crc has a wrong checksum under the right answer', () => {
    const [frame = new Uint8Array()] = bytesOf({ type: 'bad-crc' })
    expect([...frame.subarray(0, -2)]).toEqual([7, ...ANSWER])
    expect(readFrame(frame)).toBeNull()
  })

  it('what is foreign, doubled or wrong has a right checksum all the same', () => {
    const faults: readonly UnitFault[] = [
      { type: 'foreign', of: 'unit', place: 'before' },
      { type: 'foreign', of: 'function', place: 'behind' },
      { type: 'duplicated', ms: 0 },
      { type: 'wrong-unit' },
    ]
    for (const frame of faults.flatMap(bytesOf)) expect(readFrame(frame)).not.toBeNull()
  })
})

describe('which answers a fault strikes', () => {
  const strikes = (fault: UnitFault, answers: number, seed = 1): readonly number[] => {
    const active = new ActiveFault(fault)
    const exchange = exchangeOn(new MbapFraming(), mulberry32(seed))
    return Array.from({ length: answers }, (_, i) => i + 1).filter(() => active.reply(exchange) !== null)
  }

  it('all of them, or every so many', () => {
    expect(strikes({ type: 'silent' }, 3)).toEqual([1, 2, 3])
    expect(strikes({ type: 'late', ms: 1, every: 10 }, 35)).toEqual([10, 20, 30])
  })

  it('a share of them, the same ones with the same seed', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (share, seed) => {
        const struck = strikes({ type: 'silent', share }, 1000, seed)
        expect(Math.abs(struck.length - share * 1000)).toBeLessThan(100)
        expect(strikes({ type: 'silent', share }, 1000, seed)).toEqual(struck)
      }),
    )
  })

  it('busy refuses each request so many times, answers it once, and begins anew', () => {
    expect(strikes({ type: 'busy', times: 2 }, 7)).toEqual([1, 2, 4, 5, 7])
    const active = new ActiveFault({ type: 'busy', times: 1 })
    const ask = (pdu: Uint8Array) =>
      told(active.reply({ ...exchangeOn(new MbapFraming()), request: { ...request, pdu } }))
    const [one, other] = [Uint8Array.of(3, 0, 1, 0, 1), Uint8Array.of(3, 0, 2, 0, 1)]
    expect([ask(one), ask(other), ask(other), ask(one)].map((reply) => reply === 'spared')).toEqual([
      ...[false, false, true, true],
    ])
  })
})

describe('faults that a line cannot have', () => {
  it.each([
    ['bad-crc', 'modbus-tcp', 'Modbus TCP has no checksum'],
    ['bad-crc', 'modbus-rtu', null],
    ['wrong-transaction', 'modbus-rtu-over-tcp', 'RTU has no transaction ids'],
    ['wrong-transaction', 'modbus-tcp', null],
    ['half-open', 'modbus-rtu', 'a serial line has no connections'],
    ['half-open', 'modbus-rtu-over-tcp', null],
    ['frozen', 'modbus-rtu', null],
  ] as const)('%s on %s: %s', (fault, line, reason) => {
    expect(unfitReason(fault, line)).toBe(reason)
  })
})

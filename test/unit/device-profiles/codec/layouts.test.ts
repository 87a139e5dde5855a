/** Binary messages with a head, records of their own time, groups under a mask, repeated items and a checksum. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeMessage } from '../../../../device-profiles/codec/message.ts'
import type { BinaryPayload } from '../../../../device-profiles/payload-schema.ts'
import { type BarePoint, profileOf, said } from './message-profile.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const little = (rest: Partial<BinaryPayload>): BinaryPayload => ({ format: 'binary', byteOrder: 'DCBA', ...rest })
const big = (rest: Partial<BinaryPayload>): BinaryPayload => ({ format: 'binary', byteOrder: 'ABCD', ...rest })

describe('records with a time of their own', () => {
  const history = { length: 6, time: { at: 0, type: 'uint32', unit: 's' } } as const
  const profile = profileOf(little({ records: { '01 75': 1, '03 82': 2, '20 CE': history } }), [
    { id: 'battery', binary: { record: '01 75', at: 0, type: 'uint8' } },
    {
      id: 'distance',
      binary: { record: '03 82', at: 0, type: 'uint16', also: [{ record: '20 CE', at: 4, type: 'uint16' }] },
    },
  ])

  test('are readings of then, also where they stand behind that of now or nothing is said of now', () => {
    const first = { points: { distance: 5 }, time: 1_700_000_000_000, late: true }
    const second = { points: { distance: 6 }, time: 1_700_000_060_000, late: true }
    const messages = ['01 75 5C 03 82 44 08 20CE 00F15365 0500 20CE 3CF15365 0600', '20CE 00F15365 0500']
    expect(messages.map((message) => said(profile, hex(message)))).toEqual([
      { points: { battery: 92, distance: 2116 }, time: null, further: [first, second] },
      { points: {}, time: null, further: [first] },
    ])
  })

  test('are not written', () => {
    const message = encodeMessage(profile, { battery: 92, distance: 7 }, { parameters: {} })
    expect(Buffer.from(message).toString('hex')).toBe('01755c03820700')
  })
})

test('records may follow a head of fixed places', () => {
  const profile = profileOf(little({ records: { '01 75': 1 }, recordsAt: 3, constants: [{ at: 0, bytes: '02' }] }), [
    { id: 'csq', binary: { at: 1, type: 'uint8' } },
    { id: 'battery', binary: { record: '01 75', at: 0, type: 'uint8' } },
  ])
  expect(said(profile, hex('02 11 00 01 75 64'))).toEqual({ points: { csq: 17, battery: 100 }, time: null })
  expect(said(profile, hex('02 11 00'))).toBe('the message has no records')
  expect(said(profile, hex('02 11'))).toBe('the message ends at byte 2, before byte 3')
  const message = encodeMessage(profile, { csq: 17, battery: 100 }, { parameters: {} })
  expect(Buffer.from(message).toString('hex')).toBe('021100017564')
})

describe('groups under a mask', () => {
  const groups: NonNullable<BinaryPayload['groups']> = { mask: { at: 0, type: 'uint16' }, at: 2, sizes: [4, 1, 2] }
  const points: readonly BarePoint[] = [
    { id: 'pressure', binary: { group: 0, at: 0, type: 'uint16', offset: -16384 } },
    { id: 'temperature', binary: { group: 0, at: 2, type: 'uint16' } },
    { id: 'count', binary: { group: 1, at: 0, type: 'uint8' } },
    { id: 'battery', binary: { group: 2, at: 0, type: 'uint16', scale: 0.001 } },
  ]
  const profile = profileOf(big({ groups }), points)

  test('that are missing are missing, and not 0', () => {
    expect(said(profile, hex('0007 3E80 6017 09 0C7F'))).toEqual({
      points: { pressure: -384, temperature: 24599, count: 9, battery: 3.199 },
      time: null,
    })
    expect(said(profile, hex('0004 0C7F'))).toEqual({ points: { battery: 3.199 }, time: null })
    expect(said(profile, hex('0000'))).toEqual({ points: {}, time: null })
  })

  test.each([
    ['0008 0C7F', 'a group is there that the profile does not have: mask 0x8'],
    ['0004 0C', 'expected 4 bytes for the groups of mask 0x4, got 3'],
    ['0004 0C7F 00', 'expected 4 bytes for the groups of mask 0x4, got 5'],
    ['00', 'the message ends at byte 1, before the mask of its groups'],
  ])('%s is malformed', (message, problem) => {
    expect(said(profile, hex(message))).toBe(problem)
  })

  test('come back from the wire, whichever are there', () => {
    const parts = fc.subarray(
      [{ pressure: -384, temperature: 24599 }, { count: 9 }, { battery: 3.199 }].map((part) => ({ ...part })),
    )
    fc.assert(
      fc.property(parts, (chosen) => {
        const values: Record<string, number> = Object.assign({}, ...chosen)
        expect(said(profile, encodeMessage(profile, values, { parameters: {} }))).toEqual({
          points: values,
          time: null,
        })
      }),
    )
  })
})

describe('repeated items', () => {
  const point: BarePoint = {
    id: 'pressure',
    binary: { at: 0, type: 'int16', also: [{ item: true, at: 0, type: 'int16' }] },
  }
  const spaced: BinaryPayload['items'] = {
    at: 10,
    size: 2,
    count: { at: 4, type: 'uint16' },
    last: { at: 6, type: 'uint32', unit: 's' },
    every: { at: 2, type: 'uint16', unit: 's' },
  }

  test('are earlier readings, oldest first, as far apart as the head says', () => {
    const profile = profileOf(big({ items: spaced }), [point])
    expect(said(profile, hex('021A 003C 0002 6553F100 0219 021D'))).toEqual({
      points: { pressure: 538 },
      time: null,
      further: [
        { points: { pressure: 537 }, time: 1_699_999_940_000, late: true },
        { points: { pressure: 541 }, time: 1_700_000_000_000, late: true },
      ],
    })
    expect(said(profile, hex('021A 003C 0000 6553F100'))).toEqual({ points: { pressure: 538 }, time: null })
    expect(said(profile, hex('021A 003C 0003 6553F100 0219 021D'))).toBe(
      'expected 3 items of 2 bytes, and there are 4 bytes for them',
    )
    expect(said(profile, hex('021A 003C 0000 6553'))).toBe('the message ends at byte 8, before byte 10')
  })

  test('may have times of their own and no count', () => {
    const items = { at: 0, size: 6, time: { at: 2, type: 'uint32', unit: 's' } } as const
    const profile = profileOf(big({ items }), [{ id: 'distance', binary: { item: true, at: 0, type: 'uint16' } }])
    expect(said(profile, hex('0005 6553F100 0006 6553F13C'))).toMatchObject({
      points: {},
      further: [{ time: 1_700_000_000_000 }, { points: { distance: 6 }, time: 1_700_000_060_000 }],
    })
    expect(said(profile, hex('0005 6553F100 0006'))).toBe('expected 1 items of 6 bytes, and there are 8 bytes for them')
  })
})

describe('a frame', () => {
  const payload = big({
    constants: [
      { at: 0, bytes: 'A55A' },
      { at: -2, bytes: '55AA' },
    ],
    checksum: { type: 'crc16-modbus', byteOrder: 'ABCD', after: 2 },
    time: { at: 4, type: 'uint32', unit: 's' },
  })
  const profile = profileOf(payload, [{ id: 'pressure', binary: { at: 2, type: 'int16' } }])

  test('has its marks, its checksum and its time', () => {
    const message = Buffer.from(encodeMessage(profile, { pressure: -5 }, { parameters: {}, time: 1_700_000_000_000 }))
    expect(message.subarray(0, 8).toString('hex')).toBe('a55afffb6553f100')
    expect(said(profile, message)).toEqual({ points: { pressure: -5 }, time: 1_700_000_000_000 })
    expect(said(profile, message.subarray(1))).toBe('expected A55A at byte 0, got 5AFF')
    expect(said(profile, message.subarray(0, -1))).toMatch(/^expected 55AA at byte 9, got/)
    expect(said(profile, hex('A55A 55AA'))).toMatch(/^expected the checksum FFFF at byte 0|has no room/)
  })

  test('with one bit turned over is malformed, whichever it is', () => {
    const message = encodeMessage(profile, { pressure: 1234 }, { parameters: {}, time: 1_700_000_000_000 })
    fc.assert(
      fc.property(fc.nat(message.length * 8 - 1), (bit) => {
        const damaged = Uint8Array.from(message)
        damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(typeof said(profile, damaged)).toBe('string')
      }),
    )
  })
})

test('bits of a signed type are a signed number beside a flag', () => {
  const bits = { from: 1, count: 15 }
  const profile = profileOf(little({ lengths: [2] }), [
    { id: 'angle', binary: { at: 0, type: 'int16', bits, scale: 0.01 } },
    { id: 'flag', type: 'boolean', binary: { at: 0, type: 'bit', bit: 0 } },
  ])
  expect(said(profile, hex('0100'))).toMatchObject({ points: { angle: 0, flag: 1 } })
  expect(said(profile, hex('CF FF'))).toMatchObject({ points: { angle: -0.25, flag: 1 } })
  for (const angle of [-163.84, -0.01, 0, 163.83]) {
    const message = encodeMessage(profile, { angle, flag: 1 }, { parameters: {} })
    expect(said(profile, message)).toMatchObject({ points: { angle, flag: 1 } })
  }
  expect(() => encodeMessage(profile, { angle: 163.84 }, { parameters: {} })).toThrow('does not fit in 15 bits')
})

test('nothing that arrives can make a decoder throw', () => {
  const records = { '01 75': 1, '20 CE': { length: 6, time: { at: 0, type: 'uint32', unit: 's' } } } as const
  const count = { at: 0, type: 'uint8' } as const
  for (const payload of [
    little({ records, recordsAt: 2 }),
    big({ groups: { mask: count, at: 1, sizes: [1, 2, 3, 4] } }),
    big({ items: { at: 1, size: 5, count, time: { at: 0, type: 'uint32', unit: 'ms' } } }),
    big({ checksum: { type: 'crc16-modbus', byteOrder: 'DCBA', after: 1 }, constants: [{ at: -1, bytes: '00' }] }),
  ]) {
    const profile = profileOf(payload, [{ id: 'x', binary: { at: 0, type: 'uint8' } }])
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (message) => void said(profile, message)))
  }
})

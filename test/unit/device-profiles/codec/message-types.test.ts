import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BinaryBinding, ByteOrder, WireType } from '../../../../device-profiles/binding-schema.ts'
import { createMessageDecoder, encodeMessage } from '../../../../device-profiles/codec/message.ts'
import type { DeviceProfile, PointProfile } from '../../../../device-profiles/schema.ts'

const name = { zh: '名', en: 'name' }

function profileOf(
  points: Readonly<Record<string, BinaryBinding>>,
  byteOrder: 'ABCD' | 'DCBA' = 'ABCD',
): DeviceProfile {
  return {
    id: 'device',
    vendor: 'vendor',
    model: 'model',
    name,
    kind: 'kind',
    protocol: 'mqtt',
    status: 'reference',
    sources: [{ title: 'test' }],
    mqtt: {
      topic: 'device/{address}',
      interval: '1m',
      payload: { format: 'binary', encoding: 'raw', byteOrder },
    },
    points: Object.entries(points).map(
      ([id, binary]): PointProfile => ({
        ...{ id, name, unit: '1', type: binary.type === 'string' ? 'text' : 'number' },
        binary,
      }),
    ),
  }
}

function decode(profile: DeviceProfile, message: Uint8Array) {
  const decoded = createMessageDecoder(profile, {})(message)
  return 'malformed' in decoded ? decoded.malformed : Object.fromEntries(decoded.points)
}

const encode = (profile: DeviceProfile, values: Record<string, number | string>) =>
  Buffer.from(encodeMessage(profile, values, { parameters: {} }))

describe('a message with every type', () => {
  const profile = profileOf(
    {
      total: { at: 0, type: 'uint64', scale: 0.001 },
      change: { at: 8, type: 'int64', sentinels: [-(2 ** 63)] },
      half: { at: 16, type: 'float16' },
      exact: { at: 18, type: 'float64' },
      digits: { at: 26, type: 'bcd32', scale: 0.01, sentinels: [0xffffffff] },
      day: { at: 30, type: 'uint16', bits: { from: 0, count: 5 } },
      month: { at: 30, type: 'uint16', bits: { from: 5, count: 4 } },
      year: { at: 30, type: 'uint16', bits: { from: 9, count: 7 }, offset: 2000 },
      serial: { at: 32, type: 'string', length: 7 },
      loop: { at: 39, type: 'uint16', map: { from: [4000, 20000], to: [0, 5], signal: 'uA' }, mapValid: [3600, 21000] },
    },
    'DCBA',
  )

  test('is what Node writes, little-endian where the message says so', () => {
    const message = Buffer.alloc(41)
    message.writeBigUInt64LE(123456789012345n, 0)
    message.writeBigInt64LE(-42n, 8)
    message.writeUInt16LE(0x3555, 16)
    message.writeDoubleLE(-0.1, 18)
    message.writeUInt32LE(0x12345678, 26)
    message.writeUInt16LE((26 << 9) | (3 << 5) | 31, 30)
    message.write('SN-17\0 ', 32)
    message.writeUInt16LE(12000, 39)
    const values = {
      ...{ total: 123456789012.345, change: -42, half: 0.333251953125, exact: -0.1, digits: 123456.78 },
      ...{ day: 31, month: 3, year: 2026, serial: 'SN-17', loop: 2.5 },
    }
    expect(decode(profile, message)).toEqual(
      Object.fromEntries(Object.entries(values).map(([id, value]) => [id, { value }])),
    )
    message.write('SN-17\0\0', 32)
    expect(encode(profile, values).toString('hex')).toBe(message.toString('hex'))
  })

  test('says of each point alone why it has no value', () => {
    const message = encode(profile, { change: 1, digits: 5, serial: 'a', loop: 1, half: 1 })
    message.writeBigUInt64LE(2n ** 60n, 0)
    message.writeBigInt64LE(-(2n ** 63n), 8)
    message.writeUInt32LE(0x1234567a, 26)
    message[33] = 0xff
    message.writeUInt16LE(0, 39)
    expect(decode(profile, message)).toMatchObject({
      total: { fault: 'malformed', detail: expect.stringContaining('2^53 - 1') },
      change: { fault: 'sentinel' },
      half: { value: 1 },
      digits: { fault: 'malformed', detail: '0x1234567A is no BCD: a digit is above 9' },
      serial: { fault: 'malformed', detail: 'the text is not UTF-8' },
      loop: { fault: 'device-fault', detail: 'loop current 0 mA: broken wire' },
    })
  })

  test('fills what is not given with its code, and texts with nothing', () => {
    expect(decode(profile, encode(profile, { loop: 1 }))).toMatchObject({
      change: { fault: 'sentinel' },
      digits: { fault: 'sentinel' },
      serial: { value: '' },
    })
  })

  test('refuses by name what it cannot say', () => {
    expect(() => encode(profile, { serial: 'too long' })).toThrow('serial: expected a text of at most 7 bytes, got 8')
    expect(() => encode(profile, { serial: 5 })).toThrow('serial: expected a text, got 5')
    expect(() => encode(profile, { month: 16 })).toThrow('month: raw number 16 does not fit in 4 bits (0 to 15)')
    expect(() => encode(profile, { loop: 7 })).toThrow('loop: 7 would be read as a fault')
    expect(() => encode(profile, { half: 'a' })).toThrow('half: expected a number, got "a"')
  })
})

test('every number comes back in every order of its own', () => {
  const orders: ByteOrder[] = ['ABCD', 'CDAB', 'BADC', 'DCBA']
  const long: ByteOrder[] = ['ABCDEFGH', 'GHEFCDAB', 'BADCFEHG', 'HGFEDCBA', 'EFGHABCD', 'CDABGHEF', 'FEHGBADC']
  const safe = Number.MAX_SAFE_INTEGER
  const types: Readonly<Partial<Record<WireType, readonly [readonly ByteOrder[], fc.Arbitrary<number>]>>> = {
    uint8: [orders, fc.nat(255)],
    int16: [orders, fc.integer({ min: -32768, max: 32767 })],
    uint32: [orders, fc.nat(0xffffffff)],
    float16: [orders, fc.integer({ min: -2048, max: 2048 })],
    float32: [orders, fc.float({ noNaN: true, noDefaultInfinity: true })],
    bcd16: [orders, fc.nat(9999)],
    bcd32: [orders, fc.nat(99_999_999)],
    uint64: [long, fc.nat(safe)],
    int64: [long, fc.maxSafeInteger()],
    float64: [long, fc.double({ noNaN: true, noDefaultInfinity: true })],
  }
  for (const [type, [of, values]] of Object.entries(types)) {
    const cases = fc.record({
      byteOrder: fc.constantFrom(...of),
      value: values,
      other: fc.constantFrom('ABCD', 'DCBA'),
    })
    fc.assert(
      fc.property(cases, ({ byteOrder, value, other }) => {
        const profile = profileOf({ value: { at: 1, type: type as WireType, byteOrder } }, other as 'ABCD' | 'DCBA')
        expect(decode(profile, encode(profile, { value }))).toEqual({ value: { value: value + 0 } })
      }),
    )
  }
})

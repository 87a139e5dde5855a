import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ByteOrder, ModbusBinding, WireType } from '../../../../device-profiles/binding-schema.ts'
import {
  decodeRegisters,
  encodeRegisters,
  registerCount,
  unmeasuredRegisters,
} from '../../../../device-profiles/codec/registers.ts'

const ORDERS: readonly ByteOrder[] = ['ABCD', 'CDAB', 'BADC', 'DCBA']
const ORDERS_OF_EIGHT: readonly ByteOrder[] = [
  'ABCDEFGH',
  'GHEFCDAB',
  'BADCFEHG',
  'HGFEDCBA',
  'EFGHABCD',
  'CDABGHEF',
  'FEHGBADC',
  'DCBAHGFE',
]
const SAFE = Number.MAX_SAFE_INTEGER

const holding = (rest: Omit<ModbusBinding, 'table' | 'address'>): ModbusBinding => ({
  table: 'holding-register',
  address: 0,
  ...rest,
})
const decode = (type: WireType, words: readonly number[], rest: Partial<ModbusBinding> = {}) =>
  decodeRegisters(holding({ type, ...rest }), words, {})

/** The registers that hold the big-endian `bytes` in an order, by its letters: the first letter comes first on the wire. */
function wordsInOrder(bytes: Buffer, order: ByteOrder): number[] {
  const letters = [...order].filter((letter) => letter.charCodeAt(0) - 65 < bytes.length)
  const wire = Buffer.from(letters.map((letter) => bytes[letter.charCodeAt(0) - 65] ?? 0))
  return Array.from({ length: wire.length / 2 }, (_, i) => wire.readUInt16BE(2 * i))
}

interface Case {
  readonly size: number
  readonly values: fc.Arbitrary<number>
  /** Node's own way to write the value, big-endian. */
  readonly write: (buffer: Buffer, value: number) => void
}

const finite = { noNaN: true, noDefaultInfinity: true } as const
const digits = (size: number) => (buffer: Buffer, value: number) =>
  void buffer.write(String(value).padStart(2 * size, '0'), 'hex')

const CASES: Readonly<Partial<Record<WireType, Case>>> = {
  uint16: { size: 2, values: fc.nat(0xffff), write: (b, v) => b.writeUInt16BE(v) },
  int16: { size: 2, values: fc.integer({ min: -0x8000, max: 0x7fff }), write: (b, v) => b.writeInt16BE(v) },
  uint32: { size: 4, values: fc.nat(0xffffffff), write: (b, v) => b.writeUInt32BE(v) },
  int32: { size: 4, values: fc.integer(), write: (b, v) => b.writeInt32BE(v) },
  uint64: { size: 8, values: fc.nat(SAFE), write: (b, v) => b.writeBigUInt64BE(BigInt(v)) },
  int64: { size: 8, values: fc.maxSafeInteger(), write: (b, v) => b.writeBigInt64BE(BigInt(v)) },
  float32: { size: 4, values: fc.float(finite), write: (b, v) => b.writeFloatBE(v) },
  float64: { size: 8, values: fc.double(finite), write: (b, v) => b.writeDoubleBE(v) },
  bcd16: { size: 2, values: fc.nat(9999), write: digits(2) },
  bcd32: { size: 4, values: fc.nat(99_999_999), write: digits(4) },
}

describe.each(Object.entries(CASES))('%s', (name, { size, values, write }) => {
  const type = name as WireType
  test.each(size === 8 ? ORDERS_OF_EIGHT : ORDERS)('in order %s is what Node writes, there and back', (byteOrder) => {
    const binding = holding({ type, byteOrder })
    expect(registerCount(binding)).toBe(size / 2)
    fc.assert(
      fc.property(values, (value) => {
        const buffer = Buffer.alloc(size)
        write(buffer, value)
        const words = wordsInOrder(buffer, byteOrder)
        expect(decodeRegisters(binding, words, {})).toEqual({ value: value + 0 })
        // The sign of zero is dropped in both directions.
        if (value !== 0) expect(encodeRegisters(binding, value, {})).toEqual(words)
      }),
    )
  })
})

describe('eight bytes', () => {
  test.each([
    ['ABCDEFGH', [0x0001, 0x2345, 0x6789, 0xabcd]],
    ['GHEFCDAB', [0xabcd, 0x6789, 0x2345, 0x0001]],
    ['BADCFEHG', [0x0100, 0x4523, 0x8967, 0xcdab]],
    ['HGFEDCBA', [0xcdab, 0x8967, 0x4523, 0x0100]],
    ['EFGHABCD', [0x6789, 0xabcd, 0x0001, 0x2345]],
    ['CDABGHEF', [0x2345, 0x0001, 0xabcd, 0x6789]],
    ['FEHGBADC', [0x8967, 0xcdab, 0x0100, 0x4523]],
    ['DCBAHGFE', [0x4523, 0x0100, 0xcdab, 0x8967]],
  ] as const)('00 01 23 45 67 89 AB CD stand in order %s', (byteOrder, words) => {
    expect(decode('uint64', words, { byteOrder })).toEqual({ value: 0x123456789abcd })
    expect(encodeRegisters(holding({ type: 'uint64', byteOrder }), 0x123456789abcd, {})).toEqual(words)
  })

  test('are big-endian without an order', () => {
    expect(decode('uint64', [0, 0, 1, 2])).toEqual({ value: 65538 })
    expect(decode('float64', [0x4009, 0x21fb, 0x5444, 0x2d18])).toEqual({ value: Math.PI })
  })

  test('are not read in an order of four', () => {
    expect(() => decode('int64', [0, 0, 0, 1], { byteOrder: 'CDAB' })).toThrow('CDAB is not for a value of 8 bytes')
  })

  test('are never rounded silently: beyond 2^53 - 1 they are malformed', () => {
    const beyond = (about: string) => ({
      fault: 'malformed',
      detail: `the number of 64 bits, about ${about}, is beyond 2^53 - 1, up to which numbers are exact`,
    })
    expect(decode('uint64', [0x001f, 0xffff, 0xffff, 0xffff])).toEqual({ value: SAFE })
    expect(decode('uint64', [0x0020, 0, 0, 0])).toEqual(beyond('9.00720e+15'))
    expect(decode('uint64', [0x0020, 0, 0, 1])).toEqual(beyond('9.00720e+15'))
    expect(decode('uint64', [0xffff, 0xffff, 0xffff, 0xffff])).toEqual(beyond('1.84467e+19'))
    expect(decode('int64', [0xffe0, 0, 0, 1])).toEqual({ value: -SAFE })
    expect(decode('int64', [0xffe0, 0, 0, 0])).toEqual(beyond('-9.00720e+15'))
    const exact = BigInt.asUintN
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }), (raw) => {
        const buffer = Buffer.alloc(8)
        buffer.writeBigUInt64BE(exact(64, raw))
        expect(decode('uint64', wordsInOrder(buffer, 'ABCDEFGH'), {})).toMatchObject({ fault: 'malformed' })
      }),
    )
    expect(() => encodeRegisters(holding({ type: 'uint64' }), 2 ** 53, {})).toThrow(
      'raw number 9007199254740992 does not fit in uint64 (0 to 9007199254740991)',
    )
  })

  test('know the codes of SunSpec for "not implemented"', () => {
    const unsigned = { sentinels: [Number('0xFFFFFFFFFFFFFFFF')] }
    const signed = { sentinels: [-(2 ** 63)] }
    expect(decode('uint64', [0xffff, 0xffff, 0xffff, 0xffff], unsigned)).toMatchObject({ fault: 'sentinel' })
    expect(decode('int64', [0x8000, 0, 0, 0], signed)).toMatchObject({ fault: 'sentinel' })
    expect(unmeasuredRegisters(holding({ type: 'uint64', ...unsigned }))).toEqual([0xffff, 0xffff, 0xffff, 0xffff])
    expect(unmeasuredRegisters(holding({ type: 'int64', ...signed }))).toEqual([0x8000, 0, 0, 0])
    const largest = { type: 'int64' as const, sentinels: [2 ** 63 - 1] }
    expect(unmeasuredRegisters(holding(largest))).toEqual([0x7fff, 0xffff, 0xffff, 0xffff])
  })
})

describe('floating point', () => {
  // IEEE 754-2008, binary16.
  test.each([
    [0x0001, 2 ** -24],
    [0x03ff, (1023 / 1024) * 2 ** -14],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x3bff, 0.99951171875],
    [0x3c00, 1],
    [0x3c01, 1.0009765625],
    [0x7bff, 65504],
    [0xc000, -2],
  ])('float16 %i is %f', (word, value) => {
    expect(decode('float16', [word])).toEqual({ value })
    expect(encodeRegisters(holding({ type: 'float16' }), value, {})).toEqual([word])
    expect(decode('float16', [((word & 0xff) << 8) | (word >> 8)], { byteOrder: 'BADC' })).toEqual({ value })
  })

  test('every word of float16 comes back, or is no number', () => {
    const binding = holding({ type: 'float16' })
    const wrong = Array.from({ length: 0x10000 }, (_, word) => word).filter((word) => {
      const decoded = decodeRegisters(binding, [word], {})
      if ((word & 0x7c00) === 0x7c00) return 'value' in decoded
      // The sign of zero is dropped.
      const back = 'value' in decoded ? encodeRegisters(binding, decoded.value, {})[0] : null
      return back !== (word === 0x8000 ? 0 : word)
    })
    expect(wrong).toEqual([])
  })

  test.each([
    ['float16', [0x7c00]],
    ['float16', [0x7e00]],
    ['float64', [0x7ff0, 0, 0, 0]],
    ['float64', [0xfff0, 0, 0, 0]],
    ['float64', [0x7ff8, 0, 0, 0]],
  ] as const)('%s %j is no measurement', (type, words) => {
    expect(decode(type, words)).toMatchObject({ fault: 'sentinel' })
  })

  test('knows its limits', () => {
    expect(decode('float64', [0x7fef, 0xffff, 0xffff, 0xffff])).toEqual({ value: Number.MAX_VALUE })
    expect(decode('float64', [0, 0, 0, 1])).toEqual({ value: Number.MIN_VALUE })
    expect(() => encodeRegisters(holding({ type: 'float16' }), 65520, {})).toThrow('raw number 65520 does not fit')
  })
})

describe('BCD', () => {
  test('a water level of SL 651, 8 digits of millimetres', () => {
    expect(decode('bcd32', [0x0001, 0x0490], { scale: 0.001 })).toEqual({ value: 10.49 })
    expect(encodeRegisters(holding({ type: 'bcd32', scale: 0.001 }), 10.49, {})).toEqual([0x0001, 0x0490])
  })

  test('a digit above 9 is malformed, unless the word is a sentinel', () => {
    const detail = '0x1A34 is no BCD: a digit is above 9'
    expect(decode('bcd16', [0x1a34])).toEqual({ fault: 'malformed', detail })
    expect(decode('bcd16', [0xffff])).toMatchObject({ fault: 'malformed' })
    expect(decode('bcd16', [0xffff], { sentinels: [0xffff] })).toMatchObject({ fault: 'sentinel' })
    expect(decode('bcd32', [0xffff, 0xffff], { sentinels: [0xffffffff] })).toMatchObject({ fault: 'sentinel' })
    expect(unmeasuredRegisters(holding({ type: 'bcd32', sentinels: [0xffffffff] }))).toEqual([0xffff, 0xffff])
  })

  test('every word is its own hexadecimal digits, or malformed', () => {
    const wrong = Array.from({ length: 0x10000 }, (_, word) => word.toString(16)).filter((text) => {
      const decoded = decode('bcd16', [Number.parseInt(text, 16)])
      if (/^[0-9]+$/.test(text)) return !('value' in decoded) || decoded.value !== Number(text)
      return !('fault' in decoded) || decoded.fault !== 'malformed'
    })
    expect(wrong).toEqual([])
  })

  test('has room for 4 or 8 digits, none of them a sign', () => {
    expect(() => encodeRegisters(holding({ type: 'bcd16' }), 10000, {})).toThrow('does not fit in bcd16 (0 to 9999)')
    expect(() => encodeRegisters(holding({ type: 'bcd32' }), -1, {})).toThrow('does not fit in bcd32 (0 to 99999999)')
    const sentinel = holding({ type: 'bcd16', sentinels: [0x9999] })
    expect(() => encodeRegisters(sentinel, 9999, {})).toThrow('no measurement')
  })
})

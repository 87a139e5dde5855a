import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ByteOrder, ModbusBinding, WireType } from '../../../../device-profiles/binding-schema.ts'
import {
  decodeRegisters,
  encodeRegisters,
  registerCount,
  registerMask,
} from '../../../../device-profiles/codec/registers.ts'

const holding = (rest: Omit<ModbusBinding, 'table' | 'address'>): ModbusBinding => ({
  table: 'holding-register',
  address: 0,
  ...rest,
})

const LIMITS = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
  uint32: [0, 4294967295],
  int32: [-2147483648, 2147483647],
} as const
const ORDERS: readonly ByteOrder[] = ['ABCD', 'CDAB', 'BADC', 'DCBA']

describe('registers', () => {
  test.each([
    ['ABCD', [0x1234, 0x5678]],
    ['CDAB', [0x5678, 0x1234]],
    ['BADC', [0x3412, 0x7856]],
    ['DCBA', [0x7856, 0x3412]],
  ] as const)(
    'a 32-bit number whose big-endian bytes are 12 34 56 78 reads the same in order %s',
    (byteOrder, words) => {
      const binding = holding({ type: 'uint32', byteOrder })
      expect(decodeRegisters(binding, words, {})).toEqual({ value: 0x12345678 })
      expect(encodeRegisters(binding, 0x12345678, {})).toEqual(words)
    },
  )

  test('16-bit numbers know two orders, 8-bit numbers stand in one half of their register', () => {
    expect(decodeRegisters(holding({ type: 'uint16', byteOrder: 'DCBA' }), [0x1234], {})).toEqual({ value: 0x3412 })
    expect(decodeRegisters(holding({ type: 'uint8' }), [0x1234], {})).toEqual({ value: 0x34 })
    expect(decodeRegisters(holding({ type: 'uint8', byteOrder: 'BADC' }), [0x1234], {})).toEqual({ value: 0x12 })
    expect(decodeRegisters(holding({ type: 'int8' }), [0x12ff], {})).toEqual({ value: -1 })
  })

  test('every whole number survives the way out and back, in every type and order', () => {
    const types = fc.constantFrom(...(Object.keys(LIMITS) as (keyof typeof LIMITS)[]))
    const cases = types.chain((type) =>
      fc.record({
        type: fc.constant(type),
        byteOrder: fc.constantFrom(...ORDERS),
        value: fc.integer({ min: LIMITS[type][0], max: LIMITS[type][1] }),
      }),
    )
    fc.assert(
      fc.property(cases, ({ type, byteOrder, value }) => {
        const binding = holding({ type, byteOrder })
        const words = encodeRegisters(binding, value, {})
        expect(words).toHaveLength(registerCount(binding))
        expect(decodeRegisters(binding, words, {})).toEqual({ value })
      }),
    )
  })

  test('every finite float32 survives, and NaN and the infinities never become numbers', () => {
    fc.assert(
      fc.property(
        fc.float({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(...ORDERS),
        (value, byteOrder) => {
          const binding = holding({ type: 'float32', byteOrder })
          expect(decodeRegisters(binding, encodeRegisters(binding, value, {}), {})).toEqual({ value: value + 0 })
        },
      ),
    )
    for (const words of [
      [0x7fc0, 0],
      [0x7f80, 0],
      [0xff80, 0],
      [0xffff, 0xffff],
    ]) {
      expect(decodeRegisters(holding({ type: 'float32' }), words, {})).toMatchObject({ fault: 'sentinel' })
    }
  })

  test('a scaled value comes back to within half a step', () => {
    const scales = fc.constantFrom(1, 0.1, 0.01, 0.001, 0.5, 2, 10, -0.1, 180 / 32768)
    fc.assert(
      fc.property(
        scales,
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.integer({ min: -50, max: 50 }),
        (scale, part, offset) => {
          const binding = holding({ type: 'int16', scale, offset })
          const value = part * 32000 * Math.abs(scale) + offset
          const decoded = decodeRegisters(binding, encodeRegisters(binding, value, {}), {})
          if (!('value' in decoded)) throw new Error(decoded.detail)
          expect(Math.abs(Number(decoded.value) - value)).toBeLessThanOrEqual(Math.abs(scale) / 2 + 1e-6)
        },
      ),
    )
  })

  test('decimal scales give the decimal that was meant', () => {
    const decode = (raw: number, scale: number, offset = 0) =>
      decodeRegisters(holding({ type: 'int16', scale, offset }), [raw & 0xffff], {})
    expect(decode(2116, 0.001)).toEqual({ value: 2.116 })
    expect(decode(257, 0.1)).toEqual({ value: 25.7 })
    expect(decode(153, 0.001, -0.026)).toEqual({ value: 0.127 })
    expect(decode(0, -0.1)).toEqual({ value: 0 })
  })

  test('sentinels are judged before anything else, and cannot be written by accident', () => {
    const binding = holding({ type: 'uint16', scale: 0.1, sentinels: [65535, 65533] })
    expect(decodeRegisters(binding, [65535], {})).toMatchObject({ fault: 'sentinel' })
    expect(decodeRegisters(binding, [65533], {})).toMatchObject({ fault: 'sentinel' })
    expect(decodeRegisters(binding, [65534], {})).toEqual({ value: 6553.4 })
    expect(() => encodeRegisters(binding, 6553.3, {})).toThrow('no measurement')
    const signed = holding({ type: 'int16', sentinels: [-1] })
    expect(decodeRegisters(signed, [65535], {})).toMatchObject({ fault: 'sentinel' })
  })

  test('what does not fit is refused with the limits', () => {
    expect(() => encodeRegisters(holding({ type: 'uint16' }), -1, {})).toThrow(
      'raw number -1 does not fit in uint16 (0 to 65535)',
    )
    expect(() => encodeRegisters(holding({ type: 'uint16' }), 65535.5, {})).toThrow(RangeError)
    expect(() => encodeRegisters(holding({ type: 'float32' }), 1e39, {})).toThrow(RangeError)
    expect(() => encodeRegisters(holding({ type: 'uint16' }), Number.NaN, {})).toThrow(RangeError)
    expect(() => encodeRegisters(holding({ type: 'uint16' }), 'high', {})).toThrow(RangeError)
  })

  test('parameters fill scale and offset, with their sign', () => {
    const binding = holding({
      type: 'uint16',
      scale: { parameter: 'count-size' },
      offset: { parameter: 'zero', times: -1 },
    })
    expect(decodeRegisters(binding, [1803], { 'count-size': 1, zero: 1800 })).toEqual({ value: 3 })
    expect(encodeRegisters(binding, 3, { 'count-size': 1, zero: 1800 })).toEqual([1803])
    expect(() => decodeRegisters(binding, [1], { zero: 1 })).toThrow('parameter "count-size" has no value')
  })

  test('too few words are malformed, not zero', () => {
    expect(decodeRegisters(holding({ type: 'uint32' }), [1], {})).toEqual({
      fault: 'malformed',
      detail: 'expected 2 registers, got 1',
    })
  })
})

describe('bits', () => {
  test('a coil and a discrete input are one word of 0 or 1', () => {
    const coil: ModbusBinding = { table: 'coil', address: 7, type: 'bit' }
    expect(registerCount(coil)).toBe(1)
    expect(decodeRegisters(coil, [1], {})).toEqual({ value: 1 })
    expect(encodeRegisters({ ...coil, trueWhen: 0 }, 1, {})).toEqual([0])
    expect(decodeRegisters({ ...coil, trueWhen: 0 }, [0], {})).toEqual({ value: 1 })
  })

  test('each bit of a register is read alone and written beside its neighbours', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65535 }), fc.nat(15), fc.constantFrom(0, 1), (old, bit, value) => {
        const binding = holding({ type: 'bit', bit })
        const [mask = 0] = registerMask(binding)
        const [word = 0] = encodeRegisters(binding, value, {})
        const merged = (old & ~mask) | word
        expect(decodeRegisters(binding, [merged], {})).toEqual({ value })
        expect((merged ^ old) & ~(1 << bit)).toBe(0)
      }),
    )
  })

  test('bits 16 to 31 stand in two registers', () => {
    const binding = holding({ type: 'bit', bit: 31 })
    expect(registerCount(binding)).toBe(2)
    expect(encodeRegisters(binding, 1, {})).toEqual([0x8000, 0])
    expect(decodeRegisters({ ...binding, byteOrder: 'CDAB' }, [0, 0x8000], {})).toEqual({ value: 1 })
  })

  test('the mask covers what a type fills', () => {
    const masks = (type: WireType, byteOrder: ByteOrder) => registerMask(holding({ type, byteOrder }))
    expect(masks('uint8', 'ABCD')).toEqual([0x00ff])
    expect(masks('int8', 'BADC')).toEqual([0xff00])
    expect(masks('uint16', 'ABCD')).toEqual([0xffff])
    expect(masks('float32', 'CDAB')).toEqual([0xffff, 0xffff])
  })

  test('falseWhen beside it leaves every third code without a meaning', () => {
    const binding = holding({ type: 'uint16', trueWhen: 0, falseWhen: 255 })
    const values = [0, 255, 7].map((word) => decodeRegisters(binding, [word], {}))
    expect(values).toMatchObject([{ value: 1 }, { value: 0 }, { fault: 'malformed' }])
    expect([0, 1].map((value) => encodeRegisters(binding, value, {}))).toEqual([[255], [0]])
  })

  test('trueWhen makes one code true and every other false', () => {
    const binding = holding({ type: 'uint16', trueWhen: 2 })
    expect(decodeRegisters(binding, [2], {})).toEqual({ value: 1 })
    expect(decodeRegisters(binding, [7], {})).toEqual({ value: 0 })
    expect(encodeRegisters(binding, 1, {})).toEqual([2])
    expect(encodeRegisters(binding, 0, {})).toEqual([0])
    expect(() => encodeRegisters(binding, 0.5, {})).toThrow('expected 0 or 1')
  })
})

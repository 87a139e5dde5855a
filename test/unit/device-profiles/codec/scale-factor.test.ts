import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ModbusBinding } from '../../../../device-profiles/binding-schema.ts'
import {
  decodeRegisters,
  encodeRegisters,
  registerCount,
  registerSpan,
  scaleFactorRegister,
} from '../../../../device-profiles/codec/registers.ts'
import { spanWords } from '../span-words.ts'

/** As in SunSpec model 103: AC power in register 40083, its scale factor in the next one. */
const power: ModbusBinding = {
  table: 'holding-register',
  address: 40083,
  type: 'int16',
  scaleFactor: 40084,
  sentinels: [-32768],
}
const decode = (words: readonly number[], rest: Partial<ModbusBinding> = {}) =>
  decodeRegisters({ ...power, ...rest }, words, {})

describe('the span of a point', () => {
  test('is its value alone without a scale factor', () => {
    expect(registerSpan({ table: 'coil', address: 3, type: 'bit' })).toEqual({ address: 3, count: 1 })
    const long: ModbusBinding = { table: 'input-register', address: 8, type: 'float64' }
    expect(registerSpan(long)).toEqual({ address: 8, count: 4 })
  })

  test('covers the value, its scale factor and what lies between them', () => {
    expect(registerSpan(power)).toEqual({ address: 40083, count: 2 })
    expect(registerSpan({ ...power, scaleFactor: 40090 })).toEqual({ address: 40083, count: 8 })
    expect(registerSpan({ ...power, scaleFactor: 40080, type: 'uint64' })).toEqual({ address: 40080, count: 7 })
    expect(registerCount({ ...power, scaleFactor: 40080, type: 'uint64' })).toBe(4)
  })
})

describe('a scale factor', () => {
  test('is a power of ten that the raw number is multiplied by', () => {
    expect(decode([1500, 0])).toEqual({ value: 1500 })
    expect(decode([2298, 0xffff])).toEqual({ value: 229.8 })
    expect(decode([4999, 0xfffe])).toEqual({ value: 49.99 })
    expect(decode([0xff38, 2])).toEqual({ value: -20000 })
    expect(decode([1, 0xfff6])).toEqual({ value: 1e-10 })
    expect(decode([0x0fa0, 0xffff], { scale: 0.001 })).toEqual({ value: 0.4 })
  })

  test('may stand before the value, with other registers between', () => {
    expect(decode([0xffff, 77, 88, 2298], { scaleFactor: 40080 })).toEqual({ value: 229.8 })
  })

  test('that is not there leaves the point without a value', () => {
    const detail = 'the scale factor in register 40084 is -32768, the device\'s code for "no measurement"'
    expect(decode([1500, 0x8000])).toEqual({ fault: 'sentinel', detail })
    const unmeasured = { fault: 'sentinel', detail: expect.stringContaining('the device sent -32768') }
    expect(decode([0x8000, 0])).toMatchObject(unmeasured)
    expect(decode([0x8000, 0x8000])).toMatchObject(unmeasured)
  })

  test('that is no power of ten makes the point malformed', () => {
    const detail = 'the scale factor in register 40084 is 11; expected -10 to 10'
    expect(decode([1500, 11])).toEqual({ fault: 'malformed', detail })
    expect(decode([1500, 0xfff5])).toMatchObject({ fault: 'malformed' })
    expect(decode([1500])).toEqual({ fault: 'malformed', detail: 'expected 2 registers, got 1' })
  })

  test('has its bytes swapped where the value has', () => {
    expect(decode([0xfa08, 0xffff], { byteOrder: 'BADC' })).toEqual({ value: 229.8 })
    expect(decode([0xfa08, 0x0100], { byteOrder: 'BADC' })).toEqual({ value: 22980 })
    const long = { type: 'uint64', byteOrder: 'HGFEDCBA', scaleFactor: 40087 } as const
    expect(decode([0x0700, 0, 0, 0, 0x0200], long)).toEqual({ value: 700 })
    expect(scaleFactorRegister({ ...power, byteOrder: 'DCBA', scaleFactorWritten: -2 })?.word).toBe(0xfeff)
    expect(scaleFactorRegister({ ...power, byteOrder: 'CDAB', scaleFactorWritten: 3 })?.word).toBe(3)
  })
})

test('every value comes back to within half a step, whatever factor is written', () => {
  const bindings = fc.record({
    type: fc.constantFrom('int16' as const, 'int32' as const, 'int64' as const),
    scaleFactor: fc.constantFrom(40070, 40082, 40087, 40095),
    scaleFactorWritten: fc.integer({ min: -10, max: 10 }),
    scale: fc.constantFrom(1, 0.001, 60),
  })
  fc.assert(
    fc.property(bindings, fc.integer({ min: -32000, max: 32000 }), (rest, raw) => {
      const binding: ModbusBinding = { ...power, ...rest }
      const step = rest.scale * 10 ** rest.scaleFactorWritten
      const value = raw * step
      const decoded = decodeRegisters(binding, spanWords(binding, encodeRegisters(binding, value, {})), {})
      if (!('value' in decoded)) throw new Error(decoded.detail)
      expect(Math.abs(Number(decoded.value) - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-12)
    }),
  )
})

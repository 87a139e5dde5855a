import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ModbusBinding } from '../../../../device-profiles/binding-schema.ts'
import { decodeRegisters, encodeRegisters, registerMask } from '../../../../device-profiles/codec/registers.ts'

const word: ModbusBinding = { table: 'holding-register', address: 0, type: 'uint16' }

describe('bit fields', () => {
  const field = (from: number, count: number, rest: Partial<ModbusBinding> = {}) =>
    ({ ...word, bits: { from, count }, ...rest }) satisfies ModbusBinding

  test('are some bits of a word', () => {
    expect(decodeRegisters(field(4, 3), [0b1111_0000_0101_1111], {})).toEqual({ value: 0b101 })
    expect(decodeRegisters(field(15, 1), [0x8000], {})).toEqual({ value: 1 })
    expect(decodeRegisters(field(0, 16), [0xffff], {})).toEqual({ value: 0xffff })
    expect(decodeRegisters(field(12, 8, { type: 'uint32' }), [0x000a, 0xbcde], {})).toEqual({ value: 0xab })
    expect(decodeRegisters(field(12, 8, { type: 'uint32', byteOrder: 'CDAB' }), [0xbcde, 0x000a], {})).toEqual({
      value: 0xab,
    })
    expect(decodeRegisters(field(0, 32, { type: 'uint32' }), [0xffff, 0xffff], {})).toEqual({ value: 0xffffffff })
    expect(decodeRegisters(field(0, 4, { scale: 0.5, sentinels: [15] }), [0xffff], {})).toMatchObject({
      fault: 'sentinel',
    })
  })

  test('are read alone and written beside their neighbours, in every order', () => {
    const fields = fc.constantFrom(16, 32).chain((width) =>
      fc.nat(width - 1).chain((from) =>
        fc.integer({ min: 1, max: width - from }).chain((count) =>
          fc.record({
            width: fc.constant(width),
            bits: fc.constant({ from, count }),
            value: fc.nat(2 ** count - 1),
            old: fc.array(fc.nat(0xffff), { minLength: width / 16, maxLength: width / 16 }),
            byteOrder: fc.constantFrom('ABCD' as const, 'CDAB' as const, 'BADC' as const, 'DCBA' as const),
          }),
        ),
      ),
    )
    fc.assert(
      fc.property(fields, ({ width, bits, value, old, byteOrder }) => {
        const binding: ModbusBinding = { ...word, type: width === 16 ? 'uint16' : 'uint32', bits, byteOrder }
        const mask = registerMask(binding)
        const words = encodeRegisters(binding, value, {})
        const merged = old.map((word, i) => (word & ~(mask[i] ?? 0)) | (words[i] ?? 0))
        expect(decodeRegisters(binding, merged, {})).toEqual({ value })
        const ones = mask.map((word) => word.toString(2).replaceAll('0', '').length)
        expect(ones.reduce((sum, count) => sum + count)).toBe(bits.count)
      }),
    )
  })

  test('refuse what has no room in them', () => {
    expect(() => encodeRegisters(field(4, 3), 8, {})).toThrow('raw number 8 does not fit in 3 bits (0 to 7)')
  })
})

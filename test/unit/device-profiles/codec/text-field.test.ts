import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ModbusBinding } from '../../../../device-profiles/binding-schema.ts'
import {
  decodeRegisters,
  encodeRegisters,
  registerCount,
  registerMask,
} from '../../../../device-profiles/codec/registers.ts'

const text = (length: number, byteOrder: 'ABCD' | 'BADC' = 'ABCD'): ModbusBinding => ({
  table: 'holding-register',
  address: 40000,
  type: 'string',
  length,
  byteOrder,
})
const words = (bytes: Buffer) => Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16BE(2 * i))

test('the mark with which every SunSpec map begins', () => {
  expect(decodeRegisters(text(2), [0x5375, 0x6e53], {})).toEqual({ value: 'SunS' })
  expect(encodeRegisters(text(2), 'SunS', {})).toEqual([0x5375, 0x6e53])
  expect(decodeRegisters(text(2, 'BADC'), [0x7553, 0x536e], {})).toEqual({ value: 'SunS' })
})

test('NUL and spaces at the end only fill the field', () => {
  expect(decodeRegisters(text(3), words(Buffer.from('AB\0\0\0\0')), {})).toEqual({ value: 'AB' })
  expect(decodeRegisters(text(3), words(Buffer.from('A B \0 ')), {})).toEqual({ value: 'A B' })
  expect(decodeRegisters(text(2), [0, 0], {})).toEqual({ value: '' })
  expect(decodeRegisters(text(4), words(Buffer.from('水位\0\0')), {})).toEqual({ value: '水位' })
})

test('what is no text is malformed', () => {
  const detail = (bytes: number[]) => decodeRegisters(text(bytes.length / 2), words(Buffer.from(bytes)), {})
  expect(detail([0x41, 0, 0x42, 0])).toEqual({
    fault: 'malformed',
    detail: 'byte 0x00 at place 1 is no character of a text',
  })
  expect(detail([0x41, 0xff, 0xff, 0xff])).toEqual({ fault: 'malformed', detail: 'the text is not UTF-8' })
  expect(decodeRegisters(text(4), [0x4141], {})).toEqual({
    fault: 'malformed',
    detail: 'expected 4 registers, got 1',
  })
})

test('every text that fits comes back, in both orders', () => {
  const texts = fc
    .string({ unit: 'grapheme', maxLength: 12 })
    .filter((value) => Buffer.byteLength(value) <= 40 && !value.endsWith(' '))
  fc.assert(
    fc.property(texts, fc.constantFrom('ABCD' as const, 'BADC' as const), (value, byteOrder) => {
      const binding = text(20, byteOrder)
      const encoded = encodeRegisters(binding, value, {})
      expect(encoded).toHaveLength(registerCount(binding))
      expect(decodeRegisters(binding, encoded, {})).toEqual({ value })
    }),
  )
  expect(decodeRegisters(text(3), encodeRegisters(text(3), '\ufeffA', {}), {})).toEqual({ value: '\ufeffA' })
})

test('no bytes make the decoder throw', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 }), (raw) => {
      const decoded = decodeRegisters(text(8), raw, {})
      if ('value' in decoded)
        expect(decodeRegisters(text(8), encodeRegisters(text(8), decoded.value, {}), {})).toEqual(decoded)
    }),
  )
})

test('a text that would not come back is refused', () => {
  const encode = (value: string | number) => () => encodeRegisters(text(2), value, {})
  expect(encode('abcde')).toThrow('expected a text of at most 4 bytes, got 5')
  expect(encode('水位')).toThrow('expected a text of at most 4 bytes, got 6')
  expect(encode('ab ')).toThrow('without spaces at its end')
  expect(encode('a\nb')).toThrow('without control characters')
  expect(encode('\ud800')).toThrow(RangeError)
  expect(encode(5)).toThrow('expected a text, got 5')
  expect(registerMask(text(2))).toEqual([0xffff, 0xffff])
})

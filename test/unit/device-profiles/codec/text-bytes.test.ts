import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  base64FromBytes,
  bytesFromBase64,
  bytesFromHex,
  hexFromBytes,
} from '../../../../device-profiles/codec/text-bytes.ts'

test('text of bytes agrees with Node, both ways, with and without padding', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const buffer = Buffer.from(bytes)
      expect(hexFromBytes(bytes)).toBe(buffer.toString('hex').toUpperCase())
      expect(base64FromBytes(bytes)).toBe(buffer.toString('base64'))
      expect(bytesFromHex(buffer.toString('hex'))).toEqual(bytes)
      expect(bytesFromBase64(buffer.toString('base64'))).toEqual(bytes)
      expect(bytesFromBase64(buffer.toString('base64').replaceAll('=', ''))).toEqual(bytes)
    }),
  )
})

test.each(['0', '0G', '01 02', '0x01', '０１', '\u013101'])('%j is no hexadecimal text', (text) => {
  expect(bytesFromHex(text)).toBeNull()
})

test.each(['A', 'AAAAA', 'AA=A', '====', 'AA-_', 'AAA AAA=', 'AB==', 'AAB=', '中文字符'])('%j is no base64', (text) => {
  expect(bytesFromBase64(text)).toBeNull()
})

/** Bytes that do not give the value of the manual: whatever is proposed gives it, and the way it was written is found. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ByteOrder, WireType } from '../../../device-profiles/binding-schema.ts'
import { decodeRegisters, encodeRegisters } from '../../../device-profiles/codec/registers.ts'
import { otherReadings } from '../../../gateway/commands/profiles/new/other-readings.ts'

const place = { table: 'holding-register', address: 4 } as const
const common = { id: 'level', name: { zh: '液位', en: 'Level' }, unit: 'm', type: 'number' } as const

test('every proposal gives the expected value, and there is one where one slip was made', () => {
  const orders = fc.constantFrom<ByteOrder>('ABCD', 'CDAB', 'BADC', 'DCBA')
  const types = fc.constantFrom<WireType>('uint32', 'int32')
  const scales = fc.constantFrom(1, 0.1, 0.01, 0.001)
  const slips = fc.constantFrom('order', 'scale')
  const raws = fc.integer({ min: 1, max: 0x7fffffff })
  fc.assert(
    fc.property(orders, types, scales, slips, raws, (byteOrder, type, scale, slip, raw) => {
      const right = { ...place, type, byteOrder, ...(scale !== 1 && { scale }) }
      const words = encodeRegisters({ ...place, type, byteOrder }, raw, {})
      const decoded = decodeRegisters(right, words, {})
      const expected = 'value' in decoded ? Number(decoded.value) : 0
      const wrong =
        slip === 'order'
          ? { ...right, byteOrder: byteOrder === 'ABCD' ? ('CDAB' as const) : ('ABCD' as const) }
          : { ...place, type, byteOrder, scale: scale * 10 }
      const tables = { 'holding-register': { 4: words } }
      const found = otherReadings({ ...common, modbus: wrong }, { tables, expected })
      expect(found.length).toBeGreaterThan(0)
      for (const { binding } of found) {
        const value = decodeRegisters(binding, words, {})
        expect(value).toHaveProperty('value')
        expect(Math.abs(Number('value' in value ? value.value : Number.NaN) - expected)).toBeLessThanOrEqual(
          0.00005 + expected * 1e-6,
        )
      }
    }),
    { numRuns: 100 },
  )
})

test('zeros fit everything, so nothing is proposed for them, nor where nothing fits', () => {
  const modbus = { ...place, type: 'uint16' } as const
  expect(otherReadings({ ...common, modbus }, { tables: { 'holding-register': { 4: [0] } }, expected: 0 })).toEqual([])
  expect(otherReadings({ ...common, modbus }, { tables: { 'holding-register': { 4: [7] } }, expected: 3.3 })).toEqual(
    [],
  )
})

test('the next register is tried too, as manuals count from 1', () => {
  const point = { ...common, modbus: { ...place, type: 'uint16' } as const }
  const tables = { 'holding-register': { 3: [153, 999] } }
  expect(otherReadings(point, { tables, expected: 153 }).map(({ text }) => text)).toEqual(['address 3'])
})

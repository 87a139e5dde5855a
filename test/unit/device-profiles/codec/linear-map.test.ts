import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LinearMap, ModbusBinding } from '../../../../device-profiles/binding-schema.ts'
import { decodeRegisters, encodeRegisters } from '../../../../device-profiles/codec/registers.ts'

/** A current loop whose converter counts µA, over a range of 10 m, judged by the limits of NAMUR NE 43. */
const loop = (map: Partial<LinearMap> = {}, rest: Partial<ModbusBinding> = {}): ModbusBinding => ({
  table: 'input-register',
  address: 0,
  type: 'uint16',
  map: { from: [4000, 20000], to: [0, 10], signal: 'uA', ...map },
  mapValid: [3600, 21000],
  ...rest,
})

test.each([
  [4000, 0],
  [8000, 2.5],
  [12000, 5],
  [20000, 10],
  [3800, -0.125],
  [20500, 10.3125],
  [3600, -0.25],
  [21000, 10.625],
])('%i µA are %f m', (raw, value) => {
  expect(decodeRegisters(loop(), [raw], {})).toEqual({ value })
  expect(encodeRegisters(loop(), value, {})).toEqual([raw])
})

test.each([
  [3599, 'loop current 3.599 mA: broken wire'],
  [3200, 'loop current 3.2 mA: broken wire'],
  [0, 'loop current 0 mA: broken wire'],
  [21001, 'loop current 21.001 mA: short circuit or overload'],
])('%i µA are a fault of the device: %s', (raw, detail) => {
  expect(decodeRegisters(loop(), [raw], {})).toEqual({ fault: 'device-fault', detail })
})

test('the fault is told in the words of the signal', () => {
  const detail = (signal: LinearMap['signal'], rest: Partial<ModbusBinding>, words: number[]) => {
    const map: LinearMap = { from: [1, 5], to: [0, 10], ...(signal && { signal }) }
    const decoded = decodeRegisters({ ...loop(), map, ...rest }, words, {})
    return 'detail' in decoded ? decoded.detail : decoded
  }
  expect(detail('mA', { type: 'float32', mapValid: [3.6, 21] }, [0x404c, 0xcccd])).toBe(
    'loop current 3.2 mA: broken wire',
  )
  expect(detail('V', { mapValid: [1, 5] }, [0])).toBe('loop voltage 0 V: broken wire')
  expect(detail('mV', { mapValid: [900, 5100] }, [5200])).toBe('loop voltage 5.2 V: short circuit or overload')
  expect(detail(undefined, { mapValid: [1, 5] }, [7])).toBe('raw number 7 is outside 1 to 5, what a sound loop gives')
})

test('without limits every current is believed; a sentinel never is', () => {
  const { mapValid, ...open } = loop({}, { sentinels: [65535] })
  expect(mapValid).toEqual([3600, 21000])
  expect(decodeRegisters(open, [0], {})).toEqual({ value: -2.5 })
  expect(decodeRegisters(loop({}, { sentinels: [0] }), [0], {})).toMatchObject({ fault: 'sentinel' })
})

test('each unit can have its own range', () => {
  const binding = loop({ to: [{ parameter: 'empty', times: -1 }, { parameter: 'full' }] })
  expect(decodeRegisters(binding, [12000], { empty: 1, full: 4 })).toEqual({ value: 1.5 })
  expect(() => decodeRegisters(binding, [12000], { empty: -4, full: 4 })).toThrow('a map needs two different points')
})

test('a value that would be read as a fault is refused', () => {
  expect(() => encodeRegisters(loop(), -1, {})).toThrow('-1 would be read as a fault: loop current 2.4 mA: broken wire')
})

test('values come back to within half a count, on rising and on falling lines', () => {
  const maps = fc.record({
    from: fc.constantFrom<[number, number]>([4000, 20000], [20000, 4000]),
    to: fc.constantFrom<[number, number]>([0, 10], [-50, 150], [3, 0]),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  fc.assert(
    fc.property(maps, ({ from, to, part }) => {
      const binding = loop({ from, to })
      const value = to[0] + part * (to[1] - to[0])
      const decoded = decodeRegisters(binding, encodeRegisters(binding, value, {}), {})
      if (!('value' in decoded)) throw new Error(decoded.detail)
      expect(Math.abs(Number(decoded.value) - value)).toBeLessThanOrEqual(Math.abs(to[1] - to[0]) / 32000 + 1e-9)
    }),
  )
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRegisters, registerCount } from '../../../../device-profiles/codec/registers.ts'
import type { DeviceProfile, PointProfile } from '../../../../device-profiles/schema.ts'
import { createBank, type Values, writeValues } from '../../../../simulator/modbus/device-registers.ts'
import type { RegisterBank, Table } from '../../../../simulator/modbus/register-bank.ts'
import { everyTable, profileOf } from './profiles.ts'

function bankOf(profile: DeviceProfile, values: Values = {}, parameters: Readonly<Record<string, number>> = {}) {
  const bank = createBank(profile)
  writeValues(bank, { profile, parameters, values })
  return bank
}

function wordsAt(bank: RegisterBank, table: Table, { address, count }: { address: number; count: number }) {
  return Array.from({ length: count }, (_, i) => bank.read(table, address + i))
}

describe('the registers of a device', () => {
  it.each([
    ['holding-register', 0, 5, true],
    ['holding-register', 4, 2, false],
    ['holding-register', 99, 1, false],
    ['holding-register', 100, 1, true],
    ['holding-register', 100, 2, false],
    ['input-register', 6, 1, false],
    ['input-register', 7, 1, true],
    ['coil', 10, 3, true],
    ['coil', 0, 1, false],
    ['discrete-input', 5, 1, true],
  ] as const)('%s %i, %i of them: %s', (table, address, count, expected) => {
    expect(bankOf(everyTable).isDefined(table, { address, count })).toBe(expected)
  })

  it('say "not measured" where nothing was measured', () => {
    const bank = bankOf(everyTable)
    expect(bank.read('holding-register', 100)).toBe(65535)
    expect(bank.read('input-register', 7)).toBe(0)
    const tag = bankOf(profileOf('outpost-ref-extinguisher-tag-modbus'))
    expect(wordsAt(tag, 'holding-register', { address: 0, count: 5 })).toEqual([65535, 32768, 0, 65535, 32768])
  })

  it('keep one another in a register that points share', () => {
    const bank = bankOf(everyTable, { high: 1, low: 1 })
    writeValues(bank, { profile: everyTable, parameters: {}, values: { low: 0 } })
    expect(bank.read('holding-register', 4)).toBe(0x8000)
  })

  it('hold the source of a derived point', () => {
    const bank = bankOf(profileOf('dfrobot-sen0676'), { level: 0.384 }, { 'installation-height': 2.5 })
    expect(bank.read('holding-register', 1)).toBe(2116)
  })

  it('refuse what they cannot say, and change nothing', () => {
    const bank = bankOf(everyTable, { far: 12.5, input: 1 })
    const write = (values: Values) => () => writeValues(bank, { profile: everyTable, parameters: {}, values })
    expect(write({ input: 2, far: 7000 })).toThrow('far: raw number 70000 does not fit in uint16 (0 to 65535)')
    expect(write({ input: 2, fra: 1 })).toThrow('profile every-table has no registers for a point "fra"')
    expect(bank.read('input-register', 7)).toBe(10)
  })

  it('hold a scale factor that points share, beside the values that it belongs to', () => {
    const points = ['v', 'w'].map((id, i) => ({
      ...(everyTable.points[0] as PointProfile),
      id,
      modbus: {
        ...({ table: 'holding-register', type: 'uint16', address: 10 + i } as const),
        ...{ scaleFactor: 14, scaleFactorWritten: -1, sentinels: [65535] },
      },
    }))
    const profile = { ...everyTable, points }
    const words = (values: Values) => wordsAt(bankOf(profile, values), 'holding-register', { address: 10, count: 5 })
    expect(words({})).toEqual([65535, 65535, 0, 0, 65535])
    expect(words({ v: 229.8, w: 0 })).toEqual([2298, 0, 0, 0, 65535])
    const [v] = points
    if (v === undefined) throw new Error('no point')
    expect(decodeRegisters(v.modbus, words({ v: 229.8 }), {})).toEqual({ value: 229.8 })
  })

  it('hold texts', () => {
    const modbus = { table: 'holding-register', address: 3, type: 'string', length: 3 } as const
    const text = { ...(everyTable.points[0] as PointProfile), id: 'serial', type: 'text' as const, modbus }
    const bank = bankOf({ ...everyTable, points: [text] }, { serial: 'A-17' })
    writeValues(bank, { profile: { ...everyTable, points: [text] }, parameters: {}, values: { serial: 'B-1' } })
    expect(wordsAt(bank, 'holding-register', { address: 3, count: 3 })).toEqual([0x422d, 0x3100, 0])
  })

  it('decode to what was written, every point of a real profile at once', () => {
    const profile = profileOf('outpost-ref-extinguisher-tag-modbus')
    const values = fc.record({
      pressure: fc.integer({ min: 0, max: 25000 }).map((raw) => raw / 10),
      temperature: fc.integer({ min: -400, max: 850 }).map((raw) => raw / 10),
      present: fc.integer({ min: 0, max: 1 }),
      obstructed: fc.integer({ min: 0, max: 1 }),
      battery: fc.integer({ min: 0, max: 100 }),
      rssi: fc.integer({ min: -150, max: 0 }),
    })
    fc.assert(
      fc.property(values, (given) => {
        const bank = bankOf(profile, given)
        for (const { id, modbus } of profile.points) {
          if (modbus === undefined) continue
          const words = wordsAt(bank, modbus.table, { address: modbus.address, count: registerCount(modbus) })
          expect(decodeRegisters(modbus, words, {})).toEqual({ value: given[id as keyof typeof given] })
        }
      }),
    )
  })
})

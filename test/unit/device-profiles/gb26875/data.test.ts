import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { decodeData, encodeData } from '../../../../device-profiles/gb26875/application-data.ts'
import { CivilClock, type CivilTime } from '../../../../device-profiles/gb26875/civil-time.ts'
import { DATA_UNITS, type DataUnit, type DataUnitType } from '../../../../device-profiles/gb26875/data-units.ts'
import { type Dialect, STANDARD } from '../../../../device-profiles/gb26875/dialect.ts'
import { componentAddress, zoneAndNumber } from '../../../../device-profiles/gb26875/fields.ts'
import { gb18030Bytes, gb18030Text, gb18030Within } from '../../../../device-profiles/gb26875/gb18030.ts'

const NOW: CivilTime = { year: 2026, month: 11, day: 24, hour: 4, minute: 5, second: 6 }
const system = fc.record({ type: fc.nat(255), address: fc.nat(255) })
const component = fc.record({ type: fc.nat(255), address: fc.nat(0xffffffff) })
const time = fc.record({
  ...{ year: fc.integer({ min: 2000, max: 2099 }), month: fc.nat(99), day: fc.nat(99) },
  ...{ hour: fc.nat(99), minute: fc.nat(99), second: fc.nat(99) },
})
const characters = fc.constantFrom(...'三层东侧走廊烟感Aa1 -～€𠀀'.split(/(?:)/u))
const text = (maxLength: number) => fc.string({ unit: characters, maxLength }).map((each) => each.trimEnd())
const byte = fc.nat(255)
const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  ...{ system, component, time, since: time, state: byte, kind: byte, flags: byte, operator: byte, count: byte },
  ...{ major: byte, minor: byte, reserved: byte, minutes: byte, address: fc.nat(0xffffffff) },
  ...{ description: text(7), text: text(50), value: fc.integer({ min: -32768, max: 32767 }) },
}
const units = fc.constantFrom(...(Object.keys(DATA_UNITS) as DataUnitType[])).chain((type) => {
  const { fields, most } = DATA_UNITS[type]
  const object = fc.record(
    Object.fromEntries(Object.keys(fields).map((name) => [name, values[name] ?? fc.constant(0)])),
  )
  return fc.array(object, { maxLength: Math.min(most, 5) }).map((objects) => ({ type, objects }) as unknown as DataUnit)
})
const dialects: fc.Arbitrary<Dialect> = fc.record({
  ...{ lengthOrder: fc.constantFrom('little', 'big'), addressOrder: fc.constantFrom('little', 'big') },
  ...{ time: fc.constantFrom('binary', 'bcd'), checksumFrom: fc.constantFrom('control-unit', 'command') },
  ...{ extraTimeTag: fc.boolean(), padding: fc.constantFrom('zero', 'space') },
})

describe('all types of data', () => {
  test('what is written is read, in every dialect', () => {
    fc.assert(
      fc.property(units, dialects, (unit, dialect) => {
        expect(decodeData(encodeData(unit, { dialect, time: NOW }), dialect)).toEqual(unit)
      }),
    )
  })

  test('any bytes are read or refused with a reason, and what is read is written as it was', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        let unit: DataUnit
        try {
          unit = decodeData(bytes, STANDARD)
        } catch (error) {
          expect(error).toMatchObject({ name: 'DataError' })
          return
        }
        const again = encodeData(unit, { dialect: STANDARD, time: NOW })
        expect(decodeData(again, STANDARD)).toEqual(unit)
        expect(again.length).toBe(bytes.length)
      }),
      // What stands in a text may be no text.
      { examples: [[Uint8Array.of(1, 0)], [Uint8Array.of(6, 0)]] },
    )
  })

  it.each(Object.entries(DATA_UNITS))(
    '%s: as many as fit into 1024 bytes, and no more than the standard says',
    (type, layout) => {
      const zero = { system: { type: 0, address: 0 }, component: { type: 0, address: 0 }, time: NOW, since: NOW }
      const object = Object.fromEntries(
        Object.keys(layout.fields).map((name) => [
          name,
          name in zero ? zero[name as keyof typeof zero] : ['text', 'description'].includes(name) ? '' : 0,
        ]),
      )
      const of = (count: number) =>
        ({ type, objects: Array.from({ length: count }, () => object) }) as unknown as DataUnit
      expect(encodeData(of(layout.most), { dialect: STANDARD, time: NOW }).length).toBeLessThanOrEqual(1024)
      expect(() => encodeData(of(layout.most + 1), { dialect: STANDARD, time: NOW })).toThrow('expected at most')
    },
  )

  it.each([1, 2, 3, 6, 24, 61, 91])('type %i with a count of 0 has no objects', (flag) => {
    expect(decodeData(Uint8Array.of(flag, 0), STANDARD)).toMatchObject({ objects: [] })
  })

  test('configurations of different lengths stand side by side (type 6)', () => {
    const unit = {
      type: 'configuration',
      objects: [
        { system: { type: 1, address: 1 }, text: '烟感 12 只' },
        { system: { type: 11, address: 2 }, text: '' },
        { system: { type: 12, address: 3 }, text: 'x'.repeat(255) },
      ],
    } as const
    const bytes = encodeData(unit, { dialect: STANDARD, time: NOW })
    expect(bytes.length).toBe(2 + 3 * 3 + 10 + 0 + 255)
    expect(decodeData(bytes, STANDARD)).toEqual(unit)
  })

  test('nothing at all, and what is the user’s own', () => {
    expect(decodeData(new Uint8Array(), STANDARD)).toEqual({ type: 'none' })
    expect(decodeData(Uint8Array.of(200, 3, 1, 2), STANDARD)).toEqual({
      ...{ type: 'own', flag: 200, count: 3, body: Uint8Array.of(1, 2) },
    })
  })

  it.each([
    [[9, 1, 0], 'the type 9 is reserved'],
    [[255, 1, 0], 'the type 255 is reserved'],
    [[1], 'the data end at byte 1, and 1 more are needed'],
    [[1, 1, 1, 1, 0], 'the data end at byte 5, and 1 more are needed'],
    [[25, 1, 1, 1, 9], '1 bytes are left behind 1 objects of the type 25'],
    [[25, 2, 1, 1, 1, 1], 'expected at most 1 objects of the type 25, got 2'],
    [[6, 1, 1, 1, 9, 65], 'the data end at byte 6, and 8 more are needed'],
  ])('%j: %s', (bytes, message) => {
    expect(() => decodeData(Uint8Array.from(bytes), STANDARD)).toThrow(message)
  })
})

describe('texts', () => {
  test('every character of the first plane that GB 18030 has is read as it was written', () => {
    const others: string[] = []
    for (let point = 0; point < 0x10000; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue
      const text = String.fromCodePoint(point)
      if (gb18030Text(gb18030Bytes(text)) !== text) others.push(text)
    }
    // Private use, for which the editions of the standard differ, and what stands for no character at all.
    expect(others.filter((each) => (each < '\ue000' || each > '\uf8ff') && each !== '\ufffd')).toEqual([])
    expect(gb18030Text(gb18030Bytes('𠀀😀'))).toBe('𠀀😀')
    expect([...gb18030Bytes('烟感€')]).toEqual([0xd1, 0xcc, 0xb8, 0xd0, 0xa2, 0xe3])
    expect([...gb18030Bytes('\ud800')]).toEqual([0x3f])
  })

  test('a description has 31 bytes and no half character', () => {
    fc.assert(
      fc.property(text(40), (given) => {
        const bytes = gb18030Within(given, 31)
        expect(bytes.length).toBeLessThanOrEqual(31)
        expect(given.startsWith(gb18030Text(bytes))).toBe(true)
        const unit = { type: 'component-configuration', objects: [{ ...COMPONENT, description: given }] } as const
        expect(encodeData(unit, { dialect: STANDARD, time: NOW }).length).toBe(2 + 38)
      }),
    )
    expect(gb18030Text(gb18030Within('三层东侧走廊烟感三层东侧走廊烟感', 31))).toBe('三层东侧走廊烟感三层东侧走廊烟')
  })

  test('one that somebody else cut in half loses that character only', () => {
    expect(gb18030Text(Uint8Array.of(0xd1, 0xcc, 0xb8))).toBe('烟')
  })
})

const COMPONENT = { system: { type: 1, address: 1 }, component: { type: 40, address: 0 } }

test('zones and numbers of components', () => {
  expect(componentAddress({ zone: 10, number: 2 })).toBe(0x0002_000a)
  expect(zoneAndNumber(0xffff_0001)).toEqual({ zone: 1, number: 65_535 })
})

describe('clocks', () => {
  test('the clock at the station, in both directions', () => {
    const clock = new CivilClock('Asia/Shanghai')
    const wall = Date.UTC(2026, 10, 23, 20, 5, 6)
    expect(clock.at(wall)).toEqual(NOW)
    expect(clock.wall(NOW)).toBe(wall)
    expect(clock.wall({ ...NOW, month: 13 })).toBeNull()
    expect(clock.wall({ ...NOW, month: 0, day: 0 })).toBeNull()
  })

  test('where clocks are changed', () => {
    const clock = new CivilClock('Europe/Berlin')
    for (const wall of [Date.UTC(2026, 2, 29, 0, 59, 59), Date.UTC(2026, 2, 29, 1), Date.UTC(2026, 9, 25, 1)]) {
      expect(clock.wall(clock.at(wall))).toBe(wall)
    }
  })
})

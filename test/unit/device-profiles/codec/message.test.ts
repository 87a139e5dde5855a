import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createMessageDecoder, encodeMessage } from '../../../../device-profiles/codec/message.ts'
import type { Payload } from '../../../../device-profiles/payload-schema.ts'
import type { DeviceProfile, PointProfile } from '../../../../device-profiles/schema.ts'

const name = { zh: '名', en: 'name' }
type Point = Partial<PointProfile> & Pick<PointProfile, 'id'>

function profileOf(payload: Payload, points: readonly Point[]): DeviceProfile {
  return {
    id: 'device',
    vendor: 'vendor',
    model: 'model',
    name,
    kind: 'kind',
    protocol: 'mqtt',
    status: 'reference',
    sources: [{ title: 'test' }],
    mqtt: { topic: 'device/{address}', interval: '1m', payload },
    points: points.map((point) => ({ name, unit: '1', type: 'number', ...point })),
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (message: Uint8Array): string => new TextDecoder().decode(message)

function decode(profile: DeviceProfile, message: Uint8Array, parameters = {}) {
  const decoded = createMessageDecoder(profile, parameters)(message)
  return 'malformed' in decoded ? decoded.malformed : { ...Object.fromEntries(decoded.points), time: decoded.time }
}

describe('JSON messages', () => {
  const profile = profileOf({ format: 'json', time: { pointer: '/t', unit: 'ms' } }, [
    { id: 'level', json: { pointer: '/data/level', scale: 0.01, sentinels: [-1] } },
    { id: 'on', type: 'boolean', json: { pointer: '/on', words: { ON: 1, OFF: 0 } } },
    { id: 'second', json: { pointer: '/list/1' } },
    { id: 'odd', json: { pointer: '/a~1b/~0c' } },
    { id: 'note', type: 'text', json: { pointer: '/note' } },
  ])

  test('members are found by pointer; what is not mentioned is absent', () => {
    const message = '{"data":{"level":215},"on":"ON","list":[1,2],"a/b":{"~c":3},"note":"hi","t":1700000000123}'
    expect(decode(profile, bytes(message))).toEqual({
      level: { value: 2.15 },
      on: { value: 1 },
      second: { value: 2 },
      odd: { value: 3 },
      note: { value: 'hi' },
      time: 1700000000123,
    })
    expect(decode(profile, bytes('{"other":1}'))).toEqual({ time: null })
  })

  test.each([
    ['{"data":{"level":"12.5"}}', 'expected a number at /data/level, got the text "12.5"'],
    ['{"data":{"level":true}}', 'expected a number at /data/level, got true'],
    ['{"data":{"level":{}}}', 'expected a number at /data/level, got an object'],
    ['{"data":{"level":[1]}}', 'expected a number at /data/level, got a list'],
    ['{"data":{"level":1e999}}', 'expected a number at /data/level, got Infinity'],
  ])('%s is malformed at its point only', (message, detail) => {
    expect(decode(profile, bytes(message))).toEqual({ level: { fault: 'malformed', detail }, time: null })
  })

  test('null and the listed codes are "no measurement"', () => {
    expect(decode(profile, bytes('{"data":{"level":null}}'))).toMatchObject({ level: { fault: 'sentinel' } })
    expect(decode(profile, bytes('{"data":{"level":-1}}'))).toMatchObject({ level: { fault: 'sentinel' } })
  })

  test('a boolean is true, false, 0, 1 or one of its words, and nothing else', () => {
    const on = (json: string) => decode(profile, bytes(`{"on":${json}}`))
    for (const json of ['true', '1', '"ON"']) expect(on(json)).toMatchObject({ on: { value: 1 } })
    for (const json of ['false', '0', '"OFF"']) expect(on(json)).toMatchObject({ on: { value: 0 } })
    for (const json of ['2', '"on"', '"1"', '[]']) expect(on(json)).toMatchObject({ on: { fault: 'malformed' } })
  })

  test.each([
    ['', /^the message is not JSON/],
    ['{', /^the message is not JSON/],
    ['{"level":NaN}', /^the message is not JSON/],
    ['12', /^expected an object, got 12$/],
    ['null', /^expected an object, got null$/],
    ['"x"', /^expected an object, got the text "x"$/],
  ])('%j as a whole is malformed', (message, expected) => {
    expect(decode(profile, bytes(message))).toMatch(expected)
  })

  test('bytes that are no UTF-8 are malformed, also inside a text', () => {
    const broken = Uint8Array.from([...bytes('{"note":"'), 0xc3, 0x28, ...bytes('"}')])
    expect(decode(profile, broken)).toBe('the message is not UTF-8')
  })

  test('members that every object inherits are not members of the message', () => {
    const names = profileOf({ format: 'json' }, [
      { id: 'a', type: 'text', json: { pointer: '/constructor/name' } },
      { id: 'b', json: { pointer: '/__proto__/x' } },
      { id: 'c', json: { pointer: '/list/length' } },
    ])
    expect(decode(names, bytes('{"list":[1]}'))).toEqual({ time: null })
    expect(text(encodeMessage(names, { b: 1 }, { parameters: {} }))).toBe('{"__proto__":{"x":1}}')
  })

  test('a text longer than 256 characters is no reading', () => {
    expect(decode(profile, bytes(JSON.stringify({ note: 'x'.repeat(257) })))).toMatchObject({
      note: { fault: 'malformed' },
    })
  })

  test('nothing that arrives can make the decoder throw', () => {
    const decoder = createMessageDecoder(profile, {})
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (message) => void decoder(message)))
    fc.assert(fc.property(fc.json(), (message) => void decoder(bytes(message))))
    decoder(bytes('['.repeat(100_000)))
  })

  test('encoding gives back every value, words and time', () => {
    const values = fc.record({
      level: fc.integer({ min: 0, max: 100000 }).map((raw) => raw / 100),
      on: fc.constantFrom(0, 1),
      odd: fc.double({ min: -1e300, max: 1e300, noNaN: true }).map((value) => Number(value.toPrecision(15)) + 0),
      note: fc.string({ maxLength: 200 }),
    })
    fc.assert(
      fc.property(values, fc.nat(2e12), (given, time) => {
        const message = encodeMessage(profile, given, { parameters: {}, time })
        const expected = Object.fromEntries(Object.entries(given).map(([id, value]) => [id, { value }]))
        expect(decode(profile, message)).toEqual({ ...expected, time })
      }),
    )
    expect(text(encodeMessage(profile, { on: 1, second: 5 }, { parameters: {} }))).toBe('{"on":"ON","list":[null,5]}')
  })

  test('what the message cannot say is refused by name', () => {
    const encode = (values: Record<string, number | string>) => () => encodeMessage(profile, values, { parameters: {} })
    expect(encode({ levle: 1 })).toThrow('profile device has no point "levle" in its messages')
    expect(encode({ level: -0.01 })).toThrow('level: raw number -1 is the device\'s code for "no measurement"')
    expect(encode({ level: Number.POSITIVE_INFINITY })).toThrow('level: expected a finite number')
    expect(encode({ on: 2 })).toThrow('on: expected 0 or 1')
    expect(encode({ note: 5 })).toThrow('note: expected a text')
  })
})

describe('the time of a JSON message', () => {
  const timed = (unit: 'ms' | 's' | 'iso8601') =>
    profileOf({ format: 'json', time: { pointer: '/t', unit } }, [{ id: 'x', json: { pointer: '/x' } }])
  const timeOf = (unit: 'ms' | 's' | 'iso8601', json: string) => {
    const decoded = decode(timed(unit), bytes(`{"t":${json}}`))
    return typeof decoded === 'string' ? decoded : decoded.time
  }

  test('is read in its unit', () => {
    expect(timeOf('ms', '1700000000123')).toBe(1700000000123)
    expect(timeOf('s', '1700000000.5')).toBe(1700000000500)
    expect(timeOf('iso8601', '"2026-03-01T08:00:00+08:00"')).toBe(Date.UTC(2026, 2, 1))
    expect(timeOf('iso8601', '"2026-03-01T00:00:00.250Z"')).toBe(Date.UTC(2026, 2, 1) + 250)
  })

  test.each([
    ['ms', '"1700000000123"'],
    ['ms', '1e300'],
    ['ms', 'null'],
    ['iso8601', '1700000000123'],
    ['iso8601', '"2026-03-01 08:00:00"'],
    ['iso8601', '"2026-03-01T08:00:00"'],
    ['iso8601', '"2026-13-01T08:00:00Z"'],
  ] as const)('%s: %s is no time, so the time of receipt will count', (unit, json) => {
    expect(timeOf(unit, json)).toBeNull()
  })

  test('is written in its unit', () => {
    const encode = (unit: 'ms' | 's' | 'iso8601') =>
      text(encodeMessage(timed(unit), {}, { parameters: {}, time: 1700000000500 }))
    expect(encode('ms')).toBe('{"t":1700000000500}')
    expect(encode('s')).toBe('{"t":1700000000.5}')
    expect(encode('iso8601')).toBe('{"t":"2023-11-14T22:13:20.500Z"}')
  })
})

describe('records', () => {
  const payload: Payload = {
    format: 'binary',
    encoding: 'raw',
    byteOrder: 'DCBA',
    records: { '01 75': 1, '03 82': 2, '83 E9': 5, 'FF 16': 8 },
  }
  const profile = profileOf(payload, [
    { id: 'battery', binary: { record: '01 75', at: 0, type: 'uint8' } },
    {
      id: 'distance',
      binary: {
        record: '03 82',
        at: 0,
        type: 'uint16',
        also: [{ record: '83 E9', at: 0, type: 'uint16', scale: 0.1 }],
      },
    },
    { id: 'alarm', binary: { record: '83 E9', at: 4, type: 'uint8', sentinels: [255] } },
    { id: 'change', binary: { record: '83 E9', at: 2, type: 'uint16', sentinels: [0xffff] } },
  ])
  const hex = (digits: string) => decode(profile, Buffer.from(digits.replaceAll(' ', ''), 'hex'))

  test('are read in any order; known ones without points are stepped over', () => {
    expect(hex('03 82 44 08  FF 16 0102030405060708  01 75 5C')).toEqual({
      distance: { value: 2116 },
      battery: { value: 92 },
      time: null,
    })
  })

  test('an alarm record brings the same point in its own scale', () => {
    expect(hex('83 E9 88 52 00 00 01')).toMatchObject({
      distance: { value: 2112.8 },
      alarm: { value: 1 },
      change: { value: 0 },
    })
  })

  test('an unknown record ends the decoding, and alone it is malformed', () => {
    expect(hex('01 75 5C 99 99 03 82 44 08')).toEqual({ battery: { value: 92 }, time: null })
    expect(hex('99 99 03')).toBe('unknown record 9999 at byte 0')
  })

  test('a record that is cut off makes the whole message malformed', () => {
    expect(hex('01 75 5C 03 82 44')).toBe('record at byte 3 needs 2 bytes of data, 1 are left')
    expect(hex('01 75 5C 03')).toBe('unknown record 03 at byte 3')
    expect(hex('')).toBe('the message is empty')
  })

  test('only the records that are needed are written; what is not given gets its "no measurement" code', () => {
    expect(encodeMessage(profile, { distance: 2116 }, { parameters: {} })).toEqual(
      Uint8Array.from([0x03, 0x82, 0x44, 0x08]),
    )
    const alarm = encodeMessage(profile, { alarm: 1 }, { parameters: {} })
    expect(decode(profile, alarm)).toMatchObject({ alarm: { value: 1 }, change: { fault: 'sentinel' } })
    expect(() => encodeMessage(profile, { distance: 70000 }, { parameters: {} })).toThrow(
      'distance: raw number 70000 does not fit in uint16',
    )
  })
})

describe('fixed layouts', () => {
  const payload: Payload = {
    format: 'binary',
    encoding: 'hex',
    byteOrder: 'ABCD',
    lengths: [4, 6],
    constants: [{ at: 0, bytes: 'A55A' }],
  }
  const profile = profileOf(payload, [
    { id: 'low', binary: { at: 2, type: 'uint16' } },
    { id: 'long', binary: { at: 4, type: 'int16' } },
    { id: 'flag', type: 'boolean', binary: { at: 4, type: 'bit', bit: 7 } },
  ])

  test('the short form leaves its points out', () => {
    expect(decode(profile, bytes('A55A0102'))).toEqual({ low: { value: 0x0102 }, time: null })
    expect(decode(profile, bytes(' a55a0102ffff\n'))).toEqual({
      low: { value: 0x0102 },
      long: { value: -1 },
      flag: { value: 1 },
      time: null,
    })
  })

  test.each([
    ['A55A01', 'expected a message of 4 or 6 bytes, got 3'],
    ['A55B0102', 'expected A55A at byte 0, got A55B'],
    ['A5', 'expected A55A at byte 0, got A5'],
    ['A55A01', 'expected a message of 4 or 6 bytes, got 3'],
    ['A55A010', 'expected bytes as hex, got the text "A55A010"'],
    ['not hex!', 'expected bytes as hex, got the text "not hex!"'],
  ])('%s is malformed', (message, expected) => {
    expect(decode(profile, bytes(message))).toBe(expected)
  })

  test('encoding takes the shortest legal form and sets the constants', () => {
    expect(text(encodeMessage(profile, { low: 258 }, { parameters: {} }))).toBe('A55A0102')
    expect(text(encodeMessage(profile, { low: 258, long: -2 }, { parameters: {} }))).toBe('A55A0102FFFE')
  })

  test('a boolean byte other than 0 and 1 is malformed', () => {
    const one = profileOf({ format: 'binary', encoding: 'raw', byteOrder: 'ABCD' }, [
      { id: 'flag', type: 'boolean', binary: { at: 0, type: 'uint8' } },
    ])
    expect(decode(one, Uint8Array.of(1))).toMatchObject({ flag: { value: 1 } })
    expect(decode(one, Uint8Array.of(2))).toMatchObject({ flag: { fault: 'malformed' } })
    expect(decode(one, Uint8Array.of())).toBe('the message ends at byte 0, before flag')
  })
})

describe('bytes inside a JSON message', () => {
  const profile = profileOf(
    {
      format: 'binary',
      encoding: 'base64',
      byteOrder: 'DCBA',
      within: { pointer: '/uplink/data', fPort: { pointer: '/fPort', equals: 85 } },
      records: { '01 75': 1 },
    },
    [{ id: 'battery', binary: { record: '01 75', at: 0, type: 'uint8' } }],
  )

  test('are found, and written where they were', () => {
    const message = encodeMessage(profile, { battery: 92 }, { parameters: {} })
    expect(JSON.parse(text(message))).toEqual({ uplink: { data: 'AXVc' }, fPort: 85 })
    expect(decode(profile, message)).toEqual({ battery: { value: 92 }, time: null })
  })

  test('another port is understood and says nothing', () => {
    expect(decode(profile, bytes('{"fPort":0}'))).toEqual({ time: null })
  })

  test.each([
    ['{"uplink":{"data":"AXVc"}}', 'expected a number at /fPort, got nothing'],
    ['{"fPort":85}', 'expected a text at /uplink/data, got nothing'],
    ['{"fPort":85,"uplink":{"data":5}}', 'expected a text at /uplink/data, got 5'],
    ['{"fPort":85,"uplink":{"data":"A*=="}}', 'expected bytes as base64, got the text "A*=="'],
  ])('%s is malformed', (message, expected) => {
    expect(decode(profile, bytes(message))).toBe(expected)
  })
})

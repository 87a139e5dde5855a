import { describe, expect, test } from 'vitest'
import { problemsOf } from './broken-catalogue.ts'

const BINDING = 'modbus: { table: holding-register, address: 1, type: uint16, scale: 0.001 }'
const binding = (text: string) =>
  problemsOf([BINDING, `modbus: { table: holding-register, address: 1, ${text} }`]).map(withoutPlace)
const record = (text: string) =>
  problemsOf(
    ['protocol: modbus', 'protocol: mqtt'],
    [
      'modbus: { pollInterval: 1s }',
      "mqtt: { topic: 'a/{address}', interval: 1m, payload: { format: binary, encoding: raw, byteOrder: DCBA, lengths: [9] } }",
    ],
    [BINDING, `binary: { at: 1, ${text} }`],
  ).map(withoutPlace)

/** Path and message; that problems are shown at their key is tested with the other problems. */
function withoutPlace(problem: string): string {
  return problem.replace(/^\d+:\d+ points\[0\]\./, '')
}

test('sound bindings of every type have no problems', () => {
  for (const text of [
    'type: uint64, byteOrder: GHEFCDAB, sentinels: [18446744073709551615]',
    'type: int64, sentinels: [-9223372036854775808, 0x7FFFFFFFFFFFFFFF]',
    'type: float16, byteOrder: BADC',
    'type: float64, byteOrder: HGFEDCBA',
    'type: bcd32, byteOrder: CDAB, sentinels: [0xFFFFFFFF], scale: 0.01',
    'type: uint32, bits: { from: 20, count: 12 }',
    'type: int16, scaleFactor: 125, sentinels: [-32768]',
    'type: uint16, map: { from: [4000, 20000], to: [0, 5], signal: uA }, mapValid: [3600, 21000]',
  ]) {
    expect(binding(text), text).toEqual([])
  }
  for (const text of ['type: uint64', 'type: float64, byteOrder: ABCDEFGH', 'type: bcd16, sentinels: [0xFFFF]']) {
    expect(record(text), text).toEqual([])
  }
})

test('a problem is shown at its key', () => {
  expect(
    problemsOf([BINDING, 'modbus: { table: holding-register, address: 1, type: int64, byteOrder: CDAB }']),
  ).toEqual([
    '17:76 points[0].modbus.byteOrder: int64 has 8 bytes: expected one of ABCDEFGH, GHEFCDAB, BADCFEHG, HGFEDCBA, EFGHABCD, CDABGHEF, FEHGBADC, DCBAHGFE, got CDAB',
  ])
})

test.each([
  [
    'type: uint32, byteOrder: HGFEDCBA',
    'modbus.byteOrder: uint32 has 4 bytes: expected one of ABCD, CDAB, BADC, DCBA, got HGFEDCBA',
  ],
  [
    'type: bcd16, byteOrder: ABCDEFGH',
    'modbus.byteOrder: bcd16 has 2 bytes: expected one of ABCD, CDAB, BADC, DCBA, got ABCDEFGH',
  ],
  [
    'type: uint64, bits: { from: 0, count: 2 }',
    'modbus.bits: "bits" goes with whole numbers of 8, 16 and 32 bits, and the type is uint64; give the type of the word that they are cut from',
  ],
  [
    'type: uint16, bits: { from: 12, count: 5 }',
    'modbus.bits: bits 12 to 16 reach past the 16 bits of uint16; from 12 on there are 4',
  ],
  ['type: uint16, bit: 3', 'modbus.bit: "bit" goes with type bit only, and the type is uint16'],
  ['type: uint16, length: 3', 'modbus.length: "length" goes with type string only, and the type is uint16'],
  ['type: string, length: 3', 'modbus.type: a string makes a text, and level is of type number'],
  [
    'type: int16, sentinels: [65535]',
    'modbus.sentinels[0]: 65535 can never come from int16; expected a whole number from -32768 to 32767; the same bits are -1',
  ],
  [
    'type: bcd16, sentinels: [0x9999, 65536]',
    'modbus.sentinels[1]: 65536 can never come from bcd16; expected a whole number from 0 to 65535',
  ],
  [
    'type: uint16, bits: { from: 4, count: 3 }, sentinels: [15]',
    'modbus.sentinels[0]: 15 can never come from these 3 bits; expected a whole number from 0 to 7',
  ],
  [
    'type: uint16, sentinels: [0.5]',
    'modbus.sentinels[0]: 0.5 can never come from uint16; expected a whole number from 0 to 65535',
  ],
])('%s: %s', (text, expected) => {
  expect(binding(text)).toEqual([expected])
})

describe('a text', () => {
  const text = (rest: string) =>
    problemsOf(
      ['    quantity: level\n', ''],
      ['type: number', 'type: text'],
      ['    range: [0, 5]\n', ''],
      [BINDING, `modbus: { table: holding-register, address: 1, ${rest} }`],
    ).map(withoutPlace)

  test.each([
    ['type: string, length: 8', []],
    ['type: string, length: 8, byteOrder: BADC', []],
    ['type: string', ['modbus: missing key "length": a string needs the number of its registers']],
    ['type: uint16', ['modbus.type: a text needs type string and its length, got uint16']],
    [
      'type: string, length: 2, byteOrder: CDAB',
      [
        'modbus.byteOrder: a string knows the orders ABCD and BADC (the two characters of a register swapped), got CDAB',
      ],
    ],
    [
      'type: string, length: 2, scale: 2, sentinels: [0]',
      [
        'modbus.scale: "scale" goes with numbers only, and the type is string',
        'modbus.sentinels: "sentinels" goes with numbers only, and the type is string',
      ],
    ],
  ])('%s: %j', (rest, expected) => {
    expect(text(rest)).toEqual(expected)
  })
})

describe('a scale factor', () => {
  test.each([
    ['type: uint32, scaleFactor: 2', 'modbus.scaleFactor: register 2 is part of the value itself'],
    [
      'type: bit, bit: 1, scaleFactor: 4',
      'modbus.scaleFactor: "scaleFactor" goes with numbers only, and this is true or false',
    ],
    [
      'type: uint16, scaleFactorWritten: 1',
      'modbus.scaleFactorWritten: "scaleFactorWritten" goes with "scaleFactor" only',
    ],
    [
      'type: uint16, scaleFactor: 126',
      'modbus.scaleFactor: from the value to its scale factor there are 126 registers, but one request of this model reads 125 at most',
    ],
  ])('%s: %s', (text, expected) => {
    expect(binding(text)).toEqual([expected])
  })

  test('and its value must fit into one request of the model', () => {
    const small = ['pollInterval: 1s', 'pollInterval: 1s, maxRegistersPerRead: 3'] as const
    const of = (text: string) =>
      problemsOf(small, [BINDING, `modbus: { table: holding-register, address: 1, ${text} }`])
    expect(of('type: uint16, scaleFactor: 3')).toEqual([])
    expect(of('type: float64').map(withoutPlace)).toEqual([
      'modbus.address: the value takes 4 registers, but one request of this model reads 3 at most',
    ])
  })

  test('belongs to registers', () => {
    expect(
      problemsOf([BINDING, 'modbus: { table: coil, address: 1, type: bit, scaleFactor: 2 }']).map(withoutPlace),
    ).toEqual(['modbus.scaleFactor: a coil is one bit and has no scale factor'])
  })

  test('that points share is one number', () => {
    const second =
      'points:\n  - { id: other, name: { zh: 另, en: Other }, unit: m, type: number, modbus: { table: holding-register, address: 2, type: uint16, scaleFactor: 4, scaleFactorWritten: -2 } }'
    const shared = (written: number) =>
      problemsOf(
        ['points:', second],
        [
          BINDING,
          `modbus: { table: holding-register, address: 1, type: uint16, scaleFactor: 4, scaleFactorWritten: ${written} }`,
        ],
      )
    expect(shared(-2)).toEqual([])
    expect(shared(-1)).toEqual([
      '18:79 points[1].modbus.scaleFactor: register 4 holds the scale factor of "other" too, and another number is written for it there',
    ])
  })
})

describe('a map', () => {
  const map = 'map: { from: [4000, 20000], to: [0, 5] }'
  test.each([
    [`type: uint16, scale: 2, ${map}`, 'modbus.scale: "map" takes the place of "scale"; remove one of the two'],
    [
      `type: uint16, scaleFactor: 9, ${map}`,
      'modbus.scaleFactor: "map" takes the place of "scaleFactor"; remove one of the two',
    ],
    [
      'type: uint16, map: { from: [4, 4], to: [0, 5] }',
      'modbus.map.from: expected two different raw numbers, got 4 and 4',
    ],
    ['type: uint16, map: { from: [4, 20], to: [5, 5] }', 'modbus.map.to: expected two different values, got 5 and 5'],
    ['type: uint16, mapValid: [3600, 21000]', 'modbus.mapValid: "mapValid" goes with "map" only'],
    [
      `type: uint16, ${map}, mapValid: [3.6, 21]`,
      'modbus.mapValid: expected [lowest, highest] around the raw numbers of the map, 4000 and 20000, got [3.6, 21]',
    ],
    [
      'type: uint16, map: { from: [4000, 20000], to: [0, { parameter: span }] }',
      'modbus.map.to[1].parameter: unknown parameter "span"; there are none; add it under "parameters"',
    ],
    [
      'type: uint16, map: { from: [4000, 20000], to: [0, 5], signal: ma }',
      'modbus.map.signal: expected one of uA, mA, mV, V, got "ma"; did you mean "mA"?',
    ],
  ])('%s: %s', (text, expected) => {
    expect(binding(text)).toEqual([expected])
  })
})

describe('in messages', () => {
  test.each([
    ['type: float64, byteOrder: ABCD', 'binary.byteOrder: float64 has 8 bytes: expected one of ABCDEFGH, '],
    ['type: uint16, bits: { from: 9, count: 8 }', 'binary.bits: bits 9 to 16 reach past the 16 bits of uint16'],
    [
      'type: uint64, also: [{ at: 4, type: uint64 }]',
      'binary.also[0].at: ends at byte 12 of a message of 9 bytes at most',
    ],
    [
      'type: uint8, also: [{ at: 4, type: uint8, length: 2 }]',
      'binary.also[0].length: "length" goes with type string only',
    ],
    ['type: uint8, scaleFactor: 3', 'binary.scaleFactor: unknown key "scaleFactor"'],
  ])('%s: %s', (text, expected) => {
    expect(record(text)).toEqual([expect.stringContaining(expected)])
  })

  test('a text takes its length in bytes', () => {
    const text = (rest: string) =>
      problemsOf(
        ['protocol: modbus', 'protocol: mqtt'],
        [
          'modbus: { pollInterval: 1s }',
          "mqtt: { topic: 'a/{address}', interval: 1m, payload: { format: binary, encoding: raw, byteOrder: DCBA, lengths: [9] } }",
        ],
        ['    quantity: level\n', ''],
        ['type: number', 'type: text'],
        ['    range: [0, 5]\n', ''],
        [BINDING, `binary: { at: 1, type: string, ${rest} }`],
      ).map(withoutPlace)
    expect(text('length: 8')).toEqual([])
    expect(text('length: 9')).toEqual(['binary.at: ends at byte 10 of a message of 9 bytes at most'])
    expect(text('length: 7, byteOrder: BADC')).toEqual([
      'binary.byteOrder: BADC swaps two bytes at a time, and the string has 7',
    ])
  })
})

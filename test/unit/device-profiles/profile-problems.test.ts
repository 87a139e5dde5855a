import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import { catalogueOf, directories, KIND, MODEL, problemsOf } from './broken-catalogue.ts'

const MQTT = ['protocol: modbus', 'protocol: mqtt'] as const
const BINDING = 'modbus: { table: holding-register, address: 1, type: uint16, scale: 0.001 }'
const mqtt = (payload: string) =>
  ['modbus: { pollInterval: 1s }', `mqtt: { topic: 'a/{address}', interval: 1m, payload: ${payload} }`] as const
const RECORDS = "{ format: binary, encoding: raw, byteOrder: DCBA, records: { '01 75': 1 } }"

test('ids are unique and match their files; kinds, quantities and units must be known', () => {
  expect(problemsOf(['id: gauge', 'id: guage'])).toEqual([
    '1:5 id: expected "gauge", the name of the file, got "guage"',
  ])
  expect(problemsOf(['kind: tank', 'kind: tankk'])).toEqual([
    '5:7 kind: unknown kind "tankk"; there are tank; did you mean "tank"?',
  ])
  expect(problemsOf(['quantity: level', 'quantity: levl'])).toEqual([
    '13:15 points[0].quantity: unknown quantity "levl" of kind tank; there are level, full; did you mean "level"?',
  ])
  expect(problemsOf(['unit: m\n', 'unit: mm\n'])).toEqual([
    '14:11 points[0].unit: expected m, the unit of level in kind tank, got mm; multiply its scale by 0.001',
  ])
})

test('each point needs the binding of its protocol and no other', () => {
  expect(problemsOf([BINDING, 'json: { pointer: /level }'])).toEqual([
    '11:5 points[0]: point "level" is missing key "modbus" (or "derive" or "compute")',
    '17:11 points[0].json: this model\'s points are bound by modbus, not by "json"',
  ])
  expect(problemsOf(MQTT)).toEqual([
    '1:1 : missing key "mqtt": the protocol is mqtt',
    '9:9 modbus: the protocol is mqtt, so "modbus" is not used; remove it',
  ])
  expect(
    problemsOf(MQTT, mqtt('{ format: json }'), [BINDING, 'json: { pointer: /a }'], ['a/{address}', 'a/#']),
  ).toEqual([
    '9:16 mqtt.topic: expected a topic with {address} and without "#", so that a message belongs to one device, got "a/#"',
  ])
})

test('a wildcard stands alone in its level of the topic', () => {
  const topic = (text: string) =>
    problemsOf(MQTT, mqtt('{ format: json }'), [BINDING, 'json: { pointer: /a }'], ['a/{address}', text])
  expect(topic('x+y/{address}')).toEqual([
    '9:16 mqtt.topic: expected every "+" alone between its slashes [MQTT-4.7.1-3] and no U+0000, got "x+y/{address}"',
  ])
  expect(topic('+/y/{address}/up')).toEqual([])
})

test('a value fits into one request', () => {
  const most = (count: number) =>
    problemsOf(
      [BINDING, 'modbus: { table: holding-register, address: 1, type: float32 }'],
      ['pollInterval: 1s', `pollInterval: 1s, maxRegistersPerRead: ${count}`],
    )
  expect(most(1)).toEqual([
    '17:49 points[0].modbus.address: the value takes 2 registers, but one request of this model reads 1 at most',
  ])
  expect(most(2)).toEqual([])
})

test('no value stands in a register that must not be read', () => {
  const forbid = (range: string) =>
    problemsOf(
      [BINDING, 'modbus: { table: holding-register, address: 4, type: float32, scaleFactor: 9 }'],
      ['pollInterval: 1s', `pollInterval: 1s, mustNotRead: [{ table: holding-register, ${range} }]`],
    )
  expect(forbid('address: 0, count: 4')).toEqual([])
  expect(forbid('address: 8, count: 1')).toEqual([
    '17:13 points[0].modbus: the value of "level" is read with holding-register 8, which modbus.mustNotRead[0] forbids',
  ])
  expect(forbid('address: 65530, count: 10')).toEqual([
    '9:43 modbus.mustNotRead[0]: 10 at holding-register 65530 reach past the last address, 65535',
  ])
})

test('places on the wire are checked', () => {
  const binding = (text: string) => problemsOf([BINDING, text])
  expect(binding('modbus: { table: holding-register, address: 65535, type: float32 }')).toEqual([
    '17:49 points[0].modbus.address: 2 registers at 65535 reach past the last address, 65535',
  ])
  expect(binding('modbus: { table: coil, address: 1, type: uint16 }')).toEqual([
    '17:46 points[0].modbus.type: a coil is one bit: expected type bit and no "bit", got uint16',
  ])
  expect(binding('modbus: { table: holding-register, address: 1, type: bit }')).toEqual([
    '17:13 points[0].modbus: missing key "bit": type bit needs the number of the bit, 0 being the least significant',
  ])
  const record = (text: string) => problemsOf(MQTT, mqtt(RECORDS), [BINDING, `binary: ${text}`])
  expect(record("{ record: '01 76', at: 0, type: uint8 }")).toEqual([
    '17:23 points[0].binary.record: unknown record "01 76"; the records are 01 75; did you mean "01 75"?',
  ])
  expect(record("{ record: '01 75', at: 0, type: uint16 }")).toEqual([
    '17:36 points[0].binary.at: ends at byte 2 of record 01 75, which has 1 bytes of data',
  ])
  expect(record('{ at: 0, type: uint8 }')).toEqual([
    '17:13 points[0].binary: missing key "record"; the records are 01 75',
  ])
})

test('a boolean in a register must say which number is true', () => {
  const boolean = [
    ['quantity: level', 'quantity: full'],
    ['unit: m\n', "unit: '1'\n"],
    ['type: number', 'type: boolean'],
    ['range: [0, 5]', 'decimals: 0'],
    [', scale: 0.001', ''],
  ] as const
  expect(problemsOf(...boolean)).toEqual([
    '17:13 points[0].modbus: a boolean in a register needs "trueWhen" or type bit (use type enum where other codes are possible)',
  ])
})

test('a reference number of a manual gets advice, and works nevertheless', () => {
  const catalogue = catalogueOf({ 'models/gauge.yaml': MODEL.replace('address: 1,', 'address: 40002,') })
  expect(catalogue.problems).toEqual([])
  expect(catalogue.advice).toMatchObject([
    {
      line: 17,
      column: 49,
      message: '40002 looks like a reference number of a manual; its zero-based PDU address would be 1: write that',
    },
  ])
  expect(catalogue.profiles.has('gauge')).toBe(true)
})

test('rules of a model must watch something they can watch, with levels that make sense', () => {
  const rules = (rule: string) =>
    problemsOf(['points:', `rules: [{ id: r, name: { zh: 高, en: High }, ${rule} }]\npoints:`])
  expect(rules('type: discrete, priority: low, point: levl, abnormal: [1]')).toEqual([
    '10:83 rules[0].point: no point here is "levl"; did you mean "level"?',
  ])
  expect(rules('type: discrete, priority: low, point: level, abnormal: [1]')).toEqual([
    '10:51 rules[0].type: a discrete rule cannot watch "level", which is of type number',
  ])
  expect(rules('type: limit, levels: [{ level: high, above: 2, priority: low }]')).toEqual([
    '10:9 rules[0]: expected exactly one of "point" and "quantity"',
  ])
  expect(
    rules(
      'type: limit, point: level, levels: [{ level: low, priority: low }, { level: high, above: 9, priority: low }]',
    ),
  ).toEqual([
    '10:81 rules[0].levels[0]: rule "r", level "low": expected exactly one of "above" and "below"',
    '10:112 rules[0].levels[1]: rule "r", level "high": setpoint 9 m is outside what level can measure (0 to 5)',
  ])
  expect(problemsOf(['points:', 'overrides: { level: { levels: { high: { above: 7 } } } }\npoints:'])).toEqual([
    '10:39 overrides.level.levels.high: rule "level", level "high": setpoint 7 m is outside what level can measure (0 to 5)',
  ])
})

test('what explains a rule must be a text of the model', () => {
  const detail = (name: string) =>
    problemsOf([
      'points:',
      `rules: [{ id: r, name: { zh: 高, en: High }, type: limit, point: level, detail: ${name}, levels: [{ level: high, above: 2, priority: low }] }]
points:
  - { id: explanation, name: { zh: 因, en: Why }, unit: '1', type: text, modbus: { table: holding-register, address: 9, type: string, length: 4 } }`,
    ])
  expect(detail('explanation')).toEqual([])
  expect(detail('explanaton')).toEqual([
    '10:80 rules[0].detail: expected a text of this model, got "explanaton"; did you mean "explanation"?',
  ])
  expect(detail('level')).toEqual(['10:80 rules[0].detail: expected a text of this model, got "level"'])
})

test('a derived point needs a measured source in its own unit', () => {
  const derived = (distance: string, unit = 'm') =>
    problemsOf([
      'points:',
      `points:\n  - { id: depth, name: { zh: 深, en: Depth }, unit: ${unit}, type: number, derive: { type: level-from-distance, distance: ${distance}, installationHeight: 3 } }`,
    ])
  expect(derived('level')).toEqual([])
  expect(derived('levels')[0]).toContain('unknown point "levels"; there are depth, level; did you mean "level"?')
  expect(derived('depth')[0]).toContain('"depth" is derived itself')
  expect(derived('level', 'mm')[0]).toContain('"level" is in m and "depth" in mm; they must have the same unit')
})

test('kinds are checked alike, and two files may not define one id', () => {
  const kind = KIND.replace('quantity: level', 'quantity: levle').replace('above: 2,', 'above: 2, below: 3,')
  expect(catalogueOf({ 'kinds/tank.yaml': kind }).problems).toMatchObject([
    { line: 7, message: 'unknown quantity "levle"; there are level, full; did you mean "level"?' },
    { line: 7, path: 'rules[0].levels[0]', message: 'level "high": expected exactly one of "above" and "below"' },
  ])
  const first = mkdtempSync(join(tmpdir(), 'profiles-'))
  directories.push(first)
  mkdirSync(join(first, 'kinds'))
  writeFileSync(join(first, 'kinds/tank.yaml'), KIND)
  expect(loadCatalogue([first, first]).problems).toMatchObject([
    { message: '"tank" is defined in another file already' },
  ])
})

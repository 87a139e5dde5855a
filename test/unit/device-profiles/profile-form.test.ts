import { expect, test } from 'vitest'
import { catalogueOf, MODEL, problemsOf } from './broken-catalogue.ts'

test('a sound model has no problems', () => {
  expect(problemsOf()).toEqual([])
  expect(catalogueOf({ 'models/gauge.yaml': MODEL }).profiles.get('gauge')?.points[0]?.range).toEqual([0, 5])
})

test('everything that is wrong is told at once, where it stands, with what was perhaps meant', () => {
  expect(
    problemsOf(
      ['pollInterval: 1s', 'pollIntervall: 1s'],
      ['type: number', 'type: numbr'],
      ['range: [0, 5]', 'range: [0]'],
      ['address: 1,', "address: 'one',"],
      ['status: reference', 'status: 5'],
    ),
  ).toEqual([
    '7:9 status: expected one of verified, from-manual, unverified, reference, got 5',
    '9:9 modbus: missing key "pollInterval": a duration with its unit: 500ms, 5s, 2m, 1h or 1d',
    '9:11 modbus.pollIntervall: unknown key "pollIntervall"; did you mean "pollInterval"?',
    '15:11 points[0].type: expected one of number, boolean, enum, text, got "numbr"; did you mean "number"?',
    '16:12 points[0].range: expected [lowest, highest], got a list of 1 item',
    '17:49 points[0].modbus.address: expected the zero-based PDU address, from 0 to 65535, got "one"',
  ])
})

test('a tagged alternative gives the problems of the chosen one only', () => {
  const rules = (rule: string) => problemsOf(['points:', `rules: [${rule}]\npoints:`])
  const head = 'id: r, name: { zh: 高, en: High }, point: level'
  expect(rules(`{ ${head}, type: limit, levels: [{ level: high, above: 2, priority: lo, deadbnd: 1 }] }`)).toEqual([
    '10:116 rules[0].levels[0].priority: expected one of low, medium, high, urgent, got "lo"; did you mean "low"?',
    '10:120 rules[0].levels[0].deadbnd: unknown key "deadbnd"; did you mean "deadband"?',
  ])
  expect(rules(`{ ${head}, type: limits, levels: [] }`)).toEqual([
    '10:65 rules[0].type: expected one of limit, discrete, no-data, bad-quality, got "limits"; did you mean "limit"?',
  ])
  expect(rules(`{ ${head} }`)).toEqual([
    '10:9 rules[0]: missing key "type": expected one of limit, discrete, no-data, bad-quality, got nothing',
  ])
  expect(rules(`{ id: r, name: { zh: 高, en: High }, type: no-data, priority: low, after: soon }`)).toEqual([
    '10:82 rules[0].after: expected a duration with its unit: 500ms, 5s, 2m, 1h or 1d, got "soon"',
  ])
})

test('a number or a parameter: only what was tried is judged', () => {
  expect(problemsOf(['scale: 0.001', 'scale: { parametr: x }'])).toEqual([
    '17:73 points[0].modbus.scale: missing key "parameter": an id: lower-case letters, digits and single hyphens',
    '17:75 points[0].modbus.scale.parametr: unknown key "parametr"; did you mean "parameter"?',
  ])
  expect(problemsOf(['scale: 0.001', "scale: '0.001'"])).toEqual([
    '17:73 points[0].modbus.scale: expected a number, or { parameter: <id> } for a value that each installed unit sets, got "0.001"; write 0.001 without quotes',
  ])
  expect(problemsOf(['scale: 0.001', 'scale: { parameter: size }'])).toEqual([
    '17:86 points[0].modbus.scale.parameter: unknown parameter "size"; there are none; add it under "parameters"',
  ])
  expect(problemsOf(['points:', 'parameters: { size: { name: { zh: 大, en: size }, unit: m } }\npoints:'])).toEqual([
    '10:21 parameters.size: parameter "size" is used by no point; name it in a scale or an offset, or remove it',
  ])
})

test('text that is no YAML, duplicate keys and endless aliases are problems with a place', () => {
  const models = (text: string) => catalogueOf({ 'models/gauge.yaml': text }).problems
  expect(models('id: [')).toMatchObject([{ line: 1 }])
  expect(models('id: gauge\nid: gauge\n')).toMatchObject([
    { line: 2, column: 1, message: 'the key "id" is given twice in this map; remove one of the two' },
  ])
  expect(models('')).toMatchObject([{ message: 'expected a map of keys, got nothing' }])
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x, x]',
    ...'bcdefghi'.split('').map((c, i) => `${c}: &${c} [${Array(10).fill(`*${'abcdefgh'[i]}`)}]`),
  ]
  expect(models(bomb.join('\n'))).toMatchObject([{ line: 1, message: expect.stringContaining('alias') }])
})

import { expect, test } from 'vitest'
import { commandValue } from '../../../device-profiles/command-value.ts'
import { problemsOf } from './broken-catalogue.ts'

const NAME = 'name: { zh: 限, en: Limit }'
const LIMIT = 'modbus: { register: { table: holding-register, address: 9, type: uint16, scale: 0.01 } }'

/** What is wrong with one command of a Modbus model; each problem without its line and column. */
function problems(...commands: readonly string[]): readonly string[] {
  const list = commands.map((command) => `{ id: limit, ${NAME}, ${command} }`).join(', ')
  return problemsOf(['points:', `commands: [${list}]\npoints:`]).map((problem) => problem.replace(/^\S+ /, ''))
}

/** The same for a model that speaks MQTT in JSON. */
function mqttProblems(command: string, topic = 'a/{address}'): readonly string[] {
  const mqtt = `mqtt: { topic: '${topic}', interval: 1m, payload: { format: json } }`
  return problemsOf(
    ['protocol: modbus', 'protocol: mqtt'],
    ['modbus: { pollInterval: 1s }', mqtt],
    ['modbus: { table: holding-register, address: 1, type: uint16, scale: 0.001 }', 'json: { pointer: /level }'],
    ['points:', `commands: [{ id: limit, ${NAME}, ${command} }]\npoints:`],
  ).map((problem) => problem.replace(/^\S+ /, ''))
}

const RANGE = 'argument: { unit: m, range: [0, 5], decimals: 2 }'

test('sound commands have no problems', () => {
  expect(problems(`${RANGE}, ${LIMIT}`)).toEqual([])
  expect(
    problems(`value: 1, modbus: { register: { table: coil, address: 3, type: bit }, function: multiple }`),
  ).toEqual([])
  expect(problems(`value: 2, modbus: { point: level }, expiresAfter: 5m, revert: 1`)).toEqual([])
  expect(
    mqttProblems(
      "mqtt: { topic: 'a/{address}/set', json: { limit: '{value}' } }, argument: { unit: m, range: [0, 5] }, confirm: { type: point, point: level, within: 5s }",
    ),
  ).toEqual([])
})

test('a command belongs to its protocol, and has a name of its own', () => {
  expect(problems("value: 1, mqtt: { topic: 'a/{address}', text: x }")).toEqual([
    'commands[0]: command "limit" is missing key "modbus": the protocol is modbus',
    'commands[0].mqtt: the protocol is modbus, so "mqtt" is not used; remove it',
  ])
  expect(problems(`${RANGE}, ${LIMIT}`, `${RANGE}, ${LIMIT}`)).toEqual([
    'commands[1].id: command "limit" is given twice',
  ])
})

test('it is known what may be sent', () => {
  expect(problems(LIMIT)).toEqual(['commands[0]: missing key "value" or "argument": what "limit" writes'])
  expect(problems(`argument: { unit: m }, ${LIMIT}`)).toEqual([
    'commands[0].argument: expected exactly one of "range" and "states", so that it is known what may be sent',
  ])
  expect(problems(`value: 1, argument: { unit: m, range: [5, 0] }, ${LIMIT}`)).toEqual([
    'commands[0].argument: expected at most one of "value" and "argument"',
    'commands[0].argument.range: expected [lowest, highest], got [5, 0]',
  ])
})

test('what cannot be written, or not without touching something else, is refused', () => {
  const register = (text: string) => problems(`value: 1, modbus: { register: { ${text} } }`)
  expect(register('table: input-register, address: 1, type: uint16')).toEqual([
    'commands[0].modbus.register: expected a coil or a holding-register, which can be written, got input-register',
  ])
  expect(register('table: holding-register, address: 1, type: bit, bit: 3')).toEqual([
    'commands[0].modbus.register: bit is a part of its register, whose other bits would be overwritten; write the whole register',
  ])
  expect(register('table: holding-register, address: 1, type: uint16, scaleFactor: 4')).toEqual([
    'commands[0].modbus.register: the scale factor is the device\'s to choose, so nobody knows which number to write; use "scale"',
  ])
  expect(
    problems(
      'value: 1, modbus: { register: { table: holding-register, address: 1, type: float32 }, function: single }',
    ),
  ).toEqual(['commands[0].modbus.function: float32 takes 2 registers, which need "multiple" (function code 16)'])
  expect(problems('value: 1, modbus: { point: levl }')).toEqual([
    'commands[0].modbus.point: unknown point "levl"; there are level; did you mean "level"?',
  ])
  expect(problems('value: 1, modbus: { function: single }')).toEqual([
    'commands[0].modbus: expected exactly one of "point" and "register"',
  ])
})

test('every value that a person may give can be sent as it is', () => {
  expect(problems(`argument: { unit: m, range: [0, 700] }, ${LIMIT}`)[0]).toBe(
    'commands[0]: command "limit" cannot be sent for 700: raw number 70000 does not fit in uint16 (0 to 65535)',
  )
  expect(problems(`value: 0.005, ${LIMIT}`)[0]).toBe(
    'commands[0]: command "limit" cannot be sent for 0.005: the device cannot be told 0.005: the nearest value that it can say is 0.01',
  )
})

test('an interlock names a point and one condition that the point can meet', () => {
  const interlock = (text: string) =>
    problems(`${RANGE}, ${LIMIT}, interlock: [{ ${text}, because: { zh: 因, en: so } }]`)
  expect(interlock('point: level, below: 2')).toEqual([])
  expect(interlock('point: level')).toEqual([
    'commands[0].interlock[0]: expected exactly one of "is", "isNot", "above", "below"',
  ])
  expect(interlock('point: levels, is: [1]')).toEqual([
    'commands[0].interlock[0].point: unknown point "levels"; there are level; did you mean "level"?',
  ])
})

test('an expiry says when and to what', () => {
  expect(problems(`${RANGE}, ${LIMIT}, expiresAfter: 5m`)).toEqual([
    'commands[0]: expected "expiresAfter" and "revert" together: when, and to what',
  ])
  expect(problems(`${RANGE}, ${LIMIT}, expiresAfter: 100ms, revert: 1`)).toEqual([
    'commands[0].expiresAfter: expected at least 1s, got 100ms',
  ])
})

test('a confirmation fits the protocol and can be judged', () => {
  expect(problems(`${RANGE}, ${LIMIT}, confirm: { type: point, point: level, within: 5s }`)).toEqual([
    'commands[0].confirm.type: expected one of read-back, none for a device that speaks modbus, got point',
  ])
  expect(problems(`${RANGE}, ${LIMIT}, confirm: { type: read-back, point: nivel }`)).toEqual([
    'commands[0].confirm.point: unknown point "nivel"; there are level; did you mean "level"?',
  ])
  const factor = 'register: { table: input-register, address: 4, type: uint16, scaleFactor: 5 }'
  expect(problems(`${RANGE}, ${LIMIT}, confirm: { type: read-back, ${factor} }`)).toEqual([
    'commands[0].confirm: missing key "tolerance": with a scale factor nobody knows the steps in which the device counts',
  ])
  expect(mqttProblems("value: 1, mqtt: { topic: 'a/{address}/set', text: '{value}' }")).toEqual([
    'commands[0]: command "limit" is missing key "confirm": how it is known that the device did it',
  ])
  expect(
    mqttProblems("mqtt: { topic: 'a/{address}/set', text: go }, confirm: { type: point, point: level, within: 5s }"),
  ).toEqual(['commands[0].confirm: missing key "shows": the command has no value that the point could show'])
})

test('what must not be read is not read back', () => {
  const forbidden = [
    'pollInterval: 1s',
    'pollInterval: 1s, mustNotRead: [{ table: holding-register, address: 8, count: 2 }]',
  ] as const
  const command = `commands: [{ id: limit, ${NAME}, ${RANGE}, ${LIMIT} }]\npoints:`
  expect(problemsOf(forbidden, ['points:', command])).toEqual([
    '10:12 commands[0]: holding-register 9 would be read back, which modbus.mustNotRead[0] forbids; confirm it otherwise',
  ])
})

test('the message says the value, with places that are known', () => {
  const confirm = 'confirm: { type: point, point: level, within: 5s }'
  const send = (text: string) => mqttProblems(`argument: { unit: m, range: [0, 5] }, ${confirm}, mqtt: { ${text} }`)
  expect(send("topic: 'a/set', text: '{value}'")).toEqual([
    'commands[0].mqtt.topic: expected a topic with {address}, so that it is about one device, got "a/set"',
  ])
  expect(send("topic: '+/{address}/set', text: '{value}'")).toEqual([
    'commands[0].mqtt.topic: expected at most 0 "+", as many as the device\'s own topic has, which tells what stands there; got "+/{address}/set"',
  ])
  expect(send("topic: 'a/{address}', text: '{valeu}'")).toEqual([
    'commands[0].mqtt: the argument is nowhere in the message; put {value} where it belongs',
    'commands[0].mqtt.text: unknown place {valeu}; there are {address}, {value}, {id}, {bytes}; did you mean "value"?',
  ])
  expect(send("topic: 'a/{address}', json: { a: '{bytes}' }")).toEqual([
    'commands[0].mqtt: missing key "bytes", which {bytes} stands for',
    'commands[0].mqtt: the argument is nowhere in the message; put {value} where it belongs',
  ])
  expect(
    mqttProblems(
      `value: 1, revert: 0, expiresAfter: 5m, ${confirm}, mqtt: { topic: 'a/{address}', json: { a: '{value}' }, says: { 1: true } }`,
    ),
  ).toEqual(['commands[0].mqtt.says: there are no words for 0'])
})

test('a person is told in both languages what may be given', () => {
  const command = { id: 'limit', name: { zh: '设限', en: 'Limit' } }
  const range = { ...command, argument: { unit: 'm', range: [0.1, 5] as [number, number], decimals: 2 } }
  expect(commandValue(range, 0.25)).toEqual({ value: 0.25 })
  expect(commandValue(range, null)).toEqual({
    problem: {
      zh: '需要数值：0.1 到 5 m，最多 2 位小数',
      en: 'expected 0.1 to 5 m with at most 2 decimals, got no value',
    },
  })
  for (const wrong of [0.09, 5.01, 0.255, Number.NaN, Infinity])
    expect(commandValue(range, wrong)).toHaveProperty('problem')
  const states = { ...command, argument: { unit: '1', states: { 1: { zh: '甲', en: 'one' } } } }
  expect(commandValue(states, 1)).toEqual({ value: 1 })
  expect(commandValue(states, 2)).toEqual({
    problem: { zh: '应为1（甲），却是 2', en: 'expected one of 1 (one), got 2' },
  })
  expect(commandValue({ ...command, value: 7 }, null)).toEqual({ value: 7 })
  expect(commandValue({ ...command, value: 7 }, 7)).toMatchObject({ problem: { en: '"Limit" takes no value, got 7' } })
})

test('a model behind a network server says port and bytes, and with them the value', () => {
  const lorawan = (command: string) =>
    problemsOf(
      ['protocol: modbus', 'protocol: mqtt'],
      ['modbus: { pollInterval: 1s }', 'mqtt: { through: lorawan, interval: 1m, payload: { format: json } }'],
      ['modbus: { table: holding-register, address: 1, type: uint16, scale: 0.001 }', 'json: { pointer: /level }'],
      ['points:', `commands: [{ id: limit, ${NAME}, ${command} }]\npoints:`],
    ).map((problem) => problem.replace(/^\S+ /, ''))
  const confirm = 'confirm: { type: point, point: level, within: 5s }'
  const argument = 'argument: { unit: m, range: [0, 5] }'
  const value = 'value: { type: uint16, byteOrder: DCBA }'
  expect(lorawan(`${argument}, ${confirm}, lorawan: { fPort: 85, bytes: { hex: FF 03, ${value} } }`)).toEqual([])
  expect(lorawan(`${argument}, ${confirm}, lorawan: { fPort: 85, bytes: { hex: FF 03 } }`)).toEqual([
    'commands[0].lorawan.bytes: missing key "value": the argument is nowhere in the bytes',
  ])
  expect(lorawan(`value: 1, ${confirm}, mqtt: { topic: 'a/{address}', text: '{value}' }`)).toEqual([
    'commands[0]: command "limit" is missing key "lorawan": it is reached through lorawan',
    'commands[0].mqtt: it is reached through lorawan, so "mqtt" is not used; remove it',
  ])
})

test('what nothing can show does not expire', () => {
  const none = 'confirm: { type: none, because: { zh: 因, en: so } }'
  expect(problems(`value: 1, ${LIMIT}, ${none}, expiresAfter: 5m, revert: 0`)).toEqual([
    'commands[0].revert: nothing would show whether the revert was done; say how it is confirmed',
  ])
})

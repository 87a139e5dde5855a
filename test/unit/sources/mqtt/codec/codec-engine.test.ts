/** Scripts as makers write them, and scripts that mean harm. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { CodecApi } from '../../../../../gateway/sources/mqtt/codec/codec-call.ts'
import { CodecEngine } from '../../../../../gateway/sources/mqtt/codec/codec-engine.ts'

const engine = new CodecEngine()
const GOOD = `function decodeUplink(input) {
  var out = { battery: input.bytes[2], port: input.fPort, at: input.recvTime.toISOString(), list: Array.isArray(input.bytes) }
  console.log('decoded', out)
  return { data: out }
}`
const GOOD_ANSWER = { json: '{"data":{"battery":92,"port":85,"at":"2026-11-23T08:00:00.000Z","list":true}}' }

function run(source: string, api: CodecApi = 'lorawan') {
  const bytes = Uint8Array.of(0x01, 0x75, 0x5c)
  return engine.run({ source, fileName: 'codec.js', api, bytes, fPort: 85, receivedAt: Date.UTC(2026, 10, 23, 8) })
}

const problemOf = async (source: string) => {
  const answer = await run(source)
  return 'problem' in answer ? answer.problem : `no problem: ${answer.json}`
}

beforeAll(() => run(GOOD))

describe('a codec', () => {
  test('is called by any of the three entry points that makers write', async () => {
    expect(await run(GOOD)).toEqual(GOOD_ANSWER)
    expect(
      await run('function Decode(fPort, bytes, variables) { return [fPort, bytes[2], variables] }', 'chirpstack-v3'),
    ).toEqual({ json: '[85,92,{}]' })
    expect(await run('var Decoder = function (bytes, port) { return [bytes[2], port] }', 'ttn-v2')).toEqual({
      json: '[92,85]',
    })
  })

  test('remembers nothing from one message to the next', async () => {
    const counting = `var count = 0
      Array.prototype.known = (Array.prototype.known || 0) + 1
      function decodeUplink() { return { data: { count: ++count, known: [].known } } }`
    for (let i = 0; i < 3; i++) expect(await run(counting)).toEqual({ json: '{"data":{"count":1,"known":1}}' })
    expect(await run('function decodeUplink() { return { data: { known: [].known } } }')).toEqual({
      json: '{"data":{}}',
    })
  })

  test('has the language and nothing else', async () => {
    const names = [
      'process',
      'require',
      'module',
      'globalThis.process',
      'setTimeout',
      'fetch',
      'WebAssembly',
      'Buffer',
      'std',
    ]
    const source = `function decodeUplink() { return { data: [${names.map((name) => `typeof ${name}`).join(',')}] } }`
    expect(await run(source)).toEqual({ json: `{"data":[${names.map(() => '"undefined"').join(',')}]}` })
    const made = "function decodeUplink() { return { data: decodeUplink.constructor('return typeof process')() } }"
    expect(await run(made)).toEqual({ json: '{"data":"undefined"}' })
  })

  test.each([
    ['function decodeUplink( {', /^the codec fails: SyntaxError/],
    ['var x = 1', /^the codec fails: ReferenceError: 'decodeUplink' is not defined/],
    [
      "function decodeUplink() { throw new Error('unknown downlink response') }",
      /^the codec fails: Error: unknown downlink response$/,
    ],
    ['function decodeUplink() { throw 7 }', /^the codec fails: it throws something that is no error$/],
    ['function decodeUplink() { throw null }', /^the codec fails: it throws something that is no error$/],
    ['function decodeUplink() { return decode(1) }', /^the codec fails: ReferenceError: 'decode' is not defined$/],
    ['function decodeUplink() {}', /^the codec returns nothing$/],
    ["function decodeUplink() { throw new Error('x'.repeat(100000)) }", /^the codec fails: Error: x{200,400}…$/],
  ])('%s fails with a reason', async (source, problem) => {
    expect(await problemOf(source)).toMatch(problem)
  })
})

describe('a hostile codec costs its own message and nothing else', () => {
  const CUT_OFF = /^the codec runs for more than 250 ms$/
  const MEMORY = /out of memory|runs for more than 250 ms/
  test.each([
    ['loops in its entry point', 'function decodeUplink() { for (;;); }', CUT_OFF],
    ['loops when it is loaded', 'for (;;);', CUT_OFF],
    [
      'catches everything and goes on',
      'function decodeUplink() { for (;;) { try { for (;;); } catch (e) {} } }',
      CUT_OFF,
    ],
    [
      'loops in a regular expression',
      "function decodeUplink() { return /^(a+)+$/.test('a'.repeat(40) + 'b') }",
      CUT_OFF,
    ],
    [
      'loops in toJSON',
      'Object.prototype.toJSON = () => { for (;;); }; function decodeUplink() { return { data: {} } }',
      CUT_OFF,
    ],
    [
      'loops in the message of its error',
      'function decodeUplink() { throw { get message() { for (;;); } } }',
      /no error|more than 250 ms/,
    ],
    [
      'fills the memory with lists',
      'function decodeUplink() { var a = []; for (;;) a.push(new Array(1000).fill(1)) }',
      MEMORY,
    ],
    [
      'fills the memory with texts',
      "function decodeUplink() { var a = []; for (;;) a.push('x'.repeat(1 << 20)) }",
      MEMORY,
    ],
    [
      'fills the memory with buffers',
      'function decodeUplink() { var a = []; for (;;) a.push(new Uint8Array(1 << 19).fill(1)) }',
      MEMORY,
    ],
    ['calls itself for ever', 'function decodeUplink() { return decodeUplink() }', /stack overflow/],
    ['parses what is nested too deep', "function decodeUplink() { return JSON.parse('['.repeat(200000)) }", /fail/],
    [
      'returns what is nested too deep',
      'function decodeUplink() { var a = []; for (var i = 0; i < 30000; i++) a = [a]; return { data: a } }',
      /fail|characters/,
    ],
    ['returns 10 MB', "function decodeUplink() { return { data: 'x'.repeat(1e7) } }", /out of memory|characters/],
    [
      'returns 1 MB',
      "function decodeUplink() { return { data: 'x'.repeat(1e6) } }",
      /^the codec returns 1000011 characters, at most 65536/,
    ],
    ['returns itself', 'function decodeUplink() { var a = {}; a.a = a; return a }', /circular/],
  ])('%s', async (_, source, problem) => {
    expect(await problemOf(source)).toMatch(problem)
    expect(await run(GOOD)).toEqual(GOOD_ANSWER)
  })

  test('changes the language for itself only', async () => {
    const source = `JSON.stringify = () => 'no JSON'; Object.prototype.data = 7; Array.prototype.push = null
      function decodeUplink() { return { ['__proto__']: { polluted: true }, data: { ['__proto__']: 5, constructor: 6 } } }`
    expect(await run(source)).toEqual({
      json: '{"__proto__":{"polluted":true},"data":{"__proto__":5,"constructor":6}}',
    })
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(await run(GOOD)).toEqual(GOOD_ANSWER)
  })
})

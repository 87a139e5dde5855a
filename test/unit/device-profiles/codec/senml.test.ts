import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolveSenml } from '../../../../device-profiles/codec/senml.ts'

describe('a SenML pack', () => {
  test('is resolved as in RFC 8428, 5.1.3 and 5.1.4', () => {
    const pack = [
      { bn: 'urn:dev:ow:10e2073a0108006:', bt: 1.276020076001e9, bu: 'A', bver: 5, n: 'voltage', u: 'V', v: 120.1 },
      { n: 'current', t: -5, v: 1.2 },
      { n: 'current', t: -4, v: 1.3 },
      { n: 'current', v: 1.7 },
    ]
    expect(resolveSenml(pack)).toEqual([
      { name: 'urn:dev:ow:10e2073a0108006:voltage', unit: 'V', time: 1.276020076001e9, value: 120.1 },
      { name: 'urn:dev:ow:10e2073a0108006:current', unit: 'A', time: 1.276020071001e9, value: 1.2 },
      { name: 'urn:dev:ow:10e2073a0108006:current', unit: 'A', time: 1.276020072001e9, value: 1.3 },
      { name: 'urn:dev:ow:10e2073a0108006:current', unit: 'A', time: 1.276020076001e9, value: 1.7 },
    ])
  })

  test.each([
    ['a name that RFC 8428 does not allow', [{ n: ':level', v: 1 }]],
    ['no name at all', [{ v: 1 }]],
    ['a number that is none', [{ n: 'level', v: null }]],
    ['a record that is a list', [[]]],
  ])('with %s says nothing', (_, pack) => {
    expect(resolveSenml(pack)).toEqual({ malformed: expect.stringContaining('record 0') })
  })

  test('never throws, whatever JSON it is', () => {
    const key = fc.constantFrom(
      'bn',
      'bt',
      'bu',
      'bv',
      'bver',
      'n',
      'u',
      'v',
      'vs',
      'vb',
      'vd',
      's',
      't',
      'ut',
      '__proto__',
      'x_',
    )
    const record = fc.dictionary(key, fc.jsonValue())
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(record)), (json) => {
        const resolved = resolveSenml(json)
        if (!('malformed' in resolved)) for (const { time } of resolved) expect(typeof time).toBe('number')
      }),
    )
  })
})

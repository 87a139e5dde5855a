import fc from 'fast-check'
import { expect, test } from 'vitest'
import { metricValue } from '../../../../device-profiles/codec/sparkplug/metric-value.ts'
import {
  decodeSparkplug,
  encodeRebirth,
  type RawMetric,
} from '../../../../device-profiles/codec/sparkplug/sparkplug-payload.ts'
import { sparkplugPayload, type WrittenMetric } from '../../../support/sparkplug-message.ts'

function decodedValue(metric: WrittenMetric): unknown {
  const [decoded] = decodeSparkplug(sparkplugPayload({ metrics: [metric] })).metrics
  return metricValue(decoded as RawMetric, decoded?.datatype ?? null)
}

test.each<[WrittenMetric, unknown]>([
  [{ datatype: 'Int8', value: -5 }, -5],
  [{ datatype: 'Int16', value: -30000 }, -30000],
  [{ datatype: 'Int32', value: -2147483648 }, -2147483648],
  [{ datatype: 'Int64', value: -5 }, -5],
  [{ datatype: 'UInt8', value: 255 }, 255],
  [{ datatype: 'UInt32', value: 4294967295 }, 4294967295],
  [{ datatype: 'DateTime', value: 1795420800000 }, 1795420800000],
  [{ datatype: 'Float', value: 0.5 }, 0.5],
  [{ datatype: 'Double', value: 0.1 }, 0.1],
  [{ datatype: 'Double', value: Number.NaN }, null],
  [{ datatype: 'Float', value: Number.POSITIVE_INFINITY }, null],
  [{ datatype: 'Boolean', value: true }, true],
  [{ datatype: 'String', value: '水位' }, '水位'],
  [{ datatype: 'Int32', value: null }, null],
  [{ datatype: 'Int32', value: 7, quality: 192 }, 7],
  [{ datatype: 'Int32', value: 7, quality: 500 }, null],
  // A rounded number would be a wrong one.
  [{ datatype: 'UInt64', value: '18446744073709551615' }, '18446744073709551615'],
  [{ datatype: 'Int64', value: '-9223372036854775808' }, '-9223372036854775808'],
  [{ datatype: 'Bytes', value: 'abc' }, {}],
  // Nobody says whether it is signed.
  [{ value: 4294967295, as: 'UInt32' }, undefined],
  // What was written as one thing and is called another is no value.
  [{ datatype: 'String', value: 7, as: 'Int32' }, {}],
])('%j is %j', (metric, expected) => {
  expect(decodedValue(metric)).toEqual(expected)
})

test('every number comes back from the wire', () => {
  const back = (metric: WrittenMetric) => expect(decodedValue(metric)).toBe(metric.value)
  fc.assert(fc.property(fc.maxSafeInteger(), (value) => void back({ datatype: 'Int64', value })))
  const double = fc.double({ noNaN: true, noDefaultInfinity: true })
  fc.assert(fc.property(double, (value) => void back({ datatype: 'Double', value })))
})

test('a payload has its count, its time and its metrics; what is unknown in it is passed over', () => {
  const known = sparkplugPayload({
    timestamp: 1795420800000,
    seq: 255,
    metrics: [{ name: 'a', alias: 300, timestamp: 5 }],
  })
  // uuid (4), body (5), an extension (2000) of 32 bits.
  const unknown = Buffer.from('2203616263' + '2a020001' + '857d01020304', 'hex')
  expect(decodeSparkplug(Buffer.concat([unknown, known]))).toMatchObject({
    timestamp: 1795420800000,
    seq: 255,
    metrics: [{ name: 'a', alias: 300n, timestamp: 5, datatype: null }],
  })
})

test('a damaged payload is refused and harms nobody', () => {
  const whole = sparkplugPayload({ timestamp: 1, metrics: [{ name: 'level', datatype: 'Double', value: 1 }] })
  for (let end = 1; end < whole.length; end++) {
    if (end === 2) continue
    expect(() => decodeSparkplug(whole.subarray(0, end)), `${end} bytes`).toThrow()
  }
  expect(() => decodeSparkplug(Buffer.from('0b', 'hex'))).toThrow('wire type 3')
  expect(() => decodeSparkplug(Buffer.from(`08${'ff'.repeat(11)}`, 'hex'))).toThrow('more than 64 bits')
  expect(() => decodeSparkplug(Buffer.alloc(20_002, '1200', 'hex'))).toThrow('more than 10000 metrics')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        decodeSparkplug(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
      }
    }),
  )
})

test('a rebirth is asked for as the specification says', () => {
  const expected = sparkplugPayload({
    timestamp: 1795420800123,
    metrics: [{ name: 'Node Control/Rebirth', timestamp: 1795420800123, datatype: 'Boolean', value: true }],
  })
  expect(Buffer.from(encodeRebirth(1795420800123.456))).toEqual(expected)
})

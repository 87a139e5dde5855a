import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../../../gateway/journal/byte-reader.ts'
import { readMeasurement } from '../../../gateway/journal/measurement.ts'
import {
  BlockCursor,
  BlockEncoder,
  decodeBlock,
  LATEST_TIME,
  readingProblem,
} from '../../../gateway/journal/reading-block.ts'
import type { Quality, QualityReason, Reading } from '../../../gateway/model.ts'
import { reading, readings, T0 } from './journal-samples.ts'

const POINTS = ['pump.pressure', 'yard.level', 'slope-3.tilt']
const QUALITIES: Quality[] = ['good', 'uncertain', 'bad']
const REASONS: QualityReason[] = [
  'communication-failure',
  'device-fault',
  'sentinel',
  'malformed',
  'out-of-range',
  'stale',
  'unconfirmed',
  'decoder-warning',
]

const time = fc.integer({ min: 0, max: 2 ** 52 }).map((microseconds) => microseconds / 1000)
const value = fc.oneof(
  fc.constant(null),
  fc.double(),
  fc.float(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.integer().map((n) => n / 100),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(0, -0, Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 31, -(2 ** 31)),
)
const anyReading: fc.Arbitrary<Reading> = fc.record(
  {
    point: fc.constantFrom(...POINTS),
    time,
    receivedAt: time,
    value,
    quality: fc.constantFrom(...QUALITIES),
    reason: fc.constantFrom(...REASONS),
    replayed: fc.constant(true),
  },
  { requiredKeys: ['point', 'time', 'receivedAt', 'value', 'quality'] },
)

function encode(list: readonly Reading[]): Uint8Array<ArrayBuffer> {
  const encoder = new BlockEncoder()
  for (const one of list) encoder.add(one, POINTS.indexOf(one.point))
  return encoder.take().bytes
}
const pointName = (index: number): string | undefined => POINTS[index]

describe('a block of readings', () => {
  test('gives back every reading exactly, with its number', () => {
    fc.assert(
      fc.property(fc.array(anyReading, { minLength: 1, maxLength: 50 }), fc.nat(), (list, offset) => {
        const decoded = decodeBlock({ firstSeq: offset + 1, bytes: encode(list) }, { pointName })
        expect(decoded).toStrictEqual(list.map((one, i) => ({ seq: offset + 1 + i, ...one })))
      }),
    )
  })

  test('can be walked over without making the readings: the same ones, and the bytes of each measurement', () => {
    fc.assert(
      fc.property(fc.array(anyReading, { minLength: 1, maxLength: 50 }), (list) => {
        const block = { firstSeq: 1, bytes: encode(list) }
        const [made, passed] = [new BlockCursor(block), new BlockCursor(block)]
        while (made.next()) {
          expect(passed.next()).toBe(true)
          const measurement = made.measurement()
          const bytes = block.bytes.subarray(passed.skip(), passed.position)
          expect(readMeasurement(new ByteReader(bytes))).toStrictEqual(measurement)
          for (const key of ['seq', 'pointIndex', 'received', 'measured', 'position'] as const) {
            expect(passed[key]).toBe(made[key])
          }
        }
        expect(passed.next()).toBe(false)
      }),
    )
  })

  test('leaves out what the reader has already', () => {
    const block = { firstSeq: 11, bytes: encode(readings(5)) }
    expect(decodeBlock(block, { pointName, afterSeq: 13 }).map(({ seq }) => seq)).toEqual([14, 15])
  })

  test('takes at most 16 bytes for a number, whatever its digits', () => {
    const list = readings(1000, (i) => ({ value: Math.sin(i), time: T0 + i * 7.123, receivedAt: T0 + i * 7.123 + 1.5 }))
    expect(encode(list).length / list.length).toBeLessThanOrEqual(16)
  })

  test('takes at most 10 bytes for a number with two digits after the point', () => {
    const list = readings(1000, (i) => ({ value: i / 100, time: T0 + i * 20, receivedAt: T0 + i * 20 }))
    expect(encode(list).length / list.length).toBeLessThanOrEqual(10)
  })

  test('is refused when it is cut short, has another format or names an unknown point', () => {
    const bytes = encode(readings(3, (i) => ({ value: Math.PI + i })))
    const decode = (changed: Uint8Array<ArrayBuffer>) => () =>
      decodeBlock({ firstSeq: 1, bytes: changed }, { pointName })
    expect(decode(bytes.slice(0, -1))).toThrow(RangeError)
    expect(decode(Uint8Array.of(9, ...bytes.slice(1)))).toThrow('format 1 was expected, not 9')
    expect(() => decodeBlock({ firstSeq: 1, bytes }, { pointName: () => undefined })).toThrow('point number 0')
  })

  test('never takes random bytes for readings without an error of its own kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        const block = { firstSeq: 1, bytes: Uint8Array.of(1, ...noise) }
        const cursor = new BlockCursor(block)
        const walk = () => {
          while (cursor.next()) cursor.skip()
        }
        for (const read of [() => decodeBlock(block, { pointName }), walk]) {
          try {
            read()
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError)
          }
        }
      }),
    )
  })
})

describe('a reading that cannot be stored', () => {
  test.each([
    ['a time that is no number', { time: Number.NaN }, 'time must be between 1970 and 2112'],
    ['a time before 1970', { receivedAt: -1 }, 'receivedAt must be between'],
    ['a time in the far future', { time: LATEST_TIME + 1 }, 'time must be between'],
    ['a value of another type', { value: true as unknown as number }, 'a number, a text or null, not boolean'],
    ['a quality that does not exist', { quality: 'fine' as Quality }, 'not fine'],
    ['a reason that does not exist', { reason: 'mood' as QualityReason }, "'mood' is unknown"],
  ])('%s is named', (_what, changes, message) => {
    expect(readingProblem(reading(1, changes))).toContain(message)
    expect(readingProblem(reading(1, changes))).toContain('pump.pressure')
  })

  test('is none of the readings that can be', () => {
    fc.assert(fc.property(anyReading, (one) => readingProblem(one) === null))
  })
})

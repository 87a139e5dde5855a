import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteSegments } from '../../../gateway/journal/byte-segments.ts'

const change = fc.record({
  id: fc.integer({ min: 0, max: 200 }),
  /** Null: the string is cleared. */
  bytes: fc.oneof(
    { weight: 9, arbitrary: fc.uint8Array({ maxLength: 300 }) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
})

test('each string is what was appended to it since it was cleared, whatever happens to the others', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 400, size: 'max' }), (changes) => {
      const segments = new ByteSegments()
      const expected = new Map<number, number[]>()
      for (const { id, bytes } of changes) {
        if (bytes === null) segments.clear(id)
        else segments.append(id, bytes)
        expected.set(id, bytes === null ? [] : [...(expected.get(id) ?? []), ...bytes])
      }
      for (const [id, bytes] of expected) {
        expect(segments.lengthOf(id)).toBe(bytes.length)
        expect([...segments.copy(id)]).toEqual(bytes)
      }
    }),
    { numRuns: 50 },
  )
})

test('takes a part of what it is given, and nothing of a string that was never written', () => {
  const segments = new ByteSegments()
  segments.append(7, Uint8Array.of(1, 2, 3, 4, 5), { from: 1, end: 4 })
  expect([...segments.copy(7)]).toEqual([2, 3, 4])
  expect([segments.lengthOf(8), segments.copy(8).length]).toEqual([0, 0])
})

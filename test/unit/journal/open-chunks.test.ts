import { expect, test } from 'vitest'
import { ByteWriter } from '../../../gateway/journal/byte-writer.ts'
import { decodeChunk, MAX_CHUNK_READINGS } from '../../../gateway/journal/history-chunk.ts'
import { writeMeasurement } from '../../../gateway/journal/measurement.ts'
import { OpenChunks } from '../../../gateway/journal/open-chunks.ts'

const T0 = 1_700_000_000_000
const MONO = 5000

/** `index`: seconds behind `T0`, and the value. */
function reading(index: number) {
  const writer = new ByteWriter()
  writeMeasurement(writer, { value: index + 0.125, quality: 'good' })
  return { seq: index + 1, measured: (T0 + 1000 * index) * 1000, bytes: writer.copy(), from: 0, end: writer.length }
}

function fill(chunks: OpenChunks, pointId: number): number {
  chunks.open(pointId, { dueAt: MONO })
  let count = 0
  while (!chunks.isFull(pointId)) chunks.add(pointId, reading(count++), MONO)
  return count
}

test('gives what was added, late readings in the order in which they came', () => {
  const chunks = new OpenChunks()
  chunks.open(3, { dueAt: MONO })
  for (const index of [5, 6, 2]) chunks.add(3, reading(index), MONO)
  const { bytes, ...content } = chunks.content(3)
  expect(content).toEqual({ chunkId: null, lastSeq: 3, start: T0 + 2000, end: T0 + 6000 })
  const entry = (index: number) => ({ time: T0 + 1000 * index, value: index + 0.125, quality: 'good' })
  expect(decodeChunk(bytes)).toEqual([entry(5), entry(6), entry(2)])
  expect([chunks.has(3), chunks.unwrittenFrom(3), chunks.has(2), chunks.unwrittenFrom(2)]).toEqual([true, 6, false, 0])
})

test('knows what is not on disk yet', () => {
  const chunks = new OpenChunks()
  chunks.open(1, { dueAt: MONO })
  chunks.add(1, reading(0), MONO)
  chunks.written(1, { chunkId: 12, dueAt: MONO + 1 })
  expect([chunks.unwrittenFrom(1), chunks.dueAt(1), chunks.content(1).chunkId]).toEqual([0, MONO + 1, 12])
  chunks.add(1, reading(1), MONO + 2)
  expect([chunks.unwrittenFrom(1), chunks.touchedAt(1), chunks.content(1).chunkId]).toEqual([2, MONO + 2, 12])
  chunks.close(1)
  expect([chunks.has(1), chunks.unwrittenFrom(1), chunks.size]).toEqual([false, 0, 0])
  chunks.open(1, { dueAt: MONO })
  chunks.add(1, reading(7), MONO)
  expect(chunks.content(1)).toMatchObject({ chunkId: null, start: T0 + 7000, end: T0 + 7000 })
})

test('few points have long chunks, many points short ones, and they are not full at the same time', () => {
  const few = new OpenChunks()
  expect(fill(few, 1)).toBe(MAX_CHUNK_READINGS)
  const many = new OpenChunks()
  for (let id = 1; id <= 100_000; id++) many.open(id, { dueAt: MONO })
  const counts = Array.from({ length: 20 }, (_, i) => {
    many.close(i + 1)
    return fill(many, i + 1)
  })
  expect(Math.min(...counts)).toBeGreaterThan(15)
  expect(Math.max(...counts)).toBeLessThan(60)
  expect(new Set(counts).size).toBeGreaterThan(10)
})

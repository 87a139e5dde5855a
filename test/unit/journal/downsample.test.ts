import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Downsampler } from '../../../gateway/journal/downsample.ts'
import type { HistoryEntry } from '../../../gateway/journal/history-chunk.ts'
import type { HistoryRow } from '../../../gateway/journal/history-row.ts'

const FROM = 1000
const TO = 2000

const entry: fc.Arbitrary<HistoryEntry> = fc.record({ time: fc.integer({ min: FROM, max: TO }) }).chain(({ time }) =>
  fc.oneof(
    fc.integer({ min: -50, max: 50 }).map((value): HistoryEntry => ({ time, value, quality: 'good' })),
    fc
      .integer({ min: -50, max: 50 })
      .map((value): HistoryEntry => ({ time, value, quality: 'uncertain', reason: 'unconfirmed' })),
    fc.constant<HistoryEntry>({ time, value: null, quality: 'bad', reason: 'communication-failure' }),
    fc.constant<HistoryEntry>({ time, value: 9999, quality: 'bad', reason: 'out-of-range' }),
  ),
)

function downsample(entries: readonly HistoryEntry[], maxPoints: number): HistoryRow[] {
  const downsampler = new Downsampler({ from: FROM, to: TO, maxPoints })
  for (const one of entries) downsampler.add(one)
  return downsampler.rows()
}
const minimum = (rows: readonly HistoryRow[]) => Math.min(...rows.flatMap(({ min }) => min ?? []))
const maximum = (rows: readonly HistoryRow[]) => Math.max(...rows.flatMap(({ max }) => max ?? []))

describe('downsampling', () => {
  test('keeps the number of rows, the order, the extremes and the failures', () => {
    const entries = fc.array(entry, { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(entries, fc.integer({ min: 2, max: 40 }), (list, maxPoints) => {
        const rows = downsample(list, maxPoints)
        const believable = list.filter(({ quality }) => quality !== 'bad').map(({ value }) => value as number)
        expect(rows.length).toBeLessThanOrEqual(maxPoints)
        expect(rows.map(({ time }) => time)).toEqual(rows.map(({ time }) => time).toSorted((a, b) => a - b))
        expect(minimum(rows)).toBe(Math.min(...believable))
        expect(maximum(rows)).toBe(Math.max(...believable))
        for (const quality of ['bad', 'uncertain'] as const) {
          const had = list.some((one) => one.quality === quality)
          expect(rows.some((row) => row.quality === quality && row.reason !== undefined)).toBe(had)
        }
        expect(rows.at(-1)?.time).toBe(Math.max(...list.map(({ time }) => time)))
      }),
    )
  })

  test('says that what a row stands for was delivered late', () => {
    const list: readonly HistoryEntry[] = [
      { time: 1100, value: 5, quality: 'good', replayed: true },
      { time: 1200, value: 6, quality: 'good' },
      { time: 1700, value: 7, quality: 'good' },
      { time: 1800, value: 8, quality: 'good' },
    ]
    const marks = (rows: readonly HistoryRow[]) => rows.map(({ value, replayed }) => [value, replayed])
    expect(marks(downsample(list, 4))).toEqual([
      [5, true],
      [6, undefined],
      [7, undefined],
      [8, undefined],
    ])
    expect(marks(downsample(list, 2))).toEqual([
      [6, true],
      [8, undefined],
    ])
  })

  test('changes nothing when there are no more readings than rows', () => {
    const rows = downsample(
      [
        { time: 1200, value: 5, quality: 'good' },
        { time: 1100, value: null, quality: 'bad', reason: 'stale' },
      ],
      2,
    )
    expect(rows).toEqual([
      { time: 1100, value: null, min: null, max: null, quality: 'bad', reason: 'stale' },
      { time: 1200, value: 5, min: 5, max: 5, quality: 'good' },
    ])
  })

  test('leaves a gap where there was nothing', () => {
    const list = Array.from({ length: 200 }, (_, i): HistoryEntry => ({ time: FROM + i, value: i, quality: 'good' }))
    const later = list.map((one) => ({ ...one, time: one.time + 800 }))
    const times = downsample([...list, ...later], 100).map(({ time }) => time)
    expect(times.filter((time) => time >= 1200 && time < 1800)).toEqual([])
    expect(times.length).toBeGreaterThan(30)
  })

  test('leaves out what is not asked for', () => {
    expect(downsample([{ time: TO + 1, value: 5, quality: 'good' }], 10)).toEqual([])
  })

  test('carries texts', () => {
    const list = Array.from(
      { length: 9 },
      (_, i): HistoryEntry => ({ time: FROM + i, value: `v${i}`, quality: 'good' }),
    )
    expect(downsample(list, 2)).toEqual([{ time: FROM + 8, value: 'v8', min: null, max: null, quality: 'good' }])
  })
})

import { describe, expect, test } from 'vitest'
import { compare } from '../../../gateway/backtest/comparison.ts'
import { type Occurrence, Occurrences } from '../../../gateway/backtest/occurrences.ts'
import { alarm } from '../../support/fake-station.ts'

const MINUTE = 60_000
const occurrence = (
  id: string,
  raisedAt: number,
  returnedAt: number | null,
  level: string | null = null,
): Occurrence => ({
  ...{ alarm: id, name: { zh: id, en: id }, place: '', raisedAt, returnedAt, level },
  ...{ priority: 'high', reason: { zh: '', en: '' } },
})

describe('old and new alarms', () => {
  test('that overlap, or lie within a minute, are the same; otherwise one is gone and one is new', () => {
    const before = [occurrence('a', 0, MINUTE), occurrence('a', 60 * MINUTE, 61 * MINUTE), occurrence('gone', 0, null)]
    const now = [
      occurrence('a', 2 * MINUTE, 3 * MINUTE),
      occurrence('a', 63 * MINUTE, 64 * MINUTE),
      occurrence('new', 5, null),
    ]
    const { findings, summary } = compare(before, now)
    expect(findings.map(({ type }) => type)).toEqual(['gone', 'new', 'later', 'gone', 'new'])
    expect(summary).toEqual({ before: 3, now: 3, new: 2, gone: 2, same: 0, earlier: 0, later: 1, otherLevel: 0 })
  })

  test('are told by how much earlier or later they come, and at which other level', () => {
    const before = [occurrence('a', 10_000, null, 'yellow'), occurrence('b', 0, null), occurrence('c', 0, null)]
    const now = [occurrence('a', 4000, null, 'red'), occurrence('b', 30_000, null), occurrence('c', 2000, null)]
    const { findings, summary } = compare(before, now)
    expect(findings).toMatchObject([
      { type: 'same', now: { alarm: 'c' } },
      { type: 'earlier', laterMs: -6000, otherLevel: true },
      { type: 'later', laterMs: 30_000 },
    ])
    expect(summary).toMatchObject({ same: 1, earlier: 1, later: 1, otherLevel: 1 })
  })

  test('one long alarm that becomes many short ones is one in both and the others new', () => {
    const now = [0, 10, 20].map((minute) => occurrence('a', minute * MINUTE, (minute + 1) * MINUTE))
    expect(compare([occurrence('a', 0, 30 * MINUTE)], now).summary).toMatchObject({ same: 1, new: 2, gone: 0 })
  })
})

test('an occurrence keeps the worst it grew to; exercises and tests are none', () => {
  const occurrences = new Occurrences()
  const row = alarm('wl.high', { level: 'yellow', priority: 'medium' })
  occurrences.add({ type: 'raised', time: 1, alarm: row })
  occurrences.add({ type: 'level-changed', time: 2, alarm: { ...row, level: 'red', priority: 'urgent' } })
  occurrences.add({ type: 'level-changed', time: 3, alarm: row })
  occurrences.add({ type: 'returned', time: 4, alarm: row })
  occurrences.add({ type: 'raised', time: 5, alarm: { ...row, mark: 'test' } })
  occurrences.add({ type: 'returned', time: 6, alarm: alarm('other.one') })
  expect(occurrences.since(0)).toMatchObject([{ raisedAt: 1, returnedAt: 4, level: 'red', priority: 'urgent' }])
  expect(occurrences.since(2)).toEqual([])
})

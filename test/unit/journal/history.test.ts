import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { Journal } from '../../../gateway/journal/journal-types.ts'
import { PATIENT, startJournal } from './journal-fixture.ts'
import { only, reading, readings, T0 } from './journal-samples.ts'

const SECOND = 1000
const DAY = 86_400 * SECOND
const everySecond = (i: number) => ({ time: T0 + i * SECOND, receivedAt: T0 + i * SECOND })

const all = { point: 'pump.pressure', from: T0 - DAY, to: T0 + DAY, maxPoints: 10_000 }
const valuesOf = async (journal: Journal) => (await journal.history(all)).map(({ value }) => value)
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('the history', () => {
  test('shows what was committed just now, each reading as it was', async () => {
    const { journal } = await startJournal()
    const bad = reading(null, { ...everySecond(2), quality: 'bad', reason: 'communication-failure' })
    const text = reading('OK', everySecond(3))
    await journal.commit(only([reading(1, everySecond(0)), reading(0.5, everySecond(1)), bad, text]))
    await journal.commit(only([reading(7, { point: 'other.point' })]))
    const one = { min: null, max: null, quality: 'good' }
    expect(await journal.history(all)).toEqual([
      { ...one, time: T0, value: 1, min: 1, max: 1 },
      { ...one, time: T0 + 1000, value: 0.5, min: 0.5, max: 0.5 },
      { ...one, time: T0 + 2000, value: null, quality: 'bad', reason: 'communication-failure' },
      { ...one, time: T0 + 3000, value: 'OK' },
    ])
    expect(await journal.history({ ...all, from: T0 + 1000, to: T0 + 2000 })).toHaveLength(2)
    expect(await journal.history({ ...all, point: 'no.such' })).toEqual([])
  })

  test('keeps late readings at their own time', async () => {
    const { journal } = await startJournal()
    await journal.commit(only([reading(2, everySecond(20)), reading(3, everySecond(30))]))
    await journal.commit(only([reading(1, { ...everySecond(10), replayed: true })]))
    expect(await valuesOf(journal)).toEqual([1, 2, 3])
  })

  test('is the same after a restart', async () => {
    const { journal, directory } = await startJournal()
    // More than two full chunks and a part of one.
    await journal.commit(only(readings(1300, everySecond)))
    expect(await valuesOf(journal)).toEqual(numbers(1300))
    await journal.stop()
    const again = await startJournal({ directory })
    expect(await valuesOf(again.journal)).toEqual(numbers(1300))
    await again.journal.commit(only([reading(1300, everySecond(1300))]))
    expect(await valuesOf(again.journal)).toEqual(numbers(1301))
  })

  test('has each reading once while chunks are written again and again', async () => {
    const { journal, clock, directory } = await startJournal()
    const list = readings(1200, everySecond)
    for (let i = 0; i < list.length; i += 100) {
      await journal.commit(only(list.slice(i, i + 100)))
      // Past the age at which an open chunk is written; it stays open all the same.
      await clock.advance(301_000)
      expect(await valuesOf(journal)).toEqual(numbers(i + 100))
    }
    await journal.stop()
    const db = new DatabaseSync(join(directory, 'history.sqlite'))
    expect(db.prepare('SELECT count(*) AS chunks FROM chunk').get()).toEqual({ chunks: 3 })
    db.close()
  })

  test('gives no more rows than asked for, with the extremes', async () => {
    const { journal } = await startJournal()
    const list = readings(5000, (i) => ({ ...everySecond(i), value: i === 3210 ? 999 : Math.sin(i / 100) }))
    await journal.commit(only(list))
    const rows = await journal.history({ ...all, from: T0, to: T0 + 5000 * SECOND, maxPoints: 100 })
    expect(rows).toHaveLength(100)
    expect(Math.max(...rows.map(({ max }) => max ?? 0))).toBe(999)
    expect(rows.at(-1)?.value).toBe(Math.sin(4999 / 100))
  })

  test.each([
    ['an empty stretch', { from: 5, to: 5 }],
    ['a stretch backwards', { from: 6, to: 5 }],
    ['no time', { from: Number.NaN }],
    ['too few points', { maxPoints: 1 }],
  ])('refuses %s', async (_what, changes) => {
    const { journal } = await startJournal()
    await expect(journal.history({ ...all, ...changes })).rejects.toMatchObject({ failure: 'invalid' })
  })

  test('forgets what is older than its days', async () => {
    const { journal, clock } = await startJournal({ historyDays: 2 })
    const at = (days: number) => ({ time: T0 + days * DAY, receivedAt: T0 + days * DAY })
    await journal.commit(only(readings(512, () => at(0))))
    await journal.commit(only([reading('new', at(2.5))]))
    const oldest = async () => (await journal.history({ ...all, to: T0 + 9 * DAY }))[0]?.value
    expect(await oldest()).not.toBe('new')
    await clock.advance(2.6 * DAY)
    await expect.poll(oldest, PATIENT).toBe('new')
  })

  test('starts anew with a new reading journal, and keeps what it had', async () => {
    const { journal, directory } = await startJournal()
    await journal.commit(only(readings(10, everySecond)))
    await journal.stop()
    rmSync(join(directory, 'readings.sqlite'))
    const again = await startJournal({ directory })
    await again.journal.commit(only([reading('x', { ...everySecond(50), point: 'other.point' })]))
    await again.journal.commit(only([reading(10, everySecond(10))]))
    expect(await valuesOf(again.journal)).toEqual(numbers(11))
  })

  test('does not hold up the readings when it cannot be written, and catches up', async () => {
    const { journal, clock, directory } = await startJournal()
    const hold = new DatabaseSync(join(directory, 'history.sqlite'))
    hold.exec('BEGIN IMMEDIATE')
    const list = readings(600, everySecond)
    await journal.commit(only(list.slice(0, 550)))
    const failure = async () => {
      await clock.advance(1000)
      return journal.stats().historyFailed
    }
    await expect.poll(failure, PATIENT).toMatch('history.sqlite')
    await journal.commit(only(list.slice(550)))
    expect(await journal.readings(0, 1000)).toHaveLength(600)
    hold.close()
    await expect.poll(failure, PATIENT).toBe(null)
    expect(await valuesOf(journal)).toEqual(numbers(600))
  })
})

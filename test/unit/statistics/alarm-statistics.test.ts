/** The figures of EEMUA 191 and ISA-18.2, on hand-made stories whose figures can be counted on fingers. */
import { describe, expect, test } from 'vitest'
import type { AlarmMoment } from '../../../gateway/statistics/alarm-moment.ts'
import { type AlarmStatistics, AlarmTally } from '../../../gateway/statistics/alarm-statistics.ts'
import { FloodWatch } from '../../../gateway/statistics/flood.ts'

const T0 = Date.UTC(2026, 10, 23)
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const moment = (alarm: string, at: number, changes: Partial<AlarmMoment> = {}): AlarmMoment => ({
  ...{ seq: 1, time: T0 + at, alarm, type: 'raised', previousState: 'normal', state: 'unacknowledged' },
  ...{ station: 's', priority: 'low', class: 'alarm', mark: null, raisedAt: T0 + at },
  ...changes,
})
const returned = (alarm: string, at: number) =>
  moment(alarm, at, { type: 'returned', previousState: 'unacknowledged', state: 'returned-unacknowledged' })
const acknowledged = (alarm: string, at: number) =>
  moment(alarm, at, { type: 'acknowledged', previousState: 'unacknowledged', state: 'acknowledged' })

function figures(moments: readonly AlarmMoment[], hours = 24): AlarmStatistics {
  const tally = new AlarmTally({ from: T0, to: T0 + hours * HOUR })
  for (const each of moments.toSorted((a, b) => a.time - b.time)) tally.add(each)
  return tally.result([])
}

test('rates, peaks, shares and priorities', () => {
  const many = Array.from({ length: 12 }, (_, i) => moment(`d.r${i}`, 5 * HOUR + i * MINUTE))
  const again = Array.from({ length: 12 }, (_, i) =>
    moment('d.r0', 12 * HOUR + i * HOUR, { priority: 'high', class: 'fault' }),
  )
  const all = figures([...many, ...again])
  expect(all).toMatchObject({
    ...{ alarms: 24, perDay: 24, perHour: 1, peakPerMinute: 1, peakPerTenMinutes: 10, peakPerHour: 12 },
    byPriority: { low: 12, medium: 0, high: 12, urgent: 0 },
    byClass: { alarm: 12, fault: 12 },
  })
  expect(all.perTenMinutes).toBeCloseTo(1 / 6)
  expect(all.topTen[0]).toEqual({ alarm: 'd.r0', count: 13 })
  expect(all.topTen).toHaveLength(10)
  expect(all.topTenShare).toBeCloseTo(22 / 24)
})

test('the parts of the hours with more than 30 alarms, and of the ten minutes with more than 10', () => {
  const burst = (count: number, at: number) =>
    Array.from({ length: count }, (_, i) => moment(`d.r${i}`, at + (i * HOUR) / count))
  // 31 in the third hour, spread evenly: no ten minutes of it have more than 10. 30 are not more than 30.
  const all = figures([...burst(31, 2 * HOUR), ...burst(30, 5 * HOUR)])
  expect(all).toMatchObject({ hoursAbove30: 1 / 24, tenMinutesAbove10: 0 })
  const dense = Array.from({ length: 11 }, (_, i) => moment(`d.r${i}`, 7 * HOUR + i * SECOND))
  expect(figures(dense)).toMatchObject({ hoursAbove30: 0, tenMinutesAbove10: 1 / 144 })
  expect(figures(dense.slice(1)).tenMinutesAbove10).toBe(0)
})

test('what asks nobody is not counted: exercises, tests, suppressed raises, milder levels', () => {
  const all = figures([
    moment('d.a', 0, { mark: 'exercise' }),
    moment('d.b', 0, { mark: 'test' }),
    moment('d.c', 0, { state: 'shelved' }),
    moment('d.d', 0),
    moment('d.d', 1000, { type: 'level-changed', previousState: 'unacknowledged' }),
    moment('d.e', 0, { type: 'unsuppressed', previousState: 'suppressed-by-design' }),
    moment('d.f', 0, { type: 're-alarmed', previousState: 'acknowledged' }),
  ])
  expect(all).toMatchObject({ alarms: 3, leftOut: { exercisesAndTests: 2, suppressed: 1 } })
})

test('nothing at all gives zeros, and nobody waited', () => {
  expect(figures([])).toMatchObject({
    ...{ alarms: 0, perHour: 0, timeInFlood: 0, topTenShare: 0, chattering: [], fleeting: [] },
    timeToAcknowledge: { count: 0, medianMs: null, p95Ms: null, maxMs: null },
  })
})

test('the time to acknowledge runs from asking', () => {
  const all = figures([
    ...[moment('d.a', 0), acknowledged('d.a', MINUTE), moment('d.b', 0), acknowledged('d.b', 3 * MINUTE)],
    ...[moment('d.c', 0, { type: 'unsuppressed', raisedAt: T0 - HOUR }), acknowledged('d.c', 5 * MINUTE)],
  ])
  expect(all.timeToAcknowledge).toEqual({
    ...{ count: 3, medianMs: 3 * MINUTE, p95Ms: 5 * MINUTE, maxMs: 5 * MINUTE },
  })
})

test('what stands for more than 24 h is stale, a test is not', () => {
  const tally = new AlarmTally({ from: T0, to: T0 + 48 * HOUR })
  const { stale } = tally.result([
    moment('d.old', 23 * HOUR),
    moment('d.young', 24 * HOUR),
    moment('d.tested', 0, { mark: 'test' }),
  ])
  expect(stale).toEqual(['d.old'])
})

describe('nuisance', () => {
  test('three raises within a minute are one burst of chattering, on both sides of the bound', () => {
    const burst = (alarm: string, gap: number) =>
      [0, 1, 2].flatMap((i) => [moment(alarm, i * gap), returned(alarm, i * gap + 1000)])
    const all = figures([...burst('d.fast', 30 * SECOND), ...burst('d.slow', 30 * SECOND + 1)])
    expect(all.chattering).toEqual([{ alarm: 'd.fast', count: 1 }])
    expect(all.fleeting).toEqual([])
  })

  test('fleeting is back within 10 s, unseen, and not again within a minute', () => {
    const all = figures([
      ...[moment('d.fleeting', 0), returned('d.fleeting', 10 * SECOND)],
      ...[moment('d.longer', 0), returned('d.longer', 10 * SECOND + 1)],
      ...[moment('d.seen', 0), acknowledged('d.seen', 5 * SECOND), returned('d.seen', 9 * SECOND)],
      ...[moment('d.again', 0), returned('d.again', SECOND), moment('d.again', 50 * SECOND), returned('d.again', HOUR)],
      ...[
        moment('d.twice', 0),
        returned('d.twice', SECOND),
        moment('d.twice', HOUR),
        returned('d.twice', HOUR + SECOND),
      ],
    ])
    expect(all.fleeting).toEqual([
      { alarm: 'd.twice', count: 2 },
      { alarm: 'd.fleeting', count: 1 },
    ])
  })
})

describe('floods', () => {
  test('one begins with the tenth alarm in ten minutes, and ends when fewer than five are left', () => {
    const watch = new FloodWatch()
    for (let i = 0; i < 9; i++) watch.add(T0 + i * MINUTE)
    expect(watch.flood).toBeNull()
    watch.add(T0 + 10 * MINUTE - 1)
    expect(watch.flood).toEqual({ from: T0, to: null, alarms: 10 })
    expect(watch.pass(T0 + 15 * MINUTE - 1)).toBeNull()
    // The fifth from the end was at 5 min.
    expect(watch.pass(T0 + 60 * MINUTE)).toEqual({ from: T0, to: T0 + 15 * MINUTE, alarms: 10 })
    expect(watch.flood).toBeNull()
  })

  test('nine, or ten in a longer time, are none', () => {
    const watch = new FloodWatch()
    for (let i = 0; i < 30; i++) watch.add(T0 + i * 70 * SECOND)
    expect(watch.flood).toBeNull()
  })

  test('a clock that went ahead for a while and was set back makes none, and hides none', () => {
    const watch = new FloodWatch()
    const DAY = 24 * HOUR
    for (let i = 0; i < 4; i++) watch.add(T0 + i * SECOND)
    watch.pass(T0 + DAY)
    watch.pass(T0 + 10 * SECOND)
    for (let i = 1; i <= 9; i++) watch.add(T0 + i * HOUR)
    watch.pass(T0 + 10 * HOUR)
    expect(watch.flood).toBeNull()
    for (let i = 0; i < 10; i++) watch.add(T0 + 11 * HOUR + i * SECOND)
    expect(watch.flood).toEqual({ from: T0 + 11 * HOUR, to: null, alarms: 10 })
    // Set back while it lasts: it began before, and has its ten minutes still.
    watch.pass(T0 + 9 * SECOND)
    expect(watch.flood).toEqual({ from: T0, to: null, alarms: 10 })
    watch.pass(T0 + 11 * MINUTE)
    expect(watch.flood).toBeNull()
  })

  test('their part of the time is told, also of one that lasts still', () => {
    const alarms = Array.from({ length: 120 }, (_, i) => moment(`d.r${i}`, 30 * MINUTE + i * 15 * SECOND))
    const all = figures(alarms, 1)
    expect(all).toMatchObject({ floods: 1, largestFlood: 120, timeInFlood: 0.5 })
  })
})

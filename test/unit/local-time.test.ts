/** Schedules on the clocks of stations: midnight, seasons, and clocks that are set forward and back. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resolveSchedule, scheduleProblem, timeZoneProblem } from '../../device-profiles/schedule.ts'
import type { Schedule } from '../../device-profiles/schedule-schema.ts'
import { isDuring, LocalClock } from '../../gateway/local-time.ts'

const clock = new LocalClock()

function during(schedule: Schedule, iso: string, timeZone = 'Asia/Shanghai'): boolean {
  return isDuring(resolveSchedule(schedule, timeZone), clock.at(timeZone, Date.parse(iso)))
}

const NIGHT = { from: '22:00', to: '06:00' }

describe('a time of day', () => {
  it.each<[Schedule, string, boolean]>([
    [{ time: { from: '08:00', to: '17:30' } }, '2026-11-23T07:59:59.999+08:00', false],
    [{ time: { from: '08:00', to: '17:30' } }, '2026-11-23T08:00:00+08:00', true],
    [{ time: { from: '08:00', to: '17:30' } }, '2026-11-23T17:29:59.999+08:00', true],
    [{ time: { from: '08:00', to: '17:30' } }, '2026-11-23T17:30:00+08:00', false],
    [{ time: { from: '12:00', to: '24:00' } }, '2026-11-23T23:59:59+08:00', true],
    [{ time: { from: '12:00', to: '24:00' } }, '2026-11-24T00:00:00+08:00', false],
    [{ time: NIGHT }, '2026-11-23T21:59:59+08:00', false],
    [{ time: NIGHT }, '2026-11-23T22:00:00+08:00', true],
    [{ time: NIGHT }, '2026-11-24T00:00:00+08:00', true],
    [{ time: NIGHT }, '2026-11-24T05:59:59+08:00', true],
    [{ time: NIGHT }, '2026-11-24T06:00:00+08:00', false],
    // Monday is 23 November. A night belongs to the day on which it began.
    [{ days: ['mon'], time: NIGHT }, '2026-11-23T05:00:00+08:00', false],
    [{ days: ['mon'], time: NIGHT }, '2026-11-23T23:00:00+08:00', true],
    [{ days: ['mon'], time: NIGHT }, '2026-11-24T05:00:00+08:00', true],
    [{ days: ['mon'], time: NIGHT }, '2026-11-24T23:00:00+08:00', false],
    [{ days: ['sun'], time: NIGHT }, '2026-11-23T05:00:00+08:00', true],
    [{ days: ['mon'] }, '2026-11-23T00:00:00+08:00', true],
    [{ days: ['mon'] }, '2026-11-24T00:00:00+08:00', false],
  ])('%j at %s: %s', (schedule, iso, expected) => {
    expect(during(schedule, iso)).toBe(expected)
  })
})

describe('a season', () => {
  const flood = { season: { from: '05-01', to: '09-30' } }
  const winter = { season: { from: '11-15', to: '03-15' } }
  it.each<[Schedule, string, boolean]>([
    [flood, '2026-04-30T23:59:59+08:00', false],
    [flood, '2026-05-01T00:00:00+08:00', true],
    [flood, '2026-09-30T23:59:59+08:00', true],
    [flood, '2026-10-01T00:00:00+08:00', false],
    [winter, '2026-11-14T12:00:00+08:00', false],
    [winter, '2026-11-15T12:00:00+08:00', true],
    [winter, '2027-01-01T00:00:00+08:00', true],
    [winter, '2027-03-15T23:59:59+08:00', true],
    [winter, '2027-03-16T00:00:00+08:00', false],
    [{ ...flood, time: NIGHT }, '2026-10-01T05:00:00+08:00', true],
    [{ ...flood, time: NIGHT }, '2026-05-01T05:00:00+08:00', false],
    [{ season: { from: '02-29', to: '02-29' } }, '2028-02-29T12:00:00+08:00', true],
  ])('%j at %s: %s', (schedule, iso, expected) => {
    expect(during(schedule, iso)).toBe(expected)
  })
})

describe('clocks that are set', () => {
  const berlin = (from: string, to: string, iso: string) => during({ time: { from, to } }, iso, 'Europe/Berlin')

  it('forward: an hour that does not come is never, what begins in it begins after it', () => {
    // 29 March 2026, 02:00 becomes 03:00 at 01:00 UTC.
    expect(berlin('02:00', '03:00', '2026-03-29T00:59:59Z')).toBe(false)
    expect(berlin('02:00', '03:00', '2026-03-29T01:00:00Z')).toBe(false)
    expect(berlin('02:30', '05:00', '2026-03-29T00:59:59Z')).toBe(false)
    expect(berlin('02:30', '05:00', '2026-03-29T01:00:00Z')).toBe(true)
    expect(berlin('02:30', '05:00', '2026-03-29T03:00:00Z')).toBe(false)
  })

  it('back: an hour that comes twice is in it twice', () => {
    // 25 October 2026, 03:00 becomes 02:00 at 01:00 UTC.
    const hour = ['2026-10-25T00:00:00Z', '2026-10-25T00:30:00Z', '2026-10-25T01:00:00Z', '2026-10-25T01:59:59Z']
    expect(hour.map((iso) => berlin('02:00', '03:00', iso))).toEqual([true, true, true, true])
    expect(berlin('02:00', '03:00', '2026-10-25T02:00:00Z')).toBe(false)
  })

  it('a zone that is half an hour off', () => {
    expect(during({ time: { from: '08:00', to: '09:00' } }, '2026-11-23T02:30:00Z', 'Asia/Kolkata')).toBe(true)
    expect(during({ time: { from: '08:00', to: '09:00' } }, '2026-11-23T02:29:59Z', 'Asia/Kolkata')).toBe(false)
  })
})

const minute = fc.integer({ min: 0, max: 1439 })
const timeText = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

it('a time and what is left of the day never overlap and leave no gap', () => {
  fc.assert(
    fc.property(minute, minute, fc.integer({ min: 0, max: 365 * 1440 }), (from, to, at) => {
      fc.pre(from !== to)
      const iso = new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString()
      const inside = during({ time: { from: timeText(from), to: timeText(to) } }, iso)
      const outside = during({ time: { from: timeText(to), to: timeText(from) } }, iso)
      expect(inside).toBe(!outside)
    }),
  )
})

it.each<[Schedule, string | null]>([
  [{}, 'expected at least one of season, days and time'],
  [{ season: { from: '02-30', to: '03-01' } }, 'expected a day of the year, got 02-30'],
  [
    { time: { from: '08:00', to: '08:00' } },
    'expected a time that lasts, got 08:00 to 08:00; for the whole day leave it out',
  ],
  [{ time: { from: '24:00', to: '08:00' } }, 'expected a time that begins before 24:00'],
  [{ time: { from: '00:00', to: '24:00' } }, null],
])('%j: %s', (schedule, problem) => {
  expect(scheduleProblem(schedule)).toBe(problem)
})

it('knows time zones', () => {
  expect(timeZoneProblem('Asia/Shanghai')).toBeNull()
  expect(timeZoneProblem('Asia/Shangai')).toBe('expected a time zone as Asia/Shanghai, got "Asia/Shangai"')
})

/** Points that are computed from others: when there is a number, and what a bad input, a hole, a step or a restart does. */
import { describe, expect, test } from 'vitest'
import type { Device } from '../../../device-profiles/device.ts'
import { gaugeAt } from '../../../gateway/pipeline/computing/gas-law.ts'
import { happened, newest, unit, wait } from './catalogue-unit.ts'
import { START, Story } from './story.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const tag = unit('outpost-ref-extinguisher-tag', { intervalMs: HOUR })

/** A bottle hangs in the open: 25 °C by day, 5 °C at night. */
function celsius(hour: number): number {
  return 15 + 10 * Math.sin((hour / 24) * 2 * Math.PI)
}

/** As a tag with a clock of its own, which does not step. */
function say(story: Story, values: object): Story {
  const time = START.wall + story.now.mono - START.mono
  return story.message('d', { present: true, obstructed: false, battery: 90, rssi: -70, time, ...values })
}

/** What the tag says hour by hour; `at20`: pressure of the bottle at 20 °C at that hour. */
function hours(story: Story, count: number, at20: (hour: number) => number, from = 0): Story {
  for (let hour = from; hour < from + count; hour++) {
    wait(story, HOUR)
    const temperature = Math.round(celsius(hour) * 10) / 10
    say(story, { pressure: Math.round(gaugeAt(at20(hour), temperature) * 10) / 10, temperature })
  }
  return story
}
const leaking =
  (perDay: number, from = 1200) =>
  (hour: number) =>
    from - (perDay * hour) / 24

describe('the compensated pressure', () => {
  test('stays while the gauge swings with the temperature', () => {
    const story = hours(new Story([tag]), 48, () => 1200)
    const gauge = story.readingsOf('d.pressure').map(({ value }) => Number(value))
    expect(Math.max(...gauge) - Math.min(...gauge)).toBeGreaterThan(80)
    for (const { value } of story.readingsOf('d.pressure-at-20')) expect(Math.abs(Number(value) - 1200)).toBeLessThan(1)
    expect(story.tale).toEqual([])
  })

  test('is bad without a temperature, for its reason, and doubts nothing itself', () => {
    const story = say(new Story([tag]), { pressure: 1200 })
    expect(newest(story, 'pressure-at-20')).toMatchObject({ value: null, quality: 'bad', reason: 'insufficient-data' })
    say(wait(story, HOUR), { pressure: 1200, temperature: 20 })
    expect(newest(story, 'pressure-at-20')).toMatchObject({ value: 1200, quality: 'good' })
    say(wait(story, HOUR), { pressure: 1200, temperature: null })
    expect(newest(story, 'pressure-at-20')).toMatchObject({ value: null, quality: 'bad', reason: 'sentinel' })
    say(wait(story, HOUR), { pressure: 1200, temperature: 21 })
    expect(newest(story, 'pressure-at-20').value).toBeCloseTo(1195.6, 1)
    expect([...story.pipeline.devices()]).toMatchObject([{ state: 'ok' }])
  })

  test('alarms on both sides of its limit, after its delay', () => {
    const calm = new Story([tag])
    for (let i = 0; i < 3; i++) say(wait(calm, HOUR), { pressure: gaugeAt(1000.5, 30), temperature: 30 })
    expect(happened(calm)).toEqual([])
    // At 30 °C the gauge still shows more than 1 MPa: only the compensated pressure tells.
    const hot = new Story([tag])
    for (let i = 0; i < 3; i++) say(wait(hot, HOUR), { pressure: gaugeAt(995, 30), temperature: 30 })
    expect(happened(hot)).toEqual(['pressure-at-20 raised low -> unacknowledged'])
    expect(hot.last().alarm.reason.en).toMatch(/^Pressure at 20 °C 995 kPa is below 1000 kPa \(low\) for 1 h$/)
  })
})

describe('a slow leak', () => {
  test('is not known of less than a week', () => {
    const story = hours(new Story([tag]), 6 * 24, leaking(5))
    expect(newest(story, 'days-to-limit')).toMatchObject({ value: null, reason: 'insufficient-data' })
    expect(newest(story, 'leak-rate')).toMatchObject({ value: null, quality: 'bad' })
    hours(story, 2 * 24, leaking(5), 6 * 24)
    expect(newest(story, 'leak-rate').value).toBeCloseTo(5, 1)
    expect(story.tale.filter((line) => line.includes('bad-quality'))).toEqual([])
  })

  test('alarms when its days run short, and not before', () => {
    const story = hours(new Story([tag]), 14 * 24, leaking(2))
    // 1200 - 28 kPa, 2 kPa a day: 86 days.
    expect(newest(story, 'days-to-limit').value).toBeCloseTo(86, 0)
    expect(story.tale).toEqual([])
    hours(story, 24 * 24, leaking(2), 14 * 24)
    expect(newest(story, 'days-to-limit').value).toBeCloseTo(62, 0)
    expect(story.tale).toEqual([])
    hours(story, 3 * 24, leaking(2), 38 * 24)
    expect(happened(story)).toEqual(['slow-leak raised low -> unacknowledged'])
    expect(story.last().alarm.reason.en).toMatch(
      /^Days to the low limit (59|60)\.?\d* d (is below|has reached) 60 d \(low\)$/,
    )
  })

  test('is none where the pressure stays: the temperature alone makes no leak', () => {
    const story = hours(new Story([tag]), 15 * 24, () => 1100)
    expect(newest(story, 'days-to-limit').value).toBe(365)
    expect(Number(newest(story, 'leak-rate').value)).toBeCloseTo(0, 1)
    expect(story.tale).toEqual([])
  })

  test('is found with irregular, missing and repeated messages', () => {
    const story = new Story([tag])
    for (let hour = 0; hour < 12 * 24; hour++) {
      story.passWithoutTick(3600 - (hour % 5) * 60)
      if (hour % 7 === 3 || (hour > 100 && hour < 140)) continue
      const message = {
        pressure: gaugeAt(leaking(5)(hour), celsius(hour)),
        temperature: celsius(hour),
        time: START.wall + hour * HOUR,
      }
      say(story, message)
      if (hour % 4 === 0) say(story, message)
    }
    expect(newest(story, 'leak-rate').value).toBeCloseTo(5.17, 1)
  })

  test('does not learn from readings that come late', () => {
    const story = hours(new Story([tag]), 10 * 24, () => 1200)
    const before = newest(story, 'leak-rate')
    for (let hour = 0; hour < 50; hour++) {
      const time = story.now.wall - 9 * DAY + hour * HOUR
      say(story, { pressure: 1100 - hour, temperature: 20, time })
    }
    expect(newest(story, 'leak-rate')).toEqual(before)
    expect(story.readingsOf('d.pressure-at-20').some(({ replayed }) => replayed === true)).toBe(false)
  })

  test('begins anew after a refill', () => {
    const story = hours(new Story([tag]), 10 * 24, leaking(15))
    expect(newest(story, 'leak-rate').value).toBeCloseTo(15, 0)
    hours(story, 24, () => 1200, 10 * 24)
    expect(newest(story, 'leak-rate')).toMatchObject({ value: null, reason: 'insufficient-data' })
  })

  test('is not known across a hole of five days', () => {
    const story = hours(new Story([tag]), 8 * 24, leaking(5))
    wait(story, 5 * DAY)
    hours(story, 2, leaking(5), 13 * 24)
    expect(newest(story, 'leak-rate')).toMatchObject({ value: null, reason: 'insufficient-data' })
  })

  test('is the same with a wall clock that steps by a day and back', () => {
    const straight = hours(new Story([tag]), 12 * 24, leaking(5))
    const stepping = new Story([tag])
    hours(stepping, 5 * 24, leaking(5))
    hours(stepping.stepWallClock(DAY), 3 * 24, leaking(5), 5 * 24)
    hours(stepping.stepWallClock(-2 * DAY), 4 * 24, leaking(5), 8 * 24)
    expect(newest(stepping, 'leak-rate').value).toBe(newest(straight, 'leak-rate').value)
    expect(happened(stepping)).toEqual(happened(straight))
  })

  test('goes on after a restart in the middle: the same numbers, no alarm twice and none missed', () => {
    const straight = hours(new Story([tag]), 44 * 24, leaking(2))
    const before = hours(new Story([tag]), 20 * 24, leaking(2))
    const restarted = before.restartWithPast([tag], 60)
    hours(restarted, 24 * 24, leaking(2), 20 * 24)
    expect(happened(straight)).toEqual(['slow-leak raised low -> unacknowledged'])
    expect(happened(restarted)).toEqual(happened(straight))
    expect(Number(newest(restarted, 'days-to-limit').value)).toBeCloseTo(
      Number(newest(straight, 'days-to-limit').value),
      0,
    )
    const active = restarted.restartWithPast([tag], 60)
    hours(active, 2, leaking(2), 44 * 24)
    expect(active.tale).toEqual([])
  })
})

describe('a change of the configuration', () => {
  test('keeps what was learnt where nothing else is asked, and begins anew with another limit', () => {
    const story = hours(new Story([tag]), 10 * 24, leaking(5))
    const known = newest(story, 'days-to-limit').value
    story.reconfigure([unit('outpost-ref-extinguisher-tag', { intervalMs: HOUR, name: 'moved' })])
    hours(story, 1, leaking(5), 10 * 24)
    expect(Number(newest(story, 'days-to-limit').value)).toBeCloseTo(Number(known), 0)
    const other: Device = unit('outpost-ref-extinguisher-tag', {
      intervalMs: HOUR,
      rules: { 'pressure-at-20': { levels: { low: { below: 1050 } } } },
    })
    story.reconfigure([other])
    hours(story, 1, leaking(5), 10 * 24)
    expect(newest(story, 'days-to-limit')).toMatchObject({ value: null, reason: 'insufficient-data' })
  })

  test('what a restart looks back at is asked for', () => {
    const needs = new Map([...new Story([tag]).pipeline.pastNeeds()].map(({ point, ms }) => [point, ms]))
    expect(needs.get('d.pressure-at-20')).toBe(14 * DAY)
  })
})

test('a device that fails makes its computed points bad for the same reason, and they come back with it', () => {
  const story = hours(new Story([tag]), 2, () => 1200)
  story.fails('d', 'device-fault')
  expect(newest(story, 'pressure-at-20')).toMatchObject({ value: null, quality: 'bad', reason: 'device-fault' })
  wait(story, 60_000)
  expect(story.alarm('d.bad-quality').facts.active).toBe(true)
  hours(story, 1, () => 1200)
  expect(story.alarm('d.bad-quality').facts.active).toBe(false)
})

test('what an engineer tests has no part in what is computed, which says so', () => {
  const story = hours(new Story([tag]), 10 * 24, () => 1200)
  const before = newest(story, 'leak-rate').value
  const id = story.begin({ type: 'test', target: { type: 'point', id: 'd.pressure' }, minutes: 300 })
  hours(story, 3, () => 700, 10 * 24)
  expect(newest(story, 'pressure-at-20')).toMatchObject({ value: null, reason: 'insufficient-data' })
  expect(story.tale.filter((line) => line.includes('pressure-at-20'))).toEqual([])
  story.endMode(id)
  hours(story, 24, () => 1200, 10 * 24 + 3)
  expect(Number(newest(story, 'leak-rate').value)).toBeCloseTo(Number(before), 1)
})

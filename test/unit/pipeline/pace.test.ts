import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Device } from '../../../device-profiles/device.ts'
import { newPace, notePace, paceMs } from '../../../gateway/pipeline/pace.ts'
import { badQualityRule, deviceOf, levelOf, limitRule, noDataRule, pointOf } from './devices.ts'
import { Story } from './story.ts'

const MINUTE = 60_000

/** Readings so many ms apart. */
function paceOf(gaps: readonly number[], { intervalMs = 1000 } = {}) {
  const pace = newPace(intervalMs)
  let at = 0
  for (const gap of [0, ...gaps]) {
    at += gap
    notePace(pace, { askedAt: at, at, isBroken: false })
  }
  return { pace, at }
}

describe('the second longest time from one reading to the next', () => {
  test('is unknown with fewer than two', () => {
    for (const gaps of [[], [1000]]) {
      const { pace, at } = paceOf(gaps)
      expect(paceMs(pace, at)).toBeNull()
    }
  })

  test('is not moved by a single late reading, but by two', () => {
    const once = paceOf([1000, 1000, 9000, 1000])
    expect(paceMs(once.pace, once.at)).toBe(1000)
    const twice = paceOf([1000, 9000, 1000, 7000])
    expect(paceMs(twice.pace, twice.at)).toBe(7000)
  })

  test('is counted from the moment when the first was asked for', () => {
    const pace = newPace(1000)
    for (const at of [0, 1000, 2000]) notePace(pace, { askedAt: at - 50, at, isBroken: false })
    expect(paceMs(pace, 2000)).toBe(1050)
  })

  test('is forgotten after ten minutes at the latest, and not before five', () => {
    const { pace, at } = paceOf([8000, 8000])
    const passed = (ms: number): number | null => {
      const copy = { ...pace }
      for (let next = at + 1000; next <= at + ms; next += 1000) {
        notePace(copy, { askedAt: next, at: next, isBroken: false })
      }
      return paceMs(copy, at + ms)
    }
    expect(passed(5 * MINUTE)).toBe(8000)
    expect(passed(10 * MINUTE + 1000)).toBe(1000)
    expect(paceMs(pace, at + 10 * MINUTE + 1000)).toBeNull()
  })

  test('waits for some readings of a device that speaks seldom', () => {
    const { pace, at } = paceOf([10 * MINUTE, 12 * MINUTE, 10 * MINUTE], { intervalMs: 10 * MINUTE })
    expect(paceMs(pace, at)).toBe(10 * MINUTE)
  })

  test('is one of the last gaps, never the longest of all', () => {
    const gap = fc.integer({ min: 1, max: 20_000 })
    fc.assert(
      fc.property(fc.array(gap, { minLength: 2, maxLength: 100 }), (gaps) => {
        const { pace, at } = paceOf(gaps)
        const [longest = 0, second = 0] = gaps.toSorted((a, b) => b - a)
        const found = paceMs(pace, at) ?? 0
        expect(found).toBeLessThanOrEqual(second)
        if (at < 5 * MINUTE) expect(found).toBe(second)
        expect(gaps.includes(found) || found === 0).toBe(true)
        expect(longest).toBeGreaterThanOrEqual(found)
      }),
    )
  })
})

describe('in the line', () => {
  const x = pointOf('d', { id: 'x', range: [0, 10] })
  const y = pointOf('d', { id: 'y' })
  const device = (changes: object = {}): Device =>
    deviceOf('d', {
      points: [x, y],
      rules: [limitRule(x, [levelOf('high', { setpoint: 9 })], changes), noDataRule(), badQualityRule()],
      protocol: 'self',
    })
  const pace = (story: Story, point = 'd.x') => story.pipeline.paceOf(point, story.now)
  const told = (story: Story, gaps: readonly number[]): Story => {
    story.values('d', { x: 1, y: 1 })
    for (const gap of gaps) story.pass(gap).values('d', { x: 1, y: 1 })
    return story
  }

  test('only what a rule waits for is measured', () => {
    const story = told(new Story([device()]), [1, 2, 1])
    expect(pace(story)).toBe(1000)
    expect(pace(story, 'd.y')).toBeNull()
    expect(pace(story, 'nobody.x')).toBeNull()
    expect(pace(told(new Story([device({ class: 'fault' })]), [1, 1, 1]))).toBeNull()
    expect(pace(told(new Story([device({ class: 'fault', maxDetectionSeconds: 5 })]), [1, 1, 1]))).toBe(1000)
  })

  test('bad and uncertain readings say nothing about a change', () => {
    const story = told(new Story([device()]), [1, 1])
    story.pass(1).fails('d').pass(1).values('d', { x: 1 }).pass(1).fails('d').pass(1).values('d', { x: 1 })
    expect(pace(story)).toBe(2000)
  })

  test('the time in which a sensor was distrusted has an alarm of its own', () => {
    const story = told(new Story([device()]), [1, 1])
    for (let time = 0; time < 2; time++) story.pass(1).values('d', { x: 99 }).pass(3).values('d', { x: 1 })
    expect(pace(story)).toBe(1000)
    expect(story.tale.some((line) => line.includes('d.bad-quality raised'))).toBe(true)
  })

  test('a reply that took long was asked for so much earlier', () => {
    const registers = { type: 'registers', table: 'input-register', address: 0, words: [1] } as const
    const gauge = pointOf('g', { id: 'x', modbus: { table: 'input-register', address: 0, type: 'uint16' } })
    const story = new Story([deviceOf('g', { points: [gauge], rules: [limitRule(gauge, [levelOf('high')])] })])
    for (let time = 0; time < 3; time++) story.say('g', { ...registers, tookMs: 400 }).pass(1)
    expect(story.pipeline.paceOf('g.x', story.now)).toBe(1400)
  })

  test('a changed configuration keeps what was measured, unless the point or its interval is another', () => {
    const story = told(new Story([device()]), [1, 1, 1])
    expect(pace(story.reconfigure([device({ latching: true })]))).toBe(1000)
    expect(pace(story.reconfigure([{ ...device(), intervalMs: 5000 }]))).toBeNull()
  })
})

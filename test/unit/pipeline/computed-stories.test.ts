/** Water, slopes and smoke over minutes to months: each rule on both sides of its bound, told in relative time. */
import { describe, expect, test } from 'vitest'
import { happened, newest, unit, wait } from './catalogue-unit.ts'
import { Story } from './story.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

describe('rising water', () => {
  const radar = unit('dfrobot-sen0676', { parameters: { 'installation-height': 4 }, intervalMs: 10 * SECOND })

  /** The level in m, each 10 seconds for so many minutes, `perHour` being how fast it rises. */
  function minutes(story: Story, count: number, { from, perHour = 0 }: { from: number; perHour?: number }): Story {
    for (let i = 1; i <= count * 6; i++) {
      wait(story, 10 * SECOND)
      level(story, from + (perHour * i) / 360)
    }
    return story
  }
  function level(story: Story, metres: number): Story {
    const words = [Math.round((4 - metres) * 1000)]
    return story.say('d', { type: 'registers', table: 'holding-register', address: 1, words })
  }

  test('says how fast it rises and when it reaches the next level', () => {
    const story = minutes(new Story([radar]), 20, { from: 0, perHour: 0.06 })
    expect(Number(newest(story, 'rise').value)).toBeCloseTo(0.06, 2)
    // 0.02 m after 20 minutes, 0.08 m to blue at 0.001 m a minute.
    expect(Number(newest(story, 'time-to-level').value)).toBeGreaterThan(75)
    expect(Number(newest(story, 'time-to-level').value)).toBeLessThan(85)
    expect(story.tale).toEqual([])
  })

  test('alarms above 0.3 m/h for a minute, and not below', () => {
    const slow = minutes(new Story([radar]), 12, { from: -0.2, perHour: 0.28 })
    expect(slow.tale).toEqual([])
    const fast = minutes(new Story([radar]), 12, { from: -0.2, perHour: 0.32 })
    expect(happened(fast)).toEqual(['rising raised high -> unacknowledged'])
    expect(fast.last().alarm).toMatchObject({ cause: { point: 'd.rise', unit: 'm/h', setpoint: 0.3 } })
    minutes(fast, 20, { from: -0.136 })
    expect(fast.alarm('d.rising').facts.active).toBe(false)
  })

  test('warns a quarter of an hour before a level, and takes it back when the water stops', () => {
    const story = minutes(new Story([radar]), 10, { from: 0.155, perHour: 0.2 })
    expect(happened(story)).not.toContain('level-soon raised low -> unacknowledged')
    minutes(story, 15, { from: 0.155 + 0.2 / 6, perHour: 0.2 })
    expect(happened(story)).toContain('level-soon raised low -> unacknowledged')
    minutes(story, 20, { from: 0.238 })
    expect(newest(story, 'time-to-level').value).toBe(360)
    expect(story.alarm('d.level-soon').facts.active).toBe(false)
  })

  test('is not known before half the window nor across a hole, and a bad reading changes nothing', () => {
    const story = minutes(new Story([radar]), 4, { from: 0, perHour: 0.5 })
    expect(newest(story, 'rise')).toMatchObject({ value: null, quality: 'bad', reason: 'insufficient-data' })
    minutes(story, 4, { from: 0.033, perHour: 0.5 })
    expect(Number(newest(story, 'rise').value)).toBeCloseTo(0.5, 1)
    wait(story, 4 * MINUTE)
    minutes(story, 1, { from: 0.1 })
    expect(newest(story, 'rise')).toMatchObject({ value: null, reason: 'insufficient-data' })
    story.say('d', { type: 'registers', table: 'holding-register', address: 1, words: [0] })
    expect(newest(story, 'rise')).toMatchObject({ value: null, reason: 'out-of-range' })
  })

  test('goes on over a restart and a step of the clock', () => {
    const story = minutes(new Story([radar]), 9, { from: -0.2, perHour: 0.4 })
      .stepWallClock(DAY)
      .stepWallClock(-DAY)
    const restarted = story.restartWithPast([radar], 10)
    minutes(restarted, 2, { from: -0.14, perHour: 0.4 })
    expect(Number(newest(restarted, 'rise').value)).toBeCloseTo(0.4, 1)
    expect(happened(story)).toEqual(['rising raised high -> unacknowledged'])
    expect(happened(restarted)).toEqual([])
  })
})

describe('a moving slope', () => {
  const parameters = { 'zero-distance': 1800 }
  const crack = unit('dfrobot-sen0492', { parameters, intervalMs: HOUR })

  function mm(story: Story, displacement: number): Story {
    const words = [1800 + Math.round(displacement)]
    return story.say('d', { type: 'registers', table: 'holding-register', address: 0x34, words })
  }
  /** Hourly, by a displacement in mm at each hour from `from` to `to`. */
  function hours(story: Story, { from, to, at }: { from: number; to: number; at: (hour: number) => number }): Story {
    for (let hour = from; hour < to; hour++) mm(wait(story, HOUR), at(hour))
    return story
  }
  /** 1/v = k (tf - t): the displacement is logarithmic in the time that is left. */
  const failing = (tf: number, k: number) => (hour: number) => Math.log(tf / (tf - hour)) / k

  test('of constant velocity has no forecast, an angle of 45° and a velocity below its threshold', () => {
    const story = hours(new Story([crack]), { from: 0, to: 35 * 24, at: (hour) => hour / 12 - 300 })
    // The sensor counts whole millimetres, which is what the velocity of a day wavers by.
    expect(Math.abs(Number(newest(story, 'velocity').value) - 2)).toBeLessThan(0.3)
    expect(newest(story, 'time-to-failure').value).toBe(720)
    expect(Math.abs(Number(newest(story, 'tangent-angle').value) - 45)).toBeLessThan(4)
    expect(Number(newest(story, 'velocity-ratio').value)).toBeLessThan(0.8)
    expect(Number(newest(story, 'velocity-ratio').value)).toBeGreaterThan(0.6)
    expect(story.tale).toEqual([])
  })

  test('that stands still has no forecast', () => {
    const story = hours(new Story([crack]), { from: 0, to: 6 * 24, at: (hour) => ((hour * 7) % 5) / 4 })
    expect(newest(story, 'time-to-failure').value === 720 || newest(story, 'time-to-failure').quality === 'bad').toBe(
      true,
    )
    expect(story.tale).toEqual([])
  })

  test('with a known time of failure is given it, first above and then below the bound', () => {
    const tf = 240
    const at = (hour: number) => failing(tf, 0.005)(hour) - 500
    const forecast = (story: Story) => Number(newest(story, 'time-to-failure').value)
    const story = hours(new Story([crack]), { from: 0, to: 150, at })
    hours(story, { from: 150, to: 166, at })
    expect(story.tale.filter((line) => line.includes('failure-forecast'))).toEqual([])
    expect(Math.abs(forecast(story) - (tf - 165))).toBeLessThan(12)
    hours(story, { from: 166, to: 190, at })
    expect(Math.abs(forecast(story) - (tf - 189))).toBeLessThan(8)
    expect(happened(story)).toContain('failure-forecast proposed low -> unacknowledged')
    hours(story, { from: 190, to: 225, at })
    expect(Math.abs(forecast(story) - (tf - 224))).toBeLessThan(4)
    expect(happened(story)).toContain('failure-forecast proposed low-low -> unacknowledged')
    const alarm = story.alarm('d.failure-forecast')
    expect(alarm.reason.en).toMatch(/: Forecast time to failure \d+\.\d h is below 24\.0 h \(low-low\)/)
  })

  test('forecasts the same with missing hours, and after a restart in the middle', () => {
    const at = (hour: number) => failing(240, 0.005)(hour) - 500
    const story = new Story([crack])
    for (let hour = 0; hour < 180; hour++) {
      wait(story, HOUR)
      if (hour % 6 !== 2) mm(story, at(hour))
    }
    const restarted = story.restartWithPast([crack], 60)
    hours(restarted, { from: 180, to: 190, at })
    expect(Math.abs(Number(newest(restarted, 'time-to-failure').value) - 50)).toBeLessThan(8)
  })

  test('that becomes faster than its last 30 days is told in yellow, orange and red', () => {
    const site = unit('dfrobot-sen0492', { parameters: { ...parameters, 'uniform-velocity': 2.6 }, intervalMs: HOUR })
    const calm = (hour: number) => hour / 12 - 500
    const story = hours(new Story([site]), { from: 0, to: 20 * 24, at: calm })
    const faster = (perDay: number, since: number) => (hour: number) => calm(since) + ((hour - since) * perDay) / 24
    hours(story, { from: 480, to: 510, at: faster(2.6, 480) })
    expect(story.tale).toEqual([])
    const jump = (hour: number) => faster(2.6, 480)(510) + ((hour - 510) * 60) / 24
    hours(story, { from: 510, to: 545, at: jump })
    expect(happened(story).filter((line) => line.startsWith('velocity '))).toEqual([
      'velocity proposed yellow -> unacknowledged',
      'velocity proposed orange -> unacknowledged',
      'velocity proposed red -> unacknowledged',
    ])
    // arctan(60 / 2.6) = 87.5°
    expect(Number(newest(story, 'tangent-angle').value)).toBeCloseTo(87.5, 0)
  })

  /** A month of 2 mm/d, then two days of a steady velocity in mm/d: what was told. `uniform`: the velocity of the uniform stage. */
  function thenFor2Days(perDay: number, { uniform }: { readonly uniform: number }): readonly string[] {
    const site = unit('dfrobot-sen0492', {
      parameters: { ...parameters, 'uniform-velocity': uniform },
      intervalMs: HOUR,
    })
    // Far from the end of the sensor, whichever way it goes.
    const calm = (hour: number) => hour / 12 - 600
    const story = hours(new Story([site]), { from: 0, to: 30 * 24, at: calm })
    expect(story.tale).toEqual([])
    hours(story, { from: 720, to: 768, at: (hour) => calm(720) + ((hour - 720) * perDay) / 24 })
    return happened(story)
  }

  // Calm days of 2 mm/d make a threshold of 3 mm/d and a little more, for what whole millimetres waver.
  test.each([
    [2.8, []],
    [4.2, ['yellow']],
    [14, ['yellow']],
    [18, ['yellow', 'orange']],
    [28, ['yellow', 'orange']],
    [40, ['yellow', 'orange', 'red']],
  ])('at %d mm/d after a month of 2 mm/d has passed the levels %j of its threshold', (perDay, levels) => {
    const told = thenFor2Days(perDay, { uniform: 1000 })
    expect(told).toEqual(levels.map((level) => `velocity proposed ${level} -> unacknowledged`))
  })

  // 50°, 80° and 85° are 1.19, 5.67 and 11.43 times the velocity of the uniform stage, which is 2.6 mm/d here.
  test.each([
    [2.9, []],
    [3.6, ['yellow']],
    [13.8, ['yellow']],
    [16.2, ['yellow', 'orange']],
    [28.2, ['yellow', 'orange']],
    [32, ['yellow', 'orange', 'red']],
  ])('at %d mm/d after a uniform stage of 2.6 mm/d has passed the levels %j of its angle', (perDay, levels) => {
    const told = thenFor2Days(perDay, { uniform: 2.6 }).filter((line) => line.startsWith('tangent-angle'))
    expect(told).toEqual(levels.map((level) => `tangent-angle proposed ${level} -> unacknowledged`))
  })

  test('has no threshold before ten days, and no angle without a uniform stage', () => {
    const story = hours(new Story([crack]), { from: 0, to: 9 * 24, at: (hour) => hour / 12 })
    expect(newest(story, 'velocity-ratio')).toMatchObject({ value: null, reason: 'insufficient-data' })
    expect(newest(story, 'tangent-angle')).toMatchObject({ value: null, reason: 'insufficient-data' })
  })
})

describe('an analogue smoke detector', () => {
  const detector = unit('outpost-ref-smoke-modbus', { intervalMs: 2 * SECOND })
  const slow = unit('outpost-ref-smoke-modbus', { intervalMs: 10 * MINUTE })

  function reads(story: Story, dbPerM: number): Story {
    const words = [Math.round(dbPerM * 1000), 0, 215]
    return story.say('d', { type: 'registers', table: 'holding-register', address: 0, words })
  }
  function over(
    story: Story,
    { ms, stepMs, at }: { ms: number; stepMs: number; at: (passed: number) => number },
  ): Story {
    for (let passed = stepMs; passed <= ms; passed += stepMs) reads(wait(story, stepMs), at(passed))
    return story
  }

  test('that gathers dust is compensated, and alarms at the same smoke as a clean one', () => {
    const story = over(new Story([slow]), { ms: 4 * DAY, stepMs: 10 * MINUTE, at: () => 0.03 })
    expect(Number(newest(story, 'baseline').value)).toBeCloseTo(0.03, 6)
    expect(Number(newest(story, 'compensated-obscuration').value)).toBeCloseTo(0, 6)
    expect(newest(story, 'compensation-used').value).toBe(60)
    expect(story.tale).toEqual([])
    over(story, { ms: 20 * MINUTE, stepMs: 10 * MINUTE, at: () => 0.128 })
    expect(story.tale).toEqual([])
    over(story, { ms: 20 * MINUTE, stepMs: 10 * MINUTE, at: () => 0.135 })
    expect(happened(story)).toEqual(['smoke-level raised high -> unacknowledged'])
  })

  test('whose compensation is nearly used up asks for cleaning, in two steps, as a fault', () => {
    const story = over(new Story([slow]), { ms: 5 * DAY, stepMs: 10 * MINUTE, at: () => 0.039 })
    expect(story.tale).toEqual([])
    over(story, { ms: 2 * DAY, stepMs: 10 * MINUTE, at: () => 0.042 })
    expect(story.alarm('d.compensation-used')).toMatchObject({ level: 'high', class: 'fault', priority: 'low' })
    over(story, { ms: 2 * DAY, stepMs: 10 * MINUTE, at: () => 0.06 })
    expect(story.alarm('d.compensation-used')).toMatchObject({ level: 'high-high', priority: 'medium' })
    // No more than 0.05 dB/m is compensated.
    expect(Number(newest(story, 'compensated-obscuration').value)).toBeCloseTo(0.01, 6)
  })

  test('tells smoke that rises fast before the limit, and dust that comes in hours not at all', () => {
    const fast = over(new Story([detector]), { ms: 2 * MINUTE, stepMs: 2 * SECOND, at: () => 0.01 })
    over(fast, { ms: 50 * SECOND, stepMs: 2 * SECOND, at: (passed) => 0.01 + (0.08 * passed) / MINUTE })
    expect(happened(fast)).toEqual(['smoke-rise raised high -> unacknowledged'])
    const dust = over(new Story([detector]), { ms: 2 * MINUTE, stepMs: 2 * SECOND, at: () => 0.01 })
    over(dust, { ms: 5 * MINUTE, stepMs: 2 * SECOND, at: (passed) => 0.01 + (0.012 * passed) / MINUTE })
    expect(dust.tale).toEqual([])
  })

  test('learns its baseline again after a restart, from what was stored', () => {
    const story = over(new Story([slow]), { ms: 4 * DAY, stepMs: 10 * MINUTE, at: () => 0.03 })
    const restarted = story.restartWithPast([slow], 300)
    reads(wait(restarted, 10 * MINUTE), 0.03)
    expect(Number(newest(restarted, 'baseline').value)).toBeCloseTo(0.03, 6)
  })

  test('that cannot measure has no compensated value, and its baseline stays', () => {
    const story = over(new Story([slow]), { ms: DAY, stepMs: 10 * MINUTE, at: () => 0.01 })
    wait(story, 10 * MINUTE).say('d', {
      type: 'registers',
      table: 'holding-register',
      address: 0,
      words: [65535, 0, 215],
    })
    expect(newest(story, 'compensated-obscuration')).toMatchObject({ value: null, quality: 'bad', reason: 'sentinel' })
    reads(wait(story, 10 * MINUTE), 0.01)
    expect(newest(story, 'baseline').value).toBe(0.01)
  })
})

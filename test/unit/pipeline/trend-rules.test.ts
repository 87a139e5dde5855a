/** Rules that look at how a value changes, told as stories in relative time. */
import { describe, expect, test } from 'vitest'
import type { Device } from '../../../device-profiles/device.ts'
import { resolveTrend } from '../../../device-profiles/trend.ts'
import type { TrendProfile } from '../../../device-profiles/trend-schema.ts'
import { levelOf, limitRule, simpleDevice } from './devices.ts'
import { Story } from './story.ts'

function device(trend: TrendProfile, level: Parameters<typeof levelOf>[1]): Device {
  return simpleDevice((point) => limitRule(point, [levelOf('high', level)], { trend: resolveTrend(trend) }))
}

/** One reading each `step` seconds. */
function reads(story: Story, values: Iterable<number>, step = 2): Story {
  for (const value of values) story.pass(step).values('d', { x: value })
  return story
}
function* line(from: number, { to, count }: { to: number; count: number }): Generator<number> {
  for (let i = 1; i <= count; i++) yield Math.round((from + ((to - from) * i) / count) * 1e6) / 1e6
}

describe('a rate of change', () => {
  const rising = device({ type: 'rate', window: '1m', per: 'hour' }, { setpoint: 0.3, deadband: 0.1 })

  test('raises when the value rises faster than the setpoint, says so with its numbers, and returns when it is calm', () => {
    const story = reads(new Story([rising]), line(1, { to: 1, count: 40 }))
    expect(story.tale).toEqual([])
    reads(story, line(1, { to: 1.02, count: 40 }))
    expect(story.alarm('d.limit')).toMatchObject({
      state: 'unacknowledged',
      cause: { setpoint: 0.3, unit: 'm/h', point: 'd.x' },
      reason: { en: expect.stringMatching(/^X \(rate over 1 min\) 0\.\d+ m\/h is above 0\.30 m\/h \(high\)$/) },
    })
    reads(story, line(1.02, { to: 1.02, count: 60 }))
    expect(story.alarm('d.limit').facts.active).toBe(false)
  })

  test('is not known before half the window, nor across a hole in the data: nothing rises then, and nothing returns', () => {
    const story = reads(new Story([rising]), line(1, { to: 1.5, count: 14 }))
    expect(story.tale).toEqual([])
    reads(story, line(1.5, { to: 2, count: 14 }))
    expect(story.alarm('d.limit').facts.active).toBe(true)
    story.fails('d').pass(40)
    reads(story, line(2, { to: 2, count: 10 }))
    expect(story.alarm('d.limit').facts.active).toBe(true)
    reads(story, line(2, { to: 2, count: 40 }))
    expect(story.alarm('d.limit').facts.active).toBe(false)
  })

  test('a step of the wall clock changes nothing', () => {
    const story = reads(new Story([rising]), line(1, { to: 1.001, count: 40 }))
    for (const day of [1, -2, 1]) reads(story.stepWallClock(day * 86_400_000), line(1.001, { to: 1.002, count: 20 }))
    expect(story.tale).toEqual([])
  })

  test('bad readings are not part of it', () => {
    const story = reads(new Story([rising]), line(1, { to: 1, count: 35 }))
    story.pass(1).fails('d', 'device-fault').pass(1)
    reads(story, line(1, { to: 1, count: 5 }))
    expect(story.tale).toEqual([])
  })
})

describe('an amount within a window', () => {
  const rain = device({ type: 'amount', window: '10m', of: 'counter' }, { setpoint: 5 })

  test('raises as soon as the amount is reached, and returns when the rain is older than the window', () => {
    const story = reads(new Story([rain]), line(1, { to: 5.9, count: 10 }), 20)
    expect(story.tale).toEqual([])
    reads(story, [6.6], 20)
    expect(story.alarm('d.limit').facts.active).toBe(true)
    reads(story, line(6.6, { to: 6.6, count: 30 }), 20)
    expect(story.alarm('d.limit').facts.active).toBe(false)
  })
})

describe('a history that is shorter than the window', () => {
  const levels = [levelOf('high', { setpoint: 5 }), levelOf('high-high', { setpoint: 8 })]
  const trend = resolveTrend({ type: 'amount', window: '1h', of: 'counter' })
  const rain = simpleDevice((point) => limitRule(point, levels, { trend }))

  test('raises each level that it reaches, and clears none', () => {
    const story = reads(new Story([rain]), line(1, { to: 7, count: 6 }), 20)
    expect(story.alarm('d.limit')).toMatchObject({ level: 'high', facts: { active: true } })
    reads(story, line(7, { to: 10, count: 6 }), 20)
    expect(story.alarm('d.limit')).toMatchObject({ level: 'high-high', facts: { active: true } })
  })

  test('does not turn an alarm to its other side', () => {
    const both = [levelOf('high', { setpoint: 2 }), levelOf('low', { side: 'below', setpoint: -2 })]
    const change = resolveTrend({ type: 'change', window: '1h' })
    const story = new Story([simpleDevice((point) => limitRule(point, both, { trend: change }))])
    reads(reads(story, [0, 3], 20), [-4, -5], 20)
    expect(story.alarm('d.limit')).toMatchObject({ level: 'high', facts: { active: true } })
  })
})

describe('a frozen value', () => {
  const frozen = device({ type: 'unchanged', tolerance: 0.01 }, { setpoint: 5, onDelayMs: 0 })

  test('raises at its minute by the clock and returns with the first change', () => {
    const story = reads(new Story([frozen]), line(3, { to: 3, count: 149 }))
    expect(story.tale).toEqual([])
    reads(story, [3, 3, 3])
    expect(story.alarm('d.limit')).toMatchObject({
      state: 'unacknowledged',
      reason: {
        zh: 'X（未变化时间） 5 min，达到高限值 5 min',
        en: 'X (time without a change) 5 min has reached 5 min (high)',
      },
    })
    reads(story, [3.02])
    expect(story.alarm('d.limit').facts.active).toBe(false)
  })

  test('a sensor that is lost is not frozen', () => {
    const story = reads(new Story([frozen]), [3, 3])
    story.fails('d').pass(600)
    expect(story.tale).toEqual([])
  })
})

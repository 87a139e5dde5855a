/** A gateway that was killed goes on where it was: delays, windows and silence, told as stories in relative time. */
import { describe, expect, test } from 'vitest'
import type { Device } from '../../../device-profiles/device.ts'
import { resolveTrend } from '../../../device-profiles/trend.ts'
import { deviceOf, discreteRule, levelOf, limitRule, noDataRule, pointOf, simpleDevice, text } from './devices.ts'
import { Story } from './story.ts'

const slow = simpleDevice((point) =>
  limitRule(point, [levelOf('high', { setpoint: 1, deadband: 0.1, onDelayMs: 30_000, offDelayMs: 60_000 })]),
)

function reads(story: Story, x: number, seconds: number): Story {
  for (let i = 0; i < seconds; i += 2) story.pass(2).values('d', { x })
  return story
}
const needs = (story: Story) => [...story.pipeline.pastNeeds()]

describe('an on-delay that a crash falls into', () => {
  test('goes on: the alarm comes when it would have come', () => {
    const story = reads(reads(new Story([slow]), 0.5, 20), 2, 20)
    const restarted = story.restartWithPast([slow], 4)
    reads(restarted, 2, 4)
    expect(restarted.tale).toEqual([])
    reads(restarted, 2, 4)
    expect(restarted.alarm('d.limit')).toMatchObject({
      state: 'unacknowledged',
      reason: { en: expect.stringContaining('for 30 s') },
    })
  })

  test('raises nothing by itself: the first reading decides', () => {
    const story = reads(new Story([slow]), 2, 28)
    const raised = story.restartWithPast([slow], 600).pass(20)
    expect(raised.tale).toEqual([])
    raised.values('d', { x: 2 })
    expect(raised.alarm('d.limit').facts.active).toBe(true)
    const calm = story.restartWithPast([slow], 600).values('d', { x: 0.5 }).pass(60)
    expect(calm.tale).toEqual([])
  })

  test('begins anew where the past is not known', () => {
    const story = reads(new Story([slow]), 2, 20).restart([slow])
    reads(story, 2, 28)
    expect(story.tale).toEqual([])
  })
})

test('an off-delay goes on, and an alarm that was active is not raised again', () => {
  const story = reads(reads(new Story([slow]), 2, 40), 0.5, 40)
  expect(story.alarm('d.limit').facts.active).toBe(true)
  const restarted = story.restartWithPast([slow], 4)
  reads(restarted, 0.5, 12)
  expect(restarted.tale).toEqual([])
  reads(restarted, 0.5, 6)
  expect(restarted.last()).toMatchObject({ type: 'returned', alarm: { occurrence: 1 } })
})

test('a discrete state goes on', () => {
  const door = simpleDevice((point) => discreteRule(point, { onDelayMs: 20_000 }))
  const story = reads(new Story([door]), 1, 16)
  const restarted = story.restartWithPast([door], 2)
  reads(restarted, 1, 4)
  expect(restarted.alarm('d.discrete').facts.active).toBe(true)
})

describe('a window', () => {
  const rising = simpleDevice((point) =>
    limitRule(point, [levelOf('high', { setpoint: 0.3 })], {
      trend: resolveTrend({ type: 'rate', window: '1m', per: 'hour' }),
    }),
  )

  test('is whole again at once: no alarm is missed and none is false', () => {
    const story = new Story([rising])
    for (let i = 0; i < 40; i++) story.pass(2).values('d', { x: 1 + i * 0.0005 })
    expect(story.alarm('d.limit').facts.active).toBe(true)
    const restarted = story.restartWithPast([rising], 4)
    restarted.values('d', { x: 1.0205 }).pass(2).values('d', { x: 1.021 })
    expect(restarted.tale).toEqual([])
    reads(restarted, 1.021, 80)
    expect(restarted.alarm('d.limit').facts.active).toBe(false)
  })

  test('with a hole as long as the gateway was down is not known', () => {
    const story = new Story([rising])
    for (let i = 0; i < 40; i++) story.pass(2).values('d', { x: 1 })
    const restarted = story.restartWithPast([rising], 50)
    reads(restarted, 5, 10)
    expect(restarted.tale).toEqual([])
  })
})

describe('silence', () => {
  const point = pointOf('d', { id: 'x', name: text('X'), unit: 'm' })
  const other = pointOf('e', { id: 'x', name: text('X'), unit: 'm' })
  const talker = (id: string, own: typeof point): Device =>
    deviceOf(id, { points: [own], rules: [noDataRule({ afterMs: 60_000 })], protocol: 'self', intervalMs: 20_000 })
  const devices = [talker('d', point), talker('e', other)]

  test('before a restart counts, the time in which nobody listened does not', () => {
    const story = new Story(devices).values('d', { x: 1 })
    for (let i = 0; i < 4; i++) story.pass(10).values('e', { x: i })
    const restarted = story.restartWithPast(devices, 3600)
    restarted.values('e', { x: 1 }).pass(19)
    expect(restarted.tale).toEqual([])
    restarted.pass(1)
    expect(restarted.alarm('d.no-data').facts.active).toBe(true)
    expect(restarted.pipeline.alarm('e.no-data')).toBeUndefined()
  })
})

test('only what rules look back at is asked for', () => {
  expect(needs(new Story([slow]))).toEqual([{ point: 'd.x', ms: 60_000 }])
  const plain = simpleDevice((point) => limitRule(point, [levelOf('high', { setpoint: 1 })]))
  expect(needs(new Story([plain]))).toEqual([])
})

test('readings from the future of a clock that was set back, late ones and bad ones are not relived', () => {
  const story = reads(new Story([slow]), 2, 28)
  story.stepWallClock(0)
  const next = new Story([slow])
  const readings = story.readings.map((reading) => ({ ...reading, time: reading.time + 3_600_000 }))
  next.pipeline.resume(new Map([['d.x', readings]]), next.now)
  next.values('d', { x: 2 })
  const replayed = story.readings.map((reading) => ({ ...reading, replayed: true }))
  next.pipeline.resume(new Map([['d.x', replayed]]), next.now)
  expect(next.tale).toEqual([])
})

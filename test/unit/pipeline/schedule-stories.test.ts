/** Rules that differ by the time at the station. The stories begin at 16:00 in Shanghai. */
import { describe, expect, test } from 'vitest'
import type { Rule, RuleLevel } from '../../../device-profiles/device.ts'
import { resolveSchedule } from '../../../device-profiles/schedule.ts'
import { levelOf, limitRule, simpleDevice } from './devices.ts'
import { Story } from './story.ts'

const DAY = levelOf('high', { setpoint: 2, deadband: 0.5, onDelayMs: 10_000, offDelayMs: 10_000 })
const SEVERE = levelOf('high-high', { setpoint: 5, priority: 'urgent' })
const evening = resolveSchedule({ time: { from: '16:01', to: '16:03' } }, 'Asia/Shanghai')

function gauge(change: { enabled: boolean; levels?: readonly RuleLevel[] }, usual = [DAY, SEVERE]) {
  const rule = (point: Parameters<typeof limitRule>[0]): Rule =>
    limitRule(point, usual, { scheduled: [{ during: evening, ...change }] })
  return simpleDevice(rule)
}

const lower = { enabled: true, levels: [{ ...DAY, setpoint: 1 }, SEVERE] }
const higher = { enabled: true, levels: [{ ...DAY, setpoint: 3 }, SEVERE] }

describe('a lower setpoint at some times', () => {
  test('the value that is there is judged by it from then on, with the whole delay', () => {
    const story = new Story([gauge(lower)]).values('d', { x: 1.5 })
    story.pass(69)
    expect(story.tale).toEqual([])
    story.pass(1)
    expect(story.tale).toEqual(['70 s: d.limit raised high -> unacknowledged'])
    expect(story.last().alarm).toMatchObject({ cause: { setpoint: 1, value: 1.5 } })
  })

  test('a delay that runs goes on, because what is above 2 is above 1', () => {
    const story = new Story([gauge(lower)]).pass(55).values('d', { x: 2.5 }).pass(10)
    expect(story.tale).toEqual(['65 s: d.limit raised high -> unacknowledged'])
  })

  test('the alarm returns when it is over, through its deadband and delay', () => {
    const story = new Story([gauge(lower)]).values('d', { x: 1.4 }).pass(189)
    expect(story.tale).toHaveLength(1)
    story.pass(1)
    expect(story.last()).toMatchObject({ type: 'returned' })
    expect(story.last().alarm.reason.en).toBe('X 1.4 m is back to normal (high 2 m, deadband 0.5 m) for 10 s')
  })

  test('an alarm whose value is within the deadband of the usual setpoint stays', () => {
    const story = new Story([gauge(lower)]).values('d', { x: 1.5 }).pass(400)
    expect(story.tale).toHaveLength(1)
  })
})

describe('a higher setpoint at some times', () => {
  test('a delay that began under the lower one does not raise it', () => {
    const story = new Story([gauge(higher)]).pass(55).values('d', { x: 2.5 }).pass(100)
    expect(story.tale).toEqual([])
    story.pass(35)
    expect(story.tale).toEqual(['190 s: d.limit raised high -> unacknowledged'])
  })

  test('what is far beyond is an alarm all the time', () => {
    const story = new Story([gauge(higher)]).values('d', { x: 6 }).pass(300)
    expect(story.tale).toEqual(['0 s: d.limit raised high-high -> unacknowledged'])
  })

  test('a bad value is not judged when it switches', () => {
    const story = new Story([gauge(lower)]).values('d', { x: 1.5 }).fails('d').pass(300)
    expect(story.tale).toEqual([])
  })
})

describe('a level that is off at some times', () => {
  const off = { enabled: true, levels: [{ ...DAY, setpoint: Number.POSITIVE_INFINITY }, SEVERE] }

  test('neither raises nor stays, and the others go on', () => {
    const story = new Story([gauge(off)]).values('d', { x: 2.5 }).pass(60 + 9)
    expect(story.tale).toEqual(['10 s: d.limit raised high -> unacknowledged'])
    story.pass(1)
    expect(story.last().alarm).toMatchObject({ facts: { active: false }, cause: { setpoint: null } })
    expect(story.last().alarm.reason.en).toBe('X 2.5 m is back to normal for 10 s')
    story.values('d', { x: 6 })
    expect(story.last().alarm.level).toBe('high-high')
  })
})

describe('a rule that is off at some times', () => {
  const off = { enabled: false }

  test('is suppressed by design, runs on underneath, and what is active then asks anew', () => {
    const story = new Story([gauge(off)]).values('d', { x: 6 })
    story.acknowledge('d.limit')
    story.pass(60)
    expect(story.alarm('d.limit')).toMatchObject({ state: 'suppressed-by-design', offBySchedule: true })
    story.pass(120)
    expect(story.alarm('d.limit')).toMatchObject({ state: 'unacknowledged', offBySchedule: false, occurrence: 1 })
    expect(story.events.map(({ type }) => type)).toEqual(['raised', 'acknowledged', 'suppressed', 'unsuppressed'])
  })

  test('what is raised meanwhile is suppressed from the beginning, and gone if it returned', () => {
    const story = new Story([gauge(off)]).pass(60).values('d', { x: 6 })
    expect(story.last()).toMatchObject({ type: 'raised', alarm: { state: 'suppressed-by-design' } })
    story.values('d', { x: 0 }).pass(30)
    expect(story.alarm('d.limit').facts).toMatchObject({ active: false, suppression: 'suppressed-by-design' })
    story.pass(100)
    expect(story.alarm('d.limit').state).toBe('returned-unacknowledged')
  })

  test('goes on after a restart', () => {
    const story = new Story([gauge(off)]).values('d', { x: 6 }).pass(70)
    const again = story.restartWithPast([gauge(off)], 5).pass(10)
    expect(again.events).toEqual([])
    expect(again.alarm('d.limit').state).toBe('suppressed-by-design')
    again.pass(100)
    expect(again.last()).toMatchObject({ type: 'unsuppressed', alarm: { state: 'unacknowledged' } })
  })
})

test.each([1, -1])('a clock that steps by %d day changes nothing of a schedule of every day', (days) => {
  const story = new Story([gauge(lower)]).values('d', { x: 1.5 }).pass(30)
  story.stepWallClock(days * 86_400_000).pass(39)
  expect(story.tale).toEqual([])
  expect(story.pass(1).tale).toEqual(['70 s: d.limit raised high -> unacknowledged'])
})

test('a start within the time of a schedule has its setpoints from the first value on', () => {
  const story = new Story([gauge(lower)], [], 70_000).values('d', { x: 1.5 }).pass(10)
  expect(story.tale).toEqual(['80 s: d.limit raised high -> unacknowledged'])
})

test('late ticks come to the same', () => {
  const story = new Story([gauge(lower)]).values('d', { x: 1.5 }).pass(59).passWithoutTick(30).pass(11)
  expect(story.tale).toEqual(['100 s: d.limit raised high -> unacknowledged'])
})

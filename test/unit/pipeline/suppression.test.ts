/** Shelving, out of service, suppression by design and asking again, told as stories in relative time. */
import { describe, expect, test } from 'vitest'
import type { Device } from '../../../device-profiles/device.ts'
import { deviceOf, levelOf, limitRule, pointOf, simpleDevice, text } from './devices.ts'
import { Story } from './story.ts'

const HIGH = levelOf('high', { setpoint: 1, deadband: 0.1 })
const gauge = (changes: object = {}): Device => simpleDevice((point) => limitRule(point, [HIGH], changes))
const shelve = (minutes: number, oneShot = false) =>
  ({ type: 'shelve', durationMs: minutes * 60_000, oneShot }) as const
const high = (story: Story) => story.values('d', { x: 2 })
const normal = (story: Story) => story.values('d', { x: 0 })
const state = (story: Story) => story.alarm('d.limit').state

describe('shelving', () => {
  test('ends by itself and shows what came meanwhile', () => {
    const story = new Story([gauge()])
    expect(story.order('d.limit', shelve(10))).toBeNull()
    expect(state(story)).toBe('shelved')
    high(story.pass(60))
    expect(state(story)).toBe('shelved')
    expect(story.last().type).toBe('raised')
    story.pass(539)
    expect(state(story)).toBe('shelved')
    story.pass(1)
    expect(story.last()).toMatchObject({ type: 'unshelved', previousState: 'shelved', by: null })
    expect(state(story)).toBe('unacknowledged')
  })

  test('for one occurrence ends with the return to normal, and the next one is seen', () => {
    const story = high(new Story([gauge()]))
    story.order('d.limit', shelve(60, true))
    normal(story.pass(5))
    expect(story.last()).toMatchObject({
      type: 'returned',
      alarm: { shelving: null, state: 'returned-unacknowledged' },
    })
    high(story.pass(5))
    expect(state(story)).toBe('unacknowledged')
  })

  test('for one occurrence ends at its time where that is earlier', () => {
    const story = high(new Story([gauge()]))
    story.order('d.limit', shelve(1, true))
    story.pass(60)
    expect(state(story)).toBe('unacknowledged')
  })

  test('again changes until when; a person can end it', () => {
    const story = high(new Story([gauge()]))
    story.order('d.limit', shelve(10))
    story.pass(300).order('d.limit', shelve(10))
    story.pass(599)
    expect(state(story)).toBe('shelved')
    expect(story.order('d.limit', { type: 'unshelve' })).toBeNull()
    expect(story.last()).toMatchObject({ type: 'unshelved', by: 'Li Na', comment: 'because' })
    expect(story.order('d.limit', { type: 'unshelve' })).toBe('not-shelved')
    story.pass(3600)
    expect(story.last().by).toBe('Li Na')
  })

  test('is bounded by the rule, 8 h where it says nothing', () => {
    const story = new Story([gauge()])
    expect(story.order('d.limit', shelve(8 * 60 + 1))).toBe('shelved-too-long')
    const strict = new Story([gauge({ longestShelvingMs: 60_000 })])
    expect(strict.order('d.limit', shelve(2))).toBe('shelved-too-long')
    expect(strict.order('d.limit', shelve(1))).toBeNull()
  })

  test.each([1, -1])('is not moved by a step of the clock by %d day', (days) => {
    const story = high(new Story([gauge()]))
    story.order('d.limit', shelve(10))
    story.stepWallClock(days * 86_400_000).pass(599)
    expect(state(story)).toBe('shelved')
    story.pass(1)
    expect(state(story)).toBe('unacknowledged')
  })

  test('goes on after a restart for what is left of it', () => {
    const story = high(new Story([gauge()]))
    story.order('d.limit', shelve(10))
    const restarted = story.restart([gauge()])
    expect(state(restarted)).toBe('shelved')
    restarted.pass(599)
    expect(state(restarted)).toBe('shelved')
    restarted.pass(1)
    expect(state(restarted)).toBe('unacknowledged')
  })
})

describe('out of service', () => {
  test('stays until a person returns it, over a restart too, and runs on underneath', () => {
    const story = new Story([gauge()])
    expect(story.order('d.limit', { type: 'take-out-of-service' }, null)).toBe('comment-missing')
    expect(story.order('d.limit', { type: 'take-out-of-service' }, 'probe in repair')).toBeNull()
    high(story.pass(100_000))
    const restarted = story.restart([gauge()])
    expect(restarted.alarm('d.limit')).toMatchObject({
      state: 'out-of-service',
      facts: { active: true, acked: false },
      outOfService: { by: 'Li Na', comment: 'probe in repair' },
    })
    expect(restarted.order('d.limit', { type: 'return-to-service' })).toBeNull()
    expect(state(restarted)).toBe('unacknowledged')
  })
})

describe('an alarm that explains another', () => {
  const both = (): Device => {
    const point = pointOf('d', { id: 'x', name: text('X'), unit: 'm' })
    const other = limitRule(point, [levelOf('high', { setpoint: 0.5 })], { id: 'mild', inhibitedBy: ['limit'] })
    return deviceOf('d', {
      points: [point],
      rules: [limitRule(point, [HIGH]), other],
      protocol: 'self',
      intervalMs: 3_600_000,
    })
  }

  test('suppresses it while it is active, and lets it go afterwards', () => {
    const story = new Story([both()]).values('d', { x: 0.7 })
    expect(story.alarm('d.mild').state).toBe('unacknowledged')
    high(story.pass(1))
    expect(story.alarm('d.mild')).toMatchObject({
      state: 'suppressed-by-design',
      inhibitedBy: 'd.limit',
      facts: { active: true },
    })
    story.pass(1).values('d', { x: 0.7 })
    expect(story.last()).toMatchObject({ type: 'unsuppressed', alarm: { id: 'd.mild', state: 'unacknowledged' } })
  })

  test('suppresses what is raised while it is active', () => {
    const story = high(new Story([both()]))
    // Both are raised by one reading; the explanation stands first in the rules.
    expect(story.alarm('d.mild').state).toBe('suppressed-by-design')
    const restarted = story.restart([both()])
    expect(restarted.alarm('d.mild').state).toBe('suppressed-by-design')
    restarted.values('d', { x: 0 })
    expect(restarted.alarm('d.mild').state).toBe('returned-unacknowledged')
  })
})

describe('asking again', () => {
  const device = gauge({ reAlarmMs: 1_800_000 })

  test('an alarm that is active long after it was acknowledged asks again, as the same occurrence', () => {
    const story = high(new Story([device]))
    story.acknowledge('d.limit')
    story.pass(1799)
    expect(state(story)).toBe('acknowledged')
    story.pass(1)
    expect(story.last()).toMatchObject({ type: 're-alarmed', alarm: { state: 'unacknowledged', occurrence: 1 } })
    story.acknowledge('d.limit')
    story.pass(1800)
    expect(state(story)).toBe('unacknowledged')
  })

  test('what returned, or is shelved, does not', () => {
    const story = high(new Story([device]))
    story.acknowledge('d.limit')
    story.order('d.limit', shelve(60))
    story.pass(3599)
    expect(state(story)).toBe('shelved')
    const returned = high(new Story([device]))
    returned.acknowledge('d.limit')
    normal(returned.pass(10)).pass(4000)
    expect(state(returned)).toBe('normal')
  })
})

test('a comment is recorded and changes nothing else', () => {
  const story = high(new Story([gauge()]))
  const before = story.alarm('d.limit')
  expect(story.order('d.limit', { type: 'comment' }, null)).toBe('comment-missing')
  expect(story.order('d.limit', { type: 'comment' }, 'on my way')).toBeNull()
  expect(story.alarm('d.limit')).toEqual({ ...before, comment: 'on my way' })
  expect(story.last()).toMatchObject({ type: 'commented', by: 'Li Na', comment: 'on my way' })
})

test('a row from before alarms could be shelved is completed', () => {
  const story = high(new Story([gauge()]))
  const { shelving: _, outOfService: __, inhibitedBy: ___, ...old } = story.alarm('d.limit')
  const restarted = new Story([gauge()], [old as unknown as ReturnType<Story['alarm']>])
  expect(restarted.alarm('d.limit')).toMatchObject({ shelving: null, outOfService: null, inhibitedBy: null })
})

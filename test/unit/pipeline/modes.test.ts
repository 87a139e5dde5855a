/** Maintenance, drills and tests, told as stories in relative time. */
import { describe, expect, test } from 'vitest'
import type { Device } from '../../../device-profiles/device.ts'
import { deviceOf, levelOf, limitRule, noDataRule, pointOf, simpleDevice, text, waterGauge } from './devices.ts'
import { Story } from './story.ts'

const HIGH = levelOf('high', { setpoint: 1, deadband: 0.1 })
const gauge = (changes: object = {}): Device => simpleDevice((point) => limitRule(point, [HIGH], changes))
const high = (story: Story) => story.values('d', { x: 2 })
const normal = (story: Story) => story.values('d', { x: 0 })
const state = (story: Story) => story.alarm('d.limit').state

const MAINTENANCE = { type: 'maintenance', target: { type: 'device', id: 'd' }, minutes: 10 } as const
const DRILL = { type: 'drill', target: { type: 'station', id: 'longtian' }, minutes: 10 } as const
const TEST = { type: 'test', target: { type: 'point', id: 'd.x' }, minutes: 10 } as const
const EXERCISE = { type: 'exercise', level: null } as const

describe('maintenance', () => {
  test('suppresses what is raised meanwhile, says who is at work, and asks for it when it ends by itself', () => {
    const story = new Story([gauge()])
    story.begin(MAINTENANCE)
    high(story.pass(60))
    expect(story.last()).toMatchObject({
      type: 'raised',
      alarm: {
        state: 'suppressed-by-design',
        facts: { active: true, acked: false },
        mode: { type: 'maintenance', by: 'Li Na', comment: 'yearly inspection' },
        mark: null,
      },
    })
    story.pass(539)
    expect(state(story)).toBe('suppressed-by-design')
    story.pass(1)
    expect(story.last()).toMatchObject({
      type: 'unsuppressed',
      by: null,
      alarm: { state: 'unacknowledged', mode: null },
    })
    expect(story.modeEvents.map(({ type, by }) => [type, by])).toEqual([
      ['begun', 'Li Na'],
      ['ended', null],
    ])
  })

  test('comes over what is active, and what was acknowledged before asks again after it', () => {
    const story = high(new Story([gauge()]))
    story.acknowledge('d.limit')
    const id = story.begin(MAINTENANCE)
    expect(story.last()).toMatchObject({ type: 'suppressed', by: 'Li Na', comment: 'yearly inspection' })
    expect(state(story)).toBe('suppressed-by-design')
    story.endMode(id)
    expect(state(story)).toBe('unacknowledged')
  })

  test('what returned meanwhile stays to be acknowledged, and what is normal is told of once', () => {
    const story = new Story([gauge()])
    story.begin(MAINTENANCE)
    normal(high(story).pass(1))
    story.acknowledge('d.limit')
    expect(state(story)).toBe('suppressed-by-design')
    story.pass(600)
    expect(state(story)).toBe('normal')
    const told = story.events.length
    story.endMode(story.begin(MAINTENANCE))
    expect(story.events).toHaveLength(told)
    normal(high(new Story([gauge()])))
  })

  test('an alarm that another one explains stays suppressed by it when the work ends', () => {
    const point = pointOf('d', { id: 'x', name: text('X'), unit: 'm' })
    const mild = limitRule(point, [levelOf('high', { setpoint: 0.5 })], { id: 'mild', inhibitedBy: ['limit'] })
    const both = deviceOf('d', { points: [point], rules: [limitRule(point, [HIGH]), mild], protocol: 'self' })
    const story = new Story([both])
    const id = story.begin(MAINTENANCE)
    high(story)
    story.endMode(id)
    expect(story.alarm('d.mild').state).toBe('suppressed-by-design')
    expect(story.alarm('d.limit').state).toBe('unacknowledged')
  })

  test('of a place or a station takes its devices, and never what the gateway says of itself', () => {
    const water = waterGauge()
    for (const target of [
      { type: 'place', id: 'gate 3' },
      { type: 'station', id: 'longtian' },
    ] as const) {
      const story = new Story([water, gauge()])
      story.begin({ type: 'maintenance', target, minutes: 10 })
      high(story.water(0.6))
      expect(story.alarm('water.high-water').state).toBe('suppressed-by-design')
      expect(story.alarm('d.limit').state).toBe('unacknowledged')
    }
  })

  test('two that lie over one another: the one that lasts longest counts', () => {
    const water = waterGauge()
    const story = new Story([water])
    story.begin({ type: 'maintenance', target: { type: 'device', id: 'water' }, minutes: 1 })
    story.begin({ type: 'maintenance', target: { type: 'station', id: 'longtian' }, minutes: 2 })
    story.water(0.6).pass(60)
    expect(story.alarm('water.high-water').state).toBe('suppressed-by-design')
    story.pass(60)
    expect(story.alarm('water.high-water').state).toBe('unacknowledged')
  })

  test('begun again goes on under its id until the new time', () => {
    const story = new Story([gauge()])
    const id = story.begin(MAINTENANCE)
    expect(high(story.pass(300)).begin(MAINTENANCE)).toBe(id)
    expect(story.modeEvents.at(-1)?.type).toBe('changed')
    story.pass(599)
    expect(state(story)).toBe('suppressed-by-design')
    story.pass(1)
    expect(state(story)).toBe('unacknowledged')
  })

  test.each([1, -1])('is not moved by a step of the clock by %d day', (days) => {
    const story = new Story([gauge()])
    story.begin(MAINTENANCE)
    high(story.stepWallClock(days * 86_400_000).pass(599))
    expect(state(story)).toBe('suppressed-by-design')
    story.pass(1)
    expect(state(story)).toBe('unacknowledged')
  })

  test('goes on after a restart for what is left of it; what ended meanwhile is raised with the first word', () => {
    const story = high(new Story([gauge()]))
    story.begin(MAINTENANCE)
    const restarted = story.restartWithPast([gauge()], 300).pass(299)
    expect(state(restarted)).toBe('suppressed-by-design')
    restarted.pass(1)
    expect(state(restarted)).toBe('unacknowledged')
    const late = story.restartWithPast([gauge()], 700).pass(1)
    expect(state(late)).toBe('unacknowledged')
    expect(late.modeEvents.map(({ type }) => type)).toEqual(['ended'])
  })

  test('is refused where it makes no sense', () => {
    const story = new Story([gauge()])
    expect(story.begin({ ...MAINTENANCE, minutes: 24 * 60 + 1 })).toBe('mode-too-long')
    expect(story.begin({ ...MAINTENANCE, minutes: 0 })).toBe('mode-too-long')
    expect(story.begin({ ...MAINTENANCE, minutes: Number.NaN })).toBe('mode-too-long')
    expect(story.begin({ ...MAINTENANCE, target: { type: 'device', id: 'e' } })).toBe('unknown-target')
    expect(story.begin({ ...MAINTENANCE, target: { type: 'point', id: 'd.x' } })).toBe('wrong-target')
    expect(story.begin({ ...DRILL, target: { type: 'device', id: 'd' } })).toBe('wrong-target')
    expect(story.endMode('maintenance-1')).toBe('unknown-mode')
    expect([...story.pipeline.modes()]).toEqual([])
  })
})

describe('a drill', () => {
  test('lets an alarm be exercised: marked, under its own id, and gone when the drill ends', () => {
    const story = new Story([gauge()])
    expect(story.order('d.limit', EXERCISE)).toBe('no-drill')
    story.begin(DRILL)
    expect(story.order('d.limit', EXERCISE)).toBeNull()
    expect(story.last()).toMatchObject({
      type: 'raised',
      by: 'Li Na',
      alarm: {
        ...{ id: 'd.limit.exercise', mark: 'exercise', state: 'unacknowledged', level: 'high', occurrence: 1 },
        name: { zh: '【演练】limit', en: 'EXERCISE: limit' },
        cause: { point: 'd.x', value: null, setpoint: 1 },
      },
    })
    expect(story.pipeline.alarm('d.limit')).toBeUndefined()
    story.acknowledge('d.limit.exercise')
    expect(story.alarm('d.limit.exercise').state).toBe('acknowledged')
    story.pass(600)
    expect(story.last()).toMatchObject({ type: 'returned', alarm: { id: 'd.limit.exercise', state: 'normal' } })
    expect(story.order('d.limit', EXERCISE)).toBe('no-drill')
  })

  test('a real alarm wins: it is raised unmarked, and its exercise is broken off', () => {
    const story = new Story([gauge()])
    story.begin(DRILL)
    story.order('d.limit', EXERCISE)
    high(story.pass(1))
    const [raised, brokenOff] = story.events.slice(-2)
    expect(raised).toMatchObject({ type: 'raised', alarm: { id: 'd.limit', mark: null, state: 'unacknowledged' } })
    expect(brokenOff).toMatchObject({ type: 'returned', alarm: { id: 'd.limit.exercise', state: 'normal' } })
    expect(story.order('d.limit', EXERCISE)).toBe('really-active')
  })

  test('nobody needs to acknowledge what is left of it, and a person can end one exercise', () => {
    const story = new Story([waterGauge()])
    const id = story.begin(DRILL)
    expect(story.order('water.high-water', { type: 'exercise', level: 'purple' })).toBe('unknown-level')
    story.order('water.high-water', { type: 'exercise', level: 'orange' })
    expect(story.last().alarm).toMatchObject({ level: 'orange', priority: 'high' })
    expect(story.order('water.high-water.exercise', { type: 'shelve', durationMs: 1000, oneShot: false })).toBe(
      'only-an-exercise',
    )
    expect(story.order('water.high-water.exercise', { type: 'reset' })).toBeNull()
    expect(story.alarm('water.high-water.exercise').state).toBe('normal')
    story.order('water.high-water', EXERCISE)
    expect(story.alarm('water.high-water.exercise')).toMatchObject({ occurrence: 2, level: 'red' })
    story.endMode(id)
    expect(story.alarm('water.high-water.exercise').state).toBe('normal')
  })

  test('goes on after a restart, and a reload does not mistake it for an alarm that lost its rule', () => {
    const story = new Story([gauge()])
    story.begin(DRILL)
    story.order('d.limit', EXERCISE)
    const restarted = story.restart([gauge()]).reconfigure([gauge({ name: text('other') })])
    expect(restarted.alarm('d.limit.exercise').state).toBe('unacknowledged')
    restarted.pass(600)
    expect(restarted.alarm('d.limit.exercise').state).toBe('normal')
  })
})

describe('a test of one point', () => {
  test('marks readings and what they raise, and suppresses it', () => {
    const story = normal(new Story([gauge()]))
    story.begin(TEST)
    normal(high(story.pass(1)).pass(1))
    story.pass(600)
    normal(story)
    expect(story.readingsOf('d.x').map(({ test: inTest }) => inTest)).toEqual([undefined, true, true, undefined])
    expect(story.events[0]).toMatchObject({
      type: 'raised',
      alarm: { mark: 'test', state: 'suppressed-by-design', mode: { type: 'test', by: 'Li Na' } },
    })
    // It was a test and is over: nothing is left for anybody to acknowledge.
    expect(state(story)).toBe('normal')
  })

  test('asked for, it goes to dispatch, marked', () => {
    const story = new Story([gauge()])
    story.begin({ ...TEST, dispatch: true })
    high(story)
    expect(story.alarm('d.limit')).toMatchObject({ mark: 'test', state: 'unacknowledged' })
  })

  test.each([true, false])('what is still there when it ends is raised as a real alarm (dispatch: %s)', (dispatch) => {
    const story = new Story([gauge()])
    story.begin({ ...TEST, dispatch })
    high(story).acknowledge('d.limit')
    story.pass(600)
    expect(story.last()).toMatchObject({
      type: 'raised',
      alarm: { mark: null, mode: null, occurrence: 2, state: 'unacknowledged' },
    })
  })

  test('an alarm from before it is a real one and stays', () => {
    const story = high(new Story([gauge()]))
    story.begin(TEST)
    expect(story.alarm('d.limit')).toMatchObject({ mark: null, state: 'unacknowledged' })
    high(normal(story))
    expect(story.alarm('d.limit')).toMatchObject({ mark: 'test', state: 'suppressed-by-design' })
  })

  test('other points of the device, and the silence of the device, are as ever', () => {
    const point = pointOf('d', { id: 'x', name: text('X'), unit: 'm' })
    const other = pointOf('d', { id: 'y', name: text('Y'), unit: 'm' })
    const rules = [limitRule(point, [HIGH]), limitRule(other, [HIGH], { id: 'other' }), noDataRule()]
    const device = deviceOf('d', { points: [point, other], rules, protocol: 'self' })
    const story = new Story([device])
    story.begin(TEST)
    story.values('d', { x: 2, y: 2 }).pass(5)
    expect(story.alarm('d.limit').mark).toBe('test')
    expect(story.alarm('d.other')).toMatchObject({ mark: null, state: 'unacknowledged' })
    expect(story.alarm('d.no-data')).toMatchObject({ mark: null, state: 'unacknowledged' })
    expect(story.readingsOf('d.y')[0]?.test).toBeUndefined()
  })
})

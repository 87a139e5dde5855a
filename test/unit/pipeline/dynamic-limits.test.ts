/** Setpoints that are taken from other points. */
import { describe, expect, test } from 'vitest'
import type { Device, RuleLevel } from '../../../device-profiles/device.ts'
import { resolveSchedule } from '../../../device-profiles/schedule.ts'
import { setpointRulesOf } from '../../../device-profiles/setpoints.ts'
import { deviceOf, levelOf, limitRule, pointOf, text } from './devices.ts'
import { Story } from './story.ts'

const from = (point: string, times = 1, plus = 0) => ({ setpoint: Number.NaN, source: { point, times, plus } })
const HIGH = levelOf('high', { ...from('weir.crest'), deadband: 0.1, onDelayMs: 5000 })
const HIGH_HIGH = levelOf('high-high', { ...from('weir.crest', 2, 0.5), priority: 'urgent' })

const json = (id: string) => ({ id, name: text(id), unit: 'm', range: [0, 100] as [number, number] })

function stations(levels: readonly RuleLevel[] = [HIGH, HIGH_HIGH], changes: object = {}): readonly Device[] {
  const level = pointOf('gauge', { ...json('level'), name: text('Level') })
  const own = pointOf('gauge', json('own'))
  const limit = limitRule(level, levels, { id: 'high-water', name: text('High water'), ...changes })
  if (limit.type !== 'limit') throw new Error('a limit')
  const gauge = deviceOf('gauge', {
    ...{ points: [level, own], rules: [limit, ...setpointRulesOf(limit)] },
    ...({ protocol: 'self', intervalMs: 20_000 } as const),
  })
  const crest = pointOf('weir', json('crest'))
  return [gauge, deviceOf('weir', { points: [crest], rules: [], protocol: 'self', intervalMs: 20_000 })]
}

const begin = (crest = 2) => new Story(stations()).values('weir', { crest })
const water = (story: Story, level: number) => story.values('gauge', { level })
const tale = (story: Story) => story.tale.filter((line) => !line.includes('-setpoint'))

describe('a setpoint from another device', () => {
  test('is its value, multiplied and shifted, on both sides of the bound', () => {
    const story = water(water(begin(), 1.9), 1.99).pass(10)
    expect(tale(story)).toEqual([])
    water(story, 2).pass(4)
    expect(tale(story)).toEqual([])
    expect(tale(story.pass(1))).toEqual(['15 s: gauge.high-water raised high -> unacknowledged'])
    expect(story.last().alarm.cause).toMatchObject({ value: 2, setpoint: 2 })
    expect(water(story, 4.5).last().alarm).toMatchObject({ level: 'high-high', cause: { setpoint: 4.5 } })
  })

  test('that moves judges the value that is there anew, also without a new one', () => {
    const story = water(begin(), 1.5).values('weir', { crest: 1 }).pass(6)
    expect(tale(story)).toEqual(['6 s: gauge.high-water raised high -> unacknowledged'])
    story.values('weir', { crest: 3 }).pass(1)
    expect(story.last()).toMatchObject({ type: 'returned' })
  })

  test('that is not known freezes the rule: nothing is raised, nothing returns, no delay expires', () => {
    const story = water(begin(), 2.5).pass(3).fails('weir').pass(5)
    expect(tale(story)).toEqual([])
    story.values('weir', { crest: 2 }).pass(1)
    expect(tale(story)).toEqual(['9 s: gauge.high-water raised high -> unacknowledged'])
    story.fails('weir')
    water(story.pass(1), 0).pass(5)
    expect(tale(story)).toHaveLength(1)
    story.values('weir', { crest: 2 }).pass(1)
    expect(story.last()).toMatchObject({ type: 'returned' })
  })

  test('that is not known is told after a moment, and that it is known again', () => {
    const story = water(begin(), 0).fails('weir').pass(10)
    expect(story.tale).toEqual([])
    story.pass(1)
    expect(story.last().alarm).toMatchObject({
      ...{ id: 'gauge.high-water-setpoint', class: 'fault', priority: 'high' },
      reason: {
        en: 'High water is not judged: its setpoint comes from weir.crest, which cannot be believed',
        zh: 'High water暂停判断：限值取自 weir.crest，该值不可信',
      },
    })
    story.values('weir', { crest: 2 }).pass(1)
    expect(story.last()).toMatchObject({ type: 'returned', alarm: { id: 'gauge.high-water-setpoint' } })
  })

  test('that grows old is not known any more', () => {
    const story = begin()
    for (let i = 0; i < 8; i++) water(story, 0).pass(10)
    expect(story.last().alarm.id).toBe('gauge.high-water-setpoint')
    expect(tale(water(story, 9))).toEqual([])
  })

  test('that was never heard is not missed before it must have spoken', () => {
    const story = new Story(stations()).pass(65)
    expect(story.tale).toEqual([])
    expect(story.pass(10).tale).toHaveLength(1)
  })

  test('after a restart an active alarm stays until both are known', () => {
    const story = water(begin(), 3).pass(6)
    const again = story.restart(stations())
    water(again, 0).pass(5)
    expect(again.tale).toEqual([])
    again.values('weir', { crest: 2 }).pass(1)
    expect(tale(again)).toEqual(['6 s: gauge.high-water returned high -> returned-unacknowledged'])
  })

  test('after a restart a delay goes on with the time that it had', () => {
    const story = water(begin(), 2.5).pass(3)
    const again = story.restartWithPast(stations(), 1)
    water(again, 2.5).pass(2)
    expect(again.tale).toEqual([])
    again.values('weir', { crest: 2 }).pass(1)
    expect(tale(again)).toEqual(['7 s: gauge.high-water raised high -> unacknowledged'])
    const milder = water(begin(3), 2.5).pass(3).restartWithPast(stations(), 1)
    water(milder.values('weir', { crest: 2 }), 2.5).pass(4)
    expect(tale(milder)).toEqual([])
    expect(tale(milder.pass(1))).toEqual(['9 s: gauge.high-water raised high -> unacknowledged'])
  })

  test.each([1, -1])('a clock that steps by %d day changes nothing', (days) => {
    const story = water(begin(), 2.5)
      .pass(2)
      .stepWallClock(days * 86_400_000)
      .pass(2)
    expect(tale(story)).toEqual([])
    expect(tale(story.pass(1))).toEqual(['5 s: gauge.high-water raised high -> unacknowledged'])
  })
})

test('a setpoint of the same device is taken from the same message', () => {
  const level = { ...HIGH, ...from('gauge.own', 1, 0.5), onDelayMs: 0 }
  const story = new Story(stations([level])).values('gauge', { level: 1.4, own: 1 })
  expect(story.tale).toEqual([])
  story.values('gauge', { own: 0.9, level: 1.4 })
  expect(story.last().alarm.cause).toMatchObject({ setpoint: 1.4 })
})

test('setpoints that overtake one another freeze the rule and are told', () => {
  const levels = [HIGH, levelOf('high-high', { setpoint: 3, priority: 'urgent' })]
  const story = new Story(stations(levels)).values('weir', { crest: 4 })
  water(story, 3.5).pass(11)
  expect(story.tale).toHaveLength(1)
  expect(story.last().alarm.reason.en).toBe(
    'High water is not judged: the setpoint of high-high lies within a milder level',
  )
  story.values('weir', { crest: 2 }).pass(6)
  expect(story.alarm('gauge.high-water').level).toBe('high-high')
})

test('a schedule over dynamic setpoints: fixed ones at some times', () => {
  const during = resolveSchedule({ time: { from: '16:01', to: '16:02' } }, 'Asia/Shanghai')
  const levels = [{ ...levelOf('high', { setpoint: 1 }), onDelayMs: 0 }]
  const story = new Story(stations([HIGH], { scheduled: [{ during, enabled: true, levels }] }))
  water(story.values('weir', { crest: 2 }), 1.5).pass(59)
  expect(tale(story)).toEqual([])
  water(story.pass(1), 1.5)
  expect(tale(story)).toEqual(['60 s: gauge.high-water raised high -> unacknowledged'])
  water(story.values('weir', { crest: 2 }).pass(60), 1.5)
  expect(story.last()).toMatchObject({ type: 'returned' })
})

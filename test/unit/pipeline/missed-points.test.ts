/** A point that people rely on is missed while its device speaks: nobody else would say so. */
import { describe, expect, it } from 'vitest'
import type { Device } from '../../../device-profiles/device.ts'
import {
  badQualityRule,
  deviceOf,
  discreteRule,
  levelOf,
  limitRule,
  noDataRule,
  pointOf,
  smokeDetector,
  text,
} from './devices.ts'
import { Story } from './story.ts'

/** A tag that speaks once a second: `pressure` has an alarm, `battery` a fault, `rssi` no rule. */
function tag(changes: { intervalMs?: number; onDelayMs?: number; silentAfterMs?: number } = {}): Device {
  const pressure = pointOf('tag', { id: 'pressure', name: { zh: '压力', en: 'Pressure' }, range: [0, 2500] })
  const battery = pointOf('tag', { id: 'battery', name: text('Battery') })
  const { intervalMs = 1000, onDelayMs = 0, silentAfterMs = 3000 } = changes
  const low = [levelOf('low', { side: 'below', setpoint: 10 })]
  return deviceOf('tag', {
    points: [pressure, battery, pointOf('tag', { id: 'rssi', name: text('Signal') })],
    rules: [
      limitRule(pressure, low),
      limitRule(battery, low, { id: 'battery-low', class: 'fault' }),
      noDataRule({ id: 'no-data', afterMs: silentAfterMs }),
      badQualityRule({ onDelayMs, id: 'distrust' }),
    ],
    protocol: 'self',
    intervalMs,
  })
}

const WHOLE = { pressure: 1200, battery: 90, rssi: -70 }

/** Says the same once a second. */
function says(story: Story, values: Readonly<Record<string, number>>, seconds: number): Story {
  for (let i = 0; i < seconds; i++) story.values('tag', values).pass(1)
  return story
}

describe('a watched point that its device no longer gives', () => {
  it('is a fault once it is older than it may be, with the point and the reason in both languages', () => {
    const story = says(new Story([tag()]).values('tag', WHOLE).pass(1), { battery: 90 }, 4)
    expect(story.tale).toEqual(['5 s: tag.distrust raised -> unacknowledged'])
    expect(story.last().alarm).toMatchObject({
      cause: { point: 'tag.pressure', value: null, quality: 'bad' },
      reason: {
        zh: '压力不可信：设备在线，但已 5 秒未给出此值',
        en: 'Pressure cannot be believed: the device speaks, but has not given this value for 5 s',
      },
    })
  })

  it('returns with a good reading of it, and with nothing less', () => {
    const story = says(new Story([tag()]).values('tag', WHOLE).pass(1), { battery: 90 }, 10)
    story.values('tag', { pressure: 9999 }).pass(1).values('tag', { battery: 90 })
    expect(story.events).toHaveLength(1)
    story.values('tag', WHOLE)
    expect(story.tale.at(-1)).toBe('12 s: tag.distrust returned -> returned-unacknowledged')
    expect(story.last().alarm.reason.en).toBe('Pressure can be believed again')
  })

  it('is a fault also where it was never given, counted from the first word of the device', () => {
    const story = says(new Story([tag({ silentAfterMs: 60_000 })]).pass(30), { battery: 90 }, 4)
    expect(story.tale).toEqual([])
    says(story, { battery: 90 }, 1)
    expect(story.tale).toEqual(['35 s: tag.distrust raised -> unacknowledged'])
    expect(story.last().alarm.reason).toEqual({
      zh: '压力不可信：设备在线，但自监测开始从未给出此值',
      en: 'Pressure cannot be believed: the device speaks, but has never given this value since it is watched',
    })
  })

  it('keeps the on-delay of the rule', () => {
    const story = says(new Story([tag({ onDelayMs: 5000 })]).values('tag', WHOLE).pass(1), { battery: 90 }, 8)
    expect(story.tale).toEqual([])
    expect(says(story, { battery: 90 }, 1).tale).toEqual(['10 s: tag.distrust raised -> unacknowledged'])
  })

  it('is no fault where no alarm looks at it: a fault of its own or no rule at all', () => {
    const story = says(new Story([tag()]).values('tag', WHOLE).pass(1), { pressure: 1200 }, 60)
    expect(story.tale).toEqual([])
  })

  it('is no fault while it comes within its time, however many messages leave it out', () => {
    const story = new Story([tag()])
    for (let i = 0; i < 10; i++) says(story.values('tag', WHOLE).pass(1), { battery: 90 }, 2)
    expect(story.tale).toEqual([])
  })

  it('has the three intervals of a rare speaker', () => {
    const story = new Story([smokeDetector()]).message('smoke', { smoke: 0, battery: 90 }).pass(600)
    for (let i = 0; i < 2; i++) story.message('smoke', { battery: 90 }).pass(600)
    story.message('smoke', { battery: 90 }).pass(599)
    expect(story.tale).toEqual([])
    story.pass(1).message('smoke', { battery: 90 }).pass(1)
    expect(story.tale).toEqual(['2401 s: smoke.sensor-fault raised -> unacknowledged'])
  })
})

describe('a point whose reads fail while others are answered', () => {
  const flag = pointOf('d', {
    id: 'present',
    name: text('Present'),
    modbus: { table: 'discrete-input', address: 0, type: 'uint16' },
  })
  const pressure = pointOf('d', {
    id: 'pressure',
    modbus: { table: 'holding-register', address: 0, type: 'uint16' },
  })
  const device = deviceOf('d', {
    points: [pressure, flag],
    rules: [discreteRule(flag, { abnormal: [0] }), noDataRule(), badQualityRule()],
  })
  const answers = (story: Story) =>
    story.say('d', { type: 'registers', table: 'holding-register', address: 0, words: [1200] })
  const fails = (story: Story) =>
    story.say('d', {
      type: 'read-failure',
      table: 'discrete-input',
      address: 0,
      count: 1,
      reason: 'communication-failure',
      detail: 'no reply within 1000 ms',
    })

  it('is a fault', () => {
    const story = new Story([device])
    for (let i = 0; i < 10; i++) fails(answers(story)).pass(1)
    expect(story.tale).toEqual(['5 s: d.bad-quality raised -> unacknowledged'])
    expect(story.last().alarm.reason.en).toMatch(/^Present cannot be believed: the device speaks/)
  })
})

describe('a device that falls silent', () => {
  it('is one alarm, and its points have their time to come again', () => {
    const story = new Story([tag()]).values('tag', WHOLE).pass(60).values('tag', { battery: 90 }).pass(2)
    story.values('tag', WHOLE).pass(2)
    expect(story.tale).toEqual([
      '3 s: tag.no-data raised -> unacknowledged',
      '61 s: tag.no-data returned -> returned-unacknowledged',
    ])
  })

  it('does not become a fault of its point by the on-delay alone', () => {
    const story = says(new Story([tag({ onDelayMs: 10_000 })]).values('tag', WHOLE).pass(1), { battery: 90 }, 5).pass(
      60,
    )
    expect(story.tale).toEqual(['8 s: tag.no-data raised -> unacknowledged'])
  })

  it('keeps the fault it had, through the silence and after it, until the point is good', () => {
    const story = says(new Story([tag()]).values('tag', WHOLE).pass(1), { battery: 90 }, 5).pass(60)
    says(story, { battery: 90 }, 10)
    expect(story.tale.filter((line) => line.includes('distrust'))).toEqual([
      '5 s: tag.distrust raised -> unacknowledged',
    ])
    expect(story.values('tag', WHOLE).alarm('tag.distrust').facts.active).toBe(false)
  })
})

describe('a missed point and the configuration', () => {
  it('stays missed after a restart until it is good', () => {
    const before = says(new Story([tag()]).values('tag', WHOLE).pass(1), { battery: 90 }, 5)
    const after = says(before.restart([tag()]), { battery: 90 }, 10)
    expect(after.tale).toEqual([])
    after.values('tag', WHOLE)
    expect(after.tale).toEqual(['10 s: tag.distrust returned -> returned-unacknowledged'])
  })

  it('is not missed any more when no alarm looks at it', () => {
    const story = says(new Story([tag()]).values('tag', WHOLE).pass(1), { battery: 90 }, 5)
    const device = tag()
    story.reconfigure([{ ...device, rules: device.rules.filter(({ id }) => id !== 'limit') }]).pass(1)
    expect(story.tale.at(-1)).toBe('7 s: tag.distrust returned -> returned-unacknowledged')
  })

  it('has its time from the moment its meaning changed', () => {
    const story = says(new Story([tag()]), WHOLE, 10).reconfigure([{ ...tag(), parameters: { zero: 1 } }])
    expect(says(story, { battery: 90 }, 4).tale).toEqual([])
    expect(says(story, { battery: 90 }, 1).tale).toHaveLength(1)
  })
})

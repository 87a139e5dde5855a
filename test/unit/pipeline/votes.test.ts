/** Votes over the detectors of a zone, told as stories in relative time. */
import { describe, expect, test } from 'vitest'
import type { VoteProfile } from '../../../device-profiles/group-schema.ts'
import { DETECTORS, detector, groupOf, zone } from './groups.ts'
import { Story } from './story.ts'

const CLEAR = 0.02
const SMOKE = 0.2

/** Every detector says something now; a missing one says nothing, null is no measurement. */
function say(story: Story, values: Readonly<Record<string, number | null>>): Story {
  for (const [id, smoke] of Object.entries(values)) story.message(id, { smoke, button: 0 })
  return story
}

function begin(vote: Partial<VoteProfile> = {}): Story {
  return say(new Story(zone(vote)), { a: CLEAR, b: CLEAR, c: CLEAR })
}

const ofZone = (story: Story) => story.tale.filter((line) => line.includes('zone.'))
const fire = (story: Story) => story.pipeline.alarm('zone.fire')?.facts.active ?? false

describe('2 of 3', () => {
  test('one detector is not enough, the second raises it at once, and it says who and how', () => {
    const story = say(begin(), { a: SMOKE })
    expect(fire(story)).toBe(false)
    say(story.pass(8), { b: 0.25 })
    expect(ofZone(story)).toEqual(['8 s: zone.fire raised -> unacknowledged'])
    expect(story.alarm('zone.fire')).toMatchObject({
      ...{ device: 'zone', deviceName: 'Third floor', place: 'third floor', kind: 'group', priority: 'urgent' },
      cause: { point: null, value: 2, setpoint: 2 },
      vote: { required: 2, healthy: 3, total: 3, counted: ['a', 'b'], lost: [] },
      reason: {
        en: '2 of 3 detectors: Smoke above 0.15 dB/m (a 0.20 dB/m, b 0.25 dB/m)',
        zh: '3 个探测器中 2 个报警：烟雾浓度高于 0.15 dB/m（a 0.20 dB/m、b 0.25 dB/m）',
      },
    })
  })

  test('with a delay it says for how long, and nothing happens on this side of it', () => {
    const story = say(begin({ onDelay: '8s' }), { a: SMOKE, b: 0.25 }).pass(7)
    expect(fire(story)).toBe(false)
    expect(story.pass(1).alarm('zone.fire').reason.en).toMatch(/^2 of 3 detectors: Smoke above 0.15 dB\/m for 8 s \(/)
  })

  test('returns when fewer are left than are needed, through the deadband of the members', () => {
    const story = say(begin(), { a: SMOKE, b: SMOKE })
    say(story.pass(5), { b: 0.11 })
    expect(fire(story)).toBe(true)
    say(story.pass(5), { b: 0.09 })
    expect(story.last()).toMatchObject({ type: 'returned', alarm: { id: 'zone.fire' } })
    expect(story.last().alarm.reason.en).toBe('1 of 3 detectors in alarm, fewer than the 2 needed; back to normal')
  })

  test('a level counts from its own setpoint', () => {
    const story = say(begin({ level: 'high-high' }), { a: SMOKE, b: SMOKE, c: 0.3 })
    expect(fire(story)).toBe(false)
    say(story, { a: 0.3 })
    expect(story.alarm('zone.fire').reason.en).toBe(
      '2 of 3 detectors: Smoke above 0.30 dB/m (a 0.30 dB/m, c 0.30 dB/m)',
    )
  })

  test('the delays of the members count first', () => {
    const members = ['a', 'b', 'c'].map((id) => detector(id, { onDelayMs: 5000 }))
    const story = say(new Story(zone({}, members)), { a: SMOKE, b: SMOKE, c: CLEAR }).pass(4)
    expect(fire(story)).toBe(false)
    expect(story.pass(1).alarm('zone.fire').reason.en).toMatch(/for 5 s/)
  })

  test('duplicates, late and irregular messages of one detector are one vote', () => {
    const story = begin()
    for (const seconds of [0, 1, 0.2, 7]) say(story.pass(seconds), { a: SMOKE })
    story.message('b', { smoke: SMOKE, button: 0 }, { retained: true })
    expect(fire(story)).toBe(false)
  })

  test.each([1, -1])('a clock that steps by %d day changes nothing', (days) => {
    const story = say(begin({ onDelay: '8s', within: '60s' }), { a: SMOKE, b: SMOKE }).pass(4)
    story.stepWallClock(days * 86_400_000).pass(3)
    expect(fire(story)).toBe(false)
    expect(fire(story.pass(1))).toBe(true)
    expect(story.events.filter(({ alarm }) => alarm.id === 'zone.fire')).toHaveLength(1)
  })
})

describe('all, any and conditions of one device', () => {
  test('all: the last one raises it', () => {
    const story = say(begin({ need: 'all' }), { a: SMOKE, b: SMOKE })
    expect(fire(story)).toBe(false)
    expect(fire(say(story, { c: SMOKE }))).toBe(true)
  })

  test('any: the first one raises it, the last one ends it', () => {
    const story = say(begin({ need: 'any' }), { a: SMOKE })
    expect(fire(story)).toBe(true)
    say(story, { b: SMOKE, a: CLEAR })
    expect(fire(story)).toBe(true)
    expect(fire(say(story, { b: CLEAR }))).toBe(false)
  })

  test('several conditions of one device', () => {
    const of = [
      { device: 'a', rule: 'smoke' },
      { device: 'a', rule: 'button' },
    ]
    const story = new Story([DETECTORS[0] as never, groupOf([{ of, need: 'all' }], DETECTORS.slice(0, 1))])
    story.message('a', { smoke: SMOKE, button: 0 })
    expect(fire(story)).toBe(false)
    story.message('a', { smoke: SMOKE, button: 1 })
    expect(story.alarm('zone.fire').reason.en).toBe(
      '2 of 2 detectors (a: Smoke Smoke above 0.15 dB/m 0.20 dB/m, a: Button pressed Button pressed)',
    )
  })
})

describe('confirmation within a time', () => {
  const pulse = (story: Story, id: string) => say(say(story, { [id]: SMOKE }).pass(1), { [id]: CLEAR })

  test('the first one is remembered for that time', () => {
    const story = pulse(begin({ within: '60s' }), 'a')
    keepAlive(story, 58)
    expect(fire(story)).toBe(false)
    say(story.pass(1), { b: SMOKE })
    expect(story.alarm('zone.fire').reason.en).toBe(
      '2 of 3 detectors: Smoke above 0.15 dB/m (a 1 min ago, b 0.20 dB/m)',
    )
  })

  test('and then forgotten', () => {
    const story = pulse(begin({ within: '60s' }), 'a')
    keepAlive(story, 60)
    expect(fire(say(story, { b: SMOKE }))).toBe(false)
  })

  test('one that is still in alarm counts however long it has been', () => {
    const story = say(begin({ within: '10s' }), { a: SMOKE })
    for (let i = 0; i < 6; i++) say(story.pass(10), { a: SMOKE, b: CLEAR, c: CLEAR })
    expect(fire(say(story, { b: SMOKE }))).toBe(true)
  })

  test('the same detector twice confirms nothing', () => {
    expect(fire(pulse(pulse(begin({ within: '60s' }), 'a'), 'a'))).toBe(false)
  })

  function keepAlive(story: Story, seconds: number): void {
    for (let i = 0; i < seconds; i++) say(story.pass(1), { a: CLEAR, b: CLEAR, c: CLEAR })
  }
})

describe('with fewer members', () => {
  /** `bad` detectors give no measurement, the others what is said, once a second. */
  function go(story: Story, seconds: number, values: Readonly<Record<string, number | null>>): Story {
    for (let i = 0; i < seconds; i++) say(story.pass(1), values)
    return story
  }

  test('2 of 3, 1 of 2, 1 of 1, none: each step is told, and the last one is never silent', () => {
    const story = go(begin(), 12, { a: null, b: CLEAR, c: CLEAR })
    expect(story.alarm('zone.fire-degraded')).toMatchObject({ class: 'fault', priority: 'high', level: '1oo2' })
    expect(story.alarm('zone.fire-degraded').reason).toEqual({
      en: 'voting 1 of 2 instead of 2 of 3; not counted: a (the sensor has no measurement)',
      zh: '表决由 3 取 2 降为 2 取 1，不计入：a（传感器无有效测量值）',
    })
    story.acknowledge('zone.fire-degraded')
    go(story, 12, { a: null, b: null, c: CLEAR })
    expect(story.alarm('zone.fire-degraded')).toMatchObject({ level: '1oo1', state: 'unacknowledged' })
    go(story, 12, { a: null, b: null, c: null })
    expect(story.alarm('zone.fire-impossible')).toMatchObject({ class: 'fault', priority: 'urgent' })
    expect(story.alarm('zone.fire-impossible').reason.en).toMatch(/^None of 3 detectors can be counted/)
    expect(story.alarm('zone.fire-degraded').state).toBe('suppressed-by-design')
    go(story, 2, { a: CLEAR, b: CLEAR, c: CLEAR })
    expect(story.alarm('zone.fire-impossible').facts.active).toBe(false)
    expect(story.alarm('zone.fire-degraded').facts.active).toBe(false)
    expect(story.alarm('zone.fire-degraded').reason.en).toBe('All 3 detectors count again; voting 2 of 3')
    expect(fire(story)).toBe(false)
  })

  test('one detector of two that are left is enough, and the alarm says why', () => {
    const story = go(begin(), 12, { a: null, b: CLEAR, c: CLEAR })
    say(story, { c: SMOKE })
    expect(story.alarm('zone.fire')).toMatchObject({
      vote: { required: 1, healthy: 2, total: 3, counted: ['c'], lost: ['a'] },
      reason: {
        en: '1 of 3 detectors: Smoke above 0.15 dB/m (c 0.20 dB/m); voting 1 of 2 instead of 2 of 3; not counted: a (the sensor has no measurement)',
      },
    })
  })

  test('where availability matters more, two of two are needed, then one of one', () => {
    const story = go(begin({ degradation: 'availability' }), 12, { a: null, b: CLEAR, c: CLEAR })
    expect(story.alarm('zone.fire-degraded').level).toBe('2oo2')
    expect(fire(go(story, 1, { a: null, b: CLEAR, c: SMOKE }))).toBe(false)
    expect(fire(go(story, 12, { a: null, b: null, c: SMOKE }))).toBe(true)
  })

  test('a detector that is doubted for a moment changes nothing', () => {
    const story = go(say(begin(), { a: SMOKE }), 9, { a: SMOKE, b: null, c: CLEAR })
    go(story, 5, { a: SMOKE, b: CLEAR, c: CLEAR })
    go(story, 9, { a: SMOKE, b: null, c: CLEAR })
    expect(ofZone(story)).toEqual([])
  })

  test('a detector that goes silent is lost when its last word no longer stands', () => {
    const story = go(begin(), 30, { b: CLEAR, c: CLEAR })
    expect(ofZone(story)).toEqual([])
    go(story, 10, { b: CLEAR, c: CLEAR })
    expect(ofZone(story)).toEqual([])
    go(story, 2, { b: CLEAR, c: CLEAR })
    expect(story.alarm('zone.fire-degraded').reason.en).toMatch(/not counted: a \(the last value is too old\)$/)
  })

  test('detectors that burn after their alarm do not end it', () => {
    const story = go(begin(), 1, { a: SMOKE, b: SMOKE, c: CLEAR })
    go(story, 60, { a: null, b: null, c: CLEAR })
    expect(fire(story)).toBe(true)
    go(story, 60, { a: null, b: null, c: null })
    expect(fire(story)).toBe(true)
    expect(fire(go(story, 1, { a: CLEAR, b: CLEAR, c: null }))).toBe(false)
  })

  test('a detector that was in alarm and is lost does not raise it alone', () => {
    const story = go(say(begin({ within: '60s' }), { a: SMOKE }), 20, { a: null, b: CLEAR, c: CLEAR })
    expect(fire(story)).toBe(false)
  })

  test('one that was never heard is not missed before it must have spoken', () => {
    const story = say(new Story(zone()), { b: CLEAR, c: CLEAR })
    go(story, 39, { b: CLEAR, c: CLEAR })
    expect(ofZone(story)).toEqual([])
    expect(go(story, 1, { b: CLEAR, c: CLEAR }).alarm('zone.fire-degraded').reason.en).toMatch(/a \(never heard\)$/)
  })

  test('one in maintenance or under test does not count, and the group has its own maintenance with the place', () => {
    const story = say(begin(), { a: SMOKE })
    story.begin({ type: 'maintenance', target: { type: 'device', id: 'a' }, minutes: 60 })
    story.pass(1)
    expect(story.alarm('zone.fire-degraded').reason.en).toMatch(/not counted: a \(in maintenance\)$/)
    story.begin({ type: 'test', target: { type: 'point', id: 'b.smoke' }, minutes: 60 })
    story.pass(1)
    expect(story.alarm('zone.fire-degraded').reason.en).toMatch(/b \(under test\)$/)
    expect(fire(say(story, { b: SMOKE }))).toBe(false)
    story.begin({ type: 'maintenance', target: { type: 'place', id: 'third floor' }, minutes: 60 })
    story.pass(1)
    expect(story.alarm('zone.fire-degraded').state).toBe('suppressed-by-design')
  })

  test('one that is out of service does not count, also while it is in alarm', () => {
    const story = say(begin(), { a: SMOKE })
    story.order('a.smoke', { type: 'take-out-of-service' })
    story.pass(1)
    expect(story.alarm('zone.fire-degraded')).toMatchObject({ level: '1oo2' })
    expect(fire(story)).toBe(false)
    expect(fire(say(story, { b: SMOKE }))).toBe(true)
    expect(story.alarm('zone.fire').reason.en).toMatch(/not counted: a \(out of service\)$/)
  })
})

describe('a restart', () => {
  const again = (story: Story, vote: Partial<VoteProfile>, seconds: number) =>
    story.restartWithPast(zone(vote), seconds)

  test('continues the delay of a vote', () => {
    const vote = { onDelay: '20s' }
    const story = again(say(begin(vote), { a: SMOKE, b: SMOKE }).pass(5), vote, 5)
    expect(story.pass(9).events).toEqual([])
    say(story, { a: SMOKE, b: SMOKE, c: CLEAR })
    expect(ofZone(story.pass(1))).toEqual(['20 s: zone.fire raised -> unacknowledged'])
  })

  test('continues without a word of the members while what they said still stands', () => {
    const story = again(say(begin(), { a: SMOKE }).pass(5), {}, 5)
    say(story, { b: SMOKE })
    expect(ofZone(story)).toEqual(['10 s: zone.fire raised -> unacknowledged'])
  })

  test('does not take what is too old for now, and does not forget it either', () => {
    const story = again(say(begin(), { a: SMOKE }).pass(5), {}, 40)
    say(story, { b: SMOKE, c: CLEAR }).pass(5)
    expect(ofZone(story)).toEqual([])
    expect(ofZone(say(story, { a: SMOKE }).pass(1))).toEqual(['51 s: zone.fire raised -> unacknowledged'])
  })

  test('remembers the first detector for the rest of its time', () => {
    const vote = { within: '60s' }
    const pulsed = () => say(say(begin(vote), { a: SMOKE }).pass(2), { a: CLEAR }).pass(8)
    const inTime = again(pulsed(), vote, 20).pass(30)
    expect(fire(say(inTime, { a: CLEAR, b: SMOKE, c: CLEAR }))).toBe(true)
    const tooLate = again(pulsed(), vote, 20).pass(31)
    expect(fire(say(tooLate, { a: CLEAR, b: SMOKE, c: CLEAR }))).toBe(false)
  })

  test('raises nothing a second time, and ends nothing that it does not know', () => {
    const story = again(say(begin(), { a: SMOKE, b: SMOKE }).pass(5), {}, 60).pass(20)
    expect(story.events).toEqual([])
    say(story, { a: SMOKE, c: CLEAR }).pass(5)
    expect(ofZone(story)).toEqual([])
    say(story, { b: CLEAR })
    expect(ofZone(story)).toEqual(['90 s: zone.fire returned -> returned-unacknowledged'])
  })

  test('keeps a degraded vote without telling it again', () => {
    const before = begin()
    for (let i = 0; i < 12; i++) say(before.pass(1), { a: null, b: CLEAR, c: CLEAR })
    const story = again(before, {}, 10)
    for (let i = 0; i < 60; i++) say(story.pass(1), { a: null, b: CLEAR, c: CLEAR })
    expect(ofZone(story)).toEqual([])
    expect(story.alarm('zone.fire-degraded')).toMatchObject({ level: '1oo2', facts: { active: true } })
  })
})

test('a changed configuration keeps a vote that did not change', () => {
  const vote = { onDelay: '10s' }
  const story = say(begin(vote), { a: SMOKE, b: SMOKE }).pass(5).reconfigure(zone(vote)).pass(4)
  expect(fire(story)).toBe(false)
  expect(fire(story.pass(1))).toBe(true)
})

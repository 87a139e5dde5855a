/** Rules about the device: is it heard, and is it to be believed? */
import { describe, expect, it } from 'vitest'
import { badQualityRule, levelOf, noDataRule, simpleDevice, smokeDetector, waterGauge } from './devices.ts'
import { Story } from './story.ts'

function isActive(story: Story, rule: string): boolean {
  return story.pipeline.alarm(`d.${rule}`)?.facts.active ?? false
}

describe('a no-data rule', () => {
  const device = simpleDevice(() => noDataRule({ afterMs: 10_000, onDelayMs: 2000, offDelayMs: 3000 }))

  it('raises by tick when nothing was heard for its time and its on-delay', () => {
    const story = new Story([device]).values('d', { x: 0 }).pass(11)
    expect(isActive(story, 'no-data')).toBe(false)
    expect(isActive(story.pass(1), 'no-data')).toBe(true)
    expect(story.last().alarm.reason.en).toBe('Nothing heard for 12 s; expected every 1 h')
  })

  it('counts from the start for a device that was never heard', () => {
    const story = new Story([device]).pass(12)
    expect(story.tale).toEqual(['12 s: d.no-data raised -> unacknowledged'])
    expect(story.last().alarm.reason.zh).toBe('已 12 秒未收到任何数据（网关启动以来从未收到），正常间隔 1 小时')
  })

  it('returns when it is heard, after the off-delay', () => {
    const story = new Story([device]).pass(20).values('d', { x: 0 }).pass(3)
    expect(isActive(story, 'no-data')).toBe(true)
    expect(isActive(story.pass(1), 'no-data')).toBe(false)
  })

  it('is not put off by a device that only fails', () => {
    const failing = new Story([device]).values('d', { x: 0 })
    for (let i = 0; i < 12; i++) failing.fails('d').pass(1)
    expect(isActive(failing, 'no-data')).toBe(true)
  })

  it('is one alarm for a unit that never answers what it is asked, however rarely it is asked', () => {
    const story = new Story([device]).values('d', { x: 0 })
    for (let i = 0; i < 6; i++) story.fails('d', 'malformed').pass(2 ** i)
    expect(story.tale).toEqual(['12 s: d.no-data raised -> unacknowledged'])
  })

  it('is not put off by messages that say nothing about any point: other words are as good as silence', () => {
    const story = new Story([smokeDetector()])
    for (let i = 0; i < 7; i++) story.message('smoke', { Smoke: 1 }).pass(600)
    expect(story.tale).toEqual(['3600 s: smoke.silent raised -> unacknowledged'])
    expect([...story.pipeline.devices()][0]).toMatchObject({
      state: 'never-heard',
      detail: expect.stringMatching(/says nothing/),
    })
    expect(story.pipeline.counters).toMatchObject({ withoutPoints: 7, malformed: 0 })
    story.message('smoke', { smoke: 0 })
    expect([...story.pipeline.devices()][0]).toMatchObject({ state: 'ok', detail: null })
  })

  it('is put off by an exception: the device speaks', () => {
    const story = new Story([device])
    for (let i = 0; i < 20; i++) story.fails('d', 'device-fault').pass(1)
    expect(story.tale).toEqual([])
  })
})

describe('a bad-quality rule', () => {
  const device = simpleDevice(() => badQualityRule({ onDelayMs: 2000, offDelayMs: 1000 }), { range: [0, 5] })
  const story = () => new Story([device]).values('d', { x: 1 })

  it.each([
    [0, false],
    [-0.001, true],
    [5, false],
    [5.001, true],
  ])('%d m of 0 to 5 m is out of range: %s', (x, bad) => {
    const tale = story().values('d', { x }).pass(2)
    expect(isActive(tale, 'bad-quality')).toBe(bad)
    expect(tale.readings.at(-1)).toMatchObject(
      bad ? { value: null, reason: 'out-of-range' } : { value: x, quality: 'good' },
    )
  })

  it('keeps both delays', () => {
    const tale = story().values('d', { x: 9 }).pass(1.9)
    expect(isActive(tale, 'bad-quality')).toBe(false)
    tale.pass(0.1)
    expect(tale.last().alarm.reason.en).toBe('X cannot be believed: the value is outside its physical range')
    tale.values('d', { x: 1 }).pass(0.9)
    expect(isActive(tale, 'bad-quality')).toBe(true)
    expect(isActive(tale.pass(0.1), 'bad-quality')).toBe(false)
  })

  it('leaves silence and age to the no-data rule', () => {
    const quick = { ...device, intervalMs: 1000 }
    const tale = new Story([quick]).values('d', { x: 1 }).pass(10).fails('d').pass(10)
    expect(tale.readings.map(({ reason }) => reason)).toEqual([undefined, 'stale', 'communication-failure'])
    expect(tale.tale).toEqual([])
  })

  it('waits after a restart until the device speaks, also where the sensor of the fault is gone', () => {
    const before = story().values('d', { x: 9 }).pass(2)
    const row = before.alarm('d.bad-quality')
    const tale = new Story([device], [{ ...row, cause: { ...row.cause, point: 'd.gone' } }]).pass(5)
    expect(tale.tale).toEqual([])
    tale.values('d', { x: 1 }).pass(1)
    expect(tale.tale).toEqual(['6 s: d.bad-quality returned -> returned-unacknowledged'])
    expect(tale.last().alarm.reason.en).toBe('The data can be believed again')
  })

  it('neither returns nor expires while the device is silent', () => {
    const raised = story().values('d', { x: 9 }).pass(2).fails('d').pass(60)
    expect(isActive(raised, 'bad-quality')).toBe(true)
    const pending = story().values('d', { x: 9 }).pass(1).fails('d').pass(60)
    expect(pending.tale).toEqual([])
  })
})

describe('an uncertain reading', () => {
  it('does not let a delay run out', () => {
    const story = new Story([waterGauge()]).water(0.2).pass(3).water(0.2, { unconfirmed: true }).pass(5)
    expect(story.tale).toEqual([])
    expect(story.water(0.2).tale).toEqual(['8 s: water.high-water raised yellow -> unacknowledged'])
  })

  it('does not make an old reading grow old a second time', () => {
    const story = new Story([waterGauge()]).water(0.1).pass(40).water(0.1, { unconfirmed: true }).pass(40)
    expect(story.readingsOf('water.level').map(({ reason }) => reason)).toEqual([undefined, 'stale', 'unconfirmed'])
  })

  it('neither raises nor clears, is recorded with its value, and is no sign of life', () => {
    const story = new Story([waterGauge({ levels: [levelOf('red', { setpoint: 0.5 })] })])
    story.water(0.1).pass(1).water(0.9, { unconfirmed: true })
    expect(story.tale).toEqual([])
    expect(story.readings.at(-1)).toMatchObject({ value: 0.9, quality: 'uncertain', reason: 'unconfirmed' })
    story.water(0.9).water(0.1, { unconfirmed: true })
    expect(story.tale).toEqual(['1 s: water.high-water raised red -> unacknowledged'])
    for (let poll = 0; poll < 6; poll++) story.pass(5).water(0.9, { unconfirmed: true })
    expect(story.last()).toMatchObject({ type: 'raised', alarm: { id: 'water.silent' } })
  })
})

/** The line as a station sees it. Each test is a tale: what came from the field, and what people were told, when. */
import { describe, expect, it } from 'vitest'
import { smokeDetector, waterGauge } from './devices.ts'
import { START, Story } from './story.ts'

describe('water rises in the underpass', () => {
  it('is told level by level, acknowledged, and returns through the deadband', () => {
    const story = new Story([waterGauge()])
    story.water(0.05).pass(10)
    story.water(0.16).pass(4).water(0.2).pass(6)
    story.water(0.31).pass(10)
    story.acknowledge('water.high-water', 'pump on its way')
    story.water(0.55).pass(10)
    story.acknowledge('water.high-water')
    story.water(0.26).pass(10)
    story.water(0.13).pass(10)
    story.water(0.12).pass(10)
    expect(story.tale).toEqual([
      '15 s: water.high-water raised yellow -> unacknowledged',
      '25 s: water.high-water level-changed orange -> unacknowledged',
      '30 s: water.high-water acknowledged orange -> acknowledged',
      '30 s: water.high-water level-changed red -> unacknowledged',
      '40 s: water.high-water acknowledged red -> acknowledged',
      '40 s: water.high-water level-changed orange -> acknowledged',
      '50 s: water.high-water level-changed yellow -> acknowledged',
      '60 s: water.high-water returned yellow -> normal',
    ])
    expect(story.events.map((event) => event.alarm.reason.en)).toEqual([
      'Water level 0.20 m is above 0.15 m (yellow) for 5 s',
      'Water level 0.31 m is above 0.27 m (orange) for 5 s',
      'Water level 0.31 m is above 0.27 m (orange) for 5 s',
      'Water level 0.55 m is above 0.50 m (red)',
      'Water level 0.55 m is above 0.50 m (red)',
      'Water level 0.26 m is still within the deadband of 0.27 m (orange), down from red',
      'Water level 0.13 m is still within the deadband of 0.15 m (yellow), down from orange',
      'Water level 0.12 m is back to normal (yellow 0.15 m, deadband 0.02 m)',
    ])
    expect(story.events[1]?.alarm.reason.zh).toBe('水位 0.31 m，高于橙色限值 0.27 m，已持续 5 秒')
    expect(story.events[0]?.alarm.cause).toMatchObject({ point: 'water.level', value: 0.2, unit: 'm', setpoint: 0.15 })
  })

  it('is a fleeting wave: shorter than the on-delay, so nobody is called', () => {
    const story = new Story([waterGauge()])
    story.water(0.2).pass(4.9).water(0.14).pass(20)
    expect(story.tale).toEqual([])
  })
})

describe('the cable of the water gauge is cut during a flood', () => {
  it('keeps the flood alarm, tells the silence once, and neither fills the journal nor clears anything', () => {
    const story = new Story([waterGauge()])
    story.water(0.31).pass(10)
    for (let poll = 0; poll < 10; poll++) story.fails('water').pass(10)
    story.water(0.31).pass(10)
    expect(story.tale).toEqual([
      '5 s: water.high-water raised orange -> unacknowledged',
      '30 s: water.silent raised -> unacknowledged',
      '111 s: water.silent returned -> returned-unacknowledged',
    ])
    expect(story.events[1]?.alarm.reason.en).toBe('Nothing heard for 30 s; expected every 10 s')
    expect(story.events[2]?.alarm.reason.en).toBe('Heard again after 1 min 50 s of silence')
    expect(story.readingsOf('water.level').map(({ quality, reason }) => reason ?? quality)).toEqual([
      'good',
      'communication-failure',
      'good',
    ])
    expect(story.pipeline.counters.badRepeated).toBe(18)
  })
})

describe('the radar loses its echo', () => {
  it('raises a fault and freezes the water alarm, until the echo is back', () => {
    const story = new Story([waterGauge()])
    story.water(0.31).pass(10)
    story.waterWord(0xffff).pass(10).waterWord(0xffff).pass(10)
    story.water(0.05).pass(10)
    expect(story.tale).toEqual([
      '5 s: water.high-water raised orange -> unacknowledged',
      '10 s: water.sensor-fault raised -> unacknowledged',
      '30 s: water.high-water returned orange -> returned-unacknowledged',
      '30 s: water.sensor-fault returned -> returned-unacknowledged',
    ])
    expect(story.events[1]?.alarm).toMatchObject({
      class: 'fault',
      cause: { point: 'water.distance', value: null, quality: 'bad' },
      reason: {
        zh: '测距不可信：传感器无有效测量值',
        en: 'Distance cannot be believed: the sensor has no measurement',
      },
    })
    expect(story.events[3]?.alarm.reason.en).toBe('Distance can be believed again')
  })
})

describe('smoke in the kitchen', () => {
  it('latches like a fire panel: acknowledged, returned, and normal only after the reset', () => {
    const story = new Story([smokeDetector()])
    story.message('smoke', { smoke: 0, battery: 90 }).pass(60)
    story.message('smoke', { smoke: 1, battery: 90 }).pass(60)
    expect(story.reset('smoke.fire')).toMatchObject({ ok: false, refusal: 'still-active' })
    story.acknowledge('smoke.fire', 'on my way')
    story.pass(60).message('smoke', { smoke: 0, battery: 90 })
    story.reset('smoke.fire')
    expect(story.tale).toEqual([
      '60 s: smoke.fire raised -> unacknowledged',
      '120 s: smoke.fire acknowledged -> acknowledged',
      '180 s: smoke.fire returned -> latched-acknowledged',
      '180 s: smoke.fire reset -> normal',
    ])
    expect(story.events[0]?.alarm.reason).toEqual({ zh: '烟感为“报警”', en: 'Smoke is "alarm"' })
    expect(story.alarm('smoke.fire')).toMatchObject({ acknowledgedBy: 'Li Na', comment: 'on my way', occurrence: 1 })
  })

  it('does not take a kept message of yesterday for a fire of today', () => {
    const story = new Story([smokeDetector()])
    const body = { smoke: 1, battery: 90, time: START.wall - 86_400_000 }
    story.message('smoke', body, { retained: true }).pass(10)
    // With every new connection the broker says it again.
    story.message('smoke', body, { retained: true }).pass(10)
    expect(story.tale).toEqual([])
    expect(story.readings.map(({ point, value, replayed }) => [point, value, replayed])).toEqual([
      ['smoke.smoke', 1, true],
      ['smoke.battery', 90, true],
    ])
    expect(story.pipeline.counters).toMatchObject({ replayed: 2, duplicates: 2 })
    expect([...story.pipeline.points()].map(({ reading }) => reading)).toEqual([null, null])
    expect([...story.pipeline.devices()][0]).toMatchObject({ state: 'never-heard', lastHeardAt: null })
  })

  it('answers a message in disorder with a fault, and a good one takes it back', () => {
    const story = new Story([smokeDetector()])
    story.message('smoke', { smoke: 0, battery: 90 }).pass(10)
    story.message('smoke', '{"smoke": tru').message('smoke', '{"smoke": tru').pass(10)
    expect([...story.pipeline.devices()][0]).toMatchObject({ state: 'failed' })
    story.message('smoke', { smoke: 0, battery: 90 })
    expect(story.tale).toEqual([
      '10 s: smoke.sensor-fault raised -> unacknowledged',
      '20 s: smoke.sensor-fault returned -> returned-unacknowledged',
    ])
    expect(story.readingsOf('smoke.smoke').map(({ quality }) => quality)).toEqual(['good', 'bad', 'good'])
    expect(story.pipeline.counters).toMatchObject({ malformed: 2, badRepeated: 2 })
    expect([...story.pipeline.devices()][0]).toMatchObject({ state: 'ok', detail: null })
  })
})

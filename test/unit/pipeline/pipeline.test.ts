import { describe, expect, it } from 'vitest'
import type { Device } from '../../../device-profiles/device.ts'
import { badQualityRule, discreteRule, levelOf, limitRule, simpleDevice, waterGauge } from './devices.ts'
import { START, Story } from './story.ts'

const HIGH = levelOf('high', { setpoint: 1, deadband: 0.1 })
const highDevice = (changes = {}): Device => simpleDevice((point) => limitRule(point, [HIGH], changes))

describe('commands', () => {
  it('are refused with a reason in both languages, and change nothing', () => {
    const story = new Story([highDevice({ latching: true })])
    expect(story.acknowledge('d.nonsense')).toMatchObject({ ok: false, refusal: 'unknown-alarm' })
    expect(story.acknowledge('d.limit')).toMatchObject({ ok: false, refusal: 'nothing-to-acknowledge' })
    expect(story.reset('d.limit')).toMatchObject({ ok: false, refusal: 'not-latched' })
    story.values('d', { x: 2 })
    const row = story.alarm('d.limit')
    const refused = story.reset('d.limit')
    expect(refused).toMatchObject({
      ok: false,
      refusal: 'still-active',
      message: { zh: expect.stringContaining('仍然存在') },
    })
    expect(story.alarm('d.limit')).toBe(row)
    story.values('d', { x: 0 })
    expect(story.reset('d.limit')).toMatchObject({ ok: false, refusal: 'not-acknowledged' })
  })

  it('give back the alarm after the change', () => {
    const story = new Story([highDevice()]).values('d', { x: 2 })
    const result = story.acknowledge('d.limit', 'seen')
    expect(result).toMatchObject({ ok: true, alarm: { state: 'acknowledged', comment: 'seen' } })
    expect(story.last()).toMatchObject({
      type: 'acknowledged',
      by: 'Li Na',
      comment: 'seen',
      previousState: 'unacknowledged',
    })
  })
})

describe('what people can look at', () => {
  it('is the state of each device', () => {
    const story = new Story([waterGauge()])
    const status = () => [...story.pipeline.devices()][0]
    expect(status()).toMatchObject({ state: 'never-heard', lastHeardAt: null, detail: null })
    story.fails('water')
    expect(status()).toMatchObject({ state: 'failed', detail: 'no answer within 1000 ms' })
    story.water(0.1)
    expect(status()).toMatchObject({ state: 'ok', lastHeardAt: START.wall, detail: null })
    story.pass(30)
    expect(status()).toMatchObject({ state: 'silent', lastHeardAt: START.wall })
  })

  it('is the newest live reading of one point, and when it was last good', () => {
    const story = new Story([highDevice()])
    const latest = () => story.pipeline.latest('d.x')
    expect(latest()).toBeNull()
    expect(story.pipeline.latest('nobody.x')).toBeNull()
    story.fails('d')
    expect(latest()).toMatchObject({ reading: { quality: 'bad' }, goodAt: null })
    story.values('d', { x: 0.5 })
    const goodAt = START.mono
    expect(latest()).toMatchObject({ reading: { value: 0.5, quality: 'good' }, goodAt })
    story.pass(1).fails('d')
    expect(latest()).toMatchObject({ reading: { quality: 'bad' }, goodAt })
  })

  it('is what is wrong with a point of a device that speaks', () => {
    const story = new Story([waterGauge()]).water(0.1).waterWord(12_000)
    expect([...story.pipeline.devices()][0]).toMatchObject({
      state: 'ok',
      detail: 'distance: 12 m is outside 0 to 10 m',
    })
    story.water(0.1)
    expect([...story.pipeline.devices()][0]).toMatchObject({ state: 'ok', detail: null })
  })

  it('is every point with its newest live reading', () => {
    const story = new Story([waterGauge()]).waterWord(0xffff)
    expect([...story.pipeline.points()].map(({ point, reading }) => [point.id, reading?.reason])).toEqual([
      ['water.distance', 'sentinel'],
      ['water.level', 'sentinel'],
    ])
  })

  it('counts what came to nothing', () => {
    const story = new Story([waterGauge(), simpleDevice((point) => discreteRule(point))])
    story.values('nobody', { x: 1 }).values('d', { y: 1 })
    story.say('water', { type: 'registers', table: 'coil', address: 0, words: [1] })
    expect(story.readings).toEqual([])
    expect(story.pipeline.counters).toMatchObject({ samples: 3, unknownDevice: 1, unknownPoint: 1, uncovered: 1 })
  })

  it('shows why half of a device fails while the other half is read', () => {
    const story = new Story([simpleDevice(() => badQualityRule())])
    const failure = {
      type: 'read-failure',
      table: 'coil',
      address: 0,
      count: 1,
      reason: 'device-fault',
      detail: 'exception 2',
    } as const
    story.say('d', failure)
    expect([...story.pipeline.devices()][0]).toMatchObject({ state: 'ok', detail: 'exception 2' })
  })
})

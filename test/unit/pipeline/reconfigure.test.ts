/** What outlives a restart of the gateway and a change of its configuration. */
import { describe, expect, it } from 'vitest'
import type { Device } from '../../../device-profiles/device.ts'
import {
  levelOf,
  limitRule,
  noDataRule,
  ORANGE,
  RED,
  simpleDevice,
  smokeDetector,
  waterGauge,
  YELLOW,
} from './devices.ts'
import { Story } from './story.ts'

const HIGH = levelOf('high', { setpoint: 1, deadband: 0.1 })
const highDevice = (): Device => simpleDevice((point) => limitRule(point, [HIGH]))

describe('after a restart', () => {
  it('an active alarm is active, is not raised again, and returns when the value is normal', () => {
    const before = new Story([highDevice()]).values('d', { x: 2 })
    before.acknowledge('d.limit')
    const after = before.restart([highDevice()]).pass(5)
    expect(after.alarm('d.limit').state).toBe('acknowledged')
    after.values('d', { x: 2 }).values('d', { x: 0.95 }).pass(5)
    expect(after.tale).toEqual([])
    after.values('d', { x: 0.5 })
    expect(after.tale).toEqual(['10 s: d.limit returned high -> normal'])
    expect(after.values('d', { x: 2 }).alarm('d.limit').occurrence).toBe(2)
  })

  it('a level is taken up where it was', () => {
    const before = new Story([waterGauge()]).water(0.6)
    const after = before.restart([waterGauge()]).water(0.3)
    expect(after.tale).toEqual(['0 s: water.high-water level-changed orange -> unacknowledged'])
  })

  it('a silence alarm stays until the device is heard', () => {
    const device = simpleDevice(() => noDataRule())
    const after = new Story([device]).pass(3).restart([device]).pass(2)
    expect(after.tale).toEqual([])
    after.values('d', { x: 0 }).pass(1)
    expect(after.tale).toEqual(['3 s: d.no-data returned -> returned-unacknowledged'])
    expect(after.last().alarm.reason.en).toBe('Heard again')
  })

  it('a sensor fault stays until that sensor is good, whatever the others say', () => {
    const device = smokeDetector()
    const before = new Story([device]).message('smoke', { smoke: 0, battery: 101 })
    expect(before.tale).toEqual(['0 s: smoke.sensor-fault raised -> unacknowledged'])
    const after = before.restart([device]).message('smoke', { smoke: 0 }).pass(60)
    expect(after.tale).toEqual([])
    after.message('smoke', { battery: 50 })
    expect(after.tale).toEqual(['60 s: smoke.sensor-fault returned -> returned-unacknowledged'])
  })

  it('alarms that the configuration lost meanwhile are told with the first outcome, once', () => {
    const before = new Story([highDevice()]).values('d', { x: 2 })
    const after = before.restart([]).pass(2)
    expect(after.tale).toEqual(['1 s: d.limit removed high -> out-of-service'])
    expect(after.restart([]).pass(2).tale).toEqual([])
    expect(after.restart([highDevice()]).pass(1).tale).toEqual(['1 s: d.limit restored high -> unacknowledged'])
  })
})

describe('a changed configuration', () => {
  it('keeps readings, delays and alarms of what did not change', () => {
    const story = new Story([waterGauge(), highDevice()]).water(0.2).values('d', { x: 2 }).pass(3)
    story.reconfigure([waterGauge({ name: 'Gauge, renamed' }), highDevice()])
    expect([...story.pipeline.points()].map(({ reading }) => reading?.value)).toEqual([3.8, 0.2, 2])
    story.pass(2)
    expect(story.tale).toEqual([
      '0 s: d.limit raised high -> unacknowledged',
      '5 s: water.high-water raised yellow -> unacknowledged',
    ])
    expect(story.last().alarm.deviceName).toBe('Gauge, renamed')
  })

  it('judges the last reading by a changed setpoint at once', () => {
    const story = new Story([waterGauge()]).water(0.3).pass(5)
    story.reconfigure([waterGauge({ levels: [YELLOW, ORANGE, { ...RED, setpoint: 0.29 }] })])
    expect(story.last()).toMatchObject({
      type: 'level-changed',
      alarm: { level: 'red', cause: { value: 0.3, setpoint: 0.29 } },
    })
    story.reconfigure([waterGauge({ levels: [{ ...YELLOW, setpoint: 1 }] })])
    expect(story.last()).toMatchObject({ type: 'returned', alarm: { state: 'returned-unacknowledged' } })
  })

  it('leaves a rule frozen whose last reading is bad or uncertain', () => {
    const story = new Story([waterGauge()]).water(0.3).pass(5).fails('water')
    story.reconfigure([waterGauge({ levels: [{ ...YELLOW, setpoint: 1 }] })])
    expect(story.alarm('water.high-water').facts.active).toBe(true)
    story.water(0.3, { unconfirmed: true }).reconfigure([waterGauge({ levels: [{ ...YELLOW, setpoint: 2 }] })])
    expect(story.alarm('water.high-water').facts.active).toBe(true)
    story.water(0.3)
    expect(story.last()).toMatchObject({ type: 'returned' })
  })

  it('tells a changed priority of an active alarm without asking for a new acknowledgement', () => {
    const story = new Story([highDevice()]).values('d', { x: 2 })
    story.acknowledge('d.limit')
    story.reconfigure([simpleDevice((point) => limitRule(point, [{ ...HIGH, priority: 'urgent' }]))])
    expect(story.last()).toMatchObject({ type: 'level-changed', alarm: { priority: 'urgent', state: 'acknowledged' } })
  })

  it('takes an alarm that is not normal out of service with its rule, and brings it back with it', () => {
    const story = new Story([highDevice()]).values('d', { x: 2 }).reconfigure([])
    expect(story.alarm('d.limit').state).toBe('out-of-service')
    story.values('d', { x: 0 }).pass(5).reconfigure([highDevice()]).values('d', { x: 2 }).values('d', { x: 0 })
    expect(story.tale).toEqual([
      '0 s: d.limit raised high -> unacknowledged',
      '0 s: d.limit removed high -> out-of-service',
      '5 s: d.limit restored high -> unacknowledged',
      '5 s: d.limit returned high -> returned-unacknowledged',
    ])
    expect(story.pipeline.counters.unknownDevice).toBe(1)
  })

  it.each(['acknowledge', 'reset'] as const)('lets a person end what is out of service: %s', (command) => {
    const story = new Story([highDevice()]).values('d', { x: 2 }).reconfigure([])
    expect(story[command]('d.limit').ok).toBe(true)
    expect(story.last()).toMatchObject({
      previousState: 'out-of-service',
      by: 'Li Na',
      alarm: {
        state: 'normal',
        facts: { active: false, acked: true, latched: false, suppression: null },
        acknowledgedBy: 'Li Na',
        returnedAt: null,
      },
    })
    expect(story[command]('d.limit').ok).toBe(false)
    const told = story.events.length
    story.reconfigure([])
    expect(story.restart([]).pass(2).events).toEqual([])
    story.reconfigure([highDevice()]).pass(5)
    expect(story.events).toHaveLength(told)
    expect(story.values('d', { x: 2 }).alarm('d.limit')).toMatchObject({ state: 'unacknowledged', occurrence: 2 })
  })

  it('lets a person end what was acknowledged before it went out of service, latched or not', () => {
    const story = new Story([smokeDetector()]).message('smoke', { smoke: 1, battery: 90 })
    story.acknowledge('smoke.fire')
    story.reconfigure([]).acknowledge('smoke.fire', 'detector taken down')
    expect(story.last()).toMatchObject({
      type: 'acknowledged',
      comment: 'detector taken down',
      alarm: { state: 'normal', comment: 'detector taken down' },
    })
  })

  it('lets a normal alarm go without a word', () => {
    const story = new Story([highDevice()]).values('d', { x: 2 })
    story.acknowledge('d.limit')
    story.values('d', { x: 0 })
    const told = story.events.length
    story.reconfigure([]).reconfigure([highDevice()])
    expect(story.events).toHaveLength(told)
  })

  it('forgets the value of a point whose meaning has changed', () => {
    const raised = { ...waterGauge(), parameters: { 'installation-height': 5 } }
    const story = new Story([waterGauge()]).water(0.3).reconfigure([raised])
    expect([...story.pipeline.points()].map(({ reading }) => reading)).toEqual([null, null])
  })

  it('listens to a new device from now on', () => {
    const device = simpleDevice(() => noDataRule())
    const story = new Story([]).pass(60).reconfigure([device]).pass(2)
    expect(story.tale).toEqual([])
    expect(story.pass(1).tale).toEqual(['63 s: d.no-data raised -> unacknowledged'])
  })
})

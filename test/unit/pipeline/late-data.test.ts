/** What is not about now, and clocks that are wrong. */
import { describe, expect, it } from 'vitest'
import type { Device, RuleLevel } from '../../../device-profiles/device.ts'
import { deviceOf, levelOf, limitRule, pointOf, simpleDevice, smokeDetector, waterGauge } from './devices.ts'
import { START, Story } from './story.ts'

const HIGH = levelOf('high', { setpoint: 1, deadband: 0.1 })
const highDevice = (): Device => simpleDevice((point) => limitRule(point, [HIGH]))

describe('late, kept and repeated data', () => {
  it('never raise: what is older than the last reading is recorded as replayed, and told as late', () => {
    const story = new Story([smokeDetector()]).message('smoke', { smoke: 0, time: START.wall })
    story.pass(10).message('smoke', { smoke: 1, time: START.wall - 1 })
    expect(story.tale).toEqual(['10 s: smoke.fire reported-late -> returned-unacknowledged'])
    expect(story.events[0]?.alarm.facts.active).toBe(false)
    expect(story.readings.at(-1)).toMatchObject({
      value: 1,
      replayed: true,
      time: START.wall - 1,
      receivedAt: START.wall + 10_000,
    })
    expect([...story.pipeline.points()][0]?.reading).toMatchObject({ value: 0 })
  })

  it('never clear', () => {
    const story = new Story([smokeDetector()]).message('smoke', { smoke: 1, time: START.wall })
    story.message('smoke', { smoke: 0, time: START.wall - 1 }).message('smoke', { smoke: 0 }, { retained: true })
    expect(story.tale).toEqual(['0 s: smoke.fire raised -> unacknowledged'])
    expect(story.pipeline.counters).toMatchObject({ replayed: 1, retainedIgnored: 1 })
  })

  it('are no sign of life: a device that only plays back its memory is silent', () => {
    const story = new Story([smokeDetector()]).message('smoke', { smoke: 0, time: START.wall })
    for (let minute = 0; minute < 60; minute++) {
      story.pass(60).message('smoke', { smoke: 0, time: START.wall - 3_600_000 + minute })
    }
    story.message('smoke', { smoke: 0 }, { retained: true }).message('smoke', {}, { retained: true })
    story.message('smoke', { smoke: 0, time: START.wall })
    expect(story.tale).toEqual(['3600 s: smoke.silent raised -> unacknowledged'])
    expect([...story.pipeline.devices()][0]).toMatchObject({ state: 'silent', lastHeardAt: START.wall })
  })

  it('are dropped and counted when a message comes twice', () => {
    const story = new Story([smokeDetector()])
    const body = { smoke: 1, battery: 80, time: START.wall }
    story.message('smoke', body).message('smoke', body)
    expect(story.readings).toHaveLength(2)
    expect(story.pipeline.counters).toMatchObject({ duplicates: 2, readingsGood: 2 })
    story.message('smoke', { ...body, battery: 79 })
    expect(story.readings.map(({ time, value }) => [time, value])).toEqual([
      [START.wall, 1],
      [START.wall, 80],
      [START.wall + 0.001, 79],
    ])
  })

  it('are dropped also when others came in between: a device repeats all that it had in flight', () => {
    const story = new Story([smokeDetector()])
    const bodies = Array.from({ length: 20 }, (_, n) => ({ smoke: n % 2, battery: 80 - n, time: START.wall + n }))
    for (const body of bodies) story.message('smoke', body)
    const told = story.tale.length
    for (const body of bodies) story.message('smoke', body)
    expect(story.readings).toHaveLength(40)
    expect(story.tale).toHaveLength(told)
    expect(story.pipeline.counters).toMatchObject({ duplicates: 40, replayed: 0 })
    // Another value at a time that is known is another reading.
    story.pass(10).message('smoke', { battery: 3, time: START.wall + 5 })
    expect(story.readings.at(-1)).toMatchObject({ value: 3, time: START.wall + 5 })
  })

  it('are taken again, each of them, when they could not be written', () => {
    const story = new Story([smokeDetector()])
    const bodies = Array.from({ length: 20 }, (_, n) => ({ battery: 80 - n, time: START.wall + n }))
    for (const body of bodies) story.message('smoke', body)
    story.pipeline.unwritten(story.readings)
    for (const body of bodies) story.message('smoke', body)
    expect(story.readings).toHaveLength(40)
    expect(story.pipeline.counters.duplicates).toBe(0)
  })

  it('are taken again when the first could not be written', () => {
    const story = new Story([smokeDetector()])
    const body = { smoke: 1, battery: 80, time: START.wall }
    story.message('smoke', body)
    story.pipeline.unwritten(story.readings)
    story.message('smoke', body)
    expect(story.readings.map(({ value }) => value)).toEqual([1, 80, 1, 80])
    story.message('smoke', body)
    expect(story.readings).toHaveLength(4)
  })

  it('are taken again when they could not be written although they came late', () => {
    const story = new Story([smokeDetector()]).message('smoke', { smoke: 0, time: START.wall })
    const late = { smoke: 1, time: START.wall - 1 }
    story.message('smoke', late)
    story.pipeline.unwritten(story.readings.slice(1))
    story.message('smoke', late).message('smoke', late)
    expect(story.readings.map(({ value }) => value)).toEqual([0, 1, 1])
    expect(story.pipeline.counters).toMatchObject({ replayed: 2, duplicates: 1 })
  })

  it.each([
    ['no time', {}],
    ['1970', { time: 0 }],
    ['tomorrow', { time: START.wall + 86_400_000 }],
  ])('are not recorded where a kept message says %s: nobody knows when it was measured', (_, time) => {
    const story = new Story([smokeDetector()])
    story.message('smoke', { smoke: 1, ...time }, { retained: true })
    expect(story.readings).toEqual([])
    expect(story.tale).toEqual([])
    expect(story.pipeline.counters).toMatchObject({ retainedIgnored: 1, replayed: 0, malformed: 0 })
  })

  it('have no place in a device without a clock: equal values are all recorded, a microsecond apart', () => {
    const story = new Story([highDevice()]).values('d', { x: 0 }).values('d', { x: 0 }).values('d', { x: 0 })
    expect(story.readings.map(({ time }) => time)).toEqual([START.wall, START.wall + 0.001, START.wall + 0.002])
  })

  it('keep a kept message that cannot be understood from saying anything', () => {
    const story = new Story([smokeDetector()]).message('smoke', 'garbage', { retained: true })
    expect(story.readings).toEqual([])
    expect(story.tale).toEqual([])
    expect(story.pipeline.counters.malformed).toBe(1)
  })
})

describe('a late reading that would have been an alarm', () => {
  const HOUR = 3_600_000
  const RED = levelOf('red', { setpoint: 2, deadband: 0.1 })
  const clocked = (levels: readonly RuleLevel[]): Device => {
    const x = pointOf('d', { id: 'x', name: { zh: '水位', en: 'Level' }, json: { pointer: '/x' } })
    const payload = { format: 'json', time: { pointer: '/t', unit: 'ms' } } as const
    return deviceOf('d', {
      ...{ points: [x], rules: [limitRule(x, levels)], protocol: 'mqtt', intervalMs: 60_000 },
      mqtt: { topic: 't', interval: '1min', payload },
    })
  }
  const played = (values: readonly (readonly [minute: number, value: number])[], levels = [HIGH, RED]): Story => {
    const story = new Story([clocked(levels)]).message('d', { x: 0, t: START.wall })
    for (const [minute, x] of values) story.message('d', { x, t: START.wall - HOUR + minute * 60_000 })
    return story
  }

  it('says when it was measured, why and how bad it was, and is told until somebody acknowledges it', () => {
    const story = played([[0, 1.5]])
    expect(story.events).toMatchObject([
      {
        type: 'reported-late',
        time: START.wall,
        previousState: 'normal',
        alarm: {
          ...{ level: 'high', state: 'returned-unacknowledged', occurrence: 0, returnedAt: null },
          raisedAt: START.wall - HOUR,
          cause: { value: 1.5, time: START.wall - HOUR, setpoint: 1 },
          reason: {
            zh: expect.stringMatching(/^补报，1 小时前测得：.*高于高限值 1/),
            en: expect.stringMatching(/^Reported late, measured 1 h ago: .* is above 1/),
          },
        },
      },
    ])
    const { id } = story.events[0]?.alarm ?? {}
    story.acknowledge(id ?? '')
    expect(story.pipeline.alarm(id ?? '')?.state).toBe('normal')
  })

  it('is told once for all that belong together, again where it was worse, and anew after it was over', () => {
    const levels = (values: readonly (readonly [number, number])[]) =>
      played(values).events.map(({ alarm }) => alarm.level)
    expect(
      levels([
        [0, 1.5],
        [1, 1.6],
        [2, 0.95],
        [3, 1.2],
      ]),
    ).toEqual(['high'])
    expect(
      levels([
        [0, 1.5],
        [1, 2.5],
        [2, 2.4],
        [3, 1.2],
      ]),
    ).toEqual(['high', 'red'])
    expect(
      levels([
        [0, 1.5],
        [1, 0.5],
        [2, 1.5],
      ]),
    ).toEqual(['high', 'high'])
    expect(
      levels([
        [2, 1.5],
        [1, 1.4],
        [0, 1.3],
      ]),
    ).toEqual(['high'])
  })

  it('counts with its delay: a value stands until the next one, and a longer delay needs several', () => {
    const slow = levelOf('high', { setpoint: 1, deadband: 0.1, onDelayMs: 10 * 60_000 })
    const [from, until] = [
      played([[0, 2]], [slow]),
      played(
        [
          [0, 2],
          [2, 2],
          [4, 2],
          [6, 2],
          [8, 2],
          [10, 2],
        ],
        [slow],
      ),
    ]
    expect(from.events).toEqual([])
    expect(until.events).toHaveLength(1)
  })

  it('is not told where people know: the alarm is active, or was then', () => {
    const story = new Story([smokeDetector()]).message('smoke', { smoke: 1, time: START.wall })
    story.message('smoke', { smoke: 1, time: START.wall - HOUR })
    story.pass(60).message('smoke', { smoke: 0, time: START.wall + 60_000 })
    story.pass(10).message('smoke', { smoke: 1, time: START.wall + 30_000 })
    expect(story.tale.filter((line) => line.includes('late'))).toEqual([])
  })

  it('that a broker had kept is not told: it comes again with every connection', () => {
    const story = new Story([smokeDetector()]).message('smoke', { smoke: 0, time: START.wall })
    story.message('smoke', { smoke: 1, time: START.wall - 1 }, { retained: true })
    expect(story.readings).toHaveLength(2)
    expect(story.tale).toEqual([])
  })

  it('stays told after a restart, and a live one is raised as ever', () => {
    const story = played([[0, 1.5]])
    const again = new Story([clocked([HIGH])], story.table())
    again.message('d', { x: 3, t: START.wall })
    expect(again.events).toMatchObject([
      { type: 'raised', previousState: 'returned-unacknowledged', alarm: { state: 'unacknowledged', occurrence: 1 } },
    ])
  })
})

describe('a time that cannot be believed', () => {
  it.each([
    ['the epoch', 0],
    ['2019', Date.UTC(2019, 11, 31)],
    ['tomorrow', START.wall + 86_400_000],
  ])('(%s) is replaced by the time of receipt and counted', (_, time) => {
    const story = new Story([smokeDetector()]).message('smoke', { smoke: 1, time })
    expect(story.readings[0]).toMatchObject({ time: START.wall, value: 1, quality: 'good' })
    expect(story.readings[0]?.replayed).toBeUndefined()
    expect(story.tale).toEqual(['0 s: smoke.fire raised -> unacknowledged'])
    expect(story.pipeline.counters.timesNotBelieved).toBe(1)
  })
})

describe('a step of the wall clock', () => {
  const run = (step: number): Story => {
    const story = new Story([waterGauge(), smokeDetector(), highDevice()])
    story.water(0.2).message('smoke', { smoke: 0, time: START.wall }).values('d', { x: 2 }).pass(3).stepWallClock(step)
    // The detector's own clock is right all the time.
    story
      .water(0.2)
      .message('smoke', { smoke: 1, time: START.wall + 3000 })
      .pass(3)
    story.water(0.1).values('d', { x: 0 }).pass(40).stepWallClock(-step).water(0.4).pass(10)
    story.message('smoke', { smoke: 0, time: START.wall + 56_000 })
    return story
  }

  it.each([86_400_000, -86_400_000])('by %d ms neither raises, hides nor delays anything', (step) => {
    expect(run(step).tale).toEqual(run(0).tale)
    expect(run(step).readings.map(({ value, quality, replayed }) => [value, quality, replayed])).toEqual(
      run(0).readings.map(({ value, quality, replayed }) => [value, quality, replayed]),
    )
    expect(run(0).tale).toHaveLength(9)
  })
})

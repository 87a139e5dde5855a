import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { clockOffsetMs, isBehind, lateAfterMs, newDeviceClock } from '../../../gateway/pipeline/device-clock.ts'
import { smokeDetector } from './devices.ts'
import { START, Story } from './story.ts'

const HOUR = 3_600_000
const MINUTE = 60_000
const at = (ms: number, step = 0) => ({ wall: START.wall + ms + step, mono: START.mono + ms })

describe('a clock', () => {
  test('that is off and keeps its pace is learnt, and its messages are about now', () => {
    const drift = fc.double({ min: -0.0009, max: 0.0009, noNaN: true })
    const offset = fc.integer({ min: -1000 * HOUR, max: MINUTE })
    const pauses = fc.array(fc.integer({ min: 1, max: HOUR }), { maxLength: 100 })
    fc.assert(
      fc.property(offset, drift, pauses, fc.integer({ min: -HOUR, max: HOUR }), (ahead, pace, waits, step) => {
        const clock = newDeviceClock()
        let now = 0
        for (const [i, wait] of [0, ...waits].entries()) {
          now += wait
          // The wall clock steps in the middle, and a message takes up to a second.
          const receipt = at(now + (i % 10) * 100, i > 20 ? step : 0)
          const deviceTime = START.wall + ahead + now * (1 + pace)
          expect(isBehind(clock, { deviceTime, at: receipt, lateMs: 5 * MINUTE })).toBe(false)
        }
      }),
    )
  })

  test('shows by how much it is off', () => {
    const clock = newDeviceClock()
    expect(clockOffsetMs(clock, at(0))).toBeNull()
    isBehind(clock, { deviceTime: START.wall - 2 * HOUR, at: at(400), lateMs: 5 * MINUTE })
    isBehind(clock, { deviceTime: START.wall - 2 * HOUR + MINUTE, at: at(MINUTE + 30), lateMs: 5 * MINUTE })
    expect(clockOffsetMs(clock, at(MINUTE + 30))).toBe(-2 * HOUR - 30)
  })

  test('that is set back is believed again when it has kept its new distance for five minutes', () => {
    const clock = newDeviceClock()
    const behind: boolean[] = []
    for (let minute = 0; minute < 20; minute++) {
      const set = minute < 5 ? 0 : -HOUR
      behind.push(
        isBehind(clock, {
          deviceTime: START.wall + set + minute * MINUTE,
          at: at(minute * MINUTE),
          lateMs: 5 * MINUTE,
        }),
      )
    }
    expect(behind.map((late) => (late ? 'late' : 'now')).join(' ')).toBe(
      `${'now '.repeat(5)}${'late '.repeat(5)}${'now '.repeat(10)}`.trim(),
    )
  })

  test('waits as long as a device may be late at its own pace, within reason', () => {
    expect([1000, 10 * MINUTE, 24 * HOUR].map(lateAfterMs)).toEqual([5 * MINUTE, 10 * MINUTE, HOUR])
  })
})

describe('a device that was cut off and plays back its memory', () => {
  const cutOff = () => new Story([smokeDetector()]).message('smoke', { smoke: 0, time: START.wall }).pass(3 * 3600)

  it('raises nothing, though each reading is newer than the one before', () => {
    const story = cutOff()
    for (let minute = 1; minute <= 150; minute++) {
      story.message('smoke', { smoke: minute === 60 ? 1 : 0, time: START.wall + minute * MINUTE })
    }
    const now = START.wall + 3 * HOUR
    expect(story.tale.filter((line) => line.includes('fire'))).toEqual([
      '10800 s: smoke.fire reported-late -> returned-unacknowledged',
    ])
    expect(story.readings.filter(({ replayed }) => replayed)).toHaveLength(150)
    story.message('smoke', { smoke: 1, time: now })
    expect(story.tale.at(-1)).toMatch(/smoke\.fire raised/)
    expect(story.readings.at(-1)).toMatchObject({ time: now, value: 1 })
    expect(story.readings.at(-1)?.replayed).toBeUndefined()
  })

  it('clears nothing', () => {
    const story = new Story([smokeDetector()]).message('smoke', { smoke: 1, time: START.wall }).pass(3 * 3600)
    story.message('smoke', { smoke: 0, time: START.wall + MINUTE })
    expect(story.alarm('smoke.fire').facts.active).toBe(true)
  })

  it('is silent until it says something of now', () => {
    const story = cutOff()
    expect([...story.pipeline.devices()][0]).toMatchObject({ state: 'silent', clockOffsetMs: 0 })
    story.message('smoke', { smoke: 0, time: START.wall + MINUTE })
    expect([...story.pipeline.devices()][0]?.state).toBe('silent')
    story.message('smoke', { smoke: 0, time: START.wall + 3 * HOUR })
    expect([...story.pipeline.devices()][0]?.state).toBe('ok')
  })
})

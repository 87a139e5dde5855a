import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isBelievable,
  isDuplicate,
  isLate,
  newStamps,
  stampByDevice,
  stampByGateway,
} from '../../../gateway/pipeline/measurement-time.ts'

const NOW = Date.UTC(2026, 10, 23, 8)

describe("the device's own time", () => {
  it.each([
    ['the last moment of 2019', Date.UTC(2020, 0, 1) - 1, false],
    ['the first moment of 2020', Date.UTC(2020, 0, 1), true],
    ['5 minutes ahead', NOW + 300_000, true],
    ['more than 5 minutes ahead', NOW + 300_001, false],
    ['no number', Number.NaN, false],
  ])('%s is believed: %s', (_, time, believed) => {
    expect(isBelievable(time, NOW)).toBe(believed)
  })

  it('is late before the last one, a duplicate at the same time with the same value', () => {
    const stamps = newStamps()
    expect(isLate(stamps, 0)).toBe(false)
    stampByDevice(stamps, NOW, { value: 1, receivedAt: NOW + 50 })
    expect(isLate(stamps, NOW - 1)).toBe(true)
    expect(isLate(stamps, NOW)).toBe(false)
    expect(isDuplicate(stamps, NOW, { value: 1 })).toBe(true)
    expect(isDuplicate(stamps, NOW, { value: 2 })).toBe(false)
    expect(isDuplicate(stamps, NOW + 1, { value: 1 })).toBe(false)
  })

  it('may be set right by a device whose clock was ahead, without making its next readings late', () => {
    const stamps = newStamps()
    stampByDevice(stamps, NOW + 240_000, { value: 1, receivedAt: NOW })
    expect(isLate(stamps, NOW + 1000)).toBe(false)
  })

  it('is not compared with the time of receipt, so a step of our clock makes nothing late', () => {
    const stamps = newStamps()
    stampByGateway(stamps, NOW + 86_400_000)
    expect(isLate(stamps, NOW)).toBe(false)
    expect(stampByGateway(stamps, NOW)).toBe(NOW)
  })
})

describe('readings of one point', () => {
  it('are one microsecond apart within one millisecond', () => {
    const stamps = newStamps()
    expect([0, 0, 0, 1].map((ms) => stampByGateway(stamps, NOW + ms))).toEqual([NOW, NOW + 0.001, NOW + 0.002, NOW + 1])
  })

  it('stay on whole microseconds, a thousand of them in one millisecond', () => {
    const stamps = newStamps()
    const times = Array.from({ length: 1001 }, () => stampByGateway(stamps, NOW))
    expect(times.map((time) => Math.round((time - NOW) * 1000))).toEqual(times.map((_, i) => i))
    expect(times.at(-1)).toBe(NOW + 1)
  })

  it('are kept apart with the same device time and another value, after others in between too', () => {
    const stamps = newStamps()
    expect(stampByDevice(stamps, NOW, { value: 1, receivedAt: NOW })).toBe(NOW)
    expect(stampByDevice(stamps, NOW, { value: 2, receivedAt: NOW })).toBe(NOW + 0.001)
    stampByGateway(stamps, NOW + 5000)
    expect(stampByDevice(stamps, NOW, { value: 3, receivedAt: NOW })).toBe(NOW + 0.002)
  })

  it('never share a microsecond, however many come at once and however the clock slews', () => {
    const slew = fc.array(fc.integer({ min: -3, max: 5 }), { minLength: 1, maxLength: 3000 })
    fc.assert(
      fc.property(slew, (steps) => {
        const stamps = newStamps()
        let wall = NOW
        const microseconds = steps.map((step) => {
          wall += step
          return Math.round(stampByGateway(stamps, wall) * 1000)
        })
        expect(new Set(microseconds).size).toBe(microseconds.length)
        expect(microseconds).toEqual([...microseconds].sort((a, b) => a - b))
      }),
      { numRuns: 30 },
    )
  })
})

describe('both clocks at once', () => {
  it('do not meet in one microsecond either', () => {
    const stamps = newStamps()
    const times = [
      stampByDevice(stamps, NOW, { value: 1, receivedAt: NOW }),
      stampByGateway(stamps, NOW),
      stampByGateway(stamps, NOW),
      stampByDevice(stamps, NOW, { value: 2, receivedAt: NOW }),
      stampByGateway(stamps, NOW),
      stampByGateway(stamps, NOW + 5000),
      stampByDevice(stamps, NOW, { value: 3, receivedAt: NOW + 5000 }),
    ]
    const inOneMillisecond = [0, 0.001, 0.002, 0.003, 0.004, 0.005].map((ms) => NOW + ms)
    expect(times).toEqual([...inOneMillisecond.slice(0, 5), NOW + 5000, inOneMillisecond[5]])
  })
})

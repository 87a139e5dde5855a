import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolveTrend } from '../../../device-profiles/trend.ts'
import { TrendWindow } from '../../../gateway/pipeline/trend-window.ts'

const SECOND = 1000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = 5_000_000

type Sample = readonly [seconds: number, value: number]

function fed(window: TrendWindow, samples: Iterable<Sample>): TrendWindow {
  for (const [seconds, value] of samples) window.add(value, START + seconds * SECOND)
  return window
}
function* every(step: number, until: number, value: (seconds: number) => number): Generator<Sample> {
  for (let seconds = 0; seconds <= until; seconds += step) yield [seconds, value(seconds)]
}
const rate = (window = '10m') => new TrendWindow(resolveTrend({ type: 'rate', window, per: 'hour' }))

describe('rate', () => {
  test('of a straight line is its slope, however irregular the readings are', () => {
    const times = fc.uniqueArray(fc.integer({ min: 0, max: 600 }), { minLength: 60, maxLength: 200 })
    fc.assert(
      fc.property(times, fc.integer({ min: -50, max: 50 }), (seconds, perHour) => {
        const line = (second: number) => 3 + (perHour / 3600) * second
        const sorted = [0, ...seconds.filter((second) => second > 0 && second < 600).sort((a, b) => a - b), 600]
        const longest = Math.max(...sorted.slice(1).map((second, i) => second - (sorted[i] ?? 0)))
        fc.pre(longest < 200)
        const found = fed(
          rate(),
          sorted.map((second) => [second, line(second)] as const),
        ).at(START + 600 * SECOND)
        expect(found?.value).toBeCloseTo(perHour, 6)
      }),
    )
  })

  test('is the least-squares line through the readings in the window', () => {
    const samples = [...every(7, 1200, (second) => Math.sin(second / 50) + second / 900)]
    const found = fed(rate(), samples).at(START + 1197 * SECOND)
    // Whole buckets leave the window, so it may hold up to one more bucket than its length.
    const slopes = [600, 600 + 600 / 32 + 7].map(
      (length) => slope(samples.filter(([second]) => second >= 1197 - length)) * 3600,
    )
    expect(found?.value).toBeGreaterThanOrEqual(Math.min(...slopes) - 0.3)
    expect(found?.value).toBeLessThanOrEqual(Math.max(...slopes) + 0.3)
  })

  test('is not known from a few readings, from half the window, or across a hole', () => {
    expect(fed(rate(), [[0, 1]]).at(START)).toBeNull()
    expect(
      fed(
        rate(),
        every(10, 290, () => 1),
      ).at(START + 290 * SECOND),
    ).toBeNull()
    expect(
      fed(
        rate(),
        every(10, 310, () => 1),
      ).at(START + 310 * SECOND),
    ).toEqual({ value: 0, whole: false })
    expect(
      fed(
        rate(),
        every(10, 600, () => 1),
      ).at(START + 600 * SECOND),
    ).toEqual({ value: 0, whole: true })
    const window = fed(
      rate(),
      every(10, 600, (second) => second / 3600),
    )
    window.add(1, START + 900 * SECOND)
    expect(window.at(START + 900 * SECOND)).toBeNull()
  })

  test('keeps its digits with large values and long times', () => {
    const window = rate('30d')
    for (let hour = 0; hour <= 30 * 24; hour++) window.add(1e6 + hour * 0.001, START + hour * HOUR)
    expect(window.at(START + 30 * 24 * HOUR)?.value).toBeCloseTo(0.001, 9)
  })
})

describe('change', () => {
  test('is known from the second reading on, and whole with the window', () => {
    const window = new TrendWindow(resolveTrend({ type: 'change', window: '1m' }))
    expect(fed(window, [[0, 5]]).at(START)).toEqual({ value: 0, whole: false })
    expect(fed(window, [[10, 5.5]]).at(START + 10 * SECOND)).toEqual({ value: 0.5, whole: false })
    expect(
      fed(window, [
        [20, 4],
        [35, 4],
        [50, 4],
        [60, 4],
      ]).at(START + 60 * SECOND),
    ).toEqual({ value: -1, whole: true })
  })

  test('slides on without readings, until nobody knows what happened since', () => {
    const window = fed(
      new TrendWindow(resolveTrend({ type: 'change', window: '1m' })),
      every(2, 60, (s) => s / 60),
    )
    expect(window.at(START + 60 * SECOND)?.value).toBeCloseTo(1, 1)
    expect(window.at(START + 75 * SECOND)?.value).toBeCloseTo(0.75, 1)
    expect(window.at(START + 90 * SECOND)).toBeNull()
  })
})

describe('amount', () => {
  const counter = () => new TrendWindow(resolveTrend({ type: 'amount', window: '1h', of: 'counter' }))

  test('of a counter is what it counted, also over a new beginning and a hole', () => {
    const window = fed(counter(), [
      [0, 100],
      [600, 104],
      [1200, 1],
      [1800, 3],
    ])
    expect(window.at(START + 1800 * SECOND)?.value).toBe(7)
    expect(fed(window, [[3300, 8]]).at(START + 3300 * SECOND)?.value).toBe(12)
  })

  test('of increments is their sum; what is older than the window is gone', () => {
    const window = new TrendWindow(resolveTrend({ type: 'amount', window: '1h', of: 'increments' }))
    fed(
      window,
      every(600, 7200, () => 0.2),
    )
    expect(window.at(START + 7200 * SECOND)?.value).toBeCloseTo(0.2 * 7, 9)
  })
})

describe('deviation', () => {
  test('is the distance of the newest value from the mean before it', () => {
    const window = new TrendWindow(resolveTrend({ type: 'deviation', window: '1h' }))
    fed(
      window,
      every(30, 3600, (second) => 20 + (second % 60 === 0 ? 0.1 : -0.1)),
    )
    window.add(23, START + 3630 * SECOND)
    expect(window.at(START + 3630 * SECOND)?.value).toBeCloseTo(3, 1)
  })
})

describe('unchanged', () => {
  test('counts minutes since the value left its place, not since it last flickered', () => {
    const window = new TrendWindow(resolveTrend({ type: 'unchanged', tolerance: 0.5 }))
    expect(window.at(START)).toBeNull()
    fed(window, [
      [0, 10],
      [60, 10.4],
      [120, 9.6],
    ])
    expect(window.at(START + 180 * SECOND)).toEqual({ value: 3, whole: true })
    // A slow drift is a change: compared with where it began, not with the last value.
    fed(window, [[240, 10.6]])
    expect(window.at(START + 300 * SECOND)).toEqual({ value: 1, whole: true })
  })
})

test('the cost of a window does not grow with the number of readings', () => {
  const window = rate()
  const before = Date.now()
  for (let i = 0; i < 200_000; i++) window.add(i, START + i)
  expect(window.at(START + 199_999)).toBeNull()
  expect(JSON.stringify(Object.values(window)).length).toBeLessThan(100)
  expect(Date.now() - before).toBeLessThan(60_000)
})

function slope(samples: readonly Sample[]): number {
  const n = samples.length
  const t = samples.reduce((sum, [second]) => sum + second, 0) / n
  const v = samples.reduce((sum, [, value]) => sum + value, 0) / n
  const product = samples.reduce((sum, [second, value]) => sum + (second - t) * (value - v), 0)
  return product / samples.reduce((sum, [second]) => sum + (second - t) ** 2, 0)
}

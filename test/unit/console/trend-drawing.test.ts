import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plotData, rangeOf } from '../../../gateway/console/src/trend-drawing.ts'
import type { HistoryItem, PointView } from '../../../gateway/http/gateway-view.ts'
import { samplePoints } from '../../support/fake-station.ts'

const level = samplePoints(0).find(({ id }) => id === 'wl-01.level') as PointView
const good = (seconds: number, value: number): HistoryItem => ({
  time: seconds * 1000,
  value,
  min: value,
  max: value,
  quality: 'good',
})
const draw = (items: readonly HistoryItem[]) => plotData({ point: level, items, spanMs: 900_000, now: 900_000 })

test('values stand at their times', () => {
  expect(draw([good(5, 0.1), good(10, 0.2)])).toEqual([
    [5, 10],
    [0.1, 0.2],
    [0.1, 0.2],
    [0.1, 0.2],
  ])
})

test('a silence of more than three intervals is a gap, a late reading is not', () => {
  expect(draw([good(0, 1), good(15, 2), good(31, 3)])[1]).toEqual([1, 2, null, 3])
})

test('a value that did not change for long is drawn through, a silence that is longer than it may be is not', () => {
  const point = { ...level, storeIntervalMs: 600_000 }
  const drawn = (to: number) => plotData({ point, items: [good(0, 1), good(to, 1)], spanMs: 900_000, now: 900_000 })[1]
  expect(drawn(610)).toEqual([1, 1])
  expect(drawn(611)).toEqual([1, null, 1])
})

test('an unusable reading breaks the line, even where it brought a number', () => {
  const bad: HistoryItem = { time: 5000, value: 99, min: null, max: null, quality: 'bad', reason: 'out-of-range' }
  expect(draw([good(0, 1), bad, good(10, 2)])[1]).toEqual([1, null, 2])
})

test('the drawn range holds every value and the next limit on either side', () => {
  const value = fc.double({ min: -100, max: 100, noNaN: true })
  fc.assert(
    fc.property(fc.tuple(value, value), fc.array(value, { maxLength: 4 }), ([a, b], setpoints) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)]
      const limits = setpoints.map((setpoint) => ({ ...(level.limits[0] as PointView['limits'][0]), setpoint }))
      const [from, to] = rangeOf({ ...level, limits }, [low, high])
      expect(from).toBeLessThan(to)
      expect(from).toBeLessThanOrEqual(low)
      expect(to).toBeGreaterThanOrEqual(high)
      const above = setpoints.filter((setpoint) => setpoint > high)
      if (above.length > 0) expect(to).toBeGreaterThanOrEqual(Math.min(...above))
    }),
  )
})

test('without any value the limits alone give the range', () => {
  const [from, to] = rangeOf(level, [null, null])
  expect(from).toBeLessThan(0.15)
  expect(to).toBeGreaterThan(0.5)
})

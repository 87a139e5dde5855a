import { afterEach, expect, test } from 'vitest'
import { formatDuration, formatValue, unitOf } from '../../../gateway/console/src/format.ts'
import { setLanguage } from '../../../gateway/console/src/store.ts'
import type { PointView } from '../../../gateway/http/gateway-view.ts'
import { samplePoints } from '../../support/fake-station.ts'

const points = new Map(samplePoints(0).map((point) => [point.id, point]))
const level = points.get('wl-01.level') as PointView
const fire = points.get('sd-01.fire') as PointView

afterEach(() => setLanguage('zh'))

test.each([
  [0, '0 秒', '0 s'],
  [999, '0 秒', '0 s'],
  [-5000, '0 秒', '0 s'],
  [59_000, '59 秒', '59 s'],
  [60_000, '1 分', '1 min'],
  [125_000, '2 分 5 秒', '2 min 5 s'],
  [3_600_000, '1 小时', '1 h'],
  [3_605_000, '1 小时', '1 h'],
  [7_500_000, '2 小时 5 分', '2 h 5 min'],
  [90_000_000, '1 天 1 小时', '1 d 1 h'],
])('%i ms is %s, %s', (ms, zh, en) => {
  expect(formatDuration(ms)).toBe(zh)
  setLanguage('en')
  expect(formatDuration(ms)).toBe(en)
})

test('a value has the digits of its point, a state its name, and what is missing is a dash', () => {
  expect(formatValue(level, 0.3)).toBe('0.30')
  expect(formatValue(level, -0.126)).toBe('−0.13')
  expect(formatValue({ ...level, decimals: null }, 0.1 + 0.2)).toBe('0.3')
  expect(formatValue(level, null)).toBe('—')
  expect(formatValue(level, 'E7')).toBe('E7')
  expect(formatValue(fire, 1)).toBe('火警')
  expect(formatValue(fire, 7)).toBe('7')
  expect(formatValue({ ...fire, decimals: null }, 1234567)).toBe('1234567')
})

test('no unit is no text', () => {
  expect(unitOf(level)).toBe('m')
  expect(unitOf(fire)).toBe('')
})

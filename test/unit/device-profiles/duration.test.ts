import { expect, test } from 'vitest'
import { parseDuration } from '../../../device-profiles/duration.ts'

test.each([
  ['0s', 0],
  ['500ms', 500],
  ['5s', 5000],
  ['1.5m', 90_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
])('%s is %d ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected)
})

test.each(['', '5', 's', '-5s', '5 s', '5S', '1e3s', '5sec', '.5s', ' 5s'])('%j is no duration', (text) => {
  expect(() => parseDuration(text)).toThrow(`such as 500ms, 5s, 2m, 1h or 1d, got ${JSON.stringify(text)}`)
})

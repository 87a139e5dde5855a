/** Suggestions are computed from recorded readings, and tried on them with the gates of the rules. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LimitRule } from '../../../device-profiles/device.ts'
import { tune } from '../../../gateway/statistics/tuning.ts'
import { levelOf, limitRule, pointOf } from '../pipeline/devices.ts'

const point = pointOf('d', { id: 'x', decimals: 2 })
const ruleOf = (...levels: Parameters<typeof levelOf>[1][]): LimitRule =>
  limitRule(
    point,
    levels.map((level, i) => levelOf(`l${i}`, level)),
  ) as LimitRule

/** One reading each second. */
const series = (...values: readonly number[]) => values.map((value, i) => ({ time: i * 1000, value }))

describe('a value that trembles around its setpoint', () => {
  const trembling = series(0, ...Array.from({ length: 20 }, () => [1.02, 1.03, 0.96, 0.97]).flat(), 0)

  test('gets a deadband that bridges how far it goes back, or an off-delay as long as it stays away', () => {
    const [tuning] = tune(ruleOf({ setpoint: 1 }), trembling)
    expect(tuning).toMatchObject({
      raises: 20,
      deadband: { now: 0, suggested: 0.05, raises: 1 },
      offDelayMs: { now: 0, suggested: 3000, raises: 1 },
      onDelayMs: { now: 0, suggested: 3000, raises: 0 },
    })
  })

  test('is left alone where its settings do already', () => {
    const [tuning] = tune(ruleOf({ setpoint: 1, deadband: 0.05, offDelayMs: 3000, onDelayMs: 3000 }), trembling)
    expect(tuning).toMatchObject({ deadband: null, offDelayMs: null, onDelayMs: null })
  })

  test('below works as above', () => {
    const [tuning] = tune(
      ruleOf({ setpoint: 1, side: 'below' }),
      trembling.map(({ time, value }) => ({ time, value: 2 - value })),
    )
    expect(tuning).toMatchObject({ raises: 20, deadband: { suggested: 0.05, raises: 1 } })
  })
})

test('a real alarm of minutes asks for nothing', () => {
  const real = series(...Array(120).fill(0), ...Array(300).fill(2), ...Array(120).fill(0))
  expect(tune(ruleOf({ setpoint: 1 }), real)[0]).toMatchObject({
    ...{ raises: 1, deadband: null, offDelayMs: null, onDelayMs: null },
  })
})

test('each level is judged alone; no readings, no raises', () => {
  expect(tune(ruleOf({ setpoint: 1 }, { setpoint: 2 }), series(0, 1.5, 0)).map(({ raises }) => raises)).toEqual([1, 0])
  expect(tune(ruleOf({ setpoint: 1 }), [])[0]).toMatchObject({ raises: 0, deadband: null })
})

test('no suggestion ever raises more often than the present settings', () => {
  const value = fc.integer({ min: 80, max: 120 }).map((hundredths) => hundredths / 100)
  fc.assert(
    fc.property(fc.array(value, { maxLength: 200 }), (values) => {
      const [tuning] = tune(ruleOf({ setpoint: 1 }), series(...values))
      for (const suggestion of [tuning?.deadband, tuning?.offDelayMs, tuning?.onDelayMs]) {
        if (suggestion != null) expect(suggestion.raises).toBeLessThanOrEqual(tuning?.raises ?? 0)
      }
    }),
  )
})

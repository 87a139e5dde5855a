/** Formulas against the numbers that their sources print, to the printed digits. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compensated, followed } from '../../../../gateway/pipeline/computing/baseline.ts'
import { gaugeAt, pressureAt20 } from '../../../../gateway/pipeline/computing/gas-law.ts'
import { daysToLimit, lossPerDay } from '../../../../gateway/pipeline/computing/leak.ts'
import { median, robustLine } from '../../../../gateway/pipeline/computing/robust-line.ts'
import { foundUniformVelocity, tangentAngle } from '../../../../gateway/pipeline/computing/tangent-angle.ts'
import { minutesToLevel } from '../../../../gateway/pipeline/computing/time-to-level.ts'
import { velocityThreshold } from '../../../../gateway/pipeline/computing/velocity-threshold.ts'

describe('pressure referred to 20 °C', () => {
  test.each([
    [-10, '1.067'],
    [0, '1.111'],
    [20, '1.200'],
    [40, '1.289'],
    [60, '1.378'],
  ])('a good bottle of 1.2 MPa reads at %i °C %s MPa', (celsius, printed) => {
    const gauge = gaugeAt(1200, celsius)
    expect((gauge / 1000).toFixed(3)).toBe(printed)
    expect(pressureAt20(gauge, celsius)).toBeCloseTo(1200, 6)
  })

  test('an empty bottle is empty at every temperature only where its gauge shows less than no pressure in the cold', () => {
    expect(pressureAt20(0, 20)).toBe(0)
    expect(gaugeAt(0, -10)).toBeCloseTo(-10.4, 1)
  })

  test('a leak of 10 % does not hide in a swing of 25 K', () => {
    const leaked = gaugeAt(1200 * 0.9, 45)
    expect(leaked).toBeGreaterThan(1170)
    expect(pressureAt20(leaked, 45)).toBeCloseTo(1080, 6)
  })

  test('is the inverse of what the gauge shows', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 2500, noNaN: true }),
        fc.double({ min: -40, max: 85, noNaN: true }),
        (p, t) => {
          expect(Math.abs(pressureAt20(gaugeAt(p, t), t) - p)).toBeLessThan(1e-6)
        },
      ),
    )
  })
})

describe('improved tangent angle', () => {
  // Of the uniform stage of the published series, mm/d.
  const uniform = 2

  test.each([
    [1, '26.57'],
    [2, '45.00'],
    [3, '56.31'],
    [4, '63.43'],
    [5, '68.20'],
  ])('%d mm/d is an angle of %s°', (velocity, printed) => {
    expect(tangentAngle(velocity, uniform)?.toFixed(2)).toBe(printed)
  })

  test.each([
    [1, '1.000', 45],
    [Math.tan((80 / 180) * Math.PI), '5.671', 80],
    [Math.tan((85 / 180) * Math.PI), '11.430', 85],
  ])('%d × v_eq, printed as %s, is %d°', (ratio, printed, angle) => {
    expect(ratio.toFixed(3)).toBe(printed)
    expect(tangentAngle(ratio, 1)).toBeCloseTo(angle, 9)
  })

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('has no angle with a uniform velocity of %d', (uniform) => {
    expect(tangentAngle(1, uniform)).toBeNull()
  })

  test('finds the uniform stage where the velocity wavers least', () => {
    const wavering = Array.from({ length: 30 }, (_, i) => 2 + (i % 2 === 0 ? 1 : -1))
    const uniformDays = Array.from({ length: 30 }, (_, i) => 0.5 + (i % 2 === 0 ? 0.01 : -0.01))
    const fast = Array.from({ length: 20 }, (_, i) => 1 + i)
    expect(foundUniformVelocity([...wavering, ...uniformDays, ...fast])).toBeCloseTo(0.5, 2)
    expect(foundUniformVelocity(uniformDays.slice(1))).toBeNull()
    expect(foundUniformVelocity(uniformDays.map((v) => -v))).toBeNull()
  })
})

describe('dynamic velocity threshold', () => {
  // 30 days of 1, 2 and 3 mm/d, ten each: without the highest three (of the 3s), mean 51/27, σ of 27 values.
  const daily = Array.from({ length: 30 }, (_, i) => 1 + (i % 3))

  test('is 1.5 × mean + 2 σ of the rates without their highest tenth', () => {
    const kept = [...daily].sort((a, b) => a - b).slice(0, 27)
    const mean = 51 / 27
    const sigma = Math.sqrt(kept.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 26)
    expect(velocityThreshold(daily)).toBeCloseTo(1.5 * mean + 2 * sigma, 12)
    expect(velocityThreshold(daily)?.toFixed(3)).toBe('4.435')
  })

  test('counts the newest 30 days only, and is not known of fewer than 10', () => {
    expect(velocityThreshold([1000, 1000, ...daily])).toBe(velocityThreshold(daily))
    expect(velocityThreshold(daily.slice(0, 10))).not.toBeNull()
    expect(velocityThreshold(daily.slice(0, 9))).toBeNull()
  })
})

describe('a robust line', () => {
  const points = Array.from({ length: 20 }, (_, i) => ({ t: i, v: 5 - 0.5 * i }))

  test('is not moved by four wrong points of twenty', () => {
    const wrong = points.map((point, i) => (i % 5 === 2 ? { ...point, v: 1000 } : point))
    expect(robustLine(wrong)?.slope).toBeCloseTo(-0.5, 1)
    expect(robustLine(points)).toEqual({ slope: -0.5, intercept: 5, lowest: -0.5, highest: -0.5 })
  })

  test('of nothing, of one point and of one time there is none', () => {
    expect(robustLine([])).toBeNull()
    expect(robustLine(points.slice(0, 1))).toBeNull()
    expect(
      robustLine([
        { t: 1, v: 1 },
        { t: 1, v: 2 },
      ]),
    ).toBeNull()
    expect(median([])).toBeNaN()
  })

  test('its interval holds the slope, whatever the points are', () => {
    const point = fc.record({ t: fc.integer({ min: 0, max: 1000 }), v: fc.integer({ min: -1000, max: 1000 }) })
    fc.assert(
      fc.property(fc.array(point, { minLength: 2, maxLength: 40 }), (all) => {
        const line = robustLine(all)
        if (line === null) return
        expect(line.lowest).toBeLessThanOrEqual(line.slope)
        expect(line.highest).toBeGreaterThanOrEqual(line.slope)
      }),
    )
  })
})

describe('a slow leak', () => {
  /** `t` in days up to now. */
  const losing = (perDay: number, { from = 1200, days = 14 } = {}) =>
    Array.from({ length: days * 4 + 1 }, (_, i) => ({ t: i / 4 - days, v: from - (perDay * i) / 4 }))

  test('of 5 kPa a day reaches 1000 kPa from 1130 kPa in 26 days', () => {
    expect(lossPerDay(losing(5))).toBeCloseTo(5, 9)
    expect(daysToLimit(losing(5), 1000)).toEqual({ type: 'days', days: expect.closeTo(26, 6) })
  })

  test('is none where the pressure stays, rises, or wavers by more than it falls', () => {
    expect(daysToLimit(losing(0), 1000)).toEqual({ type: 'none' })
    expect(daysToLimit(losing(-5), 1000)).toEqual({ type: 'none' })
    const wavering = losing(0.1).map(({ t, v }, i) => ({ t, v: v + ((i * 37) % 41) - 20 }))
    expect(daysToLimit(wavering, 1000)).toEqual({ type: 'none' })
  })

  test('is at its limit in 0 days where it is below it, and of one point nothing is known', () => {
    expect(daysToLimit(losing(5, { from: 1050 }), 1000)).toEqual({ type: 'days', days: 0 })
    expect(daysToLimit(losing(5).slice(0, 1), 1000)).toBeNull()
  })
})

describe('time to the next level', () => {
  const levels = [0.1, 0.15, 0.27, 0.4]

  test('is the distance to the next one through the pace', () => {
    expect(minutesToLevel({ value: 0.12, rate: 0.01 }, levels)).toBeCloseTo(3, 9)
    expect(minutesToLevel({ value: 0.15, rate: 0.01 }, levels)).toBeCloseTo(12, 9)
  })

  test('is none above all levels, and where it does not rise', () => {
    expect(minutesToLevel({ value: 0.4, rate: 0.01 }, levels)).toBeNull()
    expect(minutesToLevel({ value: 0.12, rate: 0 }, levels)).toBeNull()
    expect(minutesToLevel({ value: 0.12, rate: -0.01 }, levels)).toBeNull()
  })
})

describe('the baseline of a smoke detector', () => {
  /** Alarm threshold A of the kind, and the pace of its baseline. */
  const A = 0.1
  const perHour = 0.001

  test('follows by so much per hour at most, up and down', () => {
    expect(followed(0, 1, { perHour, hours: 1 })).toBeCloseTo(0.001, 12)
    expect(followed(0.01, 0, { perHour, hours: 2 })).toBeCloseTo(0.008, 12)
    expect(followed(0.01, 0.0105, { perHour, hours: 2 })).toBe(0.0105)
    expect(followed(0.01, 1, { perHour, hours: -5 })).toBe(0.01)
  })

  test('is compensated within its limit only', () => {
    expect(compensated(0.06, 0.02, 0.05)).toBeCloseTo(0.04, 12)
    expect(compensated(0.2, 0.09, 0.05)).toBeCloseTo(0.15, 12)
    expect(compensated(0, -0.09, 0.05)).toBeCloseTo(0.05, 12)
  })

  test('does not hide smoke that rises by a quarter of the threshold per hour', () => {
    const rise = A / 4
    let baseline = 0
    let hours = 0
    for (const step = 1 / 60; compensated(rise * hours, baseline, 0.05) < A; hours += step) {
      baseline = followed(baseline, rise * hours, { perHour, hours: step })
    }
    expect(hours).toBeLessThan((1.6 * A) / rise)
    expect(hours).toBeCloseTo(A / (rise - perHour), 1)
  })
})

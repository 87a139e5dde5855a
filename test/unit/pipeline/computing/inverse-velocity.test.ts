/** Forecasts of failure: a known time of failure is given back, and nothing is forecast where nothing can be. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { forecastFailure, type TimedVelocity } from '../../../../gateway/pipeline/computing/inverse-velocity.ts'

/** Deterministic noise between -1 and 1. */
function noiseOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state / 2 ** 32) * 2 - 1
  }
}

/** 1/v = k (tf - t), hourly from `from` to `to`. */
function towards(tf: number, { k = 0.01, from = 0, to = tf - 10, noise = 0, seed = 1 } = {}): TimedVelocity[] {
  const next = noiseOf(seed)
  const samples: TimedVelocity[] = []
  for (let t = from; t <= to; t++) samples.push({ t, v: (1 / (k * (tf - t))) * (1 + noise * next()) })
  return samples
}

const constant = (v: number, { n = 48, noise = 0, seed = 1 } = {}): TimedVelocity[] => {
  const next = noiseOf(seed)
  return Array.from({ length: n }, (_, t) => ({ t, v: v + noise * next() }))
}

describe('a forecast', () => {
  test('gives the known time of failure back', () => {
    expect(forecastFailure(towards(50))).toEqual({
      type: 'forecast',
      at: expect.closeTo(50, 9),
      rSquared: expect.closeTo(1, 9),
      samples: 41,
    })
  })

  test('of any series of this form gives it back', () => {
    const series = fc.record({
      tf: fc.integer({ min: 20, max: 500 }),
      k: fc.double({ min: 1e-4, max: 10, noNaN: true }),
    })
    fc.assert(
      fc.property(series, ({ tf, k }) => {
        const forecast = forecastFailure(towards(tf, { k, to: Math.floor(tf * 0.8) }))
        expect(forecast).toEqual({
          type: 'forecast',
          at: expect.closeTo(tf, 4),
          rSquared: expect.anything(),
          samples: expect.anything(),
        })
      }),
    )
  })

  test('with noise of 5 % is off by no more than a tenth of the way there', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const forecast = forecastFailure(towards(60, { to: 48, noise: 0.05, seed }))
      expect(forecast, `seed ${seed}`).toMatchObject({ type: 'forecast' })
      if (forecast.type === 'forecast') expect(Math.abs(forecast.at - 60)).toBeLessThan(6)
    }
  })

  test('begins at the onset of acceleration, whatever was before', () => {
    const before = constant(2).map(({ t, v }) => ({ t: t - 48, v }))
    const forecast = forecastFailure([...before, ...towards(50)])
    expect(forecast).toMatchObject({ type: 'forecast' })
    if (forecast.type === 'forecast') expect(Math.abs(forecast.at - 50)).toBeLessThan(5)
  })

  test('takes irregular and missing samples as they are', () => {
    const irregular = towards(50).filter((_, i) => i % 3 !== 1 && i % 7 !== 2)
    expect(forecastFailure(irregular)).toMatchObject({ type: 'forecast', at: expect.closeTo(50, 9) })
  })
})

describe('no forecast', () => {
  test('of a constant velocity', () => {
    expect(forecastFailure(constant(2))).toEqual({ type: 'none' })
    for (let seed = 1; seed <= 50; seed++) {
      expect(forecastFailure(constant(2, { noise: 0.4, seed })).type, `seed ${seed}`).not.toBe('forecast')
    }
  })

  test('of a slope that stands still, moves back or slows down', () => {
    expect(forecastFailure(constant(0))).toEqual({ type: 'none' })
    expect(forecastFailure(constant(-2))).toEqual({ type: 'none' })
    expect(
      forecastFailure(
        towards(50)
          .map(({ t, v }) => ({ t: -t, v }))
          .reverse(),
      ),
    ).toEqual({ type: 'none' })
  })

  test('of noise', () => {
    for (let seed = 1; seed <= 200; seed++) {
      expect(forecastFailure(constant(0, { noise: 1, seed })).type, `seed ${seed}`).not.toBe('forecast')
    }
  })

  test('of seven velocities; of eight there is one', () => {
    expect(forecastFailure(towards(12, { to: 6 }))).toMatchObject({
      type: 'refused',
      why: expect.stringContaining('8 are needed'),
    })
    expect(forecastFailure(towards(12, { to: 7 }))).toMatchObject({ type: 'forecast' })
  })

  test('of an acceleration on no line', () => {
    const jump = [...constant(1, { noise: 0.3, n: 20 }), ...constant(8, { noise: 3, n: 20 })].map(({ v }, t) => ({
      t,
      v,
    }))
    expect(forecastFailure(jump)).toMatchObject({ type: 'refused', why: expect.stringContaining('R²') })
  })

  test('farther ahead than the acceleration has lasted; as far as that there is one', () => {
    expect(forecastFailure(towards(100, { to: 49 }))).toMatchObject({ type: 'refused' })
    expect(forecastFailure(towards(100, { to: 51 }))).toMatchObject({ type: 'forecast' })
  })

  test('in the past', () => {
    const passed = towards(50, { to: 48 }).map(({ t, v }) => ({ t, v }))
    const last = passed.map((sample, i) => (i >= passed.length - 3 ? { ...sample, t: sample.t + 8 } : sample))
    expect(forecastFailure(last)).toEqual({ type: 'refused', why: 'the failure would be in the past' })
  })

  test('from any data is later than now', () => {
    const sample = fc.double({ min: -5, max: 50, noNaN: true })
    fc.assert(
      fc.property(fc.array(sample, { minLength: 0, maxLength: 60 }), (velocities) => {
        const forecast = forecastFailure(velocities.map((v, t) => ({ t, v })))
        if (forecast.type === 'forecast') expect(forecast.at).toBeGreaterThan(velocities.length - 1)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { creep } from '../../../../simulator/generators/creep.ts'
import { cycle } from '../../../../simulator/generators/cycle.ts'
import { cylinder, gaugePressure } from '../../../../simulator/generators/cylinder.ts'
import { discharge } from '../../../../simulator/generators/discharge.ts'
import { fireHeat, fireSmoke, type Growth, heatRelease } from '../../../../simulator/generators/fire.ts'
import { puff } from '../../../../simulator/generators/puff.ts'
import { inflowAt, storm } from '../../../../simulator/generators/storm.ts'

/** So many looks, evenly over the time. */
function looks(valueAt: (seconds: number) => number, { until, count = 300 }: { until: number; count?: number }) {
  return Array.from({ length: count + 1 }, (_, i) => valueAt((until * i) / count))
}

/** Rounding of the last digit is no turning back. */
function neverFalls(values: readonly number[]): boolean {
  return values.every((value, i) => i === 0 || value >= (values[i - 1] as number) - 1e-9)
}

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true })

describe('a fire', () => {
  const growth = fc.constantFrom<Growth[]>('slow', 'medium', 'fast', 'ultra-fast')

  it.each([
    ['slow', 600],
    ['medium', 300],
    ['fast', 150],
    ['ultra-fast', 75],
  ] as const)('that is %s has 1055 kW after %d s of flames, and a quarter of it in half the time', (rate, seconds) => {
    const fire = { smoulderSeconds: 100, growth: rate }
    expect(heatRelease(fire, 100)).toBe(0)
    expect(heatRelease(fire, 100 + seconds / 2)).toBeCloseTo(1055 / 4)
    expect(heatRelease(fire, 100 + seconds)).toBeCloseTo(1055)
  })

  it('smokes slowly first, and then with the square of time; never less, never above its peak', () => {
    const options = fc.record({
      smoulderSeconds: number(0, 900),
      growth,
      before: number(0, 0.05),
      peak: number(0.3, 5),
    })
    fc.assert(
      fc.property(options, number(0.06, 0.3), (given, smoulderTo) => {
        const valueAt = fireSmoke({ ...given, smoulderTo: given.smoulderSeconds > 0 ? smoulderTo : given.before })
        const values = looks(valueAt, { until: 2000 })
        expect(neverFalls(values)).toBe(true)
        expect(values[0]).toBeCloseTo(given.before)
        expect(Math.max(...values)).toBeLessThanOrEqual(given.peak + 1e-9)
        expect(valueAt(given.smoulderSeconds + 601)).toBeCloseTo(given.peak)
        expect(valueAt(given.smoulderSeconds * 0.999)).toBeLessThanOrEqual(smoulderTo)
      }),
    )
  })

  it('is cold while it smoulders, and heats the ceiling as Alpert found', () => {
    const valueAt = fireHeat({ smoulderSeconds: 60, growth: 'fast', before: 20, ceiling: 3, peak: 500 })
    expect(valueAt(60)).toBe(20)
    // 16.9 × 1055^(2/3) / 3^(5/3)
    expect(valueAt(210)).toBeCloseTo(20 + (16.9 * 103.63) / 6.24, 0)
    expect(neverFalls(looks(valueAt, { until: 1000 }))).toBe(true)
    expect(fireHeat({ smoulderSeconds: 0, growth: 'fast', before: 20, ceiling: 3, peak: 85 })(1000)).toBe(85)
  })
})

describe('a puff of steam or dust', () => {
  it('is greatest at its time, and gone after ten times as long', () => {
    fc.assert(
      fc.property(number(0, 0.05), number(0.1, 2), number(1, 600), (before, peak, peakAtSeconds) => {
        const valueAt = puff({ before, peak, peakAtSeconds })
        expect(valueAt(0)).toBeCloseTo(before)
        expect(valueAt(peakAtSeconds)).toBeCloseTo(peak)
        const values = looks(valueAt, { until: 10 * peakAtSeconds })
        expect(Math.max(...values)).toBeLessThanOrEqual(peak + 1e-9)
        expect(neverFalls(values.slice(0, 30))).toBe(true)
        expect(neverFalls(values.slice(31).toReversed())).toBe(true)
        expect(values.at(-1)).toBeLessThan(before + (peak - before) * 0.01)
      }),
    )
  })
})

describe('a storm', () => {
  const forever = { failsAtSeconds: Infinity, mendedAtSeconds: Infinity }
  const rain = { before: 0.02, inflow: 3, peakAtSeconds: 600, shape: 3.7, drain: 0.2, seconds: 7200 }
  const level = (pumps: Parameters<typeof storm>[0]['pumps']) => storm({ ...rain, pumps })

  it('flows in as a gamma hydrograph, whose peak is at its time', () => {
    const flow = looks((seconds) => inflowAt(rain, seconds), { until: 1200, count: 120 })
    expect(flow.indexOf(Math.max(...flow))).toBe(60)
    expect(flow[60]).toBeCloseTo(3)
    expect(neverFalls(flow.slice(0, 61))).toBe(true)
    expect(neverFalls(flow.slice(60).toReversed())).toBe(true)
  })

  it('raises the water as much as came in, less what drained away', () => {
    const still = storm({ ...rain, drain: 0, pumps: [] })
    const step = 1
    let sum = 0.02
    for (let at = 0; at < 7200; at += step) sum += (inflowAt(rain, at + step / 2) * step) / 3600
    expect(still(7200)).toBeCloseTo(sum, 3)
    expect(neverFalls(looks(still, { until: 7200 }))).toBe(true)
  })

  it('rises, peaks and recedes, and never falls below where it began', () => {
    const values = looks(level([]), { until: 7200 })
    const top = values.indexOf(Math.max(...values))
    expect(neverFalls(values.slice(0, top + 1))).toBe(true)
    expect(neverFalls(values.slice(top).toReversed())).toBe(true)
    expect(top).toBeGreaterThan(25)
    expect(Math.min(...values)).toBe(0.02)
  })

  it('is lower with pumps than without, in every storm', () => {
    const pump = fc.record({ start: number(0.1, 0.5), rate: number(0.1, 5) })
    fc.assert(
      fc.property(
        number(0.5, 10),
        number(120, 1800),
        fc.array(pump, { maxLength: 3 }),
        (inflow, peakAtSeconds, pumps) => {
          const given = { ...rain, inflow, peakAtSeconds, seconds: 3600 }
          const dry = storm({
            ...given,
            pumps: pumps.map((each) => ({ ...each, ...forever, stop: each.start - 0.05 })),
          })
          const wet = storm({ ...given, pumps: [] })
          const looked = looks(dry, { until: 3600, count: 100 })
          expect(looked.every((value, i) => value <= wet((3600 * i) / 100) + 1e-9)).toBe(true)
          expect(looked.every((value) => value >= 0.02)).toBe(true)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('lets a pump hold the level between its start and its stop, until it fails, and again when it is mended', () => {
    const strong = { start: 0.15, stop: 0.1, rate: 20 }
    const held = looks(level([{ ...strong, ...forever }]), { until: 7200, count: 7200 })
    expect(Math.max(...held)).toBeLessThan(0.16)
    const failing = level([{ ...strong, failsAtSeconds: 500, mendedAtSeconds: 1500 }])
    expect(failing(499)).toBeLessThan(0.16)
    expect(failing(1500)).toBeGreaterThan(0.5)
    expect(failing(1800)).toBeLessThan(0.16)
  })
})

describe('a slope', () => {
  const slope = fc
    .record({
      velocity: number(0.5, 200),
      tertiaryAtSeconds: number(60, 3600),
      tertiary: number(60, 7200),
      primary: number(0, 20),
    })
    .map(({ tertiary, ...rest }) => ({
      ...rest,
      before: 1,
      most: 1e9,
      failsAtSeconds: rest.tertiaryAtSeconds + tertiary,
    }))

  it('never moves back, and is at its most from the failure on', () => {
    fc.assert(
      fc.property(slope, (given) => {
        const valueAt = creep({ ...given, most: 500 })
        expect(neverFalls(looks(valueAt, { until: given.failsAtSeconds * 1.1 }))).toBe(true)
        expect(valueAt(0)).toBe(1)
        expect(valueAt(given.failsAtSeconds)).toBe(500)
      }),
    )
  })

  it('fails when the line through its inverse velocities says so', () => {
    fc.assert(
      fc.property(slope, number(0.1, 0.8), (given, share) => {
        const valueAt = creep(given)
        const length = given.failsAtSeconds - given.tertiaryAtSeconds
        const inverse = (at: number) => {
          const half = length / 1e4
          return (2 * half) / (valueAt(at + half) - valueAt(at - half))
        }
        const first = given.tertiaryAtSeconds + length * share
        const second = given.tertiaryAtSeconds + length * (share + 0.1)
        // The zero of the line through two of them (Fukuzono 1985).
        const failure = first + (inverse(first) * (second - first)) / (inverse(first) - inverse(second))
        expect(Math.abs(failure - given.failsAtSeconds)).toBeLessThan(0.002 * length)
      }),
    )
  })

  it('slows down first, moves evenly, and begins its last stage as fast as that', () => {
    const valueAt = creep({
      before: 0,
      primary: 5,
      velocity: 36,
      tertiaryAtSeconds: 1000,
      failsAtSeconds: 2000,
      most: 1e6,
    })
    const speed = (at: number) => valueAt(at + 1) - valueAt(at)
    expect(speed(0)).toBeGreaterThan(2 * speed(500))
    expect(speed(900)).toBeCloseTo(0.01, 3)
    expect(speed(1001)).toBeCloseTo(0.01, 3)
    expect(speed(1900)).toBeGreaterThan(0.09)
  })
})

describe('day and night', () => {
  it('come back after each period, within the swing, highest at its time', () => {
    fc.assert(
      fc.property(
        number(-10, 30),
        number(0, 20),
        number(60, 1e6),
        number(0, 1e5),
        (mean, swing, periodSeconds, highest) => {
          const valueAt = cycle({ mean, swing, periodSeconds, highestAtSeconds: highest })
          expect(valueAt(highest)).toBeCloseTo(mean + swing)
          expect(valueAt(highest + periodSeconds / 2)).toBeCloseTo(mean - swing)
          expect(valueAt(123 + periodSeconds)).toBeCloseTo(valueAt(123))
          expect(
            looks(valueAt, { until: periodSeconds }).every((value) => Math.abs(value - mean) <= swing + 1e-9),
          ).toBe(true)
        },
      ),
    )
  })
})

describe('an extinguisher', () => {
  const day = { mean: 15, swing: 10, periodSeconds: 86_400, highestAtSeconds: 50_400 }

  it.each([
    [-10, 1067],
    [20, 1200],
    [60, 1378],
  ])('of 1.2 MPa at %d °C shows %d kPa', (celsius, kPa) => {
    expect(gaugePressure(1200, celsius)).toBeCloseTo(kPa, -0.5)
  })

  it('that is tight swings with the temperature and loses nothing', () => {
    const valueAt = cylinder({ at20: 1200, leakPerPeriod: 0, temperature: day })
    expect(valueAt(50_400)).toBeCloseTo(gaugePressure(1200, 25))
    expect(valueAt(50_400 + 30 * 86_400)).toBeCloseTo(valueAt(50_400))
  })

  it('that leaks shows the lost pressure at the same time of every day, and is empty in the end', () => {
    fc.assert(
      fc.property(number(1, 50), fc.integer({ min: 1, max: 20 }), (leakPerPeriod, days) => {
        const valueAt = cylinder({ at20: 1300, leakPerPeriod, temperature: day })
        const lost = valueAt(7200) - valueAt(7200 + days * 86_400)
        expect(lost).toBeCloseTo((leakPerPeriod * days * (cycle(day)(7200) + 273.15)) / 293.15, 6)
        expect(valueAt(1e9)).toBe(0)
      }),
    )
  })
})

describe('a battery', () => {
  it('never charges itself, and loses most at the end', () => {
    const valueAt = discharge({ before: 95, to: 0, seconds: 1000 })
    expect(neverFalls(looks(valueAt, { until: 1500 }).toReversed())).toBe(true)
    expect([valueAt(0), valueAt(1000), valueAt(5000)]).toEqual([95, 0, 0])
    expect(valueAt(500)).toBeGreaterThan(75)
  })
})

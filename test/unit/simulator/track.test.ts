import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import { cameLooseAt, quantised, strikes, waver } from '../../../simulator/generators/sensor.ts'
import { type Move, PERFECT, type PointFault, readingAt, type Sensor, type Track } from '../../../simulator/track.ts'

const point = loadCatalogue()
  .profiles.get('dfrobot-sen0676')
  ?.points.find(({ id }) => id === 'level')
if (point === undefined) throw new Error('the profile has a level')

const ramp: Move = { type: 'ramp', startSeconds: 10, endSeconds: 110, to: 1.1 }
const track = (given: { sensor?: Partial<Sensor>; moves?: readonly Move[]; faults?: Track['faults'] }): Track => ({
  ...{ point, initial: 0.1, recording: null, moves: given.moves ?? [ramp], faults: given.faults ?? [] },
  sensor: { ...PERFECT, ...given.sensor },
})
const at = (given: Track, seconds: number, seed = 'seed') => readingAt(given, { story: seconds, seconds, seed })
const during = (fault: PointFault): Track['faults'] => [{ startSeconds: 50, endSeconds: 70, fault }]
const everySecond = Array.from({ length: 200 }, (_, second) => second)

describe('a point', () => {
  it('moves as a generator says, which goes on until the next move', () => {
    const course: Move = { type: 'course', startSeconds: 20, endSeconds: Infinity, valueAt: (seconds) => seconds / 100 }
    const moved = track({ moves: [course, { type: 'ramp', startSeconds: 60, endSeconds: 80, to: 0.8 }] })
    expect([0, 19, 20, 40, 60, 70, 90].map((second) => at(moved, second))).toEqual([
      ...[0.1, 0.1, 0, 0.2, 0.4],
      ...[expect.closeTo(0.6), 0.8],
    ])
  })

  it.each<[string, Partial<Sensor>]>([
    ['noise', { noise: 0.05 }],
    ['drift', { driftPerHour: 5 }],
    ['sticking', { stickingSeconds: 7 }],
  ])('has the same %s with the same seed, and stays in its range', (_what, sensor) => {
    const given = track({ sensor })
    const values = everySecond.map((second) => at(given, second))
    expect(values).toEqual(everySecond.map((second) => at(given, second)))
    expect(values.every((value) => value !== null && value >= -1 && value <= 40)).toBe(true)
    expect(values).not.toEqual(everySecond.map((second) => at(track({}), second)))
  })

  it('drifts away evenly', () => {
    const drifting = track({ sensor: { driftPerHour: 0.36 }, moves: [] })
    expect(at(drifting, 100)).toBeCloseTo(0.11)
    expect(at(drifting, 1000)).toBeCloseTo(0.2)
  })

  it('shows whole counts', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -100, max: 100, noNaN: true }),
        fc.constantFrom(0.001, 0.05, 0.25, 1),
        (value, step) => {
          const shown = quantised(value, step)
          expect(Math.abs(shown - value)).toBeLessThanOrEqual(step / 2 + 1e-9)
          expect(Math.abs(shown / step - Math.round(shown / step))).toBeLessThan(1e-6)
        },
      ),
    )
  })

  it('that sticks shows what was, never longer ago than twice the time, and moves only forwards', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.double({ min: 1, max: 600, noNaN: true }),
        (seconds, sticking) => {
          const loose = cameLooseAt('seed', { seconds, sticking })
          expect(loose).toBeLessThanOrEqual(seconds)
          expect(seconds - loose).toBeLessThanOrEqual(2 * sticking)
          expect(cameLooseAt('seed', { seconds: seconds + 0.5, sticking })).toBeGreaterThanOrEqual(loose)
        },
      ),
    )
  })

  it('wavers without jumps, and strikes in about the share that was asked for', () => {
    expect(Math.abs(waver('a', 2.999) - waver('a', 3.001))).toBeLessThan(0.01)
    const struck = Array.from({ length: 2000 }, (_, seconds) => strikes('a', { seconds, share: 0.1 }))
    expect(struck.filter(Boolean).length).toBeGreaterThan(140)
    expect(struck.filter(Boolean).length).toBeLessThan(260)
  })
})

describe('a fault of a point', () => {
  const clean = everySecond.map((second) => at(track({ sensor: { noise: 0.01 } }), second))
  const spoilt = (fault: PointFault) => {
    const given = track({ sensor: { noise: 0.01 }, faults: during(fault) })
    return everySecond.map((second) => at(given, second))
  }

  it.each<PointFault>([
    { type: 'stuck' },
    { type: 'spikes', to: 9, share: 0.5 },
    { type: 'other-unit', factor: 1000, plus: 0 },
    { type: 'missing' },
  ])('$type begins and ends in time', (fault) => {
    const values = spoilt(fault)
    expect(values.slice(0, 50)).toEqual(clean.slice(0, 50))
    expect(values.slice(70)).toEqual(clean.slice(70))
    expect(values.slice(51, 70)).not.toEqual(clean.slice(51, 70))
  })

  it('holds the value, noise and all, or puts another in its place', () => {
    expect(new Set(spoilt({ type: 'stuck' }).slice(50, 70))).toEqual(new Set([clean[50]]))
    expect(new Set(spoilt({ type: 'missing' }).slice(50, 70))).toEqual(new Set([null]))
    const spikes = spoilt({ type: 'spikes', to: 9, share: 0.5 }).slice(50, 70)
    expect(spikes.filter((value) => value === 9).length).toBeGreaterThan(3)
    expect(spikes.every((value, i) => value === 9 || value === clean[50 + i])).toBe(true)
    expect(spoilt({ type: 'other-unit', factor: 1.8, plus: 32 })[60]).toBeCloseTo((clean[60] as number) * 1.8 + 32)
  })
})

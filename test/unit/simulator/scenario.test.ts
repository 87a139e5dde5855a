import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { faultAt, type Scenario, storyBetween, valueAt } from '../../../simulator/scenario.ts'
import { HEAD, scenarioOf } from './scenarios.ts'

const story = scenarioOf(`${HEAD}
timeline:
  - { at: 0s, say: { zh: 平静, en: calm } }
  - { at: 20s, device: radar, point: level, to: 1.1, over: 10s, say: { zh: 上升, en: rising } }
  - { at: 30s, device: radar, point: level, to: 0.6, over: 5s }
  - { at: 25s, device: tag, point: present, to: 0 }
  - { at: 40s, device: hook, fault: exception, code: 6, for: 5s }
  - { at: 45s, device: hook, fault: late, by: 3s, for: 5s }
  - { at: 50s, device: tag, fault: silent }
repeatEvery: 60s
`)

/** None of the points of these scenarios is ever unmeasured. */
const said = (
  scenario: Scenario,
  query: { readonly device: string; readonly point: string; readonly seconds: number },
) => valueAt(scenario, query) ?? expect.fail(`${query.device}.${query.point} is not measured`)
const at = (device: string, point: string) => (seconds: number) => said(story, { device, point, seconds })

describe('the value of a point', () => {
  it.each([
    [0, 0.1],
    [19.999, 0.1],
    [20, 0.1],
    [20.001, 0.1001],
    [25, 0.6],
    [29.999, 1.0999],
    [30, 1.1],
    [30.001, 1.0999],
    [34.999, 0.6001],
    [35, 0.6],
    [59.999, 0.6],
    [60, 0.1],
    [79.999, 0.1],
    [85, 0.6],
    [600_000_030, 1.1],
  ])('at %d s of a story with two ramps that repeats every 60 s', (seconds, value) => {
    expect(at('radar', 'level')(seconds)).toBeCloseTo(value, 9)
  })

  it.each([
    [24.999, 1],
    [25, 0],
    [59.999, 0],
    [60, 1],
  ])('at %d s of a step is either the old or the new one', (seconds, value) => {
    expect(at('tag', 'present')(seconds)).toBe(value)
  })

  it('never leaves the values between which it moves', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (seconds) => {
        expect(at('radar', 'level')(seconds)).toBeGreaterThanOrEqual(0.1)
        expect(at('radar', 'level')(seconds)).toBeLessThanOrEqual(1.1)
      }),
    )
  })

  it('is asked for a device and a point that the scenario has', () => {
    expect(() => at('rader', 'level')(0)).toThrow('the scenario has no device "rader"')
    expect(() => at('radar', 'distance')(0)).toThrow('the scenario gives no value to radar.distance')
  })
})

describe('noise', () => {
  const noisy = (seed: number) =>
    scenarioOf(
      HEAD.replace('seed: 7', `seed: ${seed}`).replace(
        'values: { level: 0.1 }',
        'values: { level: 0.1 }, noise: { level: 0.05 }',
      ),
    )
  const level = (seed: number) => {
    const scenario = noisy(seed)
    return (seconds: number) => said(scenario, { device: 'radar', point: 'level', seconds })
  }
  const seconds = Array.from({ length: 200 }, (_, i) => i / 3)

  it('is the same for the same seed, and another for another', () => {
    expect(seconds.map(level(7))).toEqual(seconds.map(level(7)))
    expect(seconds.map(level(7))).not.toEqual(seconds.map(level(8)))
  })

  it('wavers to both sides, and no further than it may', () => {
    const deviations = seconds.map((second) => level(7)(second) - 0.1)
    expect(Math.max(...deviations.map(Math.abs))).toBeLessThanOrEqual(0.05)
    expect(Math.max(...deviations)).toBeGreaterThan(0.02)
    expect(Math.min(...deviations)).toBeLessThan(-0.02)
  })

  it('makes no jumps', () => {
    const value = level(7)
    const steps = Array.from({ length: 500 }, (_, i) => Math.abs(value((i + 1) / 100) - value(i / 100)))
    // From one extreme to the other takes at least a second, and a step is a hundredth of one.
    expect(Math.max(...steps)).toBeLessThanOrEqual(0.1 / 100 + 1e-9)
  })

  it('stays inside the range of the point', () => {
    const scenario = scenarioOf(
      HEAD.replace(
        'values: { pressure: 1200, present: 1 } }\n  - { id: tag',
        'values: { battery: 100 }, noise: { battery: 30 } }\n  - { id: tag',
      ),
    )
    const values = seconds.map((second) => said(scenario, { device: 'hook', point: 'battery', seconds: second }))
    expect(Math.max(...values)).toBe(100)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(70)
    expect(Math.min(...values)).toBeLessThan(95)
  })
})

describe('a fault', () => {
  it.each([
    ['hook', 39.999, null],
    ['hook', 40, { type: 'exception', code: 6 }],
    ['hook', 44.999, { type: 'exception', code: 6 }],
    ['hook', 45, { type: 'late', ms: 3000 }],
    ['hook', 50, null],
    ['hook', 100, { type: 'exception', code: 6 }],
    ['tag', 49.999, null],
    ['tag', 50, { type: 'silent' }],
    ['tag', 59.999, { type: 'silent' }],
    ['tag', 60, null],
    ['radar', 42, null],
  ] as const)('of %s at %d s', (device, seconds, fault) => {
    expect(faultAt(story, { device, seconds })).toEqual(fault)
  })
})

describe('the story', () => {
  const told = (after: number, until: number) =>
    storyBetween(story, { after, until }).map(({ atSeconds, say }) => `${atSeconds} ${say.en}`)

  it('is told line by line, each once', () => {
    expect(told(-1, 0)).toEqual(['0 calm'])
    expect(told(0, 19.999)).toEqual([])
    expect(told(19.999, 20)).toEqual(['20 rising'])
    expect(told(20, 59.999)).toEqual([])
  })

  it('begins anew, also when several tellings lie between two looks', () => {
    expect(told(59, 61)).toEqual(['60 calm'])
    expect(told(59, 150)).toEqual(['60 calm', '80 rising', '120 calm', '140 rising'])
  })

  it('says every line exactly once, however often one looks', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.001, max: 50, noNaN: true }), { maxLength: 20 }), (gaps) => {
        const looks = gaps.map((_, i) => gaps.slice(0, i + 1).reduce((sum, gap) => sum + gap, -1))
        const piecewise = looks.flatMap((until, i) => told(looks[i - 1] ?? -1, until))
        expect(piecewise).toEqual(told(-1, looks.at(-1) ?? -1))
      }),
    )
  })

  it('is told once where it does not repeat', () => {
    const once = scenarioOf(`${HEAD}\ntimeline: [{ at: 1s, say: { zh: 一次, en: once } }]\n`)
    expect(storyBetween(once, { after: -1, until: 1e6 })).toHaveLength(1)
    expect(storyBetween(once, { after: 1, until: 1e6 })).toEqual([])
  })
})

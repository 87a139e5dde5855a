import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Expectation } from '../../../../simulator/verdict/expectation.ts'
import { judge } from '../../../../simulator/verdict/judge.ts'
import type { Course } from '../../../../simulator/verdict/occurrence.ts'
import { pictureSvg } from '../../../../simulator/verdict/picture.ts'
import type { TestResult } from '../../../../simulator/verdict/test-run.ts'
import { timeAxis } from '../../../../simulator/verdict/time-axis.ts'
import type { ToldAlarm } from '../../../../simulator/verdict/told-event.ts'
import { HEAD, scenarioOf } from '../scenarios.ts'
import { xmlProblem } from './xml-problem.ts'

const BEGUN = 1_800_000_000_000
const scenario = scenarioOf(HEAD)
const LEVEL: ToldAlarm = {
  ...{ id: 'radar.water-level', device: 'radar', rule: 'water-level', kind: 'level', class: 'alarm', level: 'orange' },
  ...{ priority: 'high', state: 'unacknowledged', active: true, suppressed: false, isMarked: false, occurrence: 1 },
}
const point = (name: string, setpoints: readonly number[] = []) => ({
  ...{ id: 'radar.level', device: 'radar', name: { zh: name, en: name }, unit: 'm', isState: false },
  limits: setpoints.map((setpoint) => ({ level: 'orange', setpoint, priority: 'high' })),
})
const raised: Expectation = {
  pick: { device: 'radar', rule: 'water-level' },
  outcome: {
    ...{ type: 'raised', raised: { atSeconds: 10, withinMs: 10_000 }, staysActive: false, state: null },
    returned: { atSeconds: 30, withinMs: 5000 },
  },
}

function result(facts: Partial<TestResult> = {}): TestResult {
  const events = [{ seq: 1, type: 'raised', time: BEGUN + 12_000, alarm: LEVEL }]
  const shared = { begunAt: BEGUN, speed: 1, nowMs: 40_000, isOver: true, judged: new Set(['radar']) }
  const course: Course = { ...shared, events, before: [] }
  const expectations = { alarms: [raised], nothingElse: true, untilSeconds: 40, maxSpeed: 1 }
  const values = [0, 10, 20].map((seconds) => ({ ms: seconds * 1000, value: seconds / 40 }))
  return {
    ...{ scenario, expectations, course, verdict: judge(expectations, course), points: [point('水位', [0.27])] },
    ...{ trends: new Map([['radar.level', values]]), story: [{ atSeconds: 5, say: { zh: '涨水', en: 'Rising' } }] },
    ...facts,
  }
}

describe('the picture of a test', () => {
  it('shows values, setpoints, what was expected and what came', () => {
    const svg = pictureSvg(result())
    expect(xmlProblem(svg)).toBe(null)
    expect(svg).toContain('>水位 (m)</text>')
    expect(svg).toContain('>orange 0.27</text>')
    expect(svg).toContain('✗ radar.water-level, 00:10.0 to 00:20.0')
    expect(svg).toContain('did not return to normal (00:30.0 to 00:35.0)')
    expect(svg).toContain('>orange, high</text>')
    expect(svg).toContain('1  00:05.0  涨水 / Rising')
  })

  it('leaves a gap where nothing usable was read, and jumps between states', () => {
    const values = [1, 1, null, 0].map((value, i) => ({ ms: i * 10_000, value }))
    const trends = new Map([['radar.level', values]])
    const path = (isState: boolean) =>
      /<path d="([^"]+)"/.exec(pictureSvg(result({ trends, points: [{ ...point('x'), isState }] })))?.[1]
    expect(path(false)).toMatch(/^M[\d. ]+L[\d. ]+M[\d. ]+$/)
    expect(path(true)).toMatch(/^M[\d. ]+H[\d.]+V[\d.]+M[\d. ]+H[\d.]+$/)
  })

  it('keeps every spike of a long course, in a path of bounded length', () => {
    const values = Array.from({ length: 4000 }, (_, i) => ({ ms: i * 10, value: i === 1234 ? 9 : 1 }))
    const svg = pictureSvg(result({ trends: new Map([['radar.level', values]]) }))
    expect(svg.length).toBeLessThan(60_000)
    expect(svg).toContain('>9</text>')
    const [, path = ''] = /<path d="([^"]+)"/.exec(svg) ?? []
    const heights = new Set([...path.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, y]) => y))
    expect(heights.size).toBe(2)
  })

  it('is drawn in bounds whatever comes, and says what it leaves out', () => {
    const many = Array.from({ length: 200 }, (_, i) => ({ ...point(`p${i}`), id: `radar.p${i}` }))
    const trends = new Map(many.map(({ id }) => [id, [1, 2].map((value) => ({ ms: value * 1000, value }))]))
    const svg = pictureSvg(result({ points: many, trends }))
    expect(svg).toContain('176 more points are not drawn')
  })

  it('names those that never moved, and has no setpoint, in one line', () => {
    const still = [0, 1].map((i) => ({ ...point('静'), id: `radar.still-${i}`, limits: [] }))
    const values = (value: number | null) => [1, 2].map((seconds) => ({ ms: seconds * 1000, value }))
    const trends = new Map([
      ['radar.level', values(1)],
      ['radar.still-0', values(7)],
      ['radar.still-1', values(0)],
      ['radar.dead', values(null)],
    ])
    const svg = pictureSvg(
      result({ points: [point('水位', [2]), ...still, { ...point('x'), id: 'radar.dead' }], trends }),
    )
    expect(svg).toContain('>不变 / unchanged: radar.still-0, radar.still-1</text>')
    expect(svg.match(/<path /g)).toHaveLength(1)
  })

  it('is well-formed whatever names there are', () => {
    const value = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
      fc.constant(null),
    )
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.array(value),
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true })),
        (name, all, setpoints) => {
          const trends = new Map([['radar.level', all.map((one, i) => ({ ms: i * 700 - 2000, value: one }))]])
          const story = [{ atSeconds: 1, say: { zh: name, en: name } }]
          const svg = pictureSvg(result({ points: [point(name, setpoints)], trends, story }))
          expect(xmlProblem(svg)).toBe(null)
          expect(svg).not.toMatch(/NaN|Infinity/)
        },
      ),
      { numRuns: 25 },
    )
  })
})

describe('the axis of time', () => {
  it.each([
    [40_000, 1, '00:05'],
    [40_000, 60, '05:00'],
    [3_600_000, 60, '06:00:00'],
    [900, 1, '00:00.1'],
  ])('of %i ms at speed %i has its second mark at %s', (totalMs, speed, second) => {
    const { ticks } = timeAxis({ left: 0, right: 100, totalMs, speed })
    expect(ticks[1]?.text).toBe(second)
    expect(ticks.length).toBeLessThanOrEqual(13)
  })
})

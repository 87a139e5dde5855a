import { describe, expect, it } from 'vitest'
import type { Expectation, Expectations } from '../../../../simulator/verdict/expectation.ts'
import { judge } from '../../../../simulator/verdict/judge.ts'
import type { Course } from '../../../../simulator/verdict/occurrence.ts'
import type { ToldAlarm, ToldEvent } from '../../../../simulator/verdict/told-event.ts'

const BEGUN = 1_800_000_000_000

function alarm(id: string, facts: Partial<ToldAlarm> = {}): ToldAlarm {
  const [device = '', rule = ''] = id.split('.')
  return {
    ...{ id, device, rule, kind: 'level', class: 'alarm', level: null, priority: 'high', state: 'unacknowledged' },
    ...{ active: true, suppressed: false, isMarked: false, occurrence: 1, ...facts },
  }
}

/** `[seconds, type, id, facts]` in the order in which they are told. */
type Told = readonly [number, string, string, Partial<ToldAlarm>?]

function course(told: readonly Told[], facts: Partial<Course> = {}): Course {
  const events = told.map(([seconds, type, id, more], i): ToldEvent => {
    const returned: Partial<ToldAlarm> = type === 'returned' ? { active: false, state: 'returned-unacknowledged' } : {}
    return { seq: i + 1, type, time: BEGUN + seconds * 1000, alarm: alarm(id, { ...returned, ...more }) }
  })
  const judged = new Set(['radar', 'tag'])
  return { ...{ events, before: [], begunAt: BEGUN, speed: 1, nowMs: 100_000, isOver: true, judged }, ...facts }
}

function expecting(alarms: readonly Expectation[], nothingElse = false): Expectations {
  return { alarms, nothingElse, untilSeconds: 100, maxSpeed: 1 }
}

type Raised = Extract<Expectation['outcome'], { type: 'raised' }>

function raised(pick: Expectation['pick'], at: number, outcome: Partial<Raised> = {}): Expectation {
  const window = { atSeconds: at, withinMs: 10_000 }
  return {
    pick,
    outcome: { type: 'raised', raised: window, returned: null, staysActive: false, state: null, ...outcome },
  }
}

const LEVEL = { device: 'radar', rule: 'water-level' }
const texts = (expectations: Expectations, seen: Course) =>
  judge(expectations, seen).findings.map(({ status, title, details }) => [`${status}: ${title}`, ...details])

describe('the verdict', () => {
  it('is met by the alarm that came and went in time', () => {
    const seen = course([
      [12, 'raised', 'radar.water-level', { level: 'blue' }],
      [15, 'level-changed', 'radar.water-level', { level: 'orange' }],
      [33.5, 'returned', 'radar.water-level', { level: 'orange' }],
    ])
    const returned = { atSeconds: 30, withinMs: 5000 }
    const wanted = expecting([raised({ ...LEVEL, level: 'orange' }, 10, { returned })], true)
    expect(judge(wanted, seen).isMet).toBe(true)
    expect(texts(wanted, seen)).toEqual([
      [
        'met: radar.water-level at level orange, 00:10.0 to 00:20.0',
        'came at 00:15.0, 5.0 s after its moment',
        'returned at 00:33.5',
      ],
      ['met: nothing else'],
    ])
  })

  it.each<[string, Expectation, readonly Told[], readonly string[]]>([
    ['never came', raised(LEVEL, 10), [], ['it did not come', 'nothing came of radar']],
    [
      'came at another level',
      raised({ ...LEVEL, level: 'red' }, 10),
      [[12, 'raised', 'radar.water-level', { level: 'blue', priority: 'low' }]],
      ['it did not come', 'instead: alarm radar.water-level (blue, low at 00:12.0)'],
    ],
    ['came too late', raised(LEVEL, 10), [[23, 'raised', 'radar.water-level']], ['came at 00:23.0, 3.0 s too late']],
    ['came too early', raised(LEVEL, 10), [[7.5, 'raised', 'radar.water-level']], ['came at 00:07.5, 2.5 s too early']],
    [
      'came twice where it should stay',
      raised(LEVEL, 10, { staysActive: true }),
      [
        [11, 'raised', 'radar.water-level'],
        [12, 'returned', 'radar.water-level'],
        [13, 'raised', 'radar.water-level', { occurrence: 2 }],
      ],
      ['came at 00:11.0, 1.0 s after its moment', 'should stay, but returned at 00:12.0'],
    ],
    [
      'did not return',
      raised(LEVEL, 10, { returned: { atSeconds: 30, withinMs: 5000 } }),
      [[11, 'raised', 'radar.water-level']],
      ['came at 00:11.0, 1.0 s after its moment', 'did not return to normal (00:30.0 to 00:35.0)'],
    ],
    [
      'returned too early',
      raised(LEVEL, 10, { returned: { atSeconds: 30, withinMs: 5000 } }),
      [
        [11, 'raised', 'radar.water-level'],
        [26, 'returned', 'radar.water-level'],
      ],
      ['came at 00:11.0, 1.0 s after its moment', 'returned at 00:26.0, 4.0 s too early (00:30.0 to 00:35.0)'],
    ],
    [
      'ended in another state',
      raised(LEVEL, 10, { state: 'latched-unacknowledged' }),
      [
        [11, 'raised', 'radar.water-level'],
        [26, 'returned', 'radar.water-level'],
      ],
      [
        'came at 00:11.0, 1.0 s after its moment',
        'at the end expected latched-unacknowledged, got returned-unacknowledged',
      ],
    ],
    [
      'was suppressed, so that nobody looked',
      raised(LEVEL, 10),
      [[11, 'raised', 'radar.water-level', { suppressed: true }]],
      ['it did not come', 'instead: alarm radar.water-level (high at 00:11.0)'],
    ],
    [
      'was only an exercise',
      raised(LEVEL, 10),
      [[11, 'raised', 'radar.water-level', { isMarked: true }]],
      ['it did not come', 'nothing came of radar'],
    ],
    [
      'should never come',
      { pick: { kind: 'level' }, outcome: { type: 'never' } },
      [[11, 'raised', 'radar.water-level']],
      ['came: alarm radar.water-level (high at 00:11.0)'],
    ],
  ])('says what was missing of an alarm that %s', (_, expectation, told, details) => {
    const { findings, isMet } = judge(expecting([expectation]), course(told))
    expect([isMet, findings.map((finding) => finding.details)]).toEqual([false, [details]])
  })

  it('finds what nobody expected, the second time of an alarm too, and only shows the gateway itself', () => {
    const seen = course([
      [12, 'raised', 'radar.water-level'],
      [14, 'returned', 'radar.water-level'],
      [20, 'raised', 'radar.water-level', { occurrence: 2 }],
      [21, 'raised', 'tag.no-data', { class: 'fault' }],
      [22, 'raised', 'scenario.disk', { class: 'fault' }],
    ])
    const wanted = expecting([raised(LEVEL, 10)], true)
    expect(texts(wanted, seen)[1]).toEqual([
      'missed: nothing else',
      'not expected: alarm radar.water-level (high at 00:20.0)',
      'not expected: fault tag.no-data (high at 00:21.0)',
    ])
    expect(judge(wanted, seen).remarks).toEqual(['fault scenario.disk (high at 00:22.0)'])
  })

  it('counts what was active before the story as there from its begin', () => {
    const seen = course([[5, 'returned', 'tag.no-data', { class: 'fault' }]], {
      before: [alarm('tag.no-data', { class: 'fault' })],
    })
    expect(texts(expecting([], true), seen)).toEqual([
      ['missed: nothing else', 'not expected: fault tag.no-data (high at 00:00.0, returned at 00:05.0)'],
    ])
    expect(judge(expecting([raised({ device: 'tag', rule: 'no-data' }, 0)], true), seen).isMet).toBe(true)
  })

  it('tells moments of the story at its speed, and gives the gateway its own time', () => {
    const seen = course([[1.5, 'raised', 'radar.water-level']], { speed: 10 })
    expect(texts(expecting([raised(LEVEL, 10)]), seen)).toEqual([
      ['met: radar.water-level, 00:10.0 to 01:50.0', 'came at 00:15.0, 0.5 s after its moment'],
    ])
  })

  it('gives the same alarm to two expectations one after the other, and the exact one first', () => {
    const told: readonly Told[] = [
      [11, 'raised', 'radar.water-level'],
      [12, 'returned', 'radar.water-level'],
      [21, 'raised', 'radar.water-level', { occurrence: 2 }],
      [22, 'raised', 'tag.removed'],
    ]
    const twice = [
      raised({ kind: 'level' }, 10, { raised: { atSeconds: 10, withinMs: 60_000 } }),
      raised(LEVEL, 10),
      raised(LEVEL, 20),
    ]
    expect(texts(expecting(twice, true), course(told)).map(([title]) => title)).toEqual([
      'met: any alarm of kind level, 00:10.0 to 01:10.0',
      'met: radar.water-level, 00:10.0 to 00:20.0',
      'met: radar.water-level, 00:20.0 to 00:30.0',
      'met: nothing else',
    ])
  })

  it('leaves open before the end what can still come, and lets the end decide what must hold until then', () => {
    const wanted = expecting([raised(LEVEL, 10, { staysActive: true }), raised({ device: 'tag' }, 50)], true)
    const status = (told: readonly Told[], seconds: number) =>
      judge(wanted, course(told, { isOver: false, nowMs: seconds * 1000 })).findings.map((finding) => finding.status)
    expect(status([], 5)).toEqual(['open', 'open', 'standing'])
    expect(status([], 21)).toEqual(['missed', 'open', 'standing'])
    expect(status([[11, 'raised', 'radar.water-level']], 55)).toEqual(['standing', 'open', 'standing'])
    expect(status([[11, 'raised', 'radar.water-level']], 61)).toEqual(['standing', 'missed', 'standing'])
  })
})

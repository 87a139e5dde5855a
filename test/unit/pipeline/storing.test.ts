/** What is stored of a point that is stored on change. The rules must not notice. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Device, OnChange } from '../../../device-profiles/device.ts'
import type { Reading } from '../../../gateway/model.ts'
import { badQualityRule, deviceOf, levelOf, limitRule, noDataRule, pointOf } from './devices.ts'
import { START, Story } from './story.ts'

const HIGH = levelOf('high', { setpoint: 1, deadband: 0.1, onDelayMs: 2000 })
const TENTH: OnChange = { deadband: 0.1, maxIntervalMs: 60_000 }

/** A number that comes every second and a text, both stored in the same way. */
function device(store: OnChange | null): Device {
  const storing = store === null ? {} : { store }
  const x = { ...pointOf('d', { id: 'x', unit: 'm', range: [-10, 10], json: { pointer: '/x' } }), ...storing }
  const text = { ...pointOf('d', { id: 'text', type: 'text', json: { pointer: '/text' } }), ...storing }
  return deviceOf('d', {
    points: [x, text],
    rules: [limitRule(x, [HIGH]), noDataRule(), badQualityRule()],
    protocol: 'mqtt',
    intervalMs: 1000,
    mqtt: { topic: 't', interval: '1s', payload: { format: 'json', time: { pointer: '/t', unit: 'ms' } } },
  })
}

/** One value a second. */
function told(values: readonly (number | string | null)[], store: OnChange = TENTH): Story {
  const story = new Story([device(store)])
  for (const value of values) story.message('d', { x: value }).pass(1)
  return story
}
const stored = (story: Story) => story.readingsOf('d.x').map(({ time, value }) => [(time - START.wall) / 1000, value])

describe('on change', () => {
  it('the first reading and every real change are stored, each change with the reading before it', () => {
    expect(stored(told([0, 0.05, 0.1, 0.05, 0.3, 0.3, 0.3]))).toEqual([
      [0, 0],
      [3, 0.05],
      [4, 0.3],
    ])
  })

  it('compares with the last stored reading, so that a slow drift is not hidden', () => {
    expect(stored(told([0, 0.06, 0.12, 0.18, 0.24]))).toEqual([
      [0, 0],
      [1, 0.06],
      [2, 0.12],
      [3, 0.18],
      [4, 0.24],
    ])
  })

  it('a change of exactly the deadband is none, whatever the noise of the floating point', () => {
    expect(stored(told([0.3, 0.4, 0.2]))).toHaveLength(1)
    expect(stored(told([0.3, 0.4001]))).toHaveLength(2)
  })

  it('without a deadband any other value is a change', () => {
    expect(stored(told([1, 1, 1.000001, 1.000001], { deadband: 0, maxIntervalMs: 60_000 }))).toEqual([
      [0, 1],
      [1, 1],
      [2, 1.000001],
    ])
    const story = new Story([device(TENTH)])
    for (const text of ['a', 'a', 'b']) story.message('d', { text }).pass(1)
    expect(story.readingsOf('d.text').map(({ value }) => value)).toEqual(['a', 'a', 'b'])
  })

  it('one reading is stored each maximum interval, to the nearest one, and alone', () => {
    const story = told(
      Array.from({ length: 30 }, () => 0),
      { deadband: 0.1, maxIntervalMs: 10_400 },
    )
    expect(stored(story).map(([at]) => at)).toEqual([0, 10, 20])
  })

  it('every reading keeps the time at which it was read', () => {
    const story = told([0, 0.01])
      .passWithoutTick(0.5)
      .message('d', { x: 1, t: START.wall + 2250 })
    expect(stored(story)).toEqual([
      [0, 0],
      [1, 0.01],
      [2.25, 1],
    ])
    expect(story.readings.at(-1)?.receivedAt).toBe(START.wall + 2500)
  })

  it('every change of quality or reason is stored, with the last good reading before it', () => {
    const story = told([0, 0.01, 99, 99, null, 0.01, 0.01])
    expect(story.readingsOf('d.x').map(({ value, reason }) => reason ?? value)).toEqual([
      ...[0, 0.01, 'out-of-range', 'sentinel', 0.01],
    ])
  })

  it('what grows old was true until its last reading', () => {
    const story = told([0, 0.01]).pass(10)
    expect(story.readingsOf('d.x').map(({ value, reason }) => reason ?? value)).toEqual([0, 0.01, 'stale'])
  })

  it('late data is stored as it is, and changes nothing for the next reading', () => {
    const story = told([0])
      .message('d', { x: 0, t: START.wall + 500 })
      .message('d', { x: 0.01, t: START.wall + 400 })
    story.message('d', { x: 0.02, t: START.wall + 600 })
    expect(story.readingsOf('d.x').map(({ value, replayed }) => [value, replayed])).toEqual([
      [0, undefined],
      [0.01, true],
    ])
  })

  it('the newest reading is seen although it is not stored', () => {
    const story = told([0, 0.01])
    expect([...story.pipeline.points()][0]?.reading).toMatchObject({ value: 0.01, time: START.wall + 1000 })
  })

  it('what was left out is counted, but not what a change has brought to light again', () => {
    const { pipeline } = told([0, 0.01, 0.02, 0.03, 1])
    expect(pipeline.counters).toMatchObject({ unchanged: 2, readingsGood: 3 })
    expect([...pipeline.devices()][0]?.unchanged).toBe(2)
  })
})

describe('the cause of an alarm', () => {
  it('is stored although it is no change', () => {
    const story = told([0.95, 1, 1, 1])
    expect(story.tale).toEqual(['3 s: d.limit raised high -> unacknowledged'])
    expect(story.last().alarm.cause).toMatchObject({ point: 'd.x', value: 1, time: START.wall + 2000 })
    expect(stored(story)).toContainEqual([2, 1])
  })

  it('is what the next readings are compared with', () => {
    expect(stored(told([0.95, 1, 1, 1, 1.08, 1.11])).slice(1)).toEqual([
      [2, 1],
      [4, 1.08],
      [5, 1.11],
    ])
  })
})

describe('a reading that was given out', () => {
  it('does not change with the next one', () => {
    const story = new Story([device(null)]).message('d', { x: 1 })
    const given = [
      ...story.readingsOf('d.x'),
      story.pipeline.latest('d.x')?.reading,
      [...story.pipeline.points()][0]?.reading,
    ]
    expect(given.map((reading) => reading?.value)).toEqual([1, 1, 1])
    story.pass(1).message('d', { x: 2 })
    expect(given.map((reading) => [reading?.value, reading?.time])).toEqual(given.map(() => [1, START.wall]))
    expect(story.pipeline.latest('d.x')?.reading).toMatchObject({ value: 2, time: START.wall + 1000 })
  })
})

describe('a changed configuration', () => {
  it('compares with what was stored last where every reading was stored until now', () => {
    const story = new Story([device(null)])
      .message('d', { x: 0 })
      .pass(1)
      .reconfigure([device(TENTH)])
    story.message('d', { x: 0.05 }).pass(1).message('d', { x: 0.3 })
    expect(stored(story)).toEqual([
      [0, 0],
      [1, 0.05],
      [2, 0.3],
    ])
    expect(
      stored(
        new Story([device(null)])
          .message('d', { x: 0 })
          .pass(1)
          .reconfigure([device(TENTH)])
          .message('d', { x: 5 }),
      ),
    ).toHaveLength(2)
  })

  const next = (store: OnChange | null) => told([0, 0.01]).reconfigure([device(store)])

  it('keeps what it compares with, also where the deadband changes', () => {
    const finer = next({ ...TENTH, deadband: 0.02 })
    expect(stored(finer.message('d', { x: 0.02 }))).toEqual([[0, 0]])
    expect(stored(finer.pass(1).message('d', { x: 0.03 }))).toEqual([
      [0, 0],
      [2, 0.02],
      [3, 0.03],
    ])
    expect([...finer.pipeline.points()][0]?.reading?.value).toBe(0.03)
  })

  it('may ask for every reading again', () => {
    expect(stored(next(null).message('d', { x: 0.01 }).pass(1).message('d', { x: 0.01 }))).toEqual([
      [0, 0],
      [1, 0.01],
      [2, 0.01],
      [3, 0.01],
    ])
  })

  it('stores the last reading of a device that goes', () => {
    const story = told([0, 0.01]).reconfigure([])
    expect(stored(story)).toEqual([
      [0, 0],
      [1, 0.01],
    ])
  })

  it('begins anew where the point has become another quantity', () => {
    const story = told([0, 0.01]).reconfigure([{ ...device(TENTH), parameters: { height: 4 } }])
    expect(stored(story.message('d', { x: 0.01 }))).toEqual([
      [0, 0],
      [1, 0.01],
      [2, 0.01],
    ])
  })
})

describe('a journal that refuses', () => {
  it('makes the next reading a first one', () => {
    const story = told([0])
    story.pipeline.unwritten(story.readings)
    expect(stored(story.message('d', { x: 0 }))).toEqual([
      [0, 0],
      [1, 0],
    ])
  })

  it('takes again what came after the refused one and was no change of it', () => {
    const body = { x: 0.01, t: START.wall + 900 }
    const story = told([0]).message('d', body)
    story.pipeline.unwritten(story.readings)
    story.message('d', body)
    expect(story.readingsOf('d.x').map(({ value }) => value)).toEqual([0, 0.01])
    expect(story.pipeline.counters.duplicates).toBe(0)
  })
})

const value = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 80, max: 130 }).map((n) => n / 100) },
  { weight: 1, arbitrary: fc.constantFrom(99, null, 'high') },
)
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ x: value }) },
  { weight: 2, arbitrary: fc.constantFrom({ seconds: 0.5 }, { seconds: 1 }, { seconds: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom({ fails: true }, { late: true }) },
)

describe('whatever comes', () => {
  it('alarms and latest values are the same as with every reading stored, and their causes are on record', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ max: 20, min: 0 }), (steps, hundredths) => {
        const store = { deadband: hundredths / 100, maxIntervalMs: 4000 }
        const [every, onChange] = [new Story([device(null)]), new Story([device(store)])]
        for (const next of steps) for (const story of [every, onChange]) take(story, next)
        expect(onChange.events).toEqual(every.events)
        expect([...onChange.pipeline.points()].map(({ reading }) => reading)).toEqual(
          [...every.pipeline.points()].map(({ reading }) => reading),
        )
        const kept = new Set(onChange.readings.map(({ time }) => time))
        for (const { alarm } of onChange.events) {
          if (alarm.cause.point !== null && alarm.cause.value !== null) expect(kept).toContain(alarm.cause.time)
        }
        checkKept(every.readingsOf('d.x'), { kept: onChange.readingsOf('d.x'), store })
      }),
      { numRuns: 300 },
    )
  })
})

function take(story: Story, next: object): void {
  if ('x' in next) story.message('d', { x: next.x, t: story.now.wall })
  else if ('seconds' in next) story.pass(next.seconds as number)
  else if ('fails' in next) story.fails('d')
  else story.message('d', { x: 1, t: START.wall - 1000 })
}

/** Nothing is invented or reordered, and whoever sees only what was kept is wrong by the deadband at most. */
function checkKept(
  all: readonly Reading[],
  { kept, store }: { readonly kept: readonly Reading[]; readonly store: OnChange },
): void {
  expect(kept.filter(isReplayed)).toEqual(all.filter(isReplayed))
  const left = kept.filter((reading) => !isReplayed(reading))
  let last: Reading | undefined
  for (const reading of all.filter((candidate) => !isReplayed(candidate))) {
    if (left[0]?.time === reading.time) {
      expect(left[0]).toEqual(reading)
      last = left.shift()
      continue
    }
    expect([last?.quality, last?.reason]).toEqual([reading.quality, reading.reason])
    expect(Math.abs((last?.value as number) - (reading.value as number))).toBeLessThanOrEqual(store.deadband + 1e-9)
    expect(reading.receivedAt - (last?.receivedAt ?? 0)).toBeLessThanOrEqual(store.maxIntervalMs)
  }
  expect(left).toEqual([])
}

function isReplayed({ replayed }: Reading): boolean {
  return replayed === true
}

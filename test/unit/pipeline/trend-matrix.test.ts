/** Every trend that a limit can look at, under everything that readings go through, just below its setpoint and at it. */
import { describe, expect, test } from 'vitest'
import type { Device } from '../../../device-profiles/device.ts'
import { resolveTrend } from '../../../device-profiles/trend.ts'
import type { TrendProfile } from '../../../device-profiles/trend-schema.ts'
import { levelOf, limitRule, simpleDevice } from './devices.ts'
import { Story } from './story.ts'

const DAY_MS = 86_400_000
/** One reading each so many seconds. */
const STEP = 2
/** The history is whole before it happens. */
const CALM_SECONDS = 90
const SETPOINT = 3

interface Course {
  readonly name: string
  readonly trend: TrendProfile
  /** The value after so many seconds, where the trend comes to `size` in the end. */
  readonly at: (second: number, size: number) => number
  /** Nothing but the readings of its window says what it was, so that a hole leaves it unknown. */
  readonly needsAll: boolean
}

const rate = (per: 'minute' | 'hour' | 'day', seconds: number): Course => ({
  name: `a rate per ${per}`,
  trend: { type: 'rate', window: '1m', per },
  // Calm before would be part of the line.
  at: (second, size) => (size / seconds) * second,
  needsAll: true,
})
const jump = (second: number, size: number): number => (second <= CALM_SECONDS ? 0 : size)

const COURSES: readonly Course[] = [
  ...[rate('minute', 60), rate('hour', 3600), rate('day', 86_400)],
  { name: 'a change', trend: { type: 'change', window: '1m' }, at: jump, needsAll: true },
  { name: 'an amount of a counter', trend: { type: 'amount', window: '1m', of: 'counter' }, at: jump, needsAll: false },
  {
    ...{ name: 'an amount of increments', trend: { type: 'amount', window: '1m', of: 'increments' }, needsAll: true },
    at: (second, size) => (second === CALM_SECONDS + STEP ? size : 0),
  },
  { name: 'a deviation', trend: { type: 'deviation', window: '1m' }, at: jump, needsAll: true },
]

function deviceOf(trend: TrendProfile): Device {
  return simpleDevice((point) =>
    limitRule(point, [levelOf('high', { setpoint: SETPOINT })], { trend: resolveTrend(trend) }),
  )
}

interface Way {
  readonly name: string
  /** Tells a reading of the story; gives the story that goes on. */
  readonly tell: (story: Story, reading: { readonly second: number; readonly value: number; device: Device }) => Story
}

const say = (story: Story, value: number): Story => story.values('d', { x: value })
const WAYS: readonly Way[] = [
  { name: 'as it is', tell: (story, { value }) => say(story, value) },
  {
    name: 'with every third reading missing',
    tell: (story, { second, value }) => (second % 6 === 0 ? story : say(story, value)),
  },
  {
    name: 'with failures between the readings',
    tell: (story, { second, value }) => say(second % 14 === 0 ? story.fails('d') : story, value),
  },
  {
    name: 'with a wall clock that jumps a day ahead and two back',
    tell: (story, { second, value }) =>
      say(
        second === 40 ? story.stepWallClock(DAY_MS) : second === 80 ? story.stepWallClock(-2 * DAY_MS) : story,
        value,
      ),
  },
  {
    name: 'over a restart',
    tell: (story, { second, value, device }) => say(second === 84 ? story.restartWithPast([device], 0) : story, value),
  },
]

/** Everything that was told of its alarm, in order; a restart begins a new tale. */
function tell({ trend, at }: Course, size: number, way: Way, until = CALM_SECONDS + STEP): readonly string[] {
  const device = deviceOf(trend)
  let story = new Story([device])
  const tale: string[] = []
  for (let second = STEP; second <= until; second += STEP) {
    const next = way.tell(story.pass(STEP), { second, value: at(second, size), device })
    if (next !== story) tale.push(...typesOf(story))
    story = next
  }
  return [...tale, ...typesOf(story)]
}

function typesOf({ events }: Story): readonly string[] {
  return events.filter(({ alarm }) => alarm.id === 'd.limit').map(({ type }) => type)
}

describe.each(COURSES)('$name', (course) => {
  // With every third reading missing, the amount of one of them would be missing too.
  const ways = WAYS.filter(({ name }) => course.name !== 'an amount of increments' || !name.includes('missing'))

  test.each(ways)('$name: raises at its setpoint', (way) => {
    expect(tell(course, SETPOINT, way)).toEqual(['raised'])
  })

  test.each(ways)('$name: says nothing just below it', (way) => {
    expect(tell(course, SETPOINT * 0.999, way)).toEqual([])
  })

  test('the same reading twice is one', () => {
    if (course.name === 'an amount of increments') return
    const twice: Way = { name: 'twice', tell: (story, { value }) => say(say(story, value), value) }
    expect(tell(course, SETPOINT, twice)).toEqual(['raised'])
    expect(tell(course, SETPOINT * 0.999, twice)).toEqual([])
  })
})

describe.each(COURSES.filter(({ needsAll }) => needsAll))(
  '$name with a hole of more than a third of its window',
  (course) => {
    test('is not known in it and behind it', () => {
      // A line rises from the begin, and less than half a window behind the hole nothing can be said of it.
      const [from, to, until] = course.trend.type === 'rate' ? [10, 40, 66] : [60, CALM_SECONDS, undefined]
      const hole: Way = {
        name: 'hole',
        tell: (story, { second, value }) => (second > from && second <= to ? story : say(story, value)),
      }
      // An increment that comes behind the hole is an amount of its own.
      const expected = course.name === 'an amount of increments' ? ['raised'] : []
      expect(tell(course, SETPOINT, hole, until)).toEqual(expected)
    })
  },
)

describe('a value that does not change', () => {
  const device = deviceOf({ type: 'unchanged', tolerance: 0.5 })

  function still(seconds: number, way: Way): readonly string[] {
    let story = say(new Story([device]), 10)
    for (let second = STEP; second <= seconds; second += STEP) {
      story = way.tell(story.pass(STEP), { second, value: 10 + (second % 4) / 8, device })
    }
    return typesOf(story.pass(seconds % STEP))
  }

  test.each(WAYS.filter(({ name }) => !name.includes('restart')))('$name: raises after its time', (way) => {
    expect(still(SETPOINT * 60, way)).toEqual(['raised'])
  })

  test.each(WAYS)('$name: says nothing a second before', (way) => {
    expect(still(SETPOINT * 60 - 1, way)).toEqual([])
  })

  test('goes on over a restart with what was stored', () => {
    const story = say(new Story([device]), 10)
    for (let second = STEP; second <= 120; second += STEP) say(story.pass(STEP), 10)
    const restarted = story.restartWithPast([device], 10)
    for (let second = STEP; second <= 60; second += STEP) say(restarted.pass(STEP), 10)
    expect(typesOf(restarted)).toEqual(['raised'])
  })
})

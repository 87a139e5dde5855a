/** Both sides of each bound, for each type of rule, through the whole line. */
import { describe, expect, it } from 'vitest'
import { discreteRule, levelOf, limitRule, simpleDevice } from './devices.ts'
import { Story } from './story.ts'

type Level = Parameters<typeof levelOf>[1]

function limitStory(...levels: readonly [string, Level][]): Story {
  return new Story([
    simpleDevice((point) =>
      limitRule(
        point,
        levels.map(([name, level]) => levelOf(name, level)),
      ),
    ),
  ])
}

function isActive(story: Story, rule = 'limit'): boolean {
  return story.pipeline.alarm(`d.${rule}`)?.facts.active ?? false
}

describe('a high limit', () => {
  it.each([
    [0.99, false],
    [1, true],
    [1.01, true],
  ])('at %d m of a setpoint of 1 m is abnormal: %s', (x, abnormal) => {
    const story = limitStory(['high', { setpoint: 1 }]).values('d', { x })
    expect(isActive(story)).toBe(abnormal)
  })

  it.each([
    [0.9, true],
    [0.899, false],
  ])('clears strictly beyond the deadband: at %d m it is active: %s', (x, active) => {
    const story = limitStory(['high', { setpoint: 1, deadband: 0.1 }])
      .values('d', { x: 1 })
      .values('d', { x })
    expect(isActive(story)).toBe(active)
  })

  it('does not clear at its bound for the noise in the sixteenth digit of 0.8 - 0.1', () => {
    const story = limitStory(['high', { setpoint: 0.8, deadband: 0.1 }])
      .values('d', { x: 0.8 })
      .values('d', { x: 0.7 })
    expect(isActive(story)).toBe(true)
  })

  it('clears below the setpoint where it has no deadband', () => {
    const story = limitStory(['high', { setpoint: 1 }])
      .values('d', { x: 1 })
      .values('d', { x: 0.999 })
    expect(isActive(story)).toBe(false)
  })
})

describe('a low limit', () => {
  const low = { side: 'below', setpoint: 1, deadband: 0.1 } as const
  it.each([
    [1.01, false],
    [1, true],
    [0.99, true],
  ])('at %d m of a setpoint of 1 m is abnormal: %s', (x, abnormal) => {
    expect(isActive(limitStory(['low', low]).values('d', { x }))).toBe(abnormal)
  })

  it.each([
    [1.1, true],
    [1.101, false],
  ])('clears strictly beyond the deadband: at %d m it is active: %s', (x, active) => {
    expect(isActive(limitStory(['low', low]).values('d', { x: 1 }).values('d', { x }))).toBe(active)
  })
})

describe('the on-delay and the off-delay', () => {
  const delayed = { setpoint: 1, deadband: 0.1, onDelayMs: 5000, offDelayMs: 3000 }

  it('raises by tick when the value has stood for the whole on-delay, not before', () => {
    const story = limitStory(['high', delayed]).values('d', { x: 1 }).pass(4.999)
    expect(isActive(story)).toBe(false)
    expect(isActive(story.pass(0.001))).toBe(true)
  })

  it('raises by a reading that comes between two ticks', () => {
    const story = limitStory(['high', delayed]).values('d', { x: 1 }).passWithoutTick(5).values('d', { x: 1 })
    expect(isActive(story)).toBe(true)
  })

  it('starts the on-delay anew when the value was below the setpoint, deadband or not', () => {
    const story = limitStory(['high', delayed])
      .values('d', { x: 1 })
      .pass(4)
      .values('d', { x: 0.95 })
      .values('d', { x: 1 })
    expect(isActive(story.pass(4))).toBe(false)
    expect(isActive(story.pass(1))).toBe(true)
  })

  it('returns after the whole off-delay, and starts it anew when the value comes back into the deadband', () => {
    const story = limitStory(['high', delayed]).values('d', { x: 1 }).pass(5).values('d', { x: 0.5 }).pass(2)
    story.values('d', { x: 0.95 }).values('d', { x: 0.5 }).pass(2.9)
    expect(isActive(story)).toBe(true)
    expect(isActive(story.pass(0.1))).toBe(false)
  })

  it('neither expires nor starts anew while the newest reading is bad', () => {
    const story = limitStory(['high', delayed]).values('d', { x: 1 }).pass(2).values('d', { x: Number.NaN }).pass(30)
    expect(isActive(story)).toBe(false)
    expect(isActive(story.values('d', { x: 1 }))).toBe(true)
    story.values('d', { x: 0 }).pass(1).values('d', { x: 'none' }).pass(30)
    expect(isActive(story)).toBe(true)
    expect(isActive(story.values('d', { x: 0 }))).toBe(false)
  })

  it('does not count a late tick beyond the moment the reading grew old', () => {
    const old = { ...simpleDevice((point) => limitRule(point, [levelOf('high', delayed)])), intervalMs: 1000 }
    const late = new Story([old]).values('d', { x: 1 }).passWithoutTick(10).pass(1)
    expect(isActive(late)).toBe(false)
    const quick = {
      ...simpleDevice((point) => limitRule(point, [levelOf('high', { onDelayMs: 2000 })])),
      intervalMs: 1000,
    }
    const raised = new Story([quick]).values('d', { x: 1 }).passWithoutTick(10).pass(1)
    expect(isActive(raised)).toBe(true)
    expect(raised.readings.at(-1)).toMatchObject({ quality: 'bad', reason: 'stale' })
  })
})

describe('several levels', () => {
  const yellow: [string, Level] = ['yellow', { setpoint: 1, deadband: 0.1, onDelayMs: 60_000 }]
  const orange: [string, Level] = ['orange', { setpoint: 2, deadband: 0.1, onDelayMs: 5000, priority: 'high' }]
  const red: [string, Level] = ['red', { setpoint: 3, deadband: 0.1, priority: 'urgent' }]

  it('are one alarm at the most severe level that holds', () => {
    const story = limitStory(yellow, orange, red).values('d', { x: 3 })
    expect(story.tale).toEqual(['0 s: d.limit raised red -> unacknowledged'])
    expect(story.alarm('d.limit')).toMatchObject({ level: 'red', priority: 'urgent', cause: { setpoint: 3 } })
  })

  it('fall back level by level, also where the delay of a milder one has not run out', () => {
    const story = limitStory(yellow, orange, red)
      .values('d', { x: 3.5 })
      .values('d', { x: 1.5 })
      .values('d', { x: 0.5 })
    expect(story.tale).toEqual([
      '0 s: d.limit raised red -> unacknowledged',
      '0 s: d.limit level-changed yellow -> unacknowledged',
      '0 s: d.limit returned yellow -> returned-unacknowledged',
    ])
  })

  it('ask for a new acknowledgement on the way up, not on the way down', () => {
    const story = limitStory(orange, red).values('d', { x: 2 }).pass(5)
    story.acknowledge('d.limit')
    story.values('d', { x: 3 })
    expect(story.alarm('d.limit').state).toBe('unacknowledged')
    story.acknowledge('d.limit')
    story.values('d', { x: 2 })
    expect(story.alarm('d.limit')).toMatchObject({ state: 'acknowledged', level: 'orange', priority: 'high' })
  })

  it('take a change from too high to too low for a new hazard', () => {
    const low: [string, Level] = ['low', { side: 'below', setpoint: -1, priority: 'low' }]
    const story = limitStory(low, orange, red).values('d', { x: 3 })
    story.acknowledge('d.limit')
    story.values('d', { x: -2 })
    expect(story.last().type).toBe('level-changed')
    expect(story.alarm('d.limit')).toMatchObject({ state: 'unacknowledged', level: 'low' })
    expect(story.alarm('d.limit').reason.en).toBe('X -2 m is below -1 m (low)')
  })
})

describe('a discrete rule', () => {
  const story = () =>
    new Story([simpleDevice((point) => discreteRule(point, { abnormal: [2, 3], onDelayMs: 2000, offDelayMs: 1000 }))])

  it.each([
    [1, false],
    [2, true],
    [3, true],
    [4, false],
  ])('code %d is abnormal: %s', (x, abnormal) => {
    expect(isActive(story().values('d', { x }).pass(2), 'discrete')).toBe(abnormal)
  })

  it('keeps both delays', () => {
    const tale = story().values('d', { x: 2 }).pass(1.9)
    expect(isActive(tale, 'discrete')).toBe(false)
    tale.pass(0.1).values('d', { x: 1 }).pass(0.9)
    expect(isActive(tale, 'discrete')).toBe(true)
    expect(isActive(tale.pass(0.1), 'discrete')).toBe(false)
  })
})

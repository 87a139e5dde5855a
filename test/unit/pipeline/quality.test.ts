import { describe, expect, it } from 'vitest'
import { grade, staleAfter } from '../../../gateway/pipeline/quality.ts'
import { badQualityRule, levelOf, limitRule, pointOf, simpleDevice } from './devices.ts'
import { Story } from './story.ts'

const { profile } = pointOf('d', { id: 'x', unit: 'm', range: [0, 5] })
const confirmed = { confirmed: true }

describe('a grade', () => {
  it('has a reason exactly when it is not good', () => {
    expect(grade(profile, { value: 5 }, confirmed)).toMatchObject({ value: 5, quality: 'good', reason: null })
    expect(grade(profile, { value: 5 }, { confirmed: false })).toMatchObject({
      value: 5,
      quality: 'uncertain',
      reason: 'unconfirmed',
    })
  })

  it.each([
    ['beyond the range', 5.01, 'out-of-range'],
    ['absurd', 1e300, 'out-of-range'],
    ['not a number', Number.NaN, 'malformed'],
    ['infinite', Infinity, 'malformed'],
    ['a text', '3.5', 'malformed'],
  ])('has no value for what is %s', (_, value, reason) => {
    expect(grade(profile, { value }, confirmed)).toMatchObject({ value: null, quality: 'bad', reason })
  })

  it('names what was wrong', () => {
    expect(grade(profile, { value: 7 }, confirmed).detail).toBe('x: 7 m is outside 0 to 5 m')
  })

  it('keeps the reason of the wire, doubtful reply or not', () => {
    const finding = { fault: 'sentinel', detail: '0xFFFF' } as const
    expect(grade(profile, finding, { confirmed: false })).toMatchObject({
      value: null,
      quality: 'bad',
      reason: 'sentinel',
    })
  })

  it('takes texts for text points only', () => {
    const serial = pointOf('d', { id: 'serial', type: 'text' }).profile
    expect(grade(serial, { value: 'A-17' }, confirmed).quality).toBe('good')
    expect(grade(serial, { value: 17 }, confirmed).reason).toBe('malformed')
  })
})

describe('age', () => {
  it.each([
    [500, 3000],
    [1000, 3000],
    [10_000, 30_000],
  ])('an interval of %d ms allows %d ms', (interval, allowed) => {
    expect(staleAfter(interval)).toBe(allowed)
  })

  const device = {
    ...simpleDevice((point) => limitRule(point, [levelOf('high', { setpoint: 1 })])),
    intervalMs: 2000,
  }

  it('makes a reading bad once, after its time and not at it', () => {
    const story = new Story([device]).values('d', { x: 2 }).pass(6)
    expect(story.readings).toHaveLength(1)
    story.pass(60)
    expect(story.readings[1]).toMatchObject({ value: null, quality: 'bad', reason: 'stale' })
    expect(story.readings).toHaveLength(2)
    expect(story.alarm('d.limit').state).toBe('unacknowledged')
  })

  it('is not announced over a reason that says more', () => {
    const story = new Story([device]).values('d', { x: 0 }).fails('d').pass(60)
    expect(story.readings.map(({ reason }) => reason)).toEqual([undefined, 'communication-failure'])
  })

  it('begins again with a good reading', () => {
    const story = new Story([device]).values('d', { x: 0 }).pass(10).values('d', { x: 0 }).pass(10)
    expect(story.readings.map(({ reason }) => reason)).toEqual([undefined, 'stale', undefined, 'stale'])
  })
})

describe('a bad reading', () => {
  it('is recorded when its reason changes, not at every failed poll', () => {
    const story = new Story([simpleDevice(() => badQualityRule(), { range: [0, 5] })])
    story.values('d', { x: 1 }).fails('d').fails('d').values('d', { x: 9 }).values('d', { x: 10 }).fails('d')
    story.values('d', { x: 1 }).values('d', { x: 1 })
    expect(story.readings.map(({ reason }) => reason ?? 'good')).toEqual([
      'good',
      'communication-failure',
      'out-of-range',
      'communication-failure',
      'good',
      'good',
    ])
    expect(story.pipeline.counters).toMatchObject({ readingsGood: 3, readingsBad: 3, badRepeated: 2, samples: 8 })
  })
})

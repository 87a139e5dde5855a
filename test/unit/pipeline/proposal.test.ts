/** Levels that the gateway proposes and people decide, told as stories in relative time. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { levelOf, limitRule, simpleDevice } from './devices.ts'
import { Story } from './story.ts'

const LEVELS = [
  levelOf('yellow', { setpoint: 10, deadband: 1, priority: 'medium' }),
  levelOf('orange', { setpoint: 20, deadband: 1, priority: 'high' }),
  levelOf('red', { setpoint: 30, deadband: 1, priority: 'urgent' }),
]
const slope = simpleDevice((point) => limitRule(point, LEVELS, { confirm: 'person' }))
const alone = simpleDevice((point) => limitRule(point, LEVELS))
const CONFIRM = { type: 'confirm', level: null } as const
const DECLINE = { type: 'decline' } as const

function reads(story: Story, x: number): Story {
  return story.pass(2).values('d', { x })
}
const started = (x: number) => reads(new Story([slope]), x)
const types = (story: Story) => story.events.map(({ type }) => type)
const row = (story: Story) => story.alarm('d.limit')

describe('a level that is measured', () => {
  test('is told at once as a proposal, and asks people', () => {
    const story = started(12)
    expect(story.last()).toMatchObject({
      type: 'proposed',
      alarm: {
        ...{ level: 'yellow', state: 'unacknowledged', occurrence: 1 },
        proposal: { state: 'proposed', level: 'yellow', confirmed: null, by: null, comment: null, at: null },
        reason: {
          zh: expect.stringMatching(/^建议黄色级，待人工确认：/),
          en: expect.stringMatching(
            /^Proposes the level yellow, to be confirmed by a person: X 12 m is above 10 m \(yellow\)$/,
          ),
        },
      },
    })
  })

  test('is no proposal where the rule asks nobody', () => {
    const story = reads(new Story([alone]), 12)
    expect(story.last().type).toBe('raised')
    expect(row(story)).not.toHaveProperty('proposal')
    expect(story.order('d.limit', CONFIRM)).toBe('nothing-proposed')
  })

  test('that nobody has decided ends with its condition', () => {
    const story = reads(started(12), 5)
    expect(types(story)).toEqual(['proposed', 'returned'])
    expect(row(story)).toMatchObject({ state: 'returned-unacknowledged' })
    expect(row(story)).not.toHaveProperty('proposal')
  })

  test('is proposed again at each change of it, also to a milder one', () => {
    const story = reads(reads(reads(started(12), 22), 32), 25)
    expect(story.events.map(({ type, alarm }) => [type, alarm.proposal?.level])).toEqual([
      ['proposed', 'yellow'],
      ['proposed', 'orange'],
      ['proposed', 'red'],
      ['proposed', 'orange'],
    ])
  })

  test('can be acknowledged, which decides nothing', () => {
    const story = started(12)
    expect(story.acknowledge('d.limit').ok).toBe(true)
    expect(row(story)).toMatchObject({ state: 'acknowledged', proposal: { state: 'proposed', confirmed: null } })
  })
})

describe('a person', () => {
  test('confirms it with who and why, and it stands until a person lifts it', () => {
    const story = started(22)
    expect(story.order('d.limit', CONFIRM, null)).toBe('comment-missing')
    expect(story.order('d.limit', CONFIRM, 'consultation of 14:00')).toBeNull()
    expect(story.last()).toMatchObject({ type: 'confirmed', by: 'Li Na', comment: 'consultation of 14:00' })
    expect(row(story)).toMatchObject({
      ...{ state: 'acknowledged', acknowledgedBy: 'Li Na' },
      proposal: {
        ...{ state: 'confirmed', level: 'orange', confirmed: 'orange', by: 'Li Na' },
        ...{ comment: 'consultation of 14:00', at: story.now.wall },
      },
    })
    expect(story.order('d.limit', CONFIRM)).toBe('nothing-proposed')
    reads(story, 5)
    expect(row(story)).toMatchObject({
      ...{ state: 'latched-acknowledged', returnedAt: story.now.wall },
      proposal: { state: 'proposed', level: null, confirmed: 'orange' },
      reason: { en: expect.stringMatching(/the confirmed level orange stands until a person resets it$/) },
    })
    expect(story.order('d.limit', CONFIRM)).toBe('nothing-proposed')
    expect(story.order('d.limit', { type: 'reset' }, null)).toBe('comment-missing')
    expect(story.order('d.limit', { type: 'reset' }, 'consultation of 18:00')).toBeNull()
    expect(row(story).state).toBe('normal')
    expect(row(story)).not.toHaveProperty('proposal')
  })

  test('confirms another level than is proposed, one that the rule has', () => {
    const story = started(32)
    expect(story.order('d.limit', { type: 'confirm', level: 'purple' })).toBe('unknown-level')
    expect(story.order('d.limit', { type: 'confirm', level: 'orange' })).toBeNull()
    expect(row(story)).toMatchObject({
      level: 'red',
      proposal: { state: 'confirmed', level: 'red', confirmed: 'orange' },
    })
  })

  test('declines it with why: it asks nobody any more, until another level is measured', () => {
    const story = started(12)
    expect(story.order('d.limit', DECLINE, null)).toBe('comment-missing')
    expect(story.order('d.limit', DECLINE, 'a lorry hit the mast')).toBeNull()
    expect(row(story)).toMatchObject({
      state: 'acknowledged',
      proposal: { state: 'declined', level: 'yellow', confirmed: null, comment: 'a lorry hit the mast' },
    })
    reads(story, 13)
    expect(types(story)).toEqual(['proposed', 'declined'])
    reads(story, 22)
    expect(row(story)).toMatchObject({ state: 'unacknowledged', proposal: { state: 'proposed', level: 'orange' } })
    const calm = reads(started(12), 12)
    calm.order('d.limit', DECLINE)
    expect(row(reads(calm, 5)).state).toBe('normal')
  })

  test('keeps what stands while another level is proposed, and declining keeps it too', () => {
    const story = started(12)
    story.order('d.limit', CONFIRM)
    reads(story, 22)
    expect(row(story).proposal).toMatchObject({ state: 'proposed', level: 'orange', confirmed: 'yellow' })
    story.order('d.limit', DECLINE)
    expect(row(story).proposal).toMatchObject({ state: 'declined', level: 'orange', confirmed: 'yellow' })
    // Back at what stands there is nothing to decide.
    reads(story, 15)
    expect(story.last().type).toBe('level-changed')
    expect(row(story).proposal).toMatchObject({ state: 'confirmed', level: 'yellow', confirmed: 'yellow' })
  })
})

describe('an occurrence after the first', () => {
  test('at the level that stands is raised and needs no decision; at another it is proposed', () => {
    const story = started(22)
    story.order('d.limit', CONFIRM)
    reads(reads(story, 5), 22)
    expect(story.last()).toMatchObject({ type: 'raised', alarm: { occurrence: 2, state: 'unacknowledged' } })
    expect(row(story).proposal).toMatchObject({ state: 'confirmed', level: 'orange', confirmed: 'orange' })
    reads(reads(story, 5), 32)
    expect(story.last()).toMatchObject({ type: 'proposed', alarm: { occurrence: 3 } })
    expect(row(story).proposal).toMatchObject({ state: 'proposed', level: 'red', confirmed: 'orange' })
  })

  test('after a restart what was proposed waits, and what was confirmed stands', () => {
    const proposed = started(22).restartWithPast([slope], 4)
    reads(proposed, 22)
    expect(proposed.tale).toEqual([])
    expect(proposed.order('d.limit', CONFIRM)).toBeNull()
    const confirmed = proposed.restartWithPast([slope], 4)
    reads(confirmed, 5)
    expect(row(confirmed)).toMatchObject({ state: 'latched-acknowledged', proposal: { confirmed: 'orange' } })
  })

  test('a rule that asks nobody any more proposes nothing', () => {
    const story = started(22).reconfigure([alone])
    expect(row(reads(story, 32))).not.toHaveProperty('proposal')
    expect(story.last().type).toBe('level-changed')
  })
})

test('in the configuration a unit may ask people, or nobody', async () => {
  const { unit } = await import('./catalogue-unit.ts')
  const parameters = { 'zero-distance': 1800 }
  const ruleOf = (rules: Parameters<typeof unit>[1]) =>
    unit('dfrobot-sen0492', { parameters, ...rules }).rules.find(({ id }) => id === 'displacement')
  expect(ruleOf({})).toMatchObject({ confirm: 'person' })
  expect(ruleOf({ rules: { displacement: { confirm: 'nobody' } } })).not.toHaveProperty('confirm')
  const radar = (confirm: 'person' | 'nobody') =>
    unit('dfrobot-sen0676', { parameters: { 'installation-height': 4 }, rules: { 'no-data': { confirm } } })
  expect(() => radar('person')).toThrow(/of type no-data and proposes no level/)
})

test('whatever is measured and decided: nothing is confirmed but by a person, and nothing confirmed ends by itself', () => {
  const step = fc.oneof(
    fc.integer({ min: 0, max: 40 }),
    fc.constantFrom('confirm', 'decline', 'acknowledge', 'reset' as const),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const story = new Story([slope])
      let stands: string | null = null
      for (const what of steps) {
        if (typeof what === 'number') reads(story, what)
        else {
          const action = what === 'confirm' ? CONFIRM : { type: what }
          const refused = story.order('d.limit', action)
          const proposal = story.pipeline.alarm('d.limit')?.proposal
          if (refused === null && what === 'confirm') stands = proposal?.level ?? null
          if (refused === null && what === 'reset') stands = null
        }
        const alarm = story.pipeline.alarm('d.limit')
        expect(alarm?.proposal?.confirmed ?? null).toBe(stands)
        if (stands !== null) expect(alarm?.state).not.toBe('normal')
      }
    }),
    { numRuns: 200 },
  )
})

/** What people report, and what they find out about any alarm, told as stories. */
import { expect, test } from 'vitest'
import type { ReportWish } from '../../../gateway/alarm-model.ts'
import { MOST_NUMBERS } from '../../../gateway/pipeline/incident.ts'
import { INCIDENTS } from '../../../gateway/pipeline/incident-types.ts'
import { levelOf, limitRule, simpleDevice } from './devices.ts'
import { Story } from './story.ts'

const WISH: ReportWish = {
  ...{ type: 'fall', station: 'longtian', placeId: null, place: 'gate 3', priority: null, exercise: false },
  ...{ known: 'one person, awake', reporter: 'Wang Fang', by: 'Li Na', deviceName: 'Report' },
}
const gauge = simpleDevice((point) => limitRule(point, [levelOf('high', { setpoint: 1 })]))
const DRILL = { type: 'drill', target: { type: 'station', id: 'longtian' }, minutes: 10 } as const

/** Gives the id of the alarm, or why it was refused. */
function report(story: Story, changes: Partial<ReportWish> = {}): string {
  const result = story.pipeline.report({ ...WISH, ...changes }, story.now)
  if (!result.ok) return result.refusal
  story.hear(result.outcome)
  return result.alarm.id
}

test('a report is an alarm that asks people, says who saw what, and stays until a person closes it', () => {
  const story = new Story([gauge])
  expect(report(story)).toBe('incident.fall-1')
  expect(story.last()).toMatchObject({
    ...{ type: 'raised', by: 'Li Na', previousState: 'normal' },
    alarm: {
      ...{ state: 'unacknowledged', kind: 'incident', rule: 'fall', priority: 'high', place: 'gate 3', mark: null },
      ...{ occurrence: 1, station: 'longtian', guidance: INCIDENTS.fall.guidance, name: { en: 'Fall' } },
      reason: { en: 'reported by Wang Fang, entered by Li Na: one person, awake' },
      report: { type: 'fall', place: null, known: 'one person, awake', reporter: 'Wang Fang', enteredBy: 'Li Na' },
    },
  })
  story.pass(100_000)
  expect(story.order('incident.fall-1', { type: 'close', verdict: null }, null)).toBe('comment-missing')
  expect(story.acknowledge('incident.fall-1').ok).toBe(true)
  expect(story.order('incident.fall-1', { type: 'close', verdict: 'real' }, 'taken to hospital')).toBeNull()
  expect(story.last()).toMatchObject({
    ...{ type: 'returned', by: 'Li Na', comment: 'taken to hospital' },
    alarm: { state: 'normal', disposition: { verdict: 'real', by: 'Li Na', comment: 'taken to hospital' } },
  })
  expect(story.order('incident.fall-1', { type: 'close', verdict: null })).toBe('closed')
  expect(story.order('incident.fall-1', { type: 'correct', priority: 'low', known: null })).toBe('closed')
  expect(story.order('incident.fall-1', { type: 'comment' })).toBeNull()
})

test('two of a type are two alarms, the same said again is one, and both outlive a restart and a reload', () => {
  const story = new Story([gauge])
  expect([report(story), report(story), report(story, { known: 'another one' })]).toEqual([
    ...['incident.fall-1', 'incident.fall-1', 'incident.fall-2'],
  ])
  expect(story.events).toHaveLength(2)
  const after = story.restart([gauge])
  after.pass(10).reconfigure([])
  expect(after.events).toEqual([])
  expect(after.table().map(({ id, state }) => [id, state])).toEqual([
    ['incident.fall-1', 'unacknowledged'],
    ['incident.fall-2', 'unacknowledged'],
  ])
})

test('what is worse asks people again, what is milder does not', () => {
  const story = new Story([gauge])
  const id = report(story)
  story.acknowledge(id)
  story.order(id, { type: 'correct', priority: 'urgent', known: 'not breathing' }, null)
  expect(story.last()).toMatchObject({
    type: 'corrected',
    alarm: { state: 'unacknowledged', priority: 'urgent', report: { known: 'not breathing' }, acknowledgedBy: null },
  })
  story.acknowledge(id)
  story.order(id, { type: 'correct', priority: 'medium', known: null }, 'recovered')
  expect(story.last().alarm).toMatchObject({
    state: 'acknowledged',
    priority: 'medium',
    report: { known: 'not breathing' },
  })
})

test('numbers are bounded: when all were used the one longest closed comes again, as another occurrence', () => {
  const story = new Story([gauge])
  for (let n = 1; n <= MOST_NUMBERS; n++) expect(report(story, { known: `case ${n}` })).toBe(`incident.fall-${n}`)
  expect(report(story, { known: 'one too many' })).toBe('too-many-reports')
  expect(report(story, { type: 'lift' })).toBe('incident.lift-1')
  for (const n of [7, 3]) {
    story.order(`incident.fall-${n}`, { type: 'close', verdict: 'false' })
    story.pass(1)
  }
  expect(report(story, { known: 'new' })).toBe('incident.fall-7')
  expect(story.alarm('incident.fall-7')).toMatchObject({ occurrence: 2, report: { known: 'new' } })
  expect(story.alarm('incident.fall-7').disposition).toBeUndefined()
})

test('in a drill it is marked, stands beside real ones, and ends with the drill', () => {
  const story = new Story([gauge])
  expect(report(story, { exercise: true })).toBe('no-drill')
  const drill = story.begin(DRILL)
  expect(report(story, { exercise: true })).toBe('incident.fall-1.exercise')
  expect(story.last().alarm).toMatchObject({ mark: 'exercise', name: { en: 'EXERCISE: Fall' } })
  expect(report(story)).toBe('incident.fall-1')
  story.endMode(drill)
  expect(story.alarm('incident.fall-1.exercise').state).toBe('normal')
  expect(story.alarm('incident.fall-1').state).toBe('unacknowledged')
})

test('maintenance of the station hides no report, and a report is not shelved', () => {
  const story = new Story([gauge])
  const id = report(story)
  story.begin({ type: 'maintenance', target: { type: 'station', id: 'longtian' }, minutes: 10 })
  expect(story.alarm(id).state).toBe('unacknowledged')
  expect(story.order(id, { type: 'shelve', durationMs: 1000, oneShot: false })).toBe('only-a-report')
  expect(story.order(id, { type: 'reset' })).toBe('only-a-report')
})

test('any alarm is judged while it lasts or afterwards; the next occurrence has not been judged', () => {
  const story = new Story([gauge])
  const judge = (verdict: 'false' | 'real') => story.order('d.limit', { type: 'dispose', verdict })
  expect(judge('false')).toBe('never-raised')
  expect(story.order('d.limit', { type: 'close', verdict: null })).toBe('not-reported')
  story.values('d', { x: 2 })
  expect(story.order('d.limit', { type: 'dispose', verdict: 'real' }, null)).toBe('comment-missing')
  expect(judge('false')).toBeNull()
  expect(story.last()).toMatchObject({ type: 'disposed', alarm: { state: 'unacknowledged' } })
  story.values('d', { x: 0 })
  expect(story.alarm('d.limit').disposition).toMatchObject({ verdict: 'false', by: 'Li Na' })
  expect(judge('real')).toBeNull()
  expect(story.alarm('d.limit').disposition?.verdict).toBe('real')
  story.values('d', { x: 2 })
  expect(story.last().alarm).toMatchObject({ occurrence: 2 })
  expect(story.alarm('d.limit').disposition).toBeUndefined()
})

test.each(Object.entries(INCIDENTS))('%s has a name and what to do first, in both languages', (_type, profile) => {
  expect(profile.name.zh).toMatch(/[\u4e00-\u9fff]/)
  expect(profile.guidance.zh.length).toBeGreaterThan(30)
  expect(profile.guidance.en.length).toBeGreaterThan(60)
})

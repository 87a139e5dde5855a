/** What a gateway below tells: gaps, repetitions, numbers that begin anew, and who may speak for whom. */
import { describe, expect, test } from 'vitest'
import type { Alarm, AlarmEvent } from '../../../gateway/alarm-model.ts'
import { ChildIntake, type Intake, type IntakeOptions } from '../../../gateway/upstream/child-intake.ts'
import type { EventBatch } from '../../../gateway/upstream-model.ts'
import { alarmEvent } from '../../support/alarm-events.ts'

const NOW = Date.UTC(2026, 8, 1, 9)

function intakeOf(options: Partial<IntakeOptions> = {}): ChildIntake {
  return new ChildIntake({
    ...{ gateway: 'centre', child: 'station', kept: [], isOthers: () => false, shapeProblem: () => null },
    ...options,
  })
}

const told = (seq: number, alarm: Partial<Alarm> = {}, change: Partial<AlarmEvent> = {}): AlarmEvent => {
  const event = alarmEvent(seq, { gateway: 'station', id: `station-${seq}`, ...change })
  return { ...event, alarm: { ...event.alarm, ...alarm } }
}
const batch = (after: number, count: number, change: Partial<EventBatch> = {}): EventBatch => ({
  ...{ version: 1, gateway: 'station', epoch: 7, after, first: false },
  events: Array.from({ length: count }, (_, index) => told(after + index + 1)),
  ...change,
})
const ids = (intake: Intake): unknown => (intake.type === 'taken' ? intake.drafts.map(({ id }) => id) : intake.type)

describe('the order of numbers', () => {
  test('begins where the child says that it has nothing before, and nowhere else', () => {
    const intake = intakeOf()
    expect(ids(intake.take(batch(4, 2), NOW))).toBe('gap')
    expect(intake.known).toBeNull()
    expect(ids(intake.take(batch(4, 2, { first: true }), NOW))).toEqual(['station-5', 'station-6'])
    expect(intake.known).toEqual({ epoch: 7, seq: 6, id: 'station-6' })
  })

  test('is kept: what came is not taken again, and behind a gap nothing is taken', () => {
    const intake = intakeOf()
    intake.take(batch(0, 3, { first: true }), NOW)
    expect(intake.take(batch(1, 4), NOW)).toMatchObject({
      repeated: 2,
      lost: 0,
      drafts: [{ id: 'station-4' }, { id: 'station-5' }],
    })
    expect(ids(intake.take(batch(6, 1), NOW))).toBe('gap')
    expect(intake.known?.seq).toBe(5)
  })

  test('has a hole where the child no longer has what is lacking, and it is counted', () => {
    const intake = intakeOf()
    intake.take(batch(0, 3, { first: true }), NOW)
    expect(intake.take(batch(9, 1, { first: true }), NOW)).toMatchObject({ lost: 6, drafts: [{ id: 'station-10' }] })
  })

  test('begins anew with another epoch, although the numbers are known', () => {
    const intake = intakeOf()
    intake.take(batch(0, 5, { first: true }), NOW)
    expect(ids(intake.take(batch(1, 1, { epoch: 8 }), NOW))).toBe('gap')
    const anew = { epoch: 8, first: true, events: [told(2, {}, { id: 'station-2-new' })] }
    expect(ids(intake.take(batch(1, 1, anew), NOW))).toEqual(['station-2-new'])
  })

  test('is known after a restart from the events that are on disk', () => {
    const intake = intakeOf()
    const taken = intake.take(batch(0, 5, { first: true }), NOW)
    const kept = taken.type === 'taken' ? taken.drafts.map((draft, i) => ({ ...told(i + 40), ...draft })) : []
    const next = intakeOf({ kept: kept.slice(-1) })
    expect(next.known).toEqual({ epoch: 7, seq: 5, id: 'station-5' })
    expect([...next.alarms()].map(({ id }) => id)).toEqual(['station:culvert-level.level'])
  })
})

describe('the alarms', () => {
  test('are the last that was told of each, under the id of their way, with both clocks', () => {
    const intake = intakeOf()
    const inhibited = told(1, { id: 'pump.fault', inhibitedBy: 'mains.lost' })
    intake.take(batch(0, 0, { first: true, events: [inhibited, told(2), told(3, { level: 'red' })] }), NOW)
    expect([...intake.alarms()].map(({ id, level }) => `${id} ${level}`)).toEqual([
      'station:pump.fault orange',
      'station:culvert-level.level red',
    ])
    expect(intake.alarm('station:pump.fault')?.inhibitedBy).toBe('station:mains.lost')
    const row = intake.alarm('station:culvert-level.level')
    expect(row?.path).toEqual([{ gateway: 'station', epoch: 7, seq: 3, receivedAt: NOW }])
    expect(row?.raisedAt).toBe(told(3).alarm.raisedAt)
  })

  test('are no more than a bound: one more is passed over, the others go on', () => {
    const intake = intakeOf({ maxAlarms: 2 })
    const events = ['a.x', 'b.x', 'c.x', 'a.x'].map((id, i) => told(i + 1, { id }))
    expect(intake.take(batch(0, 0, { first: true, events }), NOW)).toMatchObject({
      drafts: [{}, {}, { alarm: { id: 'station:a.x' } }],
      passedOver: [{ seq: 3, problem: expect.stringContaining('at most 2 alarms') }],
    })
  })
})

describe('who may speak', () => {
  const hop = (gateway: string, seq = 1) => ({ gateway, epoch: 3, seq, receivedAt: NOW })
  test.each([
    ['another gateway', told(1, {}, { gateway: 'other' }), 'expected an event of "station", got one of "other"'],
    ['a loop', told(1, { id: 'centre:a.x', path: [hop('centre')] }), 'got a loop: centre → station → centre'],
    ['a gateway twice', told(1, { id: 'station:a.x', path: [hop('station')] }), 'each gateway once'],
    ['somebody else’s child', told(1, { id: 'foreign:a.x', path: [hop('foreign')] }), 'got one of "foreign"'],
    ['an id of another way', told(1, { id: 'deep:a.x' }), 'begins with its way ""'],
    ['an id without its way', told(1, { id: 'a.x', path: [hop('deep')] }), 'begins with its way "deep:"'],
    ['a number that is not its turn', told(9), 'expected the number 1, got 9'],
  ])('%s is passed over, and what follows is taken', (_, event, problem) => {
    const intake = intakeOf({ isOthers: (gateway) => gateway === 'foreign' })
    const answer = intake.take(batch(0, 0, { first: true, events: [event, told(2)] }), NOW)
    expect(answer).toMatchObject({
      passedOver: [{ seq: 1, problem: expect.stringContaining(problem) }],
      drafts: [{ id: 'station-2' }],
    })
  })

  test('what came through a gateway that was set back is not taken a second time under its new numbers', () => {
    const intake = intakeOf()
    const deep = (seq: number, origin: number) =>
      told(seq, { id: 'deep:a.x', path: [hop('deep', origin)] }, { id: `deep-${origin}` })
    intake.take(batch(0, 0, { first: true, events: [deep(1, 10), deep(2, 11)] }), NOW)
    const again = batch(0, 0, { epoch: 8, first: true, events: [deep(1, 11), deep(2, 12)] })
    expect(intake.take(again, NOW)).toMatchObject({ repeated: 1, drafts: [{ id: 'deep-12' }] })
    expect(intake.gateways).toEqual(new Set(['deep', 'station']))
  })
})

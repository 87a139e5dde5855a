import { describe, expect, it } from 'vitest'
import type { Alarm, AlarmEventDraft, AlarmState, Command } from '../../../gateway/alarm-model.ts'
import * as lifeCycle from '../../../gateway/pipeline/alarm.ts'
import { stateOf } from '../../../gateway/pipeline/alarm.ts'
import { discreteRule, simpleDevice } from './devices.ts'

const device = simpleDevice((point) => discreteRule(point))
const rule = device.rules[0] as (typeof device.rules)[number]
const fresh = lifeCycle.alarmOf(device, rule, undefined)

const occasion = {
  time: 1000,
  level: null,
  priority: 'medium',
  cause: { point: 'd.x', value: 1, unit: 'm', quality: 'good', time: 990, setpoint: null },
  reason: { zh: '原因', en: 'why' },
} as const
const command = { alarmId: 'd.discrete', by: 'Li Na', comment: 'seen', at: { wall: 2000, mono: 0 } } as const
const acknowledgeCommand: Command = { ...command, type: 'acknowledge' }
const resetCommand: Command = { ...command, type: 'reset' }

const INPUTS = ['raise', 'return', 'worse', 'milder', 'acknowledge', 'reset', 'remove', 'restore'] as const
type Input = (typeof INPUTS)[number]

/** As the table applies them: only what changes something is an event, everything else leaves the row as it is. */
function apply(alarm: Alarm, input: Input, latching: boolean): AlarmEventDraft | string {
  const { active } = alarm.facts
  switch (input) {
    case 'raise':
      return active ? 'active already' : lifeCycle.raise(alarm, occasion, { latching })
    case 'return':
      return active ? lifeCycle.returnToNormal(alarm, occasion) : 'not active'
    case 'worse':
    case 'milder':
      return active ? lifeCycle.changeLevel(alarm, occasion, { worse: input === 'worse' }) : 'not active'
    case 'acknowledge':
      return lifeCycle.acknowledge(alarm, acknowledgeCommand)
    case 'reset':
      return lifeCycle.reset(alarm, resetCommand)
    case 'remove':
      return lifeCycle.isRemoved(alarm) ? 'away already' : lifeCycle.remove(alarm, 1000)
    case 'restore':
      return lifeCycle.isRemoved(alarm) ? lifeCycle.restore(alarm, 1000) : 'there already'
  }
}

/** ISA-18.2, figure of the alarm states: every transition there is without suppression, in both latching modes. */
const TABLE: Readonly<Record<'plain' | 'latching', readonly string[]>> = {
  plain: [
    'acknowledged milder acknowledged',
    'acknowledged return normal',
    'acknowledged worse unacknowledged',
    'normal raise unacknowledged',
    'returned-unacknowledged acknowledge normal',
    'returned-unacknowledged raise unacknowledged',
    'unacknowledged acknowledge acknowledged',
    'unacknowledged milder unacknowledged',
    'unacknowledged return returned-unacknowledged',
    'unacknowledged worse unacknowledged',
  ],
  latching: [
    'acknowledged milder acknowledged',
    'acknowledged return latched-acknowledged',
    'acknowledged worse unacknowledged',
    'latched-acknowledged raise unacknowledged',
    'latched-acknowledged reset normal',
    'latched-unacknowledged acknowledge latched-acknowledged',
    'latched-unacknowledged raise unacknowledged',
    'normal raise unacknowledged',
    'unacknowledged acknowledge acknowledged',
    'unacknowledged milder unacknowledged',
    'unacknowledged return latched-unacknowledged',
    'unacknowledged worse unacknowledged',
  ],
}

function checkInvariants(before: Alarm, input: Input, event: AlarmEventDraft): void {
  const { alarm } = event
  const facts = alarm.facts
  const was = before.facts
  const problems: string[] = []
  const must = (holds: boolean, sentence: string) => holds || problems.push(sentence)
  const isCommand = input === 'acknowledge' || input === 'reset'
  const ended = was.suppression !== null && isCommand
  must(!ended || alarm.state === 'normal', 'a person ends what is out of service')
  must(event.previousState === before.state, 'the event names the state before it')
  must(alarm.state === stateOf(facts), 'the state is that of the facts')
  must(
    facts.acked === was.acked || (facts.acked ? input === 'acknowledge' || ended : true),
    'only a person acknowledges',
  )
  must(facts.active || was.active || !facts.acked || input !== 'raise', 'a raise is not acknowledged')
  must(
    facts.active === was.active || input === 'raise' || input === 'return' || ended,
    'only the condition moves active',
  )
  must(!was.latched || facts.latched || input === 'reset' || ended, 'only a reset takes the latch away')
  must(input !== 'reset' || (!was.active && was.acked) || ended, 'a reset needs a returned and acknowledged alarm')
  must(alarm.occurrence === before.occurrence + (input === 'raise' ? 1 : 0), 'every raise counts, and nothing else')
  must(facts.suppression === null || alarm.state === facts.suppression, 'what is suppressed shows as such')
  must(!facts.active || alarm.returnedAt === null, 'an active alarm has not returned')
  expect(problems, `${before.state} ${input}`).toEqual([])
}

describe.each([
  ['plain', false],
  ['latching', true],
] as const)('every sequence of six inputs, %s', (name, latching) => {
  const seen = new Set<string>()
  let steps = 0
  const walk = (alarm: Alarm, depth: number): void => {
    if (depth === 0) return
    for (const input of INPUTS) {
      const event = apply(alarm, input, latching)
      steps++
      if (typeof event === 'string') continue
      checkInvariants(alarm, input, event)
      if (alarm.facts.suppression === null && event.alarm.facts.suppression === null) {
        seen.add(`${alarm.state} ${input} ${event.alarm.state}`)
      }
      walk(event.alarm, depth - 1)
    }
  }

  it('keeps the invariants and makes the transitions of the standard, no more and no less', () => {
    walk(fresh, 6)
    expect(steps).toBeGreaterThan(1000)
    expect([...seen].sort()).toEqual(TABLE[name])
  })
})

const SUPPRESSING = [
  ...(['shelve', 'unshelve', 'take out', 'put back', 'inhibit', 'let go', 'comment'] as const),
  ...(['switch off', 'switch on'] as const),
]

function suppress(alarm: Alarm, input: (typeof SUPPRESSING)[number]): AlarmEventDraft | string {
  switch (input) {
    case 'shelve':
      return lifeCycle.shelve(
        alarm,
        { ...command, type: 'shelve', durationMs: 60_000, oneShot: false },
        { mostMs: 3_600_000 },
      )
    case 'unshelve':
      return lifeCycle.unshelve(alarm, { time: 2000, by: null, comment: null })
    case 'take out':
      return lifeCycle.takeOutOfService(alarm, { ...command, type: 'take-out-of-service' })
    case 'put back':
      return lifeCycle.returnToService(alarm, { ...command, type: 'return-to-service' })
    case 'inhibit':
      return alarm.inhibitedBy === null ? lifeCycle.inhibit(alarm, { inhibitedBy: 'd.other', time: 2000 }) : 'is'
    case 'let go':
      return alarm.inhibitedBy === null ? 'is not' : lifeCycle.inhibit(alarm, { inhibitedBy: null, time: 2000 })
    case 'comment':
      return lifeCycle.addComment(alarm, { ...command, type: 'comment' })
    case 'switch off':
      return alarm.offBySchedule ? 'is' : lifeCycle.followSchedule(alarm, { isOff: true, time: 2000 })
    case 'switch on':
      return alarm.offBySchedule ? lifeCycle.followSchedule(alarm, { isOff: false, time: 2000 }) : 'is not'
  }
}

describe.each([
  ['plain', false],
  ['latching', true],
] as const)('suppression, in every sequence of four inputs, %s', (_name, latching) => {
  const conditions = ['raise', 'return', 'worse', 'acknowledge', 'reset'] as const

  /** `free`: the same alarm to which nothing was done that suppresses. */
  const walk = (alarm: Alarm, free: Alarm, depth: number): number => {
    const shown = [
      alarm.outOfService && 'out-of-service',
      (alarm.inhibitedBy !== null || alarm.offBySchedule) && 'suppressed-by-design',
      alarm.shelving && 'shelved',
    ]
    expect(alarm.facts.suppression).toBe(shown.find((reason) => typeof reason === 'string') ?? null)
    expect({ ...alarm.facts, suppression: null }).toEqual(free.facts)
    expect([alarm.occurrence, alarm.raisedAt, alarm.returnedAt]).toEqual([
      free.occurrence,
      free.raisedAt,
      free.returnedAt,
    ])
    if (depth === 0) return 1
    let count = 1
    for (const input of conditions) {
      const event = apply(alarm, input, latching)
      const freeEvent = apply(free, input, latching)
      expect(typeof event === 'string' ? event : event.type).toBe(
        typeof freeEvent === 'string' ? freeEvent : freeEvent.type,
      )
      if (typeof event === 'string' || typeof freeEvent === 'string') continue
      // A raise looks anew at what explains it.
      const next = input === 'raise' ? { ...event.alarm, facts: event.alarm.facts } : event.alarm
      count += walk(next, freeEvent.alarm, depth - 1)
    }
    for (const input of SUPPRESSING) {
      const event = suppress(alarm, input)
      if (typeof event === 'string') continue
      // What is active when its schedule has it again asks anew.
      const asksAnew = input === 'switch on' && free.facts.active
      const next = asksAnew ? { ...free, facts: { ...free.facts, acked: false } } : free
      count += walk(event.alarm, next, depth - 1)
    }
    return count
  }

  it('lies over the alarm and changes nothing underneath', () => {
    expect(walk(fresh, fresh, 4)).toBeGreaterThan(1000)
  })
})

describe('what a person must say and may do', () => {
  const shelveFor = (alarm: Alarm, durationMs: number, comment: string | null = 'pump test') =>
    lifeCycle.shelve(alarm, { ...command, comment, type: 'shelve', durationMs, oneShot: false }, { mostMs: 60_000 })

  it('shelving needs a reason and stays within the bound of the rule', () => {
    expect(shelveFor(fresh, 60_000)).toMatchObject({
      type: 'shelved',
      alarm: { state: 'shelved', shelving: { by: 'Li Na', comment: 'pump test', until: 62_000 } },
    })
    expect(shelveFor(fresh, 60_001)).toBe('shelved-too-long')
    expect(shelveFor(fresh, 0)).toBe('shelved-too-long')
    expect(shelveFor(fresh, Number.NaN)).toBe('shelved-too-long')
    expect(shelveFor(fresh, 1000, null)).toBe('comment-missing')
  })

  it('what is out of service is neither shelved nor taken out again; what is removed comes back with the configuration only', () => {
    const out = lifeCycle.takeOutOfService(fresh, { ...command, type: 'take-out-of-service' })
    if (typeof out === 'string') throw new Error(out)
    expect(shelveFor(out.alarm, 1000)).toBe('out-of-service')
    expect(lifeCycle.takeOutOfService(out.alarm, { ...command, type: 'take-out-of-service' })).toBe('out-of-service')
    expect(lifeCycle.returnToService(fresh, { ...command, type: 'return-to-service' })).toBe('in-service')
    const removed = lifeCycle.remove(fresh, 1000).alarm
    expect(lifeCycle.returnToService(removed, { ...command, type: 'return-to-service' })).toBe('not-in-configuration')
    expect(lifeCycle.unshelve(fresh, { time: 1, by: null, comment: null })).toBe('not-shelved')
  })
})

describe('the state of four facts', () => {
  it.each<[Partial<Alarm['facts']>, AlarmState]>([
    [{}, 'normal'],
    [{ active: true, acked: false }, 'unacknowledged'],
    [{ active: true }, 'acknowledged'],
    [{ acked: false }, 'returned-unacknowledged'],
    [{ acked: false, latched: true }, 'latched-unacknowledged'],
    [{ latched: true }, 'latched-acknowledged'],
    [{ active: true, acked: false, suppression: 'shelved' }, 'shelved'],
    [{ suppression: 'suppressed-by-design' }, 'suppressed-by-design'],
    [{ latched: true, suppression: 'out-of-service' }, 'out-of-service'],
  ])('%j is %s', (facts, state) => {
    expect(stateOf({ active: false, acked: true, latched: false, suppression: null, ...facts })).toBe(state)
  })
})

describe('commands', () => {
  const raised = lifeCycle.raise(fresh, occasion, { latching: true }).alarm

  it('acknowledges once, and says who and why', () => {
    const event = lifeCycle.acknowledge(raised, acknowledgeCommand)
    expect(event).toMatchObject({
      type: 'acknowledged',
      by: 'Li Na',
      comment: 'seen',
      time: 2000,
      alarm: { state: 'acknowledged', acknowledgedBy: 'Li Na', acknowledgedAt: 2000, comment: 'seen' },
    })
    if (typeof event === 'string') return
    expect(lifeCycle.acknowledge(event.alarm, acknowledgeCommand)).toBe('nothing-to-acknowledge')
  })

  it('refuses each reset that comes too early', () => {
    expect(lifeCycle.reset(fresh, resetCommand)).toBe('not-latched')
    expect(lifeCycle.reset(raised, resetCommand)).toBe('still-active')
    const returned = lifeCycle.returnToNormal(raised, occasion).alarm
    expect(lifeCycle.reset(returned, resetCommand)).toBe('not-acknowledged')
  })

  it('keeps a latch that was not reset, also where the rule no longer latches', () => {
    const returned = lifeCycle.returnToNormal(raised, occasion).alarm
    expect(lifeCycle.raise(returned, occasion, { latching: false }).alarm.facts.latched).toBe(true)
  })

  it('forgets who acknowledged the last time when it is raised again', () => {
    const acknowledged = lifeCycle.acknowledge(raised, acknowledgeCommand)
    if (typeof acknowledged === 'string') throw new Error(acknowledged)
    const returned = lifeCycle.returnToNormal(acknowledged.alarm, { ...occasion, time: 3000 }).alarm
    expect(returned).toMatchObject({ acknowledgedBy: 'Li Na', returnedAt: 3000 })
    const again = lifeCycle.raise(returned, { ...occasion, time: 4000 }, { latching: true }).alarm
    expect(again).toMatchObject({
      occurrence: 2,
      raisedAt: 4000,
      returnedAt: null,
      acknowledgedBy: null,
      comment: null,
    })
  })
})

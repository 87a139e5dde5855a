import { describe, expect, it } from 'vitest'
import type { Alarm, AlarmEventDraft, AlarmState, Command } from '../../../gateway/model.ts'
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
  const { active, suppression } = alarm.facts
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
      return suppression === null ? lifeCycle.remove(alarm, 1000) : 'away already'
    case 'restore':
      return suppression === null ? 'there already' : lifeCycle.restore(alarm, 1000)
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
  must(facts.suppression === null || alarm.state === 'out-of-service', 'what is out of service shows as such')
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

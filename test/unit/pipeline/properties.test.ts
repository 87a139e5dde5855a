/** What must hold for every order of events that the field, time and people can make. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Device } from '../../../device-profiles/device.ts'
import type { Alarm } from '../../../gateway/alarm-model.ts'
import { badQualityRule, deviceOf, discreteRule, levelOf, limitRule, noDataRule, pointOf } from './devices.ts'
import { START, Story } from './story.ts'

function device(latching: boolean): Device {
  const x = pointOf('d', { id: 'x', range: [-10, 10], json: { pointer: '/x' } })
  const s = pointOf('d', { id: 's', json: { pointer: '/s' } })
  const levels = [
    levelOf('high', { setpoint: 1, deadband: 0.5, onDelayMs: 2000, offDelayMs: 1000 }),
    levelOf('high-high', { setpoint: 2, deadband: 0.5, priority: 'high' }),
  ]
  return deviceOf('d', {
    points: [x, s],
    rules: [
      limitRule(x, levels, { latching }),
      discreteRule(s, { latching, onDelayMs: 1000 }),
      noDataRule(),
      badQualityRule(),
    ],
    protocol: 'mqtt',
    intervalMs: 2000,
    mqtt: { topic: 't', interval: '2s', payload: { format: 'json', time: { pointer: '/t', unit: 'ms' } } },
  })
}

const HAZARDS = ['d.limit', 'd.discrete']
const x = fc.constantFrom(0, 0.6, 1, 1.6, 2, 3)
const s = fc.constantFrom(0, 1)

type Step =
  | { readonly do: 'good'; readonly x: number; readonly s: number }
  | { readonly do: 'bad'; readonly x: number | string | null }
  | { readonly do: 'fail' | 'garbage' | 'retained' | 'late' }
  | { readonly do: 'pass'; readonly seconds: number }
  | { readonly do: 'acknowledge' | 'reset'; readonly alarm: string }

const alarm = fc.constantFrom('d.limit', 'd.discrete', 'd.no-data', 'd.bad-quality')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('good' as const), x, s }),
  fc.record({ do: fc.constant('bad' as const), x: fc.constantFrom(99, -99, 'high', null) }),
  fc.record({ do: fc.constantFrom('fail' as const, 'garbage' as const, 'retained' as const, 'late' as const) }),
  fc.record({ do: fc.constant('pass' as const), seconds: fc.constantFrom(0.5, 1, 2, 5) }),
  fc.record({ do: fc.constantFrom('acknowledge' as const, 'reset' as const), alarm }),
)
const steps = fc.array(step, { minLength: 1, maxLength: 40 })

function take(story: Story, next: Step): void {
  switch (next.do) {
    case 'good':
      story.message('d', { x: next.x, s: next.s, t: story.now.wall })
      return
    case 'bad':
      story.message('d', { x: next.x })
      return
    case 'fail':
      story.fails('d')
      return
    case 'garbage':
      story.message('d', '[')
      return
    case 'retained':
      story.message('d', { x: 3, s: 1 }, { retained: true })
      return
    case 'late':
      story.message('d', { x: 3, s: 1, t: START.wall - 1 })
      return
    case 'pass':
      story.pass(next.seconds)
      return
    case 'acknowledge':
      story.acknowledge(next.alarm)
      return
    case 'reset':
      story.reset(next.alarm)
  }
}

/** A first good reading, so that late data is late. */
function begin(latching: boolean): Story {
  return new Story([device(latching)]).message('d', { x: 0, s: 0, t: START.wall })
}

function hazards(story: Story): readonly boolean[] {
  return HAZARDS.map((id) => story.pipeline.alarm(id)?.facts.active ?? false)
}

describe('whatever happens', () => {
  it('the table is the fold of the events, and each event starts where the last one of its alarm ended', () => {
    fc.assert(
      fc.property(fc.boolean(), steps, (latching, all) => {
        const story = begin(latching)
        for (const next of all) take(story, next)
        const folded = new Map<string, Alarm>()
        for (const event of story.events) {
          const before = folded.get(event.alarm.id)
          expect(event.previousState).toBe(before?.state ?? 'normal')
          const counts = event.type === 'raised' ? 1 : 0
          expect(event.alarm.occurrence).toBe((before?.occurrence ?? 0) + counts)
          folded.set(event.alarm.id, event.alarm)
        }
        expect(story.table()).toEqual([...folded.values()])
      }),
    )
  })

  it('only a good live reading or passing time moves a hazard alarm, and a person never clears one', () => {
    fc.assert(
      fc.property(fc.boolean(), steps, (latching, all) => {
        const story = begin(latching)
        for (const next of all) {
          const before = hazards(story)
          take(story, next)
          if (next.do !== 'good' && next.do !== 'pass') expect(hazards(story), next.do).toEqual(before)
        }
      }),
    )
  })

  it('time alone moves nothing but faults while the newest reading is bad', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 60 }), (all, seconds) => {
        const story = begin(false)
        for (const next of all) take(story, next)
        story.fails('d')
        const before = hazards(story)
        story.pass(seconds)
        expect(hazards(story)).toEqual(before)
      }),
    )
  })

  it('a restart changes no alarm and repeats no event', () => {
    fc.assert(
      fc.property(fc.boolean(), steps, (latching, all) => {
        const story = begin(latching)
        for (const next of all) take(story, next)
        const after = story.restart([device(latching)]).pass(2)
        expect(after.table()).toEqual(story.table())
        expect(after.events).toEqual([])
      }),
    )
  })

  it('the same configuration again changes nothing, also not a running delay', () => {
    fc.assert(
      fc.property(steps, fc.nat({ max: 39 }), (all, at) => {
        const plain = begin(false)
        const reloaded = begin(false)
        all.forEach((next, i) => {
          take(plain, next)
          take(reloaded, next)
          if (i === at) reloaded.reconfigure([device(false)])
        })
        expect(reloaded.tale).toEqual(plain.tale)
        expect(reloaded.readings).toEqual(plain.readings)
      }),
    )
  })

  it('no two readings of a point that were measured live share their microsecond', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const story = begin(false)
        for (const next of all) take(story, next)
        for (const point of ['d.x', 'd.s']) {
          const live = story.readingsOf(point).filter(({ replayed }) => replayed !== true)
          const microseconds = live.map(({ time }) => Math.round(time * 1000))
          expect(new Set(microseconds).size).toBe(microseconds.length)
        }
      }),
    )
  })

  it('a value is null exactly when the reading is bad, and a reason stands exactly when it is not good', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const story = begin(false)
        for (const next of all) take(story, next)
        for (const { value, quality, reason } of story.readings) {
          expect(value === null).toBe(quality === 'bad')
          expect(reason === undefined).toBe(quality === 'good')
        }
      }),
    )
  })
})

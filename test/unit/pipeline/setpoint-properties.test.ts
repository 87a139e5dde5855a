/** Setpoints from elsewhere and schedules change what is compared, and nothing else. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Device, Point, RuleLevel } from '../../../device-profiles/device.ts'
import { resolveSchedule } from '../../../device-profiles/schedule.ts'
import { setpointRulesOf } from '../../../device-profiles/setpoints.ts'
import { deviceOf, levelOf, limitRule, pointOf } from './devices.ts'
import { Story } from './story.ts'

const FIXED = [
  levelOf('high', { setpoint: 2, deadband: 0.5, onDelayMs: 3000, offDelayMs: 2000 }),
  levelOf('high-high', { setpoint: 4, deadband: 0.5, priority: 'urgent' }),
]
const TAKEN = FIXED.map((level, i) => ({
  ...level,
  setpoint: Number.NaN,
  source: { point: 'd.crest', times: i + 1, plus: 0 },
}))

function device(levels: readonly RuleLevel[], changes: object = {}): readonly Device[] {
  const level = pointOf('d', { id: 'level', unit: 'm', range: [-10, 10] })
  const crest = pointOf('d', { id: 'crest', unit: 'm', range: [-10, 10] })
  const rule = limitOf(level, levels, changes)
  const rules = [rule, ...setpointRulesOf(rule)]
  return [deviceOf('d', { points: [crest, level], rules, protocol: 'self', intervalMs: 3_600_000 })]
}

function limitOf(point: Point, levels: readonly RuleLevel[], changes: object) {
  const rule = limitRule(point, levels, changes)
  if (rule.type !== 'limit') throw new Error('a limit')
  return rule
}

const step = fc.record({
  level: fc.constantFrom(0, 1.4, 1.6, 2, 2.4, 3.6, 4, 5, 99),
  seconds: fc.constantFrom(0, 0.4, 1, 2, 3, 7),
  isBad: fc.boolean(),
})
const steps = fc.array(step, { minLength: 1, maxLength: 40 })
type Step = { readonly level: number; readonly seconds: number; readonly isBad: boolean }

function tell(story: Story, all: readonly Step[], crest: (i: number) => Readonly<Record<string, number>>): Story {
  story.values('d', { crest: 2 })
  for (const [i, { level, seconds, isBad }] of all.entries()) {
    story.values('d', { ...crest(i), level: isBad ? 99 : level }).pass(seconds)
  }
  return story
}

const ofLimit = (story: Story) => story.tale.filter((line) => line.includes(' d.limit '))

describe('whatever a value does', () => {
  it('a setpoint that another point gives is as one that is written down', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const taken = tell(new Story(device(TAKEN)), all, () => ({ crest: 2 }))
        const fixed = tell(new Story(device(FIXED)), all, () => ({}))
        expect(ofLimit(taken)).toEqual(ofLimit(fixed))
      }),
    )
  })

  it('a schedule that changes nothing is as none', () => {
    const during = resolveSchedule({ time: { from: '16:00', to: '16:01' } }, 'Asia/Shanghai')
    fc.assert(
      fc.property(steps, (all) => {
        const scheduled = { scheduled: [{ during, enabled: true, levels: FIXED }] }
        const other = tell(new Story(device(FIXED, scheduled)), all, () => ({}))
        expect(ofLimit(other)).toEqual(ofLimit(tell(new Story(device(FIXED)), all, () => ({}))))
      }),
    )
  })

  it('nothing is raised or cleared while a source is not good', () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const story = tell(new Story(device(TAKEN)), before, () => ({ crest: 2 }))
        story.values('d', { crest: 99 })
        const count = ofLimit(story).length
        for (const { level, seconds } of after) story.values('d', { level }).pass(seconds)
        expect(ofLimit(story)).toHaveLength(count)
      }),
    )
  })

  it('an active level is one whose setpoint the value has reached, wherever the setpoints move', () => {
    const moving = fc.array(fc.record({ crest: fc.constantFrom(1, 1.5, 2, 3, 99), level: step }), { maxLength: 30 })
    fc.assert(
      fc.property(moving, (all) => {
        const story = new Story(device(TAKEN))
        for (const { crest, level } of all) story.values('d', { crest, level: level.level }).pass(level.seconds)
        for (const { type, alarm } of story.events) {
          if (alarm.id !== 'd.limit' || type !== 'raised') continue
          const { value, setpoint } = alarm.cause
          expect(Number(value)).toBeGreaterThanOrEqual(Number(setpoint))
        }
      }),
    )
  })
})

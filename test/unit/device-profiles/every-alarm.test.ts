/**
 * Every rule of every model can raise its alarm and clear it, by values that the model's wire can say. Computed points are given as
 * numbers here; how the gateway makes them is the matter of test/unit/pipeline/computed-stories.test.ts.
 */
import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import type { Device, DiscreteRule, LimitRule, Rule, RuleLevel } from '../../../device-profiles/device.ts'
import { resolveDevice } from '../../../device-profiles/resolve.ts'
import { calmValues, valueAt } from './calm-values.ts'
import { ModelStory, type Values } from './model-story.ts'
import { parametersOf } from './placeholder-parameters.ts'

const SECOND = 1000
const catalogue = loadCatalogue()
const devices = [...catalogue.profiles.values()].map((profile): Device => {
  const installation = { id: 'unit', station: 'station', name: 'unit', place: 'here', profile: profile.id }
  const resolution = resolveDevice({ ...installation, parameters: parametersOf(profile) }, catalogue)
  if ('problems' in resolution) throw new Error(JSON.stringify(resolution.problems))
  return resolution.device
})

describe.each(devices.map((device) => ({ id: device.profile.id, device })))('$id', ({ device }) => {
  const calm = calmValues(device)

  test.each(device.rules.map((rule) => ({ id: rule.id, rule })))('$id raises and clears', ({ rule }) => {
    switch (rule.type) {
      case 'limit':
        return rule.trend === undefined ? tryLevels(rule) : tryAmounts(rule)
      case 'discrete':
        return tryStates(rule)
      case 'no-data':
        return tryThere(rule, (story) => story.wait(rule.afterMs))
      case 'bad-quality':
        return tryThere(rule, (story) => story.fails(device.id, 'malformed'))
      default:
        throw new Error(`no model has a rule of the type ${rule.type}: say here how it is tried`)
    }
  })

  function tryLevels(rule: LimitRule): void {
    for (const level of rule.levels) {
      const story = new ModelStory(device, rule).tell(calm)
      hold(story, { ...calm, [rule.point.profile.id]: valueAt(level, rule) }, level.onDelayMs)
      expectRaised(story, { rule, level })
      hold(story, calm, longestOffDelay(rule))
      expectCleared(story, rule)
    }
  }

  /** So much within the window, in twenty readings, and nothing more until it is over. */
  function tryAmounts(rule: LimitRule): void {
    const { trend, point } = rule
    if (trend?.type !== 'amount') throw new Error(`no model has a rule on ${trend?.type}: say here how it is tried`)
    const isCounter = trend.of === 'counter'
    for (const level of rule.levels) {
      const says = (value: number): Values => ({ ...calm, [point.profile.id]: value })
      const amount = isCounter ? valueAt(level, rule) : valueAt(level, rule, [0, Infinity])
      const story = new ModelStory(device, rule).tell(says(0))
      for (let i = 1; i <= 20; i++) story.wait(trend.windowMs / 40).tell(says((isCounter ? i * amount : amount) / 20))
      story.wait(level.onDelayMs + SECOND)
      expectRaised(story, { rule, level })
      const silence = trend.windowMs + longestOffDelay(rule)
      for (let i = 0; i <= 20; i++) story.wait(silence / 20).tell(says(isCounter ? amount : 0))
      expectCleared(story, rule)
    }
  }

  function tryStates(rule: DiscreteRule): void {
    for (const state of rule.abnormal) {
      const story = new ModelStory(device, rule).tell(calm)
      hold(story, { ...calm, [rule.point.profile.id]: state }, rule.onDelayMs)
      expectRaised(story, { rule })
      hold(story, calm, rule.offDelayMs)
      expectCleared(story, rule)
    }
  }

  function tryThere(rule: Extract<Rule, { type: 'no-data' | 'bad-quality' }>, fail: (story: ModelStory) => void): void {
    const story = new ModelStory(device, rule).tell(calm)
    fail(story)
    story.wait(rule.onDelayMs + SECOND)
    expectRaised(story, { rule })
    story.tell(calm).wait(rule.offDelayMs + SECOND)
    expectCleared(story, rule)
  }
})

/** The delay passes between two readings, without a tick: a reading that has grown old meanwhile would freeze the rule. */
function hold(story: ModelStory, values: Values, delayMs: number): void {
  story.tell(values).passWithoutTick(delayMs / SECOND + 1)
  story.tell(values)
}

function longestOffDelay({ levels }: LimitRule): number {
  return Math.max(...levels.map(({ offDelayMs }) => offDelayMs))
}

function expectRaised(story: ModelStory, { rule, level }: { readonly rule: Rule; readonly level?: RuleLevel }): void {
  const alarmId = `unit.${rule.id}`
  if (rule.type === 'limit' && rule.confirm === 'person') {
    expect(story.alarm(alarmId).proposal, level?.level).toMatchObject({ state: 'proposed', level: level?.level })
    expect(story.order(alarmId, { type: 'confirm', level: level?.level ?? null })).toBeNull()
  }
  expect(story.alarm(alarmId), level?.level).toMatchObject({ facts: { active: true }, level: level?.level ?? null })
  expect(story.alarm(alarmId).guidance.zh.length * story.alarm(alarmId).guidance.en.length).toBeGreaterThan(0)
}

function expectCleared(story: ModelStory, rule: Rule): void {
  const alarmId = `unit.${rule.id}`
  expect(story.alarm(alarmId).facts.active).toBe(false)
  // Who confirmed the level has acknowledged it; what people have confirmed, people reset.
  const isConfirmed = rule.type === 'limit' && rule.confirm === 'person'
  if (!isConfirmed) expect(story.order(alarmId, { type: 'acknowledge' })).toBeNull()
  if (isConfirmed || rule.latching) expect(story.order(alarmId, { type: 'reset' })).toBeNull()
  expect(story.alarm(alarmId).state).toBe('normal')
}

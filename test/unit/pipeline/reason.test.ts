import { describe, expect, it } from 'vitest'
import type { DiscreteRule, LimitRule } from '../../../device-profiles/device.ts'
import { discreteReason, limitReason, limitReturnReason } from '../../../gateway/pipeline/reason.ts'
import { duration } from '../../../gateway/pipeline/wording.ts'
import { discreteRule, levelOf, limitRule, pointOf } from './devices.ts'

const point = pointOf('w', { id: 'level', name: { zh: '水位', en: 'Water level' }, unit: 'm', decimals: 2 })
const rule = limitRule(point, []) as LimitRule
const orange = levelOf('orange', { setpoint: 0.27, deadband: 0.02 })

describe('a duration', () => {
  it.each([
    [0, '0 s', '0 秒'],
    [500, '0.5 s', '0.5 秒'],
    [5000, '5 s', '5 秒'],
    [9960, '10 s', '10 秒'],
    [59_400, '59 s', '59 秒'],
    [59_600, '1 min', '1 分'],
    [125_000, '2 min 5 s', '2 分 5 秒'],
    [3_599_700, '1 h', '1 小时'],
    [3_600_000, '1 h', '1 小时'],
    [11_100_000, '3 h 5 min', '3 小时 5 分'],
  ])('%d ms is %s', (ms, en, zh) => {
    expect(duration(ms)).toEqual({ en, zh })
  })
})

describe('the reason of a limit', () => {
  it('has the value, the setpoint, the level and how long', () => {
    expect(limitReason(rule, orange, { value: 0.31, heldMs: 5000 })).toEqual({
      zh: '水位 0.31 m，高于橙色限值 0.27 m，已持续 5 秒',
      en: 'Water level 0.31 m is above 0.27 m (orange) for 5 s',
    })
  })

  it('has all digits of a whole number', () => {
    const { decimals, ...profile } = point.profile
    expect(decimals).toBe(2)
    const counter = limitRule({ ...point, profile }, []) as LimitRule
    expect(limitReason(counter, { ...orange, setpoint: 4294967294 }, { value: 4294967295, heldMs: 0 }).en).toBe(
      'Water level 4294967295 m is above 4294967294 m (orange)',
    )
  })

  it('says that the setpoint is reached, where it is', () => {
    expect(limitReason(rule, orange, { value: 0.27, heldMs: 0 })).toEqual({
      zh: '水位 0.27 m，达到橙色限值 0.27 m',
      en: 'Water level 0.27 m has reached 0.27 m (orange)',
    })
  })

  it('never shows two equal numbers that are not equal', () => {
    expect(limitReason(rule, orange, { value: 0.2701, heldMs: 0 }).en).toBe(
      'Water level 0.2701 m is above 0.27 m (orange)',
    )
    const low = levelOf('low', { side: 'below', setpoint: 0.1 })
    expect(limitReason(rule, low, { value: 0.0999, heldMs: 0 }).zh).toBe('水位 0.0999 m，低于低限值 0.10 m')
  })

  it('says from which level it fell, and that the deadband still holds it', () => {
    expect(limitReason(rule, orange, { value: 0.26, heldMs: 0, fallenFrom: 'red' })).toEqual({
      zh: '水位 0.26 m，仍在橙色限值 0.27 m 的回差之内，已由红色级降低',
      en: 'Water level 0.26 m is still within the deadband of 0.27 m (orange), down from red',
    })
  })

  it('says what returned', () => {
    expect(limitReturnReason(rule, orange, { value: 0.2, heldMs: 60_000 })).toEqual({
      zh: '水位 0.20 m，已恢复正常（橙色限值 0.27 m，回差 0.02 m），已持续 1 分',
      en: 'Water level 0.20 m is back to normal (orange 0.27 m, deadband 0.02 m) for 1 min',
    })
    expect(limitReturnReason(rule, undefined, { value: 0.2, heldMs: 0 }).en).toBe(
      'Water level 0.20 m is back to normal',
    )
  })

  it('leaves the unit of bare numbers out', () => {
    const count = limitRule(pointOf('w', { id: 'count', name: { zh: '积压', en: 'Backlog' } }), []) as LimitRule
    expect(limitReason(count, levelOf('high', { setpoint: 1000 }), { value: 1500.5, heldMs: 0 }).en).toBe(
      'Backlog 1500.5 is above 1000 (high)',
    )
  })
})

describe('the reason of a discrete rule', () => {
  it('names the state, or its code where it has no name', () => {
    const states = { 1: { zh: '报警', en: 'alarm' } }
    const smoke = pointOf('s', { id: 'smoke', name: { zh: '烟感', en: 'Smoke' }, type: 'boolean', states })
    const fire = discreteRule(smoke) as DiscreteRule
    expect(discreteReason(fire, 1, { active: true, heldMs: 2000 })).toEqual({
      zh: '烟感为“报警”，已持续 2 秒',
      en: 'Smoke is "alarm" for 2 s',
    })
    expect(discreteReason(fire, 0, { active: false, heldMs: 0 }).en).toBe('Smoke is "0", back to normal')
  })
})

import { describe, expect, test } from 'vitest'
import type { Alarm } from '../../../gateway/alarm-model.ts'
import { compareAlarms } from '../../../gateway/http/alarm-order.ts'
import { ALONE_AT_MOST, groupAlarms } from '../../../gateway/statistics/alarm-groups.ts'
import { alarm } from '../../support/fake-station.ts'

const silent = (i: number, change: Partial<Alarm> = {}) =>
  alarm(`smoke-${i}.no-data`, { class: 'fault', priority: 'high', raisedAt: i, ...change })
const groupsOf = (...alarms: readonly Alarm[]) =>
  groupAlarms(alarms.toSorted(compareAlarms)).map(({ first, alarms: members }) => `${first.id} ${members.length}`)

describe('many alarms at once', () => {
  test('of one kind are one line, which says how many nobody has acknowledged', () => {
    const groups = groupAlarms([1, 2, 3].map((i) => silent(i)).sort(compareAlarms))
    expect(groups).toMatchObject([{ unacknowledged: 3, first: { id: 'smoke-3.no-data' } }])
    expect(groups[0]?.alarms).toHaveLength(3)
  })

  test('the highest priority always stands alone, however many there are', () => {
    const fires = [1, 2].map((i) => alarm(`smoke-${i}.fire`, { priority: 'urgent', raisedAt: i }))
    const flood = Array.from({ length: 50 }, (_, i) => silent(i + 10))
    const mild = [1, 2].map((i) => alarm(`tag-${i}.pressure`, { priority: 'low', raisedAt: i }))
    expect(groupsOf(...flood, ...mild, ...fires)).toEqual([
      'smoke-2.fire 1',
      'smoke-1.fire 1',
      'smoke-59.no-data 50',
      'tag-2.pressure 2',
    ])
  })

  test('where the worst hazard is only medium, it is that which stands alone', () => {
    const water = [1, 2].map((i) => alarm(`wl-${i}.high-water`, { priority: 'medium', raisedAt: i }))
    const low = [1, 2].map((i) => alarm(`tag-${i}.pressure`, { priority: 'low', raisedAt: i }))
    expect(groupsOf(...water, ...low)).toEqual(['wl-2.high-water 1', 'wl-1.high-water 1', 'tag-2.pressure 2'])
  })

  test('what was seen is not mixed with what was not, and an exercise with nothing', () => {
    const acked = {
      facts: { active: true, acked: true, latched: false, suppression: null },
      state: 'acknowledged',
    } as const
    expect(groupsOf(silent(1), silent(2, acked), silent(3, { mark: 'exercise' }), silent(4))).toEqual([
      'smoke-4.no-data 2',
      'smoke-2.no-data 1',
      'smoke-3.no-data 1',
    ])
  })

  test('ten thousand of the highest priority are a hundred lines and one, and no kind among them is hidden', () => {
    const removed = Array.from({ length: 10_000 }, (_, i) =>
      alarm(`tag-${i}.removed`, { kind: 'extinguisher', raisedAt: i + 2 }),
    )
    const water = alarm('wl-1.high-water', { kind: 'water-level', rule: 'high-water', raisedAt: 1 })
    const groups = groupAlarms([...removed, water].sort(compareAlarms))
    expect(groups.slice(0, ALONE_AT_MOST).every(({ alarms }) => alarms.length === 1)).toBe(true)
    expect(groups.slice(ALONE_AT_MOST)).toMatchObject([
      { first: { id: 'tag-9899.removed' }, unacknowledged: 9900 },
      { first: { id: 'wl-1.high-water' }, unacknowledged: 1 },
    ])
  })
})

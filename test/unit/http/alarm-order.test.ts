import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Alarm, PRIORITIES } from '../../../gateway/alarm-model.ts'
import { compareAlarms } from '../../../gateway/http/alarm-order.ts'
import { ALARM_STATES } from '../../../gateway/http/alarm-schemas.ts'
import { alarm } from '../../support/fake-station.ts'

const anyAlarm = fc
  .record({
    id: fc.stringMatching(/^[a-c]{1,2}\.[a-c]$/),
    state: fc.constantFrom(...ALARM_STATES),
    priority: fc.constantFrom(...PRIORITIES),
    class: fc.constantFrom('alarm' as const, 'fault' as const),
    raisedAt: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ id, ...rest }): Alarm => alarm(id, rest))

test('the order is total and does not depend on the order before', () => {
  fc.assert(
    fc.property(fc.uniqueArray(anyAlarm, { selector: ({ id }) => id }), (alarms) => {
      const ids = (list: readonly Alarm[]) => list.map(({ id }) => id)
      expect(ids([...alarms].reverse().sort(compareAlarms))).toEqual(ids([...alarms].sort(compareAlarms)))
      for (const one of alarms) expect(compareAlarms(one, one)).toBe(0)
    }),
  )
})

test('an unseen active alarm stands before everything else, whatever its priority', () => {
  fc.assert(
    fc.property(anyAlarm, anyAlarm, (a, b) => {
      fc.pre(a.state === 'unacknowledged' && b.state !== 'unacknowledged')
      expect(compareAlarms(a, b)).toBeLessThan(0)
    }),
  )
})

test('in one state the higher priority stands first, then alarms before faults, then the newest', () => {
  const order = [
    alarm('d.urgent', { priority: 'urgent', raisedAt: 1 }),
    alarm('c.high-new', { priority: 'high', raisedAt: 9 }),
    alarm('b.high-old', { priority: 'high', raisedAt: 2 }),
    alarm('a.high-fault', { priority: 'high', class: 'fault', raisedAt: 99 }),
  ]
  expect([...order].reverse().sort(compareAlarms)).toEqual(order)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AlarmEventDraft, PRIORITIES } from '../../../gateway/alarm-model.ts'
import { worstFirst } from '../../../gateway/pipeline/event-order.ts'
import { alarm } from '../../support/fake-station.ts'

function event(id: string, change: Partial<AlarmEventDraft['alarm']> = {}): AlarmEventDraft {
  return { time: 0, type: 'raised', previousState: 'normal', by: null, comment: null, alarm: alarm(id, change) }
}
const order = (events: AlarmEventDraft[]) => {
  worstFirst(events)
  return events.map(({ alarm: { id } }) => id)
}

const milder = Array.from({ length: 5 }, (_, i) => event(`low-${i}`, { priority: 'low' }))

test('the most urgent first, a hazard before a fault of the same priority, what asks nobody last', () => {
  const events = [
    ...milder,
    event('exercise', { priority: 'urgent', mark: 'exercise' }),
    event('shelved', { priority: 'urgent', state: 'shelved' }),
    event('fault', { class: 'fault', priority: 'high' }),
    event('water', { priority: 'high' }),
    event('fire', { priority: 'urgent' }),
  ]
  const low = milder.map(({ alarm: { id } }) => id)
  expect(order(events)).toEqual(['fire', 'water', 'fault', ...low, 'exercise', 'shelved'])
})

test('a few events keep the order of cause and effect', () => {
  expect(order([event('a', { priority: 'low' }), event('b', { priority: 'urgent' })])).toEqual(['a', 'b'])
})

test('the events of one alarm never change places, and none is lost', () => {
  const arbitrary = fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 4 }),
      fc.constantFrom(...PRIORITIES),
      fc.constantFrom('unacknowledged', 'normal'),
    ),
  )
  fc.assert(
    fc.property(arbitrary, (steps) => {
      const events = steps.map(([id, priority, state], i) =>
        event(`d.${id}`, { priority, state: state as 'normal', occurrence: i }),
      )
      worstFirst(events)
      expect(events).toHaveLength(steps.length)
      const last = new Map<string, number>()
      for (const { alarm: row } of events) {
        expect(row.occurrence).toBeGreaterThan(last.get(row.id) ?? -1)
        last.set(row.id, row.occurrence)
      }
    }),
  )
})

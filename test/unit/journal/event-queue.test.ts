import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EventQueue } from '../../../gateway/journal/event-queue.ts'
import { draft } from './journal-samples.ts'

const from = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i)

/** What may happen to a queue: events come, the disk takes some, listeners are told. */
const step = fc.oneof(
  fc.record({ type: fc.constant('add' as const), count: fc.integer({ min: 1, max: 900 }) }),
  fc.record({ type: fc.constant('save' as const) }),
  fc.record({ type: fc.constant('publish' as const) }),
)

describe('the queue of alarm events', () => {
  test('numbers without a gap, publishes each event once in order, and keeps what is not on disk', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), fc.array(step, { maxLength: 25 }), (before, steps) => {
        const queue = new EventQueue('gw')
        queue.load(before)
        const published: number[] = []
        let added = 0
        let saved = before
        for (const one of steps) {
          if (one.type === 'add') {
            added += queue.add(Array.from({ length: one.count }, () => draft())).length
          } else if (one.type === 'save') {
            const rows = queue.toSave()
            expect(rows.map(({ seq }) => seq)).toEqual(from(saved + 1, rows.length))
            saved += rows.length
            queue.markSaved(saved)
          } else {
            published.push(...queue.publish(queue.lastSeq).map(({ seq }) => seq))
          }
          expect(queue.unsaved).toBe(before + added - saved)
        }
        expect(published).toEqual(from(before + 1, published.length))
        const recent = queue.recent({ afterSeq: Math.min(saved, queue.publishedSeq), limit: 100_000 })
        const first = Math.min(saved, queue.publishedSeq) + 1
        expect(recent?.map(({ seq }) => seq)).toEqual(from(first, queue.publishedSeq - first + 1))
      }),
      { numRuns: 100 },
    )
  })

  test('does not grow with what is on disk', () => {
    const queue = new EventQueue('gw')
    for (let i = 0; i < 5000; i++) {
      const [event] = queue.add([draft()])
      queue.markSaved(event?.seq ?? 0)
      queue.publish(queue.lastSeq)
    }
    expect(queue.recent({ afterSeq: 2500, limit: 1 })).toBe(null)
    expect(queue.recent({ afterSeq: 4500, limit: 2 })?.map(({ seq }) => seq)).toEqual([4501, 4502])
    expect(queue.recent({ afterSeq: 5000, limit: 2 })).toEqual([])
  })

  test('hides what listeners have not seen', () => {
    const queue = new EventQueue('gw')
    queue.add([draft(), draft()])
    expect(queue.recent({ afterSeq: 0, limit: 9 })).toEqual([])
    queue.publish(1)
    expect(queue.recent({ afterSeq: 0, limit: 9 })?.map(({ seq }) => seq)).toEqual([1])
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  MAX_OVERTAKEN,
  MAX_SUSPECT_OVERTAKEN,
  type RequestPriority,
  RequestQueue,
} from '../../../../gateway/sources/modbus/request-queue.ts'

interface Item {
  readonly priority: RequestPriority
  readonly number: number
}

const priority = fc.constantFrom<RequestPriority>('command', 'alarm', 'rest', 'suspect')
/** A request that comes, or the line that becomes free. */
const step = fc.oneof({ weight: 3, arbitrary: priority }, { weight: 2, arbitrary: fc.constant('take' as const) })

function filled(...priorities: readonly RequestPriority[]): RequestQueue<Item> {
  const queue = new RequestQueue<Item>()
  for (const [number, of] of priorities.entries()) queue.push({ priority: of, number })
  return queue
}

function takeAllInOrder(queue: RequestQueue<Item>): readonly number[] {
  const taken: number[] = []
  for (let item = queue.take(); item !== undefined; item = queue.take()) taken.push(item.number)
  return taken
}

describe('the queue of a line', () => {
  test('commands go first, then alarm points, then the rest, each in order', () => {
    expect(takeAllInOrder(filled('rest', 'alarm', 'command', 'rest', 'alarm', 'command'))).toEqual([2, 5, 1, 4, 0, 3])
  })

  test('whoever is overtaken too often has its turn, the lowest class too', () => {
    const queue = filled('rest', ...Array.from({ length: 10 }, () => 'alarm' as const))
    expect(takeAllInOrder(queue).indexOf(0)).toBe(MAX_OVERTAKEN)
  })

  test('a suspect waits for everyone, but not for ever', () => {
    const others = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? 'rest' : 'alarm'))
    const queue = filled('suspect', ...others)
    expect(takeAllInOrder(queue).indexOf(0)).toBe(MAX_SUSPECT_OVERTAKEN)
    expect(takeAllInOrder(filled('suspect', 'rest', 'alarm'))).toEqual([2, 1, 0])
    expect([filled(), filled('suspect'), filled('suspect', 'rest')].map((of) => of.hasOnlySuspects)).toEqual([
      ...[false, true, false],
    ])
  })

  test('a class that was empty begins to wait anew', () => {
    const queue = filled('command', 'command', 'command', 'command', 'command', 'command')
    takeAllInOrder(queue)
    for (const [number, of] of (['rest', 'command'] as const).entries()) queue.push({ priority: of, number })
    expect(takeAllInOrder(queue)).toEqual([1, 0])
  })

  test('takeAll empties it', () => {
    const queue = filled('rest', 'alarm')
    expect(queue.takeAll()).toHaveLength(2)
    expect(queue.size).toBe(0)
    expect(queue.take()).toBeUndefined()
  })

  test('nothing is lost, doubled or starved, and classes keep their order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const queue = new RequestQueue<Item>()
        const waiting = new Map<number, { readonly item: Item; readonly mayTake: number; taken: number }>()
        const newest: Record<RequestPriority, number> = { command: -1, alarm: -1, rest: -1, suspect: -1 }
        const take = (): void => {
          const item = queue.take()
          expect(item === undefined).toBe(waiting.size === 0)
          if (item === undefined) return
          expect(waiting.delete(item.number), 'it waited, and was not taken before').toBe(true)
          expect(item.number, 'in order within its class').toBeGreaterThan(newest[item.priority])
          newest[item.priority] = item.number
          for (const other of waiting.values()) {
            other.taken++
            expect(other.taken, 'bounded by what stood before it in its class').toBeLessThanOrEqual(other.mayTake)
          }
        }
        for (const [number, what] of steps.entries()) {
          if (what === 'take') take()
          else {
            const before = [...waiting.values()].filter(({ item }) => item.priority === what).length
            // Each turn of its class comes after so many others, or a few more when other classes are due too.
            const most = what === 'suspect' ? MAX_SUSPECT_OVERTAKEN : MAX_OVERTAKEN
            const mayTake = (before + 1) * (most + 3)
            const item = { priority: what, number }
            waiting.set(number, { item, mayTake, taken: 0 })
            queue.push(item)
          }
          expect(queue.size).toBe(waiting.size)
        }
        while (waiting.size > 0) take()
      }),
    )
  })
})

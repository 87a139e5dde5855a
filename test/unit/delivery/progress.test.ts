import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Progress } from '../../../gateway/delivery/progress.ts'

/** What a delivery does with it, and beside it the plain set of all numbers that are done. */
type Step =
  | { readonly type: 'arrive'; readonly count: number }
  | { readonly type: 'leave-behind' }
  | { readonly type: 'fresh'; readonly most: number }
  | { readonly type: 'oldest'; readonly most: number }

const count = fc.integer({ min: 1, max: 20 })
const steps = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('arrive' as const), count }),
    fc.record({ type: fc.constant('leave-behind' as const) }),
    fc.record({ type: fc.constant('fresh' as const), most: count }),
    fc.record({ type: fc.constant('oldest' as const), most: count }),
  ),
  { maxLength: 200 },
)

class Told {
  readonly progress = new Progress(0)
  readonly done = new Set<number>()
  head = 0

  play(step: Step): void {
    if (step.type === 'arrive') this.head += step.count
    else if (step.type === 'leave-behind') this.progress.leaveBehind(this.head)
    else if (step.type === 'fresh') this.#deliver({ after: this.progress.fresh, upTo: this.head }, step)
    else {
      const { after, upTo } = this.progress.oldest
      this.#deliver({ after, upTo: Math.min(upTo, this.head) }, step)
    }
  }

  #deliver({ after, upTo }: { after: number; upTo: number }, { type, most }: { type: string; most: number }): void {
    const last = Math.min(after + most, upTo)
    if (last <= after) return
    for (let seq = after + 1; seq <= last; seq++) this.done.add(seq)
    if (type === 'fresh') this.progress.completeFresh(last)
    else this.progress.completeOldest(last)
  }
}

describe('the progress of a delivery', () => {
  test('its cursor never passes what is not done, and both ends reach everything', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const told = new Told()
        for (const step of script) {
          told.play(step)
          const { cursor, fresh, oldest } = told.progress
          for (let seq = 1; seq <= cursor; seq++) expect(told.done.has(seq)).toBe(true)
          expect(oldest.after).toBe(cursor)
          expect(fresh).toBeGreaterThanOrEqual(cursor)
          expect(fresh).toBeLessThanOrEqual(told.head)
        }
        while (told.progress.cursor < told.head) {
          const before = told.progress.cursor
          told.play({ type: 'oldest', most: 7 })
          expect(told.progress.cursor).toBeGreaterThan(before)
        }
        expect(told.done.size).toBe(told.head)
        expect(told.progress.hasBacklog).toBe(false)
      }),
    )
  })

  test('forgets the lowest stretch of too many, which is then brought again', () => {
    const progress = new Progress(0)
    for (let i = 1; i <= 100; i++) {
      progress.leaveBehind(i * 10)
      progress.completeFresh(i * 10 + 5)
    }
    expect(progress.cursor).toBe(0)
    expect(progress.oldest).toEqual({ after: 0, upTo: 690 })
    progress.completeOldest(690)
    expect(progress.cursor).toBe(695)
  })
})

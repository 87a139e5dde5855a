import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EXPRESS, ORDINARY, Pace } from '../../../../gateway/channels/robot/pace.ts'

test('both allowances together are never more than 20 in any minute, whatever is asked when', () => {
  const asked = fc.array(fc.record({ isExpress: fc.boolean(), after: fc.integer({ min: 0, max: 20_000 }) }), {
    maxLength: 200,
  })
  fc.assert(
    fc.property(asked, (wishes) => {
      const express = new Pace(EXPRESS)
      const ordinary = new Pace(ORDINARY)
      const told: number[] = []
      const lastOf = new Map<Pace, number>()
      let now = 0
      for (const { isExpress, after } of wishes) {
        const pace = isExpress ? express : ordinary
        now += after
        const at = Math.max(now, lastOf.get(pace) ?? 0)
        const due = at + pace.waitMs(at)
        pace.take(due)
        lastOf.set(pace, due)
        told.push(due)
      }
      told.sort((a, b) => a - b)
      for (const [index, at] of told.entries()) {
        const within = told.slice(index).filter((one) => one < at + 60_000)
        expect(within.length).toBeLessThanOrEqual(20)
      }
    }),
  )
})

test('the first of what must not wait never waits, and after five of them 8 s at most', () => {
  const pace = new Pace(EXPRESS)
  for (let i = 0; i < 5; i += 1) {
    expect(pace.waitMs(0)).toBe(0)
    pace.take(0)
  }
  expect(pace.waitMs(0)).toBe(8000)
  expect(pace.waitMs(8000)).toBe(0)
})

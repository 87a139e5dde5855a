import { expect, test } from 'vitest'
import type { Case, KnownNotification } from '../../../gateway/dispatch/case.ts'
import { waitsElsewhere } from '../../../gateway/dispatch/waits-elsewhere.ts'

type Row = Pick<Case, 'id' | 'phase' | 'drill'> & { readonly over?: string; readonly mark?: 'exercise' }

function asks(rows: readonly Row[], { exercises = false } = {}): boolean {
  const cases = rows.map(({ over = 'siren', mark = null, ...row }) => ({
    ...{ ...row, told: new Map([[over, []]]), facts: { mark } },
  })) as unknown as readonly Case[]
  const state = {
    cases: () => cases,
    notification: (id: string) => (id === 'n1' ? ({ cases: ['own'] } as unknown as KnownNotification) : undefined),
  }
  return waitsElsewhere(state, { channel: 'siren', notification: 'n1', exercises })
}

const own: Row = { id: 'own', phase: 'calling', drill: null }

test.each([
  ['nothing else', [own], false],
  ['another that waits', [own, { id: 'other', phase: 'calling', drill: null }], true],
  ['another that is in hand', [own, { id: 'other', phase: 'in-hand', drill: null }], false],
  ['another that is over', [own, { id: 'other', phase: 'over', drill: null }], false],
  ['another that was told elsewhere', [own, { id: 'other', phase: 'calling', drill: null, over: 'mail' }], false],
  ['a drill', [own, { id: 'other', phase: 'calling', drill: 'd1' }], false],
  ['an exercised alarm', [own, { id: 'other', phase: 'calling', drill: null, mark: 'exercise' }], false],
] as const)('%s', (_, rows, expected) => {
  expect(asks(rows)).toBe(expected)
})

test('where exercises move the device too, they count', () => {
  expect(asks([own, { id: 'other', phase: 'calling', drill: 'd1' }], { exercises: true })).toBe(true)
})

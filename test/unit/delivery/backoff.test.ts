import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_BACKOFF, delayAfter, type Failure } from '../../../gateway/delivery/backoff.ts'

function delay(
  failure: Failure,
  more: { failuresBefore?: number; retryAfterMs?: number | null; random?: number } = {},
) {
  const { failuresBefore = 0, retryAfterMs = null, random = 0 } = more
  return delayAfter({ failure, failuresBefore, retryAfterMs }, { backoff: DEFAULT_BACKOFF, random: () => random })
}

describe('the delay after a failure', () => {
  test('grows from 1 s and ends at 60 s, drawn evenly below a doubling ceiling', () => {
    const ceilings = [0, 1, 2, 3, 4, 5, 6].map((failuresBefore) => delay('unreachable', { failuresBefore, random: 1 }))
    expect(ceilings).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
    expect(delay('unreachable', { failuresBefore: 4, random: 0.5 })).toBe(16_500)
  })

  test('stays between its ends however long the outage is', () => {
    const failure = fc.constantFrom<Failure>('unreachable', 'busy', 'journal')
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(failure, fc.nat(), random, (kind, failuresBefore, drawn) => {
        const ms = delay(kind, { failuresBefore, random: drawn })
        expect(ms).toBeGreaterThanOrEqual(DEFAULT_BACKOFF.shortestMs)
        expect(ms).toBeLessThanOrEqual(DEFAULT_BACKOFF.longestMs)
      }),
    )
  })

  test('is never shorter than what a busy receiver asks for, up to one hour', () => {
    expect(delay('busy', { retryAfterMs: 120_000 })).toBe(120_000)
    expect(delay('busy', { retryAfterMs: 10, random: 0.5 })).toBe(1500)
    expect(delay('busy', { retryAfterMs: 1e12 })).toBe(3_600_000)
  })

  test('does not grow and does not vary while a person must mend something', () => {
    expect(delay('refused', { failuresBefore: 0, random: 0.9 })).toBe(60_000)
    expect(delay('refused', { failuresBefore: 90, random: 0.1 })).toBe(60_000)
  })
})

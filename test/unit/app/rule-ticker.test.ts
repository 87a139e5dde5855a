import { expect, test } from 'vitest'
import { createRuleTicker } from '../../../gateway/app/rule-ticker.ts'
import { createMemoryLog } from '../../support/memory-log.ts'

test('rules that cannot be evaluated end nothing, are told once, and are over when they can', () => {
  const log = createMemoryLog()
  let error: Error | null = new Error('a rule without a point')
  const ticker = createRuleTicker({
    tick: () => {
      if (error !== null) throw error
    },
    log,
  })
  expect(ticker.failure()).toBe(null)
  ticker.tick()
  ticker.tick()
  expect(ticker.failure()).toBe('a rule without a point')
  expect(log.lines).toMatchObject([{ level: 'error', message: 'the rules cannot be evaluated' }])
  error = null
  ticker.tick()
  expect(ticker.failure()).toBe(null)
})

/** What came of the test of one scenario file. */
import type { LocalText } from '../../device-profiles/base-schema.ts'
import type { TestResult } from './test-run.ts'

export type TestOutcome = {
  readonly file: string
  readonly name: LocalText
  readonly seed: number
  readonly speed: number
  /** Of the whole test, with the start of the gateway. */
  readonly seconds: number
} & (
  | { readonly type: 'judged'; readonly result: TestResult }
  /** Nothing could be judged. */
  | { readonly type: 'failed'; readonly reason: string }
)

export function isMet(outcome: TestOutcome): boolean {
  return outcome.type === 'judged' && outcome.result.verdict.isMet
}

/** What is remembered of a computed point beside its readings. */
import type { Calculation } from '../../device-profiles/calculation.ts'
import type { Point } from '../../device-profiles/device.ts'
import type { Calculator } from './computing/calculator.ts'
import { createCalculator } from './computing/create-calculator.ts'

export interface ComputedState {
  readonly calculation: Calculation
  readonly calculator: Calculator
}

/** `kept`: that of the same point before the configuration changed. */
export function computedStateOf({ calculation }: Point, kept: ComputedState | null): ComputedState | null {
  if (calculation === undefined) return null
  return kept ?? { calculation, calculator: createCalculator(calculation) }
}

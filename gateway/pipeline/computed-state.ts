/** What is remembered of a computed point beside its readings. */
import type { Calculation } from '../../device-profiles/calculation.ts'
import type { Point } from '../../device-profiles/device.ts'
import type { Calculator } from './computing/calculator.ts'
import { createCalculator } from './computing/create-calculator.ts'

export interface ComputedState {
  readonly calculation: Calculation
  readonly calculator: Calculator
  /** Of its inputs, among the points of the device. */
  readonly places: readonly number[]
}

/** `kept`: that of the same point before the configuration changed. */
export function computedStateOf(
  { calculation }: Point,
  { points, kept }: { readonly points: readonly Point[]; readonly kept: ComputedState | null },
): ComputedState | null {
  if (calculation === undefined) return null
  const places = calculation.inputs.map((id) => points.findIndex(({ profile }) => profile.id === id))
  return { calculation, calculator: kept?.calculator ?? createCalculator(calculation), places }
}

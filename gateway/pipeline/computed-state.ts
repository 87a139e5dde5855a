/** What is remembered of a computed point beside its readings. */
import type { Calculation } from '../../device-profiles/calculation.ts'
import type { Point } from '../../device-profiles/device.ts'
import type { Calculator } from './computing/calculator.ts'
import { createCalculator } from './computing/create-calculator.ts'
import type { Finding } from './decode.ts'

export interface ComputedState {
  readonly calculation: Calculation
  readonly calculator: Calculator
  /** Of its inputs, among the points of the device. */
  readonly places: readonly number[]
  /** Of each input, what to say before it was ever read. */
  readonly missing: readonly Finding[]
}

/** `kept`: that of the same point before the configuration changed. */
export function computedStateOf(
  { calculation }: Point,
  { points, kept }: { readonly points: readonly Point[]; readonly kept: ComputedState | null },
): ComputedState | null {
  if (calculation === undefined) return null
  const places = calculation.inputs.map((id) => points.findIndex(({ profile }) => profile.id === id))
  const missing = calculation.inputs.map(
    (id): Finding => ({ fault: 'insufficient-data', detail: `${id} was not read yet` }),
  )
  return { calculation, calculator: kept?.calculator ?? createCalculator(calculation), places, missing }
}

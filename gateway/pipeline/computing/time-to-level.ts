/** How long rising water has to its next limit, at the pace of the last minutes. */

/**
 * `value` and `setpoints` (ascending) in one unit, `rate` in that unit per minute. Null: no limit is above it, or it does not
 * rise. Plain extrapolation: (setpoint - value) / rate.
 */
export function minutesToLevel(
  { value, rate }: { readonly value: number; readonly rate: number },
  setpoints: readonly number[],
): number | null {
  const next = setpoints.find((setpoint) => setpoint > value)
  return next === undefined || rate <= 0 ? null : (next - value) / rate
}

/**
 * What an analogue smoke detector shows in clean air: dust lifts it over months, and a detector that does not compensate for
 * that alarms ever earlier. The baseline follows the value by no more than so much per hour, up or down, so it tends to the
 * median: an hour of smoke moves it by one hour's step.
 *
 * How fast it may follow is bounded by slow fires. EN 54-7 4.8 asks that compensation must not greatly reduce the sensitivity
 * to slowly developing fires; with A the alarm threshold, a follower of at most 0.09 A per hour delays the alarm of smoke that
 * rises by A/4 per hour to no more than 1.6 times as long (rise R, step s: A / (R - s) against A / R).
 */

/** The next baseline; `hours` since the last value. Before the first it is 0: a clean detector. */
export function followed(
  baseline: number,
  value: number,
  { perHour, hours }: { readonly perHour: number; readonly hours: number },
): number {
  const step = perHour * Math.max(0, hours)
  return baseline + Math.min(Math.max(value - baseline, -step), step)
}

/** What is compensated of it: never more than `limit`, which keeps the alarm threshold above what is left. */
export function compensated(value: number, baseline: number, limit: number): number {
  return value - Math.min(Math.max(baseline, -limit), limit)
}

/** Longest step: what happened in a longer silence is not known. */
export const LONGEST_STEP_HOURS = 1

/** How long a delivery waits before its next attempt. All durations in milliseconds. */
import type { DeliveryFailure } from '../delivery-model.ts'

export interface Backoff {
  /** Never shorter than this. Default 1 s. */
  readonly shortestMs: number
  /** The growing delay ends here. Default 60 s. */
  readonly longestMs: number
  /** Pace while a person must mend something. Default 60 s. */
  readonly refusedMs: number
  /** A receiver that asks for more time than this is asked again nevertheless. Default 1 h. */
  readonly longestRetryAfterMs: number
}

export const DEFAULT_BACKOFF: Backoff = {
  shortestMs: 1000,
  longestMs: 60_000,
  refusedMs: 60_000,
  longestRetryAfterMs: 3_600_000,
}

/** A delivery also fails when its own journal does: reading, moving the cursor, keeping a dead letter. */
export type Failure = DeliveryFailure | 'journal'

/**
 * Growing delays are drawn evenly between the shortest and a ceiling that doubles with every failure (full jitter), so that
 * many gateways that lost the same receiver do not come back in step.
 * `failuresBefore` counts the failures in a row before this one; `random` gives a number in [0, 1).
 */
export function delayAfter(
  failure: { readonly failure: Failure; readonly retryAfterMs: number | null; readonly failuresBefore: number },
  options: { readonly backoff: Backoff; readonly random: () => number },
): number {
  const { shortestMs, longestMs, refusedMs, longestRetryAfterMs } = options.backoff
  if (failure.failure === 'refused') return refusedMs
  // Beyond 2^30 the ceiling is the longest delay anyway, and an endless outage must not overflow the power.
  const ceiling = Math.min(longestMs, shortestMs * 2 ** Math.min(failure.failuresBefore + 1, 30))
  const delay = shortestMs + options.random() * (ceiling - shortestMs)
  if (failure.failure !== 'busy') return delay
  return Math.max(delay, Math.min(failure.retryAfterMs ?? 0, longestRetryAfterMs))
}

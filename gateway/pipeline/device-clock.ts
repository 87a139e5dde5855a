/**
 * How far a device's own clock is off, learnt from what it sends, and which of its messages are therefore old.
 *
 * The age of a message is known only beside that of others: the smallest distance between the monotonic clock at the receipt and
 * the device's time is that of a message which came at once. One that is farther is late: a device that was cut off plays
 * back its memory in order, each reading newer than the one before, and none of them is about now. The wall clock has
 * no part in it, so its steps make nothing late.
 *
 * A clock that was set back looks the same, but does not catch up: when messages have kept one distance for a while, it is the
 * new one. Until then they are taken for late, which is told where they would have been alarms.
 */
import type { Instant } from '../model.ts'

export interface DeviceClock {
  /** Monotonic receipt less device time of a message that came at once, ms; null before the first. */
  base: number | null
  /** When it was learnt (monotonic). */
  learntAt: number
  /** The distance that late messages keep, and since when (monotonic). */
  candidate: { readonly base: number; readonly since: number } | null
}

/** A clock may be so much slower than ours (a cheap crystal: 0.1 ‰, with room). */
const DRIFT = 0.001
/** Messages that are this much alike in age keep their distance. */
const SAME_MS = 10_000
const RELEARN_MS = 5 * 60_000
const LEAST_LATE_MS = 5 * 60_000
const MOST_LATE_MS = 60 * 60_000

export function newDeviceClock(): DeviceClock {
  return { base: null, learntAt: 0, candidate: null }
}

/** What is older than this is late: a device that measures and sends at its own pace is never quite up to date. */
export function lateAfterMs(intervalMs: number): number {
  return Math.min(Math.max(intervalMs, LEAST_LATE_MS), MOST_LATE_MS)
}

/** Learns from a message with a believable time. True where it is not about now. */
export function isBehind(
  clock: DeviceClock,
  { deviceTime, at: { mono }, lateMs }: { readonly deviceTime: number; readonly at: Instant; readonly lateMs: number },
): boolean {
  const base = mono - deviceTime
  const slow = clock.base === null ? base : clock.base + DRIFT * (mono - clock.learntAt)
  if (base <= slow + lateMs || hasSettled(clock, base, mono)) {
    // A jump is taken over as it is; within what is on time, the least late one shows the clock.
    learn(clock, base <= slow + lateMs ? Math.min(base, slow) : base, mono)
    return false
  }
  if (clock.candidate === null || Math.abs(base - clock.candidate.base) > SAME_MS) {
    clock.candidate = { base, since: mono }
  }
  return true
}

/** How far the device's clock is ahead of ours, ms, its transmission included; null where it never said a time. */
export function clockOffsetMs({ base }: DeviceClock, { wall, mono }: Instant): number | null {
  return base === null ? null : Math.round(mono - base - wall)
}

function hasSettled({ candidate }: DeviceClock, base: number, mono: number): boolean {
  return candidate !== null && Math.abs(base - candidate.base) <= SAME_MS && mono - candidate.since >= RELEARN_MS
}

function learn(clock: DeviceClock, base: number, mono: number): void {
  clock.base = base
  clock.learntAt = mono
  clock.candidate = null
}

import type { Clock } from '../../model.ts'

/** Waits for the work, but not longer than `ms`. */
export async function atMost(ms: number, work: Promise<unknown>, clock: Clock): Promise<void> {
  const timer = new AbortController()
  await Promise.race([work, clock.sleep(ms, timer.signal).catch(() => {})])
  timer.abort()
}

import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from './model.ts'

export const systemClock: Clock = {
  now: () => ({ wall: Date.now(), mono: performance.now() }),
  every(ms, run) {
    const timer = setInterval(run, ms)
    return () => clearInterval(timer)
  },
  async sleep(ms, signal) {
    await delay(ms, undefined, signal === undefined ? {} : { signal })
  },
}

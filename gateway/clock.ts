import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from './model.ts'

export const systemClock: Clock = {
  now: () => ({ wall: Date.now(), mono: performance.now() }),
  every(ms, run) {
    const timer = setInterval(run, ms)
    return () => clearInterval(timer)
  },
  // By hand: the promises of node:timers cost several times the memory, and a station sleeps once for each poll.
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, ms)
      if (signal?.aborted) stop()
      else signal?.addEventListener('abort', stop, { once: true })
    })
  },
  async pause(ms, signal) {
    const until = performance.now() + ms
    // Timers know whole milliseconds only.
    if (ms >= 1) await systemClock.sleep(Math.floor(ms), signal)
    while (performance.now() < until) {
      signal?.throwIfAborted()
      await turn()
    }
  },
}

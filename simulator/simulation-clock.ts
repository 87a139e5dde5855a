/** The time by which a simulation lives; that of the machine, unless a test brings its own. */
export interface SimulationClock {
  /** ms, never set back. */
  now(): number
  /** ms since 1970: what devices stamp their messages with. */
  wall(): number
  /** Calls `run` every so many ms, until the function that is returned is called. */
  every(ms: number, run: () => void): () => void
  /** Calls `run` once after so many ms, unless the function that is returned is called before. */
  after(ms: number, run: () => void): () => void
}

export const machineClock: SimulationClock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  every(ms, run) {
    const timer = setInterval(run, ms)
    return () => clearInterval(timer)
  },
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/** Work of which only little may run at once: those who wait take turns, so that one with much to do delays nobody. */
interface Job {
  readonly run: () => Promise<void>
}

export class FairQueue {
  readonly #atOnce: number
  /** By who asked, in order of turns. */
  readonly #waiting = new Map<string, Job[]>()
  #running = 0

  constructor(atOnce: number) {
    this.#atOnce = atOnce
  }

  /** Settles as `work` does. */
  run<T>(who: string, work: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const jobs = this.#waiting.get(who) ?? []
    jobs.push({ run: () => Promise.try(work).then(resolve, reject) })
    this.#waiting.set(who, jobs)
    this.#next()
    return promise
  }

  #next(): void {
    if (this.#running >= this.#atOnce) return
    const turn = this.#waiting.entries().next()
    if (turn.done) return
    const [who, jobs] = turn.value
    const job = jobs.shift()
    // Behind all others until its next turn.
    this.#waiting.delete(who)
    if (jobs.length > 0) this.#waiting.set(who, jobs)
    this.#running++
    job?.run().finally(() => {
      this.#running--
      this.#next()
    })
  }
}

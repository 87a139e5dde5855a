/**
 * Decisions on their way to disk. What was decided together is written together, with the alarm event that led to it, and is carried out
 * once it is on disk. A disk that refuses or hangs holds nobody up: people are told all the same, and the decisions are written
 * when it is back. The ids of notifications are such that a crash in between makes no others.
 */
import type { DispatchEntry } from '../journal/dispatch-journal.ts'
import type { Clock, Log } from '../model.ts'

export interface DispatchRecorderOptions {
  readonly record: (entries: readonly DispatchEntry[], accepted: number) => Promise<void>
  /** Nobody is told of the alarm events up to this one: that costs no commit of its own. */
  readonly passed: (accepted: number) => void
  /** Carries them out; called once for each, in order. */
  readonly carryOut: (entries: readonly DispatchEntry[]) => void
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

interface Step {
  readonly entries: readonly DispatchEntry[]
  readonly accepted: number
  isCarriedOut: boolean
  /** Who waits for it. */
  readonly waiters: (() => void)[]
}

/** Most entries of one commit, beyond the step that reaches it. */
const ENOUGH = 500
/** A commit that takes longer holds nobody up any more, ms. */
const STALLED_AFTER = 1000

export class DispatchRecorder {
  readonly #options: DispatchRecorderOptions
  #steps: Step[] = []
  #writing: { readonly steps: readonly Step[]; readonly since: number } | null = null
  #failed: string | null = null

  constructor(options: DispatchRecorderOptions) {
    this.#options = options
  }

  /** Why nothing can be written; null: it can. */
  get failed(): string | null {
    return this.#failed
  }

  /** `accepted`: number of the last alarm event that is done with when they are. */
  add(entries: readonly DispatchEntry[], accepted: number): void {
    const last = this.#steps.at(-1)
    if (entries.length === 0 && last === undefined && this.#writing === null) {
      this.#options.passed(accepted)
      return
    }
    this.#steps.push({ entries, accepted, isCarriedOut: false, waiters: [] })
    if (this.#failed !== null) this.#carryOutAll()
    this.#write()
  }

  /** Resolves when all that was added so far is on disk, or carried out without it. */
  settled(): Promise<void> {
    const last = this.#steps.at(-1) ?? this.#writing?.steps.at(-1)
    if (last === undefined || last.isCarriedOut) return Promise.resolve()
    return new Promise((resolve) => last.waiters.push(resolve))
  }

  /** Every second or so: tries again what failed, and lets people be told past a disk that hangs. */
  tick(): void {
    const writing = this.#writing
    if (writing !== null && this.#options.clock.now().mono - writing.since > STALLED_AFTER) this.#carryOutAll()
    this.#write()
  }

  #carryOutAll(): void {
    this.#carryOut([...(this.#writing?.steps ?? []), ...this.#steps])
  }

  #carryOut(steps: readonly Step[]): void {
    for (const step of steps) {
      if (step.isCarriedOut) continue
      step.isCarriedOut = true
      this.#options.carryOut(step.entries)
      for (const resolve of step.waiters.splice(0)) resolve()
    }
  }

  #write(): void {
    if (this.#writing !== null || this.#steps.length === 0) return
    let count = 0
    let entries = 0
    while (count < this.#steps.length && entries < ENOUGH) entries += this.#steps[count++]?.entries.length ?? 0
    const steps = this.#steps.splice(0, count)
    this.#writing = { steps, since: this.#options.clock.now().mono }
    const accepted = Math.max(...steps.map((step) => step.accepted))
    this.#options
      .record(
        steps.flatMap((step) => step.entries),
        accepted,
      )
      .then(
        () => this.#written(steps),
        (error: Error) => this.#refused(steps, error),
      )
  }

  #written(steps: readonly Step[]): void {
    this.#writing = null
    if (this.#failed !== null) this.#options.log.info({}, 'decisions of dispatch are written again')
    this.#failed = null
    this.#carryOut(steps)
    this.#write()
  }

  #refused(steps: readonly Step[], error: Error): void {
    this.#writing = null
    this.#steps = [...steps, ...this.#steps]
    if (this.#failed === null) {
      const message = 'decisions of dispatch cannot be written: people are told all the same'
      this.#options.log.error({ reason: error.message }, message)
    }
    this.#failed = error.message
    this.#carryOutAll()
  }
}

/**
 * Polls one unit on its interval, and turns whatever happens into samples.
 *
 * A cycle that is late is skipped and counted, never made up for: a slow line must give new values, not a backlog of reads.
 */
import type { Emit, Log, SampleContent } from '../../model.ts'
import { Cycle, type CycleOptions } from './cycle.ts'
import type { NoAnswer } from './no-answer.ts'
import { FIRST_PROBE_DELAY_MS, type Standing } from './standing.ts'
import type { UnitStatus } from './status.ts'

export interface UnitPollerOptions extends CycleOptions {
  readonly deviceId: string
  readonly pollIntervalMs: number
  /** When in the interval this unit's cycles begin. */
  readonly phaseMs: number
  readonly standing: Standing
  readonly log: Log
}

/**
 * So many samples of one unit may wait for the disk. Their rules are decided already, so a disk that hangs blinds nobody
 * meanwhile; the bound is for memory only.
 */
export const MAX_UNSTORED_SAMPLES = 500

export class UnitPoller {
  readonly #options: UnitPollerOptions
  #emit: Emit = () => Promise.resolve()
  #unstored = 0
  #emitFailed = false
  /** The last request that was not answered never left. */
  #lineDown = false
  #error: string | null = null
  #defect: string | null = null
  #lastReplyMs: number | null = null
  #lastReplyAt: number | null = null
  #cycleMs: number | null = null
  #lineMs: number | null = null
  #skippedCycles = 0
  #busyReplies = 0
  /** Which read a cycle begins with. Moves on when nothing answers, so that one silent range cannot hide the others. */
  #first = 0

  constructor(options: UnitPollerOptions) {
    this.#options = options
  }

  status(): UnitStatus {
    const { deviceId, unitId, plan, standing } = this.#options
    return {
      deviceId,
      unitId,
      state: standing.isHeldBack ? 'demoted' : 'polling',
      failuresInRow: standing.failuresInRow,
      error: this.#error,
      lastReplyMs: this.#lastReplyMs,
      lastReplyAt: this.#lastReplyAt,
      cycleMs: this.#cycleMs,
      lineMs: this.#lineMs,
      requestsPerCycle: plan.reads().length,
      skippedCycles: this.#skippedCycles,
      busyReplies: this.#busyReplies,
      badReads: plan.bad,
    }
  }

  /** Resolves some time after the signal; never rejects. */
  async run(emit: Emit, signal: AbortSignal): Promise<void> {
    const { clock, phaseMs } = this.#options
    this.#emit = emit
    let due = clock.now().mono + phaseMs
    while (!signal.aborted) {
      await clock.sleep(Math.max(0, due - clock.now().mono), signal).catch(() => {})
      if (signal.aborted) return
      if (this.#unstored >= MAX_UNSTORED_SAMPLES) this.#skippedCycles++
      else await this.#guardedCycle(signal)
      due = this.#nextDue(due)
    }
  }

  /** A defect that one unit meets must not end its polling, nor the process. */
  async #guardedCycle(signal: AbortSignal): Promise<void> {
    try {
      await this.#cycle(signal)
      this.#defect = null
    } catch (error) {
      const detail = String(error)
      if (this.#defect !== detail) this.#options.log.error({ ...this.#facts(), err: error }, 'a cycle failed')
      this.#defect = this.#error = detail
    }
  }

  async #cycle(signal: AbortSignal): Promise<void> {
    const { clock, standing } = this.#options
    const startedAt = clock.now().mono
    const start = {
      first: this.#first,
      isProbe: standing.isDemoted,
      isSuspect: standing.failuresInRow > 0,
      times: standing.begins(),
    }
    const cycle = new Cycle(this.#options, start, {
      replied: (tookMs) => this.#replied(tookMs),
      lost: ({ costMs }) => standing.costs(costMs),
      failed: (none) => this.#failed(none),
      busy: () => this.#busyReplies++,
      sample: (content) => this.#send(content),
    })
    await cycle.run(signal)
    if (signal.aborted) return
    this.#cycleMs = clock.now().mono - startedAt
    this.#lineMs = cycle.lineMs
  }

  #nextDue(due: number): number {
    const { clock, pollIntervalMs, standing } = this.#options
    const now = clock.now().mono
    // A probe that never left says nothing: when the line is back the unit is asked soon, like its neighbours.
    if (standing.isDemoted && this.#lineDown) return now + Math.max(pollIntervalMs, FIRST_PROBE_DELAY_MS)
    const waitMs = standing.waitMs()
    if (standing.isDemoted) return now + waitMs
    const next = due + pollIntervalMs
    const skipped = Math.max(0, Math.floor((now - next) / pollIntervalMs))
    this.#skippedCycles += skipped
    return Math.max(next + skipped * pollIntervalMs, now + waitMs)
  }

  #replied(tookMs: number): void {
    const { clock, standing, log } = this.#options
    this.#lastReplyMs = tookMs
    this.#lastReplyAt = clock.now().wall
    this.#error = null
    if (standing.answered(tookMs)) log.info(this.#facts(), 'the unit answers again')
  }

  #failed({ reason, detail, lineDown, cutOff }: NoAnswer): void {
    const { standing, log } = this.#options
    this.#first++
    this.#error = detail
    this.#lineDown = lineDown
    this.#send({ type: 'device-failure', reason, detail })
    // A line that is down says nothing about its units.
    if (lineDown || !standing.failed({ atOnce: cutOff })) return
    log.warn({ ...this.#facts(), detail }, 'the unit gives no answer; it is asked less often from now on')
  }

  #send(content: SampleContent): void {
    const { deviceId, clock, log } = this.#options
    this.#unstored++
    Promise.try(this.#emit, { deviceId, at: clock.now(), ...content })
      .then(
        () => {
          this.#emitFailed = false
        },
        (error: unknown) => {
          if (!this.#emitFailed) log.error({ ...this.#facts(), error }, 'samples of the unit cannot be stored')
          this.#emitFailed = true
        },
      )
      .finally(() => {
        this.#unstored--
      })
  }

  #facts(): { readonly device: string; readonly unitId: number } {
    return { device: this.#options.deviceId, unitId: this.#options.unitId }
  }
}

/**
 * Polls one unit on its interval, and turns whatever happens into samples.
 *
 * A cycle that is late is skipped and counted, never made up for: a slow line must give new values, not a backlog of reads.
 */
import type { Clock, Emit, Log, QualityReason, SampleContent } from '../../model.ts'
import { Backoff } from './backoff.ts'
import type { RequestResult } from './exchange.ts'
import type { Line } from './line.ts'
import { type NoAnswer, noAnswerIn } from './no-answer.ts'
import { exceptionText } from './pdu.ts'
import type { PlannedRead } from './read-plan.ts'
import type { RequestPriority } from './request-queue.ts'
import type { UnitStatus } from './status.ts'
import type { UnitPlan } from './unit-plan.ts'

export interface UnitPollerOptions {
  readonly deviceId: string
  readonly unitId: number
  readonly pollIntervalMs: number
  /** When in the interval this unit's cycles begin. */
  readonly phaseMs: number
  readonly plan: UnitPlan
  /** Ids of the points whose value may raise an alarm; their reads overtake others on the line. */
  readonly alarmPoints: ReadonlySet<string>
  readonly line: Pick<Line, 'request'>
  readonly clock: Clock
  readonly log: Log
}

const DEMOTE_AFTER_FAILURES = 3
export const FIRST_PROBE_DELAY_MS = 1_000
const MAX_PROBE_DELAY_MS = 30_000
const MAX_BUSY_TRIES = 3
const BUSY_PAUSE_MS = 200
/**
 * So many samples of one unit may wait for the disk. Their rules are decided already, so a disk that hangs blinds nobody
 * meanwhile; the bound is for memory only.
 */
export const MAX_UNSTORED_SAMPLES = 500

const BUSY = 6
/** Illegal data address and illegal data value: what a device answers to registers it does not have. */
const REFUSALS = [2, 3]

/** What one cycle knows while it runs. */
interface Cycle {
  readonly pending: PlannedRead[]
  readonly busyTries: Map<PlannedRead, number>
  answered: boolean
  lost: number
  /** How long the line was taken. */
  lineMs: number
}

export class UnitPoller {
  readonly #options: UnitPollerOptions
  readonly #backoff: Backoff
  #emit: Emit = () => Promise.resolve()
  #unstored = 0
  #emitFailed = false
  #demoted = false
  /** The last request that was not answered never left. */
  #lineDown = false
  #failuresInRow = 0
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
    const { pollIntervalMs } = options
    this.#backoff = new Backoff({
      firstMs: Math.max(pollIntervalMs, FIRST_PROBE_DELAY_MS),
      maxMs: Math.max(pollIntervalMs, MAX_PROBE_DELAY_MS),
    })
  }

  status(): UnitStatus {
    const { deviceId, unitId, plan } = this.#options
    return {
      deviceId,
      unitId,
      state: this.#demoted ? 'demoted' : 'polling',
      failuresInRow: this.#failuresInRow,
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

  #nextDue(due: number): number {
    const { clock, pollIntervalMs } = this.#options
    const now = clock.now().mono
    // A probe that never left says nothing: when the line is back the unit is asked soon, like its neighbours.
    if (this.#demoted)
      return now + (this.#lineDown ? Math.max(pollIntervalMs, FIRST_PROBE_DELAY_MS) : this.#backoff.next())
    const next = due + pollIntervalMs
    const skipped = Math.max(0, Math.floor((now - next) / pollIntervalMs))
    this.#skippedCycles += skipped
    return next + skipped * pollIntervalMs
  }

  async #cycle(signal: AbortSignal): Promise<void> {
    const { clock, line, unitId, plan } = this.#options
    const startedAt = clock.now().mono
    const reads = this.#alarmsFirst(plan.reads())
    const first = this.#first % Math.max(1, reads.length)
    const order = [...reads.slice(first), ...reads.slice(0, first)]
    const cycle: Cycle = { pending: order, busyTries: new Map(), answered: false, lost: 0, lineMs: 0 }
    // A demoted unit is probed with one request; when it answers, the rest follows at once.
    const rest = this.#demoted ? order.splice(1) : []
    for (let read = cycle.pending.shift(); read !== undefined; read = cycle.pending.shift()) {
      const known = plan.remembered(read)
      if (known !== null) {
        this.#readFailed(read, 'device-fault', known)
        continue
      }
      if (cycle.busyTries.has(read)) await clock.sleep(BUSY_PAUSE_MS, signal).catch(() => {})
      const { table, address, count } = read
      const priority = this.#priorityOf(read)
      const result = await line.request(unitId, { type: 'read', table, address, count }, { priority })
      if (signal.aborted) return
      cycle.lineMs += result.lineMs ?? 0
      const none = noAnswerIn(result)
      if (none !== null) {
        this.#unanswered(read, none, cycle)
      } else if (result.type === 'reply') {
        if (!cycle.answered) cycle.pending.push(...rest)
        cycle.answered = true
        this.#replied(read, result, cycle)
      }
    }
    this.#cycleMs = clock.now().mono - startedAt
    this.#lineMs = cycle.lineMs
  }

  /** A read that may raise an alarm does not wait for the rest of its own unit either. */
  #alarmsFirst(reads: readonly PlannedRead[]): readonly PlannedRead[] {
    if (reads.length < 2) return reads
    return [...reads.filter((read) => this.#isAlarm(read)), ...reads.filter((read) => !this.#isAlarm(read))]
  }

  #priorityOf(read: PlannedRead): RequestPriority {
    // What is lost once is often lost again: it must not stand in front of the units that answer.
    if (this.#failuresInRow > 0) return 'suspect'
    return this.#isAlarm(read) ? 'alarm' : 'rest'
  }

  #isAlarm({ items }: PlannedRead): boolean {
    const { alarmPoints } = this.#options
    return items.some(({ points }) => points.some((id) => alarmPoints.has(id)))
  }

  #unanswered(read: PlannedRead, none: NoAnswer, cycle: Cycle): void {
    const { reason, detail, lineDown, cutOff } = none
    this.#lineDown = lineDown
    cycle.lost++
    if (cycle.answered) {
      this.#readFailed(read, reason, detail)
      if (!lineDown && cycle.lost < 2) return
      for (const left of cycle.pending.splice(0)) this.#readFailed(left, reason, detail)
      return
    }
    cycle.pending.length = 0
    this.#first++
    this.#error = detail
    this.#send({ type: 'device-failure', reason, detail })
    // A line that is down says nothing about its units.
    if (lineDown) return
    this.#failuresInRow++
    if (this.#demoted || (this.#failuresInRow < DEMOTE_AFTER_FAILURES && !cutOff)) return
    this.#demoted = true
    this.#options.log.warn({ ...this.#facts(), detail }, 'the unit gives no answer; it is asked less often from now on')
  }

  #replied(read: PlannedRead, result: RequestResult & { type: 'reply' }, cycle: Cycle): void {
    const { reply, unconfirmed, tookMs } = result
    this.#answers(tookMs)
    const { table, address } = read
    if (reply.type === 'words') {
      this.#options.plan.worked(read)
      this.#send({
        type: 'registers',
        table,
        address,
        words: reply.words,
        tookMs,
        ...(unconfirmed ? { unconfirmed } : {}),
      })
      return
    }
    if (reply.type !== 'exception') return
    const detail = exceptionText(reply.code)
    if (reply.code === BUSY) {
      this.#busy(read, cycle)
      return
    }
    // An exception that may belong to another request must not change the plan.
    const narrower = REFUSALS.includes(reply.code) && !unconfirmed ? this.#options.plan.refused(read, detail) : null
    if (narrower === null) this.#readFailed(read, 'device-fault', detail)
    else cycle.pending.unshift(...narrower)
  }

  /** Exception 6 asks for patience and is never a value. */
  #busy(read: PlannedRead, cycle: Cycle): void {
    this.#busyReplies++
    const tries = (cycle.busyTries.get(read) ?? 0) + 1
    cycle.busyTries.set(read, tries)
    if (tries < MAX_BUSY_TRIES) cycle.pending.push(read)
    else this.#readFailed(read, 'device-fault', `${exceptionText(BUSY)} to ${tries} requests`)
  }

  #answers(tookMs: number): void {
    this.#lastReplyMs = tookMs
    this.#lastReplyAt = this.#options.clock.now().wall
    this.#failuresInRow = 0
    this.#error = null
    if (!this.#demoted) return
    this.#demoted = false
    this.#backoff.reset()
    this.#options.log.info(this.#facts(), 'the unit answers again')
  }

  #readFailed({ table, address, count }: PlannedRead, reason: QualityReason, detail: string): void {
    this.#send({ type: 'read-failure', table, address, count, reason, detail })
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

/** One cycle of reads of one unit: what is asked, in which order, and what each answer means. */
import type { Clock, QualityReason, SampleContent } from '../../model.ts'
import type { RequestResult } from './exchange.ts'
import type { Line } from './line.ts'
import { type NoAnswer, noAnswerIn } from './no-answer.ts'
import { exceptionText } from './pdu.ts'
import type { PlannedRead } from './read-plan.ts'
import type { RequestOptions, RequestPriority } from './request-queue.ts'
import type { UnitPlan } from './unit-plan.ts'

export interface CycleOptions {
  readonly unitId: number
  readonly plan: UnitPlan
  readonly line: Pick<Line, 'request'>
  readonly clock: Clock
}

/** How a cycle is begun. */
export interface CycleStart {
  /** Which read it begins with, counted from the first. */
  readonly first: number
  /** Only one request; when it is answered, the rest follows at once. */
  readonly isProbe: boolean
  /** The unit has not answered lately: what is lost once is often lost again, and must not stand in front of others. */
  readonly isSuspect: boolean
  readonly times: Pick<RequestOptions, 'timeoutMs' | 'quietMs'>
}

/** Who is told what comes of a cycle. */
export interface CycleObserver {
  /** The unit has said something, be it an exception. */
  replied(tookMs: number): void
  /** One request was answered by nobody. */
  lost(none: NoAnswer): void
  /** Nothing of the cycle was answered. */
  failed(none: NoAnswer): void
  busy(): void
  sample(content: SampleContent): void
}

const MAX_BUSY_TRIES = 3
const BUSY_PAUSE_MS = 200
const BUSY = 6
/** Illegal data address and illegal data value: what a device answers to registers it does not have. */
const REFUSALS = [2, 3]

export class Cycle {
  readonly #options: CycleOptions
  readonly #start: CycleStart
  readonly #observer: CycleObserver
  readonly #pending: PlannedRead[]
  /** What a probe leaves for the time when the unit answers. */
  readonly #afterProbe: readonly PlannedRead[]
  readonly #busyTries = new Map<PlannedRead, number>()
  #answered = false
  #lost = 0
  #lineMs = 0

  constructor(options: CycleOptions, start: CycleStart, observer: CycleObserver) {
    this.#options = options
    this.#start = start
    this.#observer = observer
    const reads = options.plan.reads()
    const first = start.first % Math.max(1, reads.length)
    this.#pending = [...reads.slice(first), ...reads.slice(0, first)]
    this.#afterProbe = start.isProbe ? this.#pending.splice(1) : []
  }

  /** How long the line was taken. */
  get lineMs(): number {
    return this.#lineMs
  }

  /** Ends early, and tells nothing more, after the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, line, unitId, plan } = this.#options
    for (let read = this.#pending.shift(); read !== undefined; read = this.#pending.shift()) {
      const known = plan.remembered(read)
      if (known !== null) {
        this.#readFailed(read, known)
        continue
      }
      if (this.#busyTries.has(read)) await clock.sleep(BUSY_PAUSE_MS, signal).catch(() => {})
      const { table, address, count } = read
      const how = { priority: this.#priorityOf(read), ...this.#start.times }
      const result = await line.request(unitId, { type: 'read', table, address, count }, how)
      if (signal.aborted) return
      this.#lineMs += result.lineMs ?? 0
      const none = noAnswerIn(result)
      if (none !== null) this.#unanswered(read, none)
      else if (result.type === 'reply') this.#replied(read, result)
    }
  }

  #priorityOf(read: PlannedRead): RequestPriority {
    if (this.#start.isSuspect && !this.#answered) return 'suspect'
    return this.#options.plan.isAlarm(read) ? 'alarm' : 'rest'
  }

  #unanswered(read: PlannedRead, none: NoAnswer): void {
    this.#lost++
    this.#observer.lost(none)
    if (!this.#answered) {
      this.#pending.length = 0
      this.#observer.failed(none)
      return
    }
    this.#readFailed(read, none)
    if (!none.lineDown) this.#options.plan.unanswered(read, none)
    if (!none.lineDown && this.#lost < 2) return
    for (const left of this.#pending.splice(0)) this.#readFailed(left, none)
  }

  #replied(read: PlannedRead, result: RequestResult & { readonly type: 'reply' }): void {
    if (!this.#answered) this.#pending.push(...this.#afterProbe)
    this.#answered = true
    const { reply, unconfirmed, tookMs } = result
    this.#observer.replied(tookMs)
    const { table, address } = read
    if (reply.type === 'words') {
      this.#options.plan.worked(read)
      const words = { type: 'registers', table, address, words: reply.words, tookMs } as const
      this.#observer.sample(unconfirmed ? { ...words, unconfirmed } : words)
    } else if (reply.type === 'exception') {
      this.#refused(read, { code: reply.code, unconfirmed })
    }
  }

  #refused(read: PlannedRead, { code, unconfirmed }: { readonly code: number; readonly unconfirmed: boolean }): void {
    const detail = exceptionText(code)
    if (code === BUSY) {
      this.#busy(read)
      return
    }
    // An exception that may belong to another request must not change the plan.
    const narrower = REFUSALS.includes(code) && !unconfirmed ? this.#options.plan.refused(read, detail) : null
    if (narrower === null) this.#readFailed(read, { reason: 'device-fault', detail })
    else this.#pending.unshift(...narrower)
  }

  /** Exception 6 asks for patience and is never a value. */
  #busy(read: PlannedRead): void {
    this.#observer.busy()
    const tries = (this.#busyTries.get(read) ?? 0) + 1
    this.#busyTries.set(read, tries)
    if (tries < MAX_BUSY_TRIES) this.#pending.push(read)
    else this.#readFailed(read, { reason: 'device-fault', detail: `${exceptionText(BUSY)} to ${tries} requests` })
  }

  #readFailed(
    { table, address, count }: PlannedRead,
    { reason, detail }: { readonly reason: QualityReason; readonly detail: string },
  ): void {
    this.#observer.sample({ type: 'read-failure', table, address, count, reason, detail })
  }
}

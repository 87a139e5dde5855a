/**
 * Stands between many notifications and a robot that may speak little: what waits is told together. What must not wait, the first
 * that a station hears of something urgent, goes at once, however much else waits and whatever is still on its way.
 */
import type { Handover, Notification } from '../../dispatch-model.ts'
import type { Clock } from '../../model.ts'
import { leadOf } from '../notification-facts.ts'
import { EXPRESS, ORDINARY, Pace } from './pace.ts'

export interface RobotQueueOptions {
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  /** Resolves when the robot has confirmed the one message with all of them. */
  readonly tell: (notifications: readonly Notification[], signal: AbortSignal) => Promise<void>
  /** How many of these, from the first, one message has room for. */
  readonly roomFor: (notifications: readonly Notification[]) => number
}

interface Waiting {
  readonly notification: Notification
  readonly isExpress: boolean
  readonly since: number
  readonly signal: AbortSignal
  readonly resolve: (handover: Handover) => void
  readonly reject: (error: unknown) => void
}

/** What is not express waits so long for others that come with it. */
const GATHER_MS = 500

export class RobotQueue {
  readonly #options: RobotQueueOptions
  readonly #express = new Pace(EXPRESS)
  readonly #ordinary = new Pace(ORDINARY)
  #waiting: readonly Waiting[] = []
  /** Ends the rest of the loop when something new comes. */
  #rest: AbortController | null = null
  #isRunning = false

  constructor(options: RobotQueueOptions) {
    this.#options = options
  }

  /** Resolves when a message with it was confirmed; fails with the signal's reason when nobody waits any more. */
  send(notification: Notification, signal: AbortSignal): Promise<Handover> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const isExpress = isUrgentNews(notification)
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting)
        reject(signal.reason)
      }
      const over =
        <T>(end: (with_: T) => void) =>
        (value: T): void => {
          signal.removeEventListener('abort', leave)
          end(value)
        }
      const since = this.#options.clock.now().mono
      const waiting = { notification, isExpress, since, signal, resolve: over(resolve), reject: over(reject) }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting = [...this.#waiting, waiting]
      this.#rest?.abort()
      void this.#run()
    })
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    try {
      while (this.#waiting.length > 0) {
        const wait = this.#waitMs()
        if (wait > 0) await this.#sleep(wait)
        else this.#next()
      }
    } finally {
      this.#isRunning = false
    }
  }

  #waitMs(): number {
    const { mono } = this.#options.clock.now()
    if (this.#waiting.some(({ isExpress }) => isExpress)) return this.#express.waitMs(mono)
    const oldest = Math.min(...this.#waiting.map(({ since }) => since))
    return Math.max(this.#ordinary.waitMs(mono), oldest + GATHER_MS - mono)
  }

  async #sleep(ms: number): Promise<void> {
    const rest = new AbortController()
    this.#rest = rest
    await this.#options.clock.sleep(ms, rest.signal).catch(() => {})
    this.#rest = null
  }

  /** Does not wait for the robot: a message that hangs must not stand before an urgent one. */
  #next(): void {
    const { mono } = this.#options.clock.now()
    const isExpress = this.#waiting.some((one) => one.isExpress)
    const inOrder = this.#waiting.toSorted((a, b) => Number(b.isExpress) - Number(a.isExpress))
    const told = inOrder.slice(0, this.#options.roomFor(inOrder.map(({ notification }) => notification)))
    this.#waiting = this.#waiting.filter((one) => !told.includes(one))
    const pace = isExpress ? this.#express : this.#ordinary
    pace.take(mono)
    void this.#tell(told)
  }

  async #tell(told: readonly Waiting[]): Promise<void> {
    const ending = new AbortController()
    const check = (): void => {
      if (told.every(({ signal }) => signal.aborted)) ending.abort(told[0]?.signal.reason)
    }
    for (const { signal } of told) signal.addEventListener('abort', check)
    try {
      await this.#options.tell(
        told.map(({ notification }) => notification),
        ending.signal,
      )
      for (const { resolve } of told) resolve(togetherWith(told.length))
    } catch (error) {
      for (const { reject } of told) reject(error)
    } finally {
      for (const { signal } of told) signal.removeEventListener('abort', check)
    }
  }
}

function togetherWith(count: number): Handover {
  return count === 1 ? { state: 'sent' } : { state: 'sent', detail: `in one message with ${count - 1} others` }
}

/** The first that a station hears of something of the highest priority. */
function isUrgentNews(notification: Notification): boolean {
  const { purpose } = notification
  if (purpose !== 'first' && purpose !== 'escalation') return false
  return leadOf(notification).alarm.priority === 'urgent'
}

/** One gateway below: what it has told, whether it lives, and how much it may say. */
import type { Heartbeat } from '../delivery-model.ts'
import type { Clock, Instant } from '../model.ts'
import type { ChildState, ChildStatus } from '../upstream-model.ts'
import { ChildIntake, type IntakeOptions } from './child-intake.ts'

/** So many intervals without a word, and it is silent. */
const SILENT_AFTER_INTERVALS = 3
/** Before it has said how often it speaks, ms. */
const SILENT_AFTER_MS = 90_000
/** What it has told of itself and we have not got in all this time is missing, ms. */
const BEHIND_AFTER_MS = 60_000
/** Events that it may send at once, and in each second after that. */
const BURST = 5000
const PER_SECOND = 500

export interface ChildOptions extends IntakeOptions {
  readonly clock: Pick<Clock, 'now'>
}

export class Child {
  readonly id: string
  readonly intake: ChildIntake
  /** One batch at a time. */
  busy = false
  /** What was taken may be in memory only. */
  unsaved = false
  lostEvents = 0
  refusedEvents = 0
  repeatedEvents = 0
  readonly #options: ChildOptions
  #since: number
  /** Null: three of its own intervals. */
  #silentAfterMs: number | null = null
  #heardAt: Instant | null = null
  /** When its clock said what its last heartbeat says. */
  #offsetMs: number | null = null
  #heartbeat: Heartbeat | null = null
  /** Since when it is ahead of us (monotonic, ms), and where we were then. */
  #ahead: { readonly since: number; readonly seq: number } | null = null
  #allowance = BURST
  #allowanceAt: number

  constructor(options: ChildOptions) {
    this.id = options.child
    this.#options = options
    this.intake = new ChildIntake(options)
    this.#since = options.clock.now().mono
    this.#allowanceAt = this.#since
  }

  /** From now on it is missed. */
  expect(silentAfterMs: number | null): void {
    this.#silentAfterMs = silentAfterMs
    this.#since = this.#options.clock.now().mono
  }

  heard(heartbeat: Heartbeat | null): void {
    this.#heardAt = this.#options.clock.now()
    if (heartbeat !== null) {
      this.#heartbeat = heartbeat
      this.#offsetMs = Math.round(heartbeat.time - this.#heardAt.wall)
    }
    this.#look()
  }

  /** How long it must wait before it may send so many events, ms; 0: they are allowed now. */
  waitMs(events: number): number {
    const { mono } = this.#options.clock.now()
    this.#allowance = Math.min(BURST, this.#allowance + ((mono - this.#allowanceAt) / 1000) * PER_SECOND)
    this.#allowanceAt = mono
    if (this.#allowance < Math.min(events, BURST)) return ((events - this.#allowance) / PER_SECOND) * 1000
    this.#allowance -= events
    return 0
  }

  status(): ChildStatus {
    this.#look()
    const heartbeat = this.#heartbeat
    const { mono } = this.#options.clock.now()
    return {
      id: this.id,
      state: this.#stateAt(mono),
      lastHeardAt: this.#heardAt?.wall ?? null,
      heartbeat: heartbeat && {
        ...{ station: heartbeat.station, startedAt: heartbeat.startedAt },
        ...{ health: heartbeat.health, lastSeq: heartbeat.lastSeq },
      },
      clockOffsetMs: this.#offsetMs,
      lastSeq: this.intake.known?.seq ?? null,
      behind: this.#ahead !== null && mono - this.#ahead.since > BEHIND_AFTER_MS,
      ...{ lostEvents: this.lostEvents, refusedEvents: this.refusedEvents, repeatedEvents: this.repeatedEvents },
      gateways: [...this.intake.gateways].filter((id) => id !== this.id),
    }
  }

  #stateAt(mono: number): ChildState {
    if (mono - (this.#heardAt?.mono ?? this.#since) > this.#patienceMs()) return 'silent'
    return this.#heardAt === null ? 'never-heard' : 'ok'
  }

  #patienceMs(): number {
    if (this.#silentAfterMs !== null) return this.#silentAfterMs
    return this.#heartbeat === null ? SILENT_AFTER_MS : this.#heartbeat.intervalMs * SILENT_AFTER_INTERVALS
  }

  /** It stays behind only where nothing more comes: who is catching up after an outage is not. */
  #look(): void {
    const seq = this.intake.known?.seq ?? 0
    const { mono } = this.#options.clock.now()
    if (this.#heartbeat === null || this.#heartbeat.lastSeq <= seq) this.#ahead = null
    else if (this.#ahead === null || this.#ahead.seq !== seq) this.#ahead = { since: mono, seq }
  }
}

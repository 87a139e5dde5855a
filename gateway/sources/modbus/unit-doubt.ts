/** What is known of one unit on a line without transaction ids: which replies may still come, and how late it can be. */
import type { ReplyShapes } from './framing.ts'
import type { Stall } from './stall-watch.ts'

export interface SilenceOptions {
  /** Length of the silence after a time-out. Grows for a unit whose reply comes even later. */
  readonly quietMs: number
  /** How long to listen at least after a reply that may have been late: longer than a device takes to answer. */
  readonly listenMs: number
  /** Told once of each burst of bytes that was no reply, and too long for mere noise. */
  readonly onBabble?: () => void
}

/** One request as far as a later reply could be taken for its reply. */
export interface Sent extends ReplyShapes {
  readonly unitId: number
  readonly sentAt: number
  /** A shorter silence that is enough when this one is lost; the unit itself stays in doubt all the same. */
  readonly quietMs?: number | undefined
}

const MAX_GROWTH = 8
/** Listening is never shorter: a serial gateway may hold a second small segment back for the acknowledgement of the first. */
const MIN_LISTEN_MS = 250
/** How much of a grown silence each good reply takes back. */
const DECAY = 0.999
/** A unit that never answers is asked for many things in the end; then any shape may be missing. */
const MAX_SHAPES = 32
const ANY_SHAPE = 'any'

interface HeardAt {
  readonly now: number
  /** The unit was left alone, to see whether more would come of it. */
  readonly whileListening: boolean
}

export class UnitDoubt {
  readonly #options: SilenceOptions
  #quietMs: number
  #lostSentAt = Number.NEGATIVE_INFINITY
  /** Shapes of the replies that may still come; null: its replies and its requests go in pairs. */
  #missing: Set<string> | null = null
  /** Its last loss was followed by a shorter silence than is due. */
  #isHurried = false
  /** It answers after its time-out, and so a shorter silence would only bring its replies among those of others. */
  #isLate = false
  /** It answers under the id of another unit: if it is late too, only silence keeps that from being taken for the other's. */
  #isMasked = false
  #listensUntil = Number.NEGATIVE_INFINITY

  constructor(options: SilenceOptions) {
    this.#options = options
    this.#quietMs = options.quietMs
  }

  get quietMs(): number {
    return this.#quietMs
  }

  get lostSentAt(): number {
    return this.#lostSentAt
  }

  get isInDoubt(): boolean {
    return this.#missing !== null
  }

  get isHurried(): boolean {
    return this.#isHurried
  }

  get listensUntil(): number {
    return this.#listensUntil
  }

  mayBeMissing(shape: string): boolean {
    return this.#missing?.has(shape) === true || this.#missing?.has(ANY_SHAPE) === true
  }

  believe(): void {
    this.#missing = null
    this.#isHurried = false
    this.#isLate = false
    this.#isMasked = false
  }

  answersForOthers(): void {
    this.#isMasked = true
  }

  doubt(): void {
    this.#missing ??= new Set()
  }

  goesWell(): void {
    this.#quietMs = Math.max(this.#options.quietMs, this.#quietMs * DECAY)
  }

  /** Gives the silence that is due now. */
  lost({ shape, exceptionShape, sentAt, quietMs }: Sent): number {
    this.#miss(shape)
    this.#miss(exceptionShape)
    this.#lostSentAt = sentAt
    if (quietMs === undefined || quietMs >= this.#quietMs) return this.#quietMs
    this.#isHurried = true
    return this.#isLate || this.#isMasked ? this.#quietMs : quietMs
  }

  listen(now: number): void {
    const listenMs = Math.max(this.#options.listenMs, this.#quietMs, MIN_LISTEN_MS)
    // What the silence was too short for has to be caught now.
    this.#listensUntil = now + listenMs + (this.#isHurried ? this.#options.listenMs : 0)
  }

  stalled({ from, ms }: Stall): void {
    if (this.#listensUntil > from) this.#listensUntil += ms
  }

  heard(shape: string, at: HeardAt): void {
    const lateMs = at.now - this.#lostSentAt
    // What was taken for the reply was the late one: the silence before it had been too short.
    if (at.whileListening) this.#grow(2 * this.#quietMs)
    else if (this.isInDoubt && lateMs <= this.#mostMs) {
      this.#isLate = true
      this.#grow(2 * lateMs)
    }
    this.#miss(shape)
  }

  /** Bytes came after its silence began that nobody can read. Gives the silence that is due from then on. */
  babbled(at: number): number {
    if (this.#isHurried) return 0
    this.#grow(2 * (at - this.#lostSentAt))
    return this.#quietMs
  }

  /** A reply of another shape than asked for: one that was missing came later than the silence was long. */
  answeredOtherwise(shape: string): void {
    if (this.mayBeMissing(shape)) this.#grow(2 * this.#quietMs)
  }

  #miss(shape: string): void {
    this.#missing ??= new Set()
    this.#missing.add(this.#missing.size < MAX_SHAPES ? shape : ANY_SHAPE)
  }

  #grow(toMs: number): void {
    this.#quietMs = Math.min(Math.max(this.#quietMs, toMs), this.#mostMs)
  }

  get #mostMs(): number {
    return MAX_GROWTH * this.#options.quietMs
  }
}

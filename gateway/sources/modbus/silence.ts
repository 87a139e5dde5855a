/**
 * When a line without transaction ids may be used again, and which unit's next reply is not yet to be believed.
 *
 * After a time-out the missing reply may still come and fit the next request. So the line stays silent for longer than the
 * worst lateness and drops all that arrives. The first reply of the unit afterwards is marked unconfirmed. If it has another
 * shape than the replies still missing, it proves that the line is in step, because a device answers in the order it was
 * asked. If it has the same shape it may itself be the late one, and then the true one is on its way: the line listens once
 * more, and only silence confirms the unit.
 */

/** Fewer bytes than the shortest reply are noise: they ask for a short gap, not for a long silence. */
const SHORTEST_REPLY = 5
const NOISE_GAP_MS = 20
/** Bytes with a longer pause between them do not belong together. */
const BURST_GAP_MS = 50
const MAX_GROWTH = 8
/** Listening is never shorter: a serial gateway may hold a second small segment back for the acknowledgement of the first. */
const MIN_LISTEN_MS = 250
/** How much of a grown silence each good reply takes back. */
const DECAY = 0.999

export interface SilenceOptions {
  /** Length of the silence after a time-out. Grows when a reply comes even later. */
  readonly quietMs: number
  /** How long to listen at least after a reply that may have been late: longer than a device takes to answer. */
  readonly listenMs: number
}

/** One request as far as a later reply could be taken for its reply. */
export interface Sent {
  readonly unitId: number
  /** Equal for requests whose normal replies cannot be told apart. */
  readonly shape: string
  /** Equal for requests whose exception replies cannot be told apart. */
  readonly exceptionShape: string
  readonly sentAt: number
  /** A shorter silence that is enough when this one is lost; the unit itself stays suspect all the same. */
  readonly quietMs?: number | undefined
}

/** All times in ms of the monotonic clock. */
export class Silence {
  readonly #options: SilenceOptions
  #quietMs: number
  #until = Number.NEGATIVE_INFINITY
  #phase: 'peace' | 'quiet' | 'listening' = 'peace'
  #lostSentAt = 0
  #listeningFor = 0
  #burst = { bytes: 0, at: 0 }
  readonly #units = new Set<number>()
  /** Unit id to the shapes of the replies that may still come. */
  readonly #suspects = new Map<number, Set<string>>()

  constructor(options: SilenceOptions) {
    this.#options = options
    this.#quietMs = options.quietMs
  }

  /** The present length of a silence. */
  get quietMs(): number {
    return this.#quietMs
  }

  /**
   * The line is new, but the wire may not be: before a restart or a reload somebody may have asked, and the answer would be
   * taken for that to the first request. So it is silent for `ms` first, and drops what comes.
   */
  beginUnknown(now: number, ms: number): void {
    this.#phase = 'quiet'
    this.#lostSentAt = now
    this.#until = now + ms
  }

  remaining(now: number): number {
    return Math.max(0, this.#until - now)
  }

  /** The line was silent long enough and a request goes out. */
  begin(unitId: number): void {
    if (this.#phase === 'listening') this.#suspects.delete(this.#listeningFor)
    this.#phase = 'peace'
    this.#burst = { bytes: 0, at: 0 }
    this.#units.add(unitId)
  }

  /** The request ended without a reply that can be believed; a reply may still come. */
  lost({ unitId, shape, exceptionShape, sentAt, quietMs }: Sent, now: number): void {
    const shapes = this.#suspects.get(unitId) ?? new Set()
    this.#suspects.set(unitId, shapes.add(shape).add(exceptionShape))
    this.#lostSentAt = sentAt
    this.#beQuiet(now, quietMs)
  }

  /** A reply of this shape fitted. True if it may be the late reply to an earlier request. */
  replied({ unitId, shape }: { readonly unitId: number; readonly shape: string }, now: number): boolean {
    const shapes = this.#suspects.get(unitId)
    if (shapes === undefined) {
      this.#quietMs = Math.max(this.#options.quietMs, this.#quietMs * DECAY)
      return false
    }
    if (shapes.has(shape)) {
      this.#phase = 'listening'
      this.#listeningFor = unitId
      this.#until = now + Math.max(this.#options.listenMs, this.#quietMs, MIN_LISTEN_MS)
    } else {
      this.#suspects.delete(unitId)
    }
    return true
  }

  /** Bytes came that nobody asked for. True if they may be a late reply; each burst is told once. */
  disturbed(count: number, now: number): boolean {
    const before = now - this.#burst.at > BURST_GAP_MS ? 0 : this.#burst.bytes
    this.#burst = { bytes: before + count, at: now }
    if (this.#burst.bytes < SHORTEST_REPLY) {
      this.#until = Math.max(this.#until, now + NOISE_GAP_MS)
      return false
    }
    if (this.#phase === 'quiet') this.#grow(2 * (now - this.#lostSentAt))
    // What was taken for the reply was the late one: the silence before it had been too short.
    if (this.#phase === 'listening') this.#grow(2 * this.#quietMs)
    if (this.#phase === 'peace') this.#suspectAll()
    if (this.#phase !== 'quiet') this.#lostSentAt = now
    this.#beQuiet(now)
    return before < SHORTEST_REPLY
  }

  /** The unit asked answered something else: its replies are one behind, so the last silence was too short for it. */
  behind(now: number): void {
    this.#grow(2 * this.#quietMs)
    this.#suspectAll()
    this.#beQuiet(now)
  }

  isSuspect(unitId: number): boolean {
    return this.#suspects.has(unitId)
  }

  /** Nobody knows since when replies and requests do not go in pairs: the next reply of each unit is to be confirmed. */
  #suspectAll(): void {
    for (const unitId of this.#units) {
      if (!this.#suspects.has(unitId)) this.#suspects.set(unitId, new Set())
    }
  }

  #beQuiet(now: number, enoughMs = this.#quietMs): void {
    this.#phase = 'quiet'
    this.#until = now + Math.min(enoughMs, this.#quietMs)
  }

  #grow(toMs: number): void {
    this.#quietMs = Math.min(Math.max(this.#quietMs, toMs), MAX_GROWTH * this.#options.quietMs)
  }
}

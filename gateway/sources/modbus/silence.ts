/**
 * When a line without transaction ids may be used again, and which unit's next reply is not yet to be believed.
 *
 * After a time-out the missing reply may still come and fit the next request to the same unit. So the line stays silent for
 * longer than the worst lateness and drops all that arrives; and the unit is in doubt. Its first reply afterwards is marked
 * unconfirmed. If that has another shape than the replies still missing, it proves that the unit is in step, because a device
 * answers in the order it was asked. If it has the same shape it may itself be the late one, and then the true one is on its
 * way: the unit is left alone and listened for, and only when nothing more of it comes is it believed. Whole replies say whose
 * they are, so other units can be asked meanwhile.
 *
 * All times are in ms of the monotonic clock.
 */
import type { Stall } from './stall-watch.ts'
import { type Sent, type SilenceOptions, UnitDoubt } from './unit-doubt.ts'

/** Fewer bytes than the shortest reply are noise: they ask for a short gap, not for a long silence. */
const SHORTEST_REPLY = 5
const NOISE_GAP_MS = 20
/** Bytes with a longer pause between them do not belong together. */
const BURST_GAP_MS = 50

export interface Heard {
  readonly unitId: number
  readonly shape: string
  /** The unit that was asked just then; null: none was. */
  readonly asked: number | null
}

export class Silence {
  readonly #options: SilenceOptions
  readonly #units = new Map<number, UnitDoubt>()
  /** Those that are left alone and listened for. */
  readonly #listening = new Set<number>()
  #until = Number.NEGATIVE_INFINITY
  /** Whose missing reply the line is silent for; null in it: nobody knows whose. */
  #quiet: { readonly unitId: number | null } | null = null
  /** Bytes that nobody asked for and that are no whole reply so far. */
  #noise: { readonly count: number; readonly at: number } | null = null

  constructor(options: SilenceOptions) {
    this.#options = options
  }

  /**
   * The connection is new, but the wire may not be: somebody may have asked before, and the answer would be taken for that to
   * the first request. So it is silent for `ms` first, and drops what comes.
   */
  beginUnknown(now: number, ms: number): void {
    this.#quiet = { unitId: null }
    this.#until = Math.max(this.#until, now + ms)
  }

  /** The connection ended: what would have been heard goes elsewhere, so nobody is believed for being silent. */
  deaf(): void {
    this.#listening.clear()
  }

  /** Something is listened for, or waited out. */
  isWaiting(now: number): boolean {
    return this.#noise !== null || this.#until > now || this.firstHeldFor(now) !== null
  }

  /** Nothing could be heard for a while: it does not count as silence. */
  stalled({ from, ms }: Stall): void {
    if (this.#until > from) this.#until += ms
    if (this.#noise !== null) this.#noise = { ...this.#noise, at: this.#noise.at + ms }
    for (const unitId of this.#listening) this.#unit(unitId).stalled({ from, ms })
  }

  /** How long the line must still stay silent. */
  remaining(now: number): number {
    this.#judgeNoise(now)
    return Math.max(0, this.#until - now)
  }

  /** How long this unit must still be left alone, while others may be asked. */
  heldFor(unitId: number, now: number): number {
    return this.#listening.has(unitId) ? Math.max(0, this.#unit(unitId).listensUntil - now) : 0
  }

  /** How long until the first of those that are left alone may be asked again; null where there is none. */
  firstHeldFor(now: number): number | null {
    if (this.#listening.size === 0) return null
    const times = [...this.#listening].map((unitId) => this.heldFor(unitId, now)).filter((ms) => ms > 0)
    return times.length === 0 ? null : Math.min(...times)
  }

  /** The line was silent long enough and a request goes out. */
  begin(unitId: number, now: number): void {
    for (const listened of this.#listening) {
      const isOver = this.heldFor(listened, now) === 0
      if (isOver) this.#unit(listened).believe()
      if (isOver || listened === unitId) this.#listening.delete(listened)
    }
    this.#unit(unitId)
    this.#quiet = null
    this.#noise = null
  }

  /** The request ended without a reply that can be believed; a reply may still come. */
  lost(sent: Sent, now: number): void {
    this.#listening.delete(sent.unitId)
    this.#quiet = { unitId: sent.unitId }
    this.#until = Math.max(this.#until, now + this.#unit(sent.unitId).lost(sent))
  }

  /** A reply of this shape fitted. True if it may be the late reply to an earlier request. */
  replied({ unitId, shape }: { readonly unitId: number; readonly shape: string }, now: number): boolean {
    const unit = this.#unit(unitId)
    if (!unit.isInDoubt) {
      unit.goesWell()
      return false
    }
    if (unit.mayBeMissing(shape)) this.#listen(unitId, now)
    else unit.believe()
    return true
  }

  /** A whole reply of this unit came that answers nothing that is asked now. */
  heard({ unitId, shape, asked }: Heard, now: number): void {
    const isOwn = this.#quiet?.unitId === unitId
    const whileListening = this.#listening.delete(unitId)
    const unit = this.#unit(unitId)
    const suspect = this.#unitAskedLast(asked)
    if (suspect === null || suspect === unit || unit.isInDoubt) {
      unit.heard(shape, { now, whileListening })
    } else {
      // Nothing is missing of this unit: the one that was asked may have answered under its id, and one that is sick has.
      suspect.answersForOthers()
      if (!suspect.isHurried) unit.doubt()
    }
    this.#noise = null
    // What the line was silent for has come; what follows of this unit is known as its own.
    if (isOwn) this.#until = now
    const isUnknown = this.#quiet !== null && this.#quiet.unitId === null
    this.#until = Math.max(this.#until, now + (isUnknown ? this.#options.quietMs : NOISE_GAP_MS))
  }

  /** Bytes came that nobody asked for: so many since the last whole reply. */
  noise(count: number, now: number): void {
    this.#noise = { count, at: now }
    this.#until = Math.max(this.#until, now + (count < SHORTEST_REPLY ? NOISE_GAP_MS : BURST_GAP_MS))
  }

  /** The unit asked answered with this shape instead: its replies may lag behind the requests. */
  behind({ unitId, shape }: { readonly unitId: number; readonly shape: string }): void {
    this.#unit(unitId).answeredOtherwise(shape)
  }

  /** It was asked some time. */
  knows(unitId: number): boolean {
    return this.#units.has(unitId)
  }

  isInDoubt(unitId: number): boolean {
    return this.#unit(unitId).isInDoubt
  }

  /** The present length of a silence after this unit. */
  quietMs(unitId: number): number {
    return this.#unit(unitId).quietMs
  }

  #listen(unitId: number, now: number): void {
    this.#listening.add(unitId)
    this.#unit(unitId).listen(now)
  }

  /** What has not become a whole reply by now never will. */
  #judgeNoise(now: number): void {
    const noise = this.#noise
    if (noise === null || noise.count < SHORTEST_REPLY || now - noise.at < BURST_GAP_MS) return
    this.#noise = null
    this.#options.onBabble?.()
    const culprit = this.#culpritAt(noise.at)
    if (culprit === null) this.#doubtAll()
    const quietMs = culprit === null ? this.#options.quietMs : culprit.babbled(noise.at)
    this.#until = Math.max(this.#until, noise.at + quietMs)
  }

  /** Of which a reply is awaited, or waited out. */
  #unitAskedLast(asked: number | null): UnitDoubt | null {
    const unitId = asked ?? this.#quiet?.unitId ?? null
    return unitId === null ? null : this.#unit(unitId)
  }

  /** The unit that is known to be sick and was asked not long ago. */
  #culpritAt(at: number): UnitDoubt | null {
    if (this.#quiet !== null && this.#quiet.unitId !== null) return this.#unit(this.#quiet.unitId)
    for (const unit of this.#units.values()) if (unit.isHurried && at - unit.lostSentAt < unit.quietMs) return unit
    return null
  }

  /** Nobody knows since when replies and requests do not go in pairs: the next reply of each unit is to be confirmed. */
  #doubtAll(): void {
    this.#listening.clear()
    for (const unit of this.#units.values()) unit.doubt()
  }

  #unit(unitId: number): UnitDoubt {
    let unit = this.#units.get(unitId)
    if (unit === undefined) {
      unit = new UnitDoubt(this.#options)
      this.#units.set(unitId, unit)
    }
    return unit
  }
}

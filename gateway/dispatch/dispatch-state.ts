/** The state of dispatch: nothing but the fold of its events. */
import { type DispatchEvent, RECEIPT_STATES } from '../dispatch-event.ts'
import type { ReceiptState } from '../dispatch-model.ts'
import { type Case, type Held, heardKey, type KnownNotification, receiptKey, type Told } from './case.ts'

/** Of each channel and case so many are remembered. */
const MOST_TOLD = 20
/** Of each case, for receipts; later ones are looked up on disk. */
const MOST_KNOWN = 200

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type OpenCase = Omit<Mutable<Case>, 'heard' | 'told' | 'waiting' | 'known'> & {
  readonly heard: Set<string>
  readonly told: Map<string, readonly Told[]>
  readonly waiting: Set<string>
  readonly known: Set<string>
}

export class DispatchState {
  readonly #cases = new Map<string, OpenCase>()
  /** The case of each alarm that is not over. */
  readonly #caseOf = new Map<string, string>()
  readonly #notifications = new Map<string, Mutable<KnownNotification>>()
  readonly #held = new Map<string, Held[]>()
  readonly #inhibited = new Set<string>()
  lastSeq = 0
  lastNotification = 0

  cases(): Iterable<Case> {
    return this.#cases.values()
  }

  case(id: string): Case | undefined {
    return this.#cases.get(id)
  }

  caseOf(alarm: string): Case | undefined {
    return this.#cases.get(this.#caseOf.get(alarm) ?? '')
  }

  /** Those that another case explains. */
  *inhibited(): Iterable<Case> {
    for (const id of this.#inhibited) {
      const open = this.#cases.get(id)
      if (open !== undefined) yield open
    }
  }

  notification(id: string): KnownNotification | undefined {
    return this.#notifications.get(id)
  }

  /** Those that are yet to be sent. */
  *waiting(): Iterable<KnownNotification> {
    for (const known of this.#notifications.values()) if (known.state === null) yield known
  }

  groups(): Iterable<string> {
    return this.#held.keys()
  }

  held(group: string): readonly Held[] {
    return this.#held.get(group) ?? []
  }

  apply(event: DispatchEvent): void {
    this.lastSeq = event.seq
    if (event.type === 'opened') this.#open(event)
    else if (event.type === 'notified') this.#notify(event)
    else if (event.type === 'receipt' || event.type === 'withdrawn') this.#settle(event)
    else if (event.type === 'held') this.#hold(event)
    else if (event.type === 'dropped') this.#release(event.group, event.cases)
    else for (const id of event.cases) this.#change(id, event)
    for (const id of event.cases) {
      if (this.#cases.get(id)?.phase === 'inhibited') this.#inhibited.add(id)
      else this.#inhibited.delete(id)
      this.#forget(id)
    }
  }

  /** All of it as data, for comparison. */
  snapshot(): unknown {
    const cases = [...this.#cases.values()].map((open) => ({
      ...{ ...open, heard: [...open.heard].sort(), told: [...open.told], waiting: [...open.waiting].sort() },
      known: [...open.known],
    }))
    return {
      cases: cases.sort((a, b) => (a.id < b.id ? -1 : 1)),
      caseOf: [...this.#caseOf].sort(),
      notifications: [...this.#notifications].sort(([a], [b]) => (a < b ? -1 : 1)),
      held: [...this.#held].sort(),
    }
  }

  #open(event: DispatchEvent & { type: 'opened' }): void {
    const [id = ''] = event.cases
    const before = this.#cases.get(id)
    const { alarm, occurrence, facts, plan, drill, time, inhibitedBy } = event
    this.#cases.set(id, {
      ...{ id, alarm, occurrence, facts, plan, drill },
      phase: inhibitedBy === null ? 'calling' : 'inhibited',
      ...{ openedAt: before?.openedAt ?? time, calledBy: event.event, step: 0, steppedAt: time, level: 0 },
      ...{ unanswered: false, unreached: false, reached: before?.reached ?? false },
      ...{ heard: before?.heard ?? new Set(), told: before?.told ?? new Map(), waiting: before?.waiting ?? new Set() },
      known: before?.known ?? new Set(),
    })
    this.#caseOf.set(alarm, id)
  }

  #notify({ cases, time, group, notification }: DispatchEvent & { type: 'notified' }): void {
    const { id, seq, channel, station, purpose } = notification
    this.lastNotification = Math.max(this.lastNotification, seq)
    this.#notifications.set(id, { facts: notification, createdAt: time, cases, state: null, receipts: [] })
    if (group !== null) this.#release(group, cases)
    for (const open of this.#among(cases)) {
      const key = heardKey(station, channel)
      if (purpose === 'ended') open.heard.delete(key)
      else open.heard.add(key)
      open.told.set(channel, [...(open.told.get(channel) ?? []), { id, createdAt: time }].slice(-MOST_TOLD))
      open.waiting.add(id)
      open.unreached = false
      this.#know(open, id)
    }
  }

  #know(open: OpenCase, id: string): void {
    open.known.add(id)
    const oldest = open.known.size > MOST_KNOWN ? [...open.known].find((known) => !open.waiting.has(known)) : undefined
    if (oldest === undefined) return
    open.known.delete(oldest)
    this.#notifications.delete(oldest)
  }

  #settle(event: DispatchEvent & { type: 'receipt' | 'withdrawn' }): void {
    const known = this.#notifications.get(event.notification)
    for (const open of this.#among(event.cases)) {
      open.waiting.delete(event.notification)
      if (event.type === 'receipt' && event.state !== 'failed') open.reached = true
    }
    if (known === undefined) return
    if (event.type === 'withdrawn') known.state = 'withdrawn'
    else {
      known.state = further(known.state, event.state)
      known.receipts = [...known.receipts, receiptKey(event)]
    }
  }

  #hold({ cases: [id = ''], group, station, channel, purpose, step, event }: DispatchEvent & { type: 'held' }): void {
    const others = this.held(group).filter((item) => item.case !== id)
    this.#held.set(group, [...others, { case: id, station, channel, purpose, step, event }])
  }

  #release(group: string, cases: readonly string[]): void {
    const rest = this.held(group).filter((item) => !cases.includes(item.case))
    if (rest.length > 0) this.#held.set(group, rest)
    else this.#held.delete(group)
  }

  #change(id: string, event: DispatchEvent): void {
    const open = this.#cases.get(id)
    if (open === undefined) return
    switch (event.type) {
      case 'released':
        open.phase = 'calling'
        open.steppedAt = event.time
        break
      case 'stepped':
        open.step = event.step
        open.level = event.level
        open.steppedAt = event.time
        break
      case 'unreached':
        open.unreached = true
        break
      case 'unanswered':
        open.unanswered = true
        break
      case 'stopped':
        open.phase = event.phase
        for (const group of [...this.#held.keys()]) this.#release(group, [id])
        if (event.phase === 'over') this.#caseOf.delete(open.alarm)
        break
    }
  }

  /** A case that is over is kept until nothing of it waits to be sent. */
  #forget(id: string): void {
    const open = this.#cases.get(id)
    if (open !== undefined && (open.phase !== 'over' || open.waiting.size > 0)) return
    this.#cases.delete(id)
    if (open === undefined) return
    for (const key of open.known) {
      const others = this.#notifications.get(key)?.cases ?? []
      if (!others.some((other) => this.#cases.has(other))) this.#notifications.delete(key)
    }
  }

  #among(ids: readonly string[]): readonly OpenCase[] {
    return ids.flatMap((id) => this.#cases.get(id) ?? [])
  }
}

function further(state: KnownNotification['state'], next: ReceiptState): KnownNotification['state'] {
  if (state === null || state === 'withdrawn') return next
  return RECEIPT_STATES.indexOf(next) > RECEIPT_STATES.indexOf(state) ? next : state
}

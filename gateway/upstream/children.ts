/**
 * The gateways below this one: takes their events and heartbeats, keeps the picture of all their alarms, and gives them the
 * orders of people. What comes from below is on disk before it is confirmed; how it travels is none of its business.
 */
import type { Alarm, AlarmEvent, AlarmEventDraft, CommandAction, Outcome } from '../alarm-model.ts'
import type { Clock, Log } from '../model.ts'
import type {
  BatchAnswer,
  ChildStatus,
  EventBatch,
  Order,
  OrderRefusal,
  PassedOver,
  Report,
  ReportAnswer,
  SentOrder,
} from '../upstream-model.ts'
import { Child } from './child.ts'
import { childOf } from './event-check.ts'
import { OrderBook } from './order-book.ts'
import { refusals } from './refusal-texts.ts'

/** A person who acts above wants to know soon; what waits longer for a silent gateway is not done any more. */
const ORDER_EXPIRES_MS = 10 * 60_000
const MAX_PENDING = 1000
/** Longest that a report waits for an order. */
const MAX_WAIT_MS = 25_000

export interface ChildWish {
  readonly id: string
  /** Null: three of its own intervals. */
  readonly silentAfterMs: number | null
}

export interface Restored {
  /** The last event of each alarm of gateways below, in the order of our numbers. */
  readonly fromBelow: readonly AlarmEvent[]
  readonly orders: readonly Order[]
}

export interface ChildrenParts {
  readonly gateway: string
  readonly journal: {
    commit(outcome: Outcome): Promise<readonly AlarmEvent[]>
    recordOrder(order: Order): Promise<void>
    carriedOut(orders: readonly string[]): Promise<readonly string[]>
    /** Events in memory that are not on disk. */
    unsavedEvents(): number
  }
  readonly shapeProblem: (event: unknown) => string | null
  /** Ids of the gateways above this one, the next one first. */
  readonly above: () => readonly string[]
  readonly clock: Clock
  readonly log: Log
}

/** What a person does to an alarm of a gateway below. */
export interface OrderWish {
  readonly alarmId: string
  readonly action: CommandAction
  readonly by: string
  readonly comment: string | null
}

const DISK_REFUSES: BatchAnswer = { type: 'busy', waitMs: 2000, message: 'the disk does not take events now' }

export type OrderAnswer =
  | { readonly ok: true; readonly order: Order }
  | { readonly ok: false; readonly refusal: OrderRefusal }

export class Children {
  readonly #parts: ChildrenParts
  /** All of whom anything is known; those of `#wishes` may speak. */
  readonly #children = new Map<string, Child>()
  #wishes: ReadonlyMap<string, ChildWish> = new Map()
  readonly #listeners = new Set<(order: Order) => void>()
  /** Reports that wait for an order. */
  readonly #waiting = new Set<() => void>()
  #book: OrderBook
  #orderNumber = 0
  #stopped = false

  constructor(parts: ChildrenParts) {
    this.#parts = parts
    this.#book = new OrderBook([], parts.clock.now())
  }

  /** What the journal has. Before anything comes. */
  async restore({ fromBelow, orders }: Restored): Promise<void> {
    const ways = Map.groupBy(fromBelow, ({ alarm }) => alarm.path?.at(-1)?.gateway ?? '')
    for (const [id, kept] of ways) this.#children.set(id, this.#create(id, kept))
    this.#book = new OrderBook(orders, this.#parts.clock.now())
    const pending = orders.flatMap(({ id, state }) => (state === 'pending' ? [id] : []))
    // The event was on disk, and the power failed before its order was.
    const done = new Set(pending.length === 0 ? [] : await this.#parts.journal.carriedOut(pending))
    for (const { id, child } of orders) if (done.has(id)) this.#put(this.#book.carriedOut(id, child))
  }

  /** Those of the configuration, from now on. One that it no longer names keeps its alarms, and may not speak. */
  setChildren(wishes: readonly ChildWish[]): void {
    const before = this.#wishes
    this.#wishes = new Map(wishes.map((wish) => [wish.id, wish]))
    for (const { id, silentAfterMs } of wishes) {
      const child = this.#children.get(id) ?? this.#create(id, [])
      this.#children.set(id, child)
      if (before.get(id)?.silentAfterMs !== silentAfterMs || !before.has(id)) child.expect(silentAfterMs)
    }
  }

  has(child: string): boolean {
    return this.#wishes.has(child)
  }

  *alarms(): Iterable<Alarm> {
    for (const child of this.#children.values()) yield* child.intake.alarms()
  }

  alarm(id: string): Alarm | undefined {
    return this.#children.get(childOf(id)?.child ?? '')?.intake.alarm(id)
  }

  /** The newest order about an alarm: what waits, and what was refused. */
  orderAbout(alarmId: string): Order | undefined {
    return this.#book.about(alarmId)
  }

  order(id: string): Order | undefined {
    return this.#book.get(id)
  }

  status(): readonly ChildStatus[] {
    return [...this.#wishes.keys()].map((id) => this.#childOf(id).status())
  }

  pendingOrders(child: string): number {
    return this.#book.pending(child).length
  }

  onOrder(listener: (order: Order) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when what it takes is on disk. */
  async takeEvents(childId: string, batch: EventBatch): Promise<BatchAnswer> {
    const child = this.#childOf(childId)
    const waitMs = child.waitMs(batch.events.length)
    if (waitMs > 0) return { type: 'busy', waitMs, message: 'more events than this gateway takes from one below' }
    if (child.busy) return { type: 'busy', waitMs: 1000, message: 'the batch before is not on disk yet' }
    child.busy = true
    try {
      child.heard(null)
      return await this.#take(child, batch)
    } finally {
      child.busy = false
    }
  }

  async #take(child: Child, batch: EventBatch): Promise<BatchAnswer> {
    const { clock, journal, gateway } = this.#parts
    if (child.unsaved && journal.unsavedEvents() > 0) return DISK_REFUSES
    child.unsaved = false
    const intake = child.intake.take(batch, clock.now().wall)
    if (intake.type === 'gap') return { type: 'gap', answer: { gateway, known: child.intake.known } }
    const { drafts, passedOver, lost, repeated } = intake
    child.repeatedEvents += repeated
    child.lostEvents += lost
    child.refusedEvents += passedOver.length
    this.#tell(child, { lost, passedOver })
    this.#noteCarriedOut(child.id, drafts)
    try {
      await journal.commit({ readings: [], events: drafts })
    } catch {
      // They are queued, seen by all, and written as soon as the disk takes them; only then they are confirmed.
      child.unsaved = true
      return DISK_REFUSES
    }
    return { type: 'taken', answer: { gateway, known: child.intake.known, passedOver } }
  }

  /** Answers at once, or as soon as there is an order that the child has not got, or after `waitMs`. */
  async takeReport(childId: string, report: Report, signal: AbortSignal): Promise<ReportAnswer> {
    const child = this.#childOf(childId)
    child.heard(report)
    const settled = report.refused.map(({ id }) => id)
    for (const { id, refusal } of report.refused) this.#put(this.#book.refuse({ id, child: childId, refusal }))
    const got = new Set(report.orders)
    const orders = (): readonly Order[] => this.#book.pending(childId).filter(({ id }) => !got.has(id))
    if (orders().length === 0 && report.waitMs > 0)
      await this.#wait(Math.min(report.waitMs, MAX_WAIT_MS), { signal, orders })
    const { gateway, above } = this.#parts
    const known = child.intake.known?.epoch === report.epoch ? child.intake.known : null
    return { gateway, known, above: above(), orders: orders().map((order) => this.#sent(order)), settled }
  }

  /** A person's wish here. Resolves when the order is on disk; it is on its way then. */
  command({ by, ...wish }: OrderWish): Promise<OrderAnswer> {
    const { gateway, clock } = this.#parts
    this.#orderNumber += 1
    const id = `${gateway}-o${this.#orderNumber}-${Math.floor(clock.now().wall).toString(36)}`
    return this.relay({ id, ...wish, by: `${by} (at ${gateway})`, expiresInMs: ORDER_EXPIRES_MS })
  }

  /** An order, ours or from above, about an alarm of a gateway below. One that is known is not given twice. */
  async relay({ expiresInMs, ...wish }: SentOrder): Promise<OrderAnswer> {
    const known = this.#book.get(wish.id)
    if (known !== undefined) return { ok: true, order: known }
    const refusal = this.#refusalOf(wish)
    if (refusal !== null) return { ok: false, refusal }
    const at = childOf(wish.alarmId) as { readonly child: string; readonly alarmId: string }
    const { wall } = this.#parts.clock.now()
    const order: Order = {
      ...wish,
      ...{
        child: at.child,
        alarmId: at.alarmId,
        at: wall,
        expiresAt: wall + expiresInMs,
        state: 'pending',
        refusal: null,
      },
    }
    try {
      await this.#parts.journal.recordOrder(order)
    } catch {
      return { ok: false, refusal: refusals.notRecorded }
    }
    this.#book.put(order, this.#parts.clock.now())
    this.#changed(order)
    return { ok: true, order }
  }

  tick(): void {
    for (const order of this.#book.expire(this.#parts.clock.now().mono)) this.#put(order)
  }

  /** Answers all that wait. */
  stop(): Promise<void> {
    this.#stopped = true
    for (const wake of this.#waiting) wake()
    return Promise.resolve()
  }

  #create(child: string, kept: readonly AlarmEvent[]): Child {
    const { gateway, shapeProblem, clock } = this.#parts
    const isOthers = (name: string): boolean => this.#isOthers(name, child)
    return new Child({ gateway, child, kept, isOthers, shapeProblem, clock })
  }

  #childOf(id: string): Child {
    const child = this.#children.get(id)
    if (child === undefined) throw new Error(`there is no gateway "${id}" below this one`)
    return child
  }

  #isOthers(name: string, child: string): boolean {
    if (this.#children.has(name)) return name !== child
    return [...this.#children.values()].some(({ id, intake }) => id !== child && intake.gateways.has(name))
  }

  #refusalOf({ alarmId, action }: Pick<SentOrder, 'alarmId' | 'action'>): OrderRefusal | null {
    if (this.alarm(alarmId) === undefined) return refusals.unknownAlarm
    if (!isForBelow(action)) return refusals.onlyThere
    const child = childOf(alarmId)?.child ?? ''
    if (!this.#wishes.has(child)) return refusals.notBelow
    return this.pendingOrders(child) >= MAX_PENDING ? refusals.tooMany : null
  }

  #noteCarriedOut(child: string, drafts: readonly AlarmEventDraft[]): void {
    for (const { order } of drafts) if (order !== undefined) this.#put(this.#book.carriedOut(order, child))
  }

  #put(order: Order | null): void {
    if (order === null) return
    this.#changed(order)
    // Its end is learnt again where this is lost: the event is on disk, the child refuses again, its time is over.
    this.#parts.journal.recordOrder(order).catch(() => {})
  }

  #changed(order: Order): void {
    for (const wake of this.#waiting) wake()
    for (const listener of this.#listeners) listener(order)
  }

  #sent({ id, alarmId, action, by, comment }: Order): SentOrder {
    return { id, alarmId, action, by, comment, expiresInMs: this.#book.remainingMs(id, this.#parts.clock.now().mono) }
  }

  async #wait(
    ms: number,
    { signal, orders }: { readonly signal: AbortSignal; readonly orders: () => readonly Order[] },
  ): Promise<void> {
    const over = new AbortController()
    const look = (): void => {
      if (this.#stopped || orders().length > 0) over.abort()
    }
    const end = (): void => over.abort()
    this.#waiting.add(look)
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) over.abort()
    look()
    await this.#parts.clock.sleep(ms, over.signal).catch(() => {})
    this.#waiting.delete(look)
    signal.removeEventListener('abort', end)
  }

  #tell(
    child: Child,
    { lost, passedOver }: { readonly lost: number; readonly passedOver: readonly PassedOver[] },
  ): void {
    const { log } = this.#parts
    if (lost > 0) log.warn({ child: child.id, lost }, 'a gateway below no longer has events that were never here')
    const [first] = passedOver
    if (first === undefined) return
    log.warn({ child: child.id, passedOver: passedOver.length, ...first }, 'events of a gateway below were not taken')
  }
}

/** What needs somebody at the place itself is done there. */
function isForBelow({ type }: CommandAction): boolean {
  const done: readonly CommandAction['type'][] = [
    'acknowledge',
    'reset',
    'comment',
    'shelve',
    'unshelve',
    'confirm',
    'decline',
  ]
  return done.includes(type)
}

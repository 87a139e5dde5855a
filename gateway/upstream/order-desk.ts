/**
 * Orders of gateways above: each is carried out once, here or further below, whatever is sent twice or lost on the way. What is
 * carried out travels up as an event with the id of the order; only what leaves no event is reported.
 */
import type { Log } from '../model.ts'
import type { Order, OrderRefusal, RefusedOrder, SentOrder } from '../upstream-model.ts'
import type { OrderAnswer } from './children.ts'
import { refusals } from './refusal-texts.ts'

/** Older ones are forgotten; the journal still knows what was carried out. */
const MAX_KNOWN = 2000

export interface OrderDeskParts {
  /** Which of these orders are carried out: the event that says so is on disk. */
  carriedOut(orders: readonly string[]): Promise<readonly string[]>
  /** Of our own alarms. Resolves when it is on disk, with why not where it was not done. */
  carryOut(order: SentOrder): Promise<OrderRefusal | null>
  /** Of alarms of a gateway below. */
  relay(order: SentOrder): Promise<OrderAnswer>
  isBelow(alarmId: string): boolean
  readonly log: Log
}

type Fate = { readonly type: 'got' } | { readonly type: 'refused'; readonly refusal: OrderRefusal }

const GOT: Fate = { type: 'got' }

export class OrderDesk {
  readonly #parts: OrderDeskParts
  readonly #fates = new Map<string, Fate>()
  readonly #listeners = new Set<() => void>()

  constructor(parts: OrderDeskParts) {
    this.#parts = parts
  }

  /** Never rejects. */
  async take(orders: readonly SentOrder[]): Promise<void> {
    // Before anything is awaited: the same order may come on two ways at once.
    const fresh = orders.filter(({ id }) => !this.#fates.has(id))
    for (const { id } of fresh) this.#note(id, GOT)
    if (fresh.length === 0) return
    let done: ReadonlySet<string>
    try {
      done = new Set(await this.#parts.carriedOut(fresh.map(({ id }) => id)))
    } catch (error) {
      // Whether they are carried out is not known, so nothing is done; they come again.
      for (const { id } of fresh) this.#fates.delete(id)
      this.#parts.log.warn({ error: String(error) }, 'orders from above wait: the journal cannot be asked')
      return
    }
    for (const order of fresh) if (!done.has(order.id)) await this.#takeOne(order)
  }

  /** An order to a gateway below has changed; it may be one from above. */
  relayed({ id, state, refusal }: Order): void {
    if (!this.#fates.has(id)) return
    if (state === 'refused') this.#refuse(id, refusal ?? refusals.expired)
    else if (state === 'expired') this.#refuse(id, refusals.expired)
  }

  /** What is got and needs not be sent again, and what was refused and not yet settled. */
  report(): { readonly orders: readonly string[]; readonly refused: readonly RefusedOrder[] } {
    const refused: RefusedOrder[] = []
    for (const [id, fate] of this.#fates) if (fate.type === 'refused') refused.push({ id, refusal: fate.refusal })
    return { orders: [...this.#fates.keys()].slice(-1000), refused: refused.slice(-100) }
  }

  /** The gateway above has these refusals. */
  settle(ids: readonly string[]): void {
    for (const id of ids) if (this.#fates.has(id)) this.#fates.set(id, GOT)
  }

  /** There is something to report. */
  onRefused(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #takeOne(order: SentOrder): Promise<void> {
    const { isBelow, log } = this.#parts
    try {
      const refusal = isBelow(order.alarmId) ? await this.#relay(order) : await this.#parts.carryOut(order)
      if (refusal !== null) this.#refuse(order.id, refusal)
    } catch (error) {
      this.#fates.delete(order.id)
      log.warn(
        { order: order.id, error: String(error) },
        'an order from above could not be carried out; it comes again',
      )
    }
  }

  async #relay(order: SentOrder): Promise<OrderRefusal | null> {
    const answer = await this.#parts.relay(order)
    if (!answer.ok) return answer.refusal
    if (answer.order.state === 'expired') return refusals.expired
    return answer.order.state === 'refused' ? answer.order.refusal : null
  }

  #refuse(id: string, refusal: OrderRefusal): void {
    this.#note(id, { type: 'refused', refusal })
    for (const listener of this.#listeners) listener()
  }

  #note(id: string, fate: Fate): void {
    this.#fates.delete(id)
    this.#fates.set(id, fate)
    const oldest = this.#fates.keys().next()
    if (this.#fates.size > MAX_KNOWN && !oldest.done) this.#fates.delete(oldest.value)
  }
}

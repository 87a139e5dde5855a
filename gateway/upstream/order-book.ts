/** Orders to gateways below and what became of them. Pure: whoever changes it puts the changed order on disk. */
import type { Instant } from '../model.ts'
import type { Order, OrderRefusal } from '../upstream-model.ts'
import { idHere } from './event-check.ts'

/** Of those that are at their end; older ones are in the journal only. */
const KEEP_ENDED = 1000

export class OrderBook {
  readonly #orders = new Map<string, Order>()
  /** On the monotonic clock, ms. */
  readonly #deadlines = new Map<string, number>()
  /** By id of the alarm here: the newest order about it. */
  readonly #newest = new Map<string, string>()

  constructor(orders: readonly Order[], now: Instant) {
    for (const order of orders) this.put(order, now)
  }

  get(id: string): Order | undefined {
    return this.#orders.get(id)
  }

  put(order: Order, now: Instant): void {
    this.#orders.delete(order.id)
    this.#orders.set(order.id, order)
    this.#newest.set(idHere(order.child, order.alarmId), order.id)
    if (order.state === 'pending') this.#deadlines.set(order.id, now.mono + Math.max(0, order.expiresAt - now.wall))
    else this.#deadlines.delete(order.id)
    this.#forgetOld()
  }

  /** What the gateway below has still to answer, oldest first. */
  pending(child: string): readonly Order[] {
    return [...this.#deadlines.keys()].flatMap((id) => {
      const order = this.#orders.get(id)
      return order?.child === child ? [order] : []
    })
  }

  /** How long the order may still be carried out, ms. */
  remainingMs(id: string, mono: number): number {
    return Math.max(0, (this.#deadlines.get(id) ?? mono) - mono)
  }

  /** The newest order about an alarm here. */
  about(alarmId: string): Order | undefined {
    const id = this.#newest.get(alarmId)
    return id === undefined ? undefined : this.#orders.get(id)
  }

  /** An event says that it was carried out, maybe after we had given it up. */
  carriedOut(id: string, child: string): Order | null {
    const order = this.#orders.get(id)
    if (order === undefined || order.child !== child || order.state === 'done') return null
    return this.#end({ ...order, state: 'done', refusal: null })
  }

  refuse({
    id,
    child,
    refusal,
  }: {
    readonly id: string
    readonly child: string
    readonly refusal: OrderRefusal
  }): Order | null {
    const order = this.#orders.get(id)
    if (order === undefined || order.child !== child || order.state !== 'pending') return null
    return this.#end({ ...order, state: 'refused', refusal })
  }

  expire(mono: number): readonly Order[] {
    const due = [...this.#deadlines].filter(([, deadline]) => deadline <= mono)
    return due.flatMap(([id]) => {
      const order = this.#orders.get(id)
      return order === undefined ? [] : [this.#end({ ...order, state: 'expired' })]
    })
  }

  #end(order: Order): Order {
    this.#orders.delete(order.id)
    this.#orders.set(order.id, order)
    this.#deadlines.delete(order.id)
    this.#forgetOld()
    return order
  }

  #forgetOld(): void {
    let superfluous = this.#orders.size - this.#deadlines.size - KEEP_ENDED
    for (const [id, order] of this.#orders) {
      if (superfluous <= 0) return
      if (this.#deadlines.has(id)) continue
      superfluous -= 1
      this.#orders.delete(id)
      const alarmId = idHere(order.child, order.alarmId)
      if (this.#newest.get(alarmId) === id) this.#newest.delete(alarmId)
    }
  }
}

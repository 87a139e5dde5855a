/** A fault while it lasts: which answers it strikes. */
import { type Exchange, faultyReply, type Reply } from './reply.ts'
import type { UnitFault } from './unit-fault.ts'

/** Requests that a busy unit tells apart; a unit that is asked more than this begins anew with all of them. */
const MOST_REQUESTS = 1000

export class ActiveFault {
  readonly #fault: UnitFault
  readonly #refusals = new Map<string, number>()
  #answers = 0

  constructor(fault: UnitFault) {
    this.#fault = fault
  }

  /** What goes out instead of the right answer; null where this one is spared. */
  reply(exchange: Exchange): Reply | null {
    const { every, share } = this.#fault
    this.#answers++
    if (every !== undefined && this.#answers % every !== 0) return null
    if (share !== undefined && exchange.random() >= share) return null
    if (this.#fault.type === 'busy' && !this.#refuses(exchange, this.#fault.times)) return null
    return faultyReply(this.#fault, exchange)
  }

  #refuses({ request }: Exchange, times: number): boolean {
    const key = `${request.unitId} ${request.pdu.join(' ')}`
    const refused = this.#refusals.get(key) ?? 0
    if (this.#refusals.size >= MOST_REQUESTS) this.#refusals.clear()
    if (refused < times) this.#refusals.set(key, refused + 1)
    else this.#refusals.delete(key)
    return refused < times
  }
}

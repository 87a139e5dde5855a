/** The deliveries that run: made as the configuration names them, woken by what is committed, retired when it names them no more. */
import type { SinkConfig } from '../config/config.ts'
import { DISPATCH_DELIVERY } from '../journal/dispatch-store.ts'
import type { Committed, Journal } from '../journal/journal-types.ts'
import { wantedDeliveries } from './deliveries.ts'
import type { DeliveryPart, DeliverySurroundings } from './delivery-part.ts'
import { type PartChanges, PartSet } from './part-set.ts'

export class DeliveryRoom {
  readonly #journal: Pick<Journal, 'stats' | 'retireDelivery'>
  readonly #parts = new PartSet<DeliveryPart>()
  #readingsWait = false

  constructor(journal: Pick<Journal, 'stats' | 'retireDelivery'>) {
    this.#journal = journal
  }

  parts(): readonly DeliveryPart[] {
    return this.#parts.parts()
  }

  reconcile(sinks: readonly SinkConfig[], surroundings: DeliverySurroundings): Promise<PartChanges> {
    return this.#parts.reconcile(wantedDeliveries(sinks, surroundings))
  }

  /** A sink that the configuration no longer names must not hold readings on disk for ever. Dispatch looks after its own cursor. */
  async retireOthers(): Promise<void> {
    const known = new Set([DISPATCH_DELIVERY, ...this.parts().map((part) => part.status().id)])
    const gone = this.#journal.stats().deliveries.filter(({ id }) => !known.has(id))
    await Promise.all(gone.map(({ id }) => this.#journal.retireDelivery(id)))
  }

  /** Alarm events leave at once. */
  committed({ events, readings }: Pick<Committed, 'events' | 'readings'>): void {
    if (readings.length > 0) this.#readingsWait = true
    if (events.length > 0) this.#wake('alarm-events')
  }

  /** Readings leave together with those that came since. */
  wakeReadings(): void {
    if (!this.#readingsWait) return
    this.#readingsWait = false
    this.#wake('readings')
  }

  stop(): Promise<void> {
    return this.#parts.stop()
  }

  #wake(journal: DeliveryPart['journal']): void {
    for (const part of this.parts()) if (part.journal === journal) part.wake()
  }
}

/** The cursors of the deliveries and their dead letters: known at once, written with the next commit. */
import { JournalError } from './journal-error.ts'
import type { DeadLetter } from './journal-types.ts'
import type { AlarmChanges, DeadLetterRow, DeliveryRow } from './worker-messages.ts'

/** Dead letters that may wait for a disk that refuses; the oldest go first. */
const MAX_WAITING_LETTERS = 10_000

export class DeliveryCursors {
  readonly #deliveries = new Map<string, DeliveryRow>()
  readonly #moved = new Map<string, number>()
  #letters: DeadLetterRow[] = []

  load(deliveries: readonly DeliveryRow[]): void {
    for (const delivery of deliveries) {
      const cursor = Math.max(delivery.cursor, this.#deliveries.get(delivery.id)?.cursor ?? 0)
      this.#deliveries.set(delivery.id, { ...delivery, cursor })
    }
  }

  get unsaved(): boolean {
    return this.#moved.size > 0 || this.#letters.length > 0
  }

  all(): DeliveryRow[] {
    return [...this.#deliveries.values()]
  }

  find(deliveryId: string): DeliveryRow | undefined {
    return this.#deliveries.get(deliveryId)
  }

  add(delivery: DeliveryRow): void {
    this.#deliveries.set(delivery.id, delivery)
  }

  remove(deliveryId: string): void {
    this.#deliveries.delete(deliveryId)
    this.#moved.delete(deliveryId)
  }

  /** Throws a `JournalError` 'invalid' when nobody registered the delivery. */
  get(deliveryId: string): DeliveryRow {
    const delivery = this.#deliveries.get(deliveryId)
    if (delivery === undefined) {
      throw new JournalError('invalid', `the delivery '${deliveryId}' is not registered: call registerDelivery first`)
    }
    return delivery
  }

  /** True when the cursor moved. */
  advance(deliveryId: string, seq: number): boolean {
    const delivery = this.get(deliveryId)
    if (seq <= delivery.cursor) return false
    this.#deliveries.set(deliveryId, { ...delivery, cursor: seq })
    this.#moved.set(deliveryId, seq)
    return true
  }

  /** As `advance`, of one that is on disk already. */
  confirm(deliveryId: string, seq: number): void {
    const delivery = this.#deliveries.get(deliveryId)
    if (delivery !== undefined) {
      this.#deliveries.set(deliveryId, { ...delivery, cursor: Math.max(delivery.cursor, seq) })
    }
  }

  addLetter({ delivery, seq, time, error, item }: DeadLetter): void {
    this.#letters.push({ delivery, seq, time, error, item: JSON.stringify(item) ?? 'null' })
    if (this.#letters.length > MAX_WAITING_LETTERS) this.#letters.shift()
  }

  toSave(): Pick<AlarmChanges, 'cursors' | 'letters'> {
    return { cursors: [...this.#moved], letters: [...this.#letters] }
  }

  markSaved({ cursors, letters }: Pick<AlarmChanges, 'cursors' | 'letters'>): void {
    for (const [deliveryId, seq] of cursors) {
      if (this.#moved.get(deliveryId) === seq) this.#moved.delete(deliveryId)
    }
    const saved = new Set(letters)
    this.#letters = this.#letters.filter((letter) => !saved.has(letter))
  }
}

import { createDelivery, type DeadLetter, type Delivery } from '../../gateway/delivery/delivery.ts'
import type { Sink } from '../../gateway/delivery-model.ts'
import { FakeClock } from './fake-clock.ts'
import { createMemoryLog, type MemoryLog } from './memory-log.ts'

/** One delivery over a journal in memory, with a clock that stands still. */
export interface DeliveryBench<T extends { readonly seq: number }> {
  readonly delivery: Delivery
  readonly clock: FakeClock
  readonly log: MemoryLog
  readonly journal: MemoryJournal<T>
}

export interface MemoryJournal<T> {
  readonly items: T[]
  cursor: number
  readonly deadLetters: DeadLetter<T>[]
  /** Set to make every step of the journal fail. */
  broken: Error | null
  /** Resolves when the cursor has come to `seq`. */
  reached(seq: number): Promise<void>
}

export function createDeliveryBench<T extends { readonly seq: number }>(options: {
  readonly sink: Sink<T>
  readonly items?: readonly T[]
  readonly cursor?: number
  readonly timeOf?: (item: T) => number
  /** The jitter, from 0 (the default: shortest delays) to 1. */
  readonly random?: number
}): DeliveryBench<T> {
  const clock = new FakeClock()
  const log = createMemoryLog()
  const watchers: { seq: number; resolve: () => void }[] = []
  const journal: MemoryJournal<T> = {
    items: [...(options.items ?? [])],
    cursor: options.cursor ?? 0,
    deadLetters: [],
    broken: null,
    reached: (seq) =>
      new Promise((resolve) => {
        if (journal.cursor >= seq) resolve()
        else watchers.push({ seq, resolve })
      }),
  }
  const step = async <R>(run: () => R): Promise<R> => {
    await Promise.resolve()
    if (journal.broken !== null) throw journal.broken
    return run()
  }
  const delivery = createDelivery<T>({
    id: 'under-test',
    sink: options.sink,
    read: (after, limit) => step(() => journal.items.filter((item) => item.seq > after).slice(0, limit)),
    loadCursor: () => step(() => journal.cursor),
    advance: (seq) =>
      step(() => {
        journal.cursor = seq
        for (const watcher of watchers) if (seq >= watcher.seq) watcher.resolve()
      }),
    deadLetter: (letter) => step(() => void journal.deadLetters.push(letter)),
    ...(options.timeOf === undefined ? {} : { timeOf: options.timeOf }),
    clock,
    log,
    random: () => options.random ?? 0,
  })
  return { delivery, clock, log, journal }
}

import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { Delivery } from '../../../gateway/delivery/delivery.ts'
import { DeliveryError, type DeliveryFailure, type Sink } from '../../../gateway/delivery-model.ts'
import { createDeliveryBench } from '../../support/delivery-bench.ts'

interface Item {
  readonly seq: number
}

const items = (count: number, first = 1): Item[] =>
  Array.from({ length: count }, (_, index) => ({ seq: first + index }))
const seqs = (batch: readonly Item[]) => batch.map((item) => item.seq)

/** A sink that fails as the test says and remembers what it was asked for and what it took. */
class ScriptedSink implements Sink<Item> {
  readonly id = 'scripted'
  readonly maxBatch: number
  readonly asked: number[][] = []
  readonly taken: number[] = []
  /** Decides about one batch; throws to refuse it. */
  rule: (batch: readonly Item[], signal: AbortSignal) => void | Promise<void> = () => {}
  stops = 0

  constructor(maxBatch = 100) {
    this.maxBatch = maxBatch
  }

  async write(batch: readonly Item[], signal: AbortSignal): Promise<void> {
    this.asked.push(seqs(batch))
    await this.rule(batch, signal)
    this.taken.push(...seqs(batch))
  }

  stop(): Promise<void> {
    this.stops += 1
    return Promise.resolve()
  }
}

const failing = (failure: DeliveryFailure, retryAfterMs?: number) => () => {
  throw new DeliveryError(failure, `it is ${failure}`, retryAfterMs === undefined ? {} : { retryAfterMs })
}

const running: Delivery[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((delivery) => delivery.stop()))
})

function bench(options: { sink: ScriptedSink; items?: readonly Item[]; cursor?: number }) {
  const parts = createDeliveryBench({ ...options, timeOf: (item: Item) => item.seq * 1000 })
  running.push(parts.delivery)
  return parts
}

describe('a delivery', () => {
  test('brings everything behind the cursor in batches, in order, and then sleeps', async () => {
    const sink = new ScriptedSink(4)
    const { delivery, journal } = bench({ sink, items: items(10), cursor: 2 })
    delivery.start()
    await journal.reached(10)
    expect(sink.asked).toEqual([
      [3, 4, 5, 6],
      [7, 8, 9, 10],
    ])
    await expect.poll(() => delivery.status().state).toBe('idle')
    expect(delivery.status()).toMatchObject({ delivered: 8, attempts: 2, cursor: 10, oldestUnsentAt: null })
  })

  test('goes on at a wake, also when it comes during a read that missed the new item', async () => {
    const sink = new ScriptedSink()
    const { delivery, journal } = bench({ sink })
    delivery.start()
    await expect.poll(() => delivery.status().state).toBe('idle')
    journal.items.push(...items(1))
    delivery.wake()
    await journal.reached(1)
    sink.rule = () => {
      sink.rule = () => {}
      journal.items.push({ seq: 3 })
      delivery.wake()
    }
    journal.items.push({ seq: 2 })
    delivery.wake()
    await journal.reached(3)
    expect(sink.asked).toEqual([[1], [2], [3]])
  })

  test('moves the cursor only behind the confirmation', async () => {
    const sink = new ScriptedSink()
    const { delivery, journal } = bench({ sink, items: items(3) })
    let confirm = () => {}
    const asked = new Promise<void>((resolve) => {
      sink.rule = () => {
        resolve()
        return new Promise<void>((confirmed) => {
          confirm = confirmed
        })
      }
    })
    delivery.start()
    await asked
    expect(journal.cursor).toBe(0)
    expect(delivery.status()).toMatchObject({ state: 'delivering', delivered: 0, oldestUnsentAt: 1000 })
    confirm()
    await journal.reached(3)
    expect(delivery.status().delivered).toBe(3)
  })

  test('retries an unreachable receiver at growing delays, which no wake shortens', async () => {
    const sink = new ScriptedSink()
    sink.rule = failing('unreachable')
    const { delivery, journal, clock } = bench({ sink, items: items(2) })
    delivery.start()
    expect(await clock.nextSleep()).toBe(1000)
    delivery.wake()
    await clock.advance(999)
    expect(sink.asked).toHaveLength(1)
    await clock.advance(1)
    expect(sink.asked).toHaveLength(2)
    expect(delivery.status()).toMatchObject({ state: 'waiting', failure: 'unreachable', failuresInARow: 2 })
    sink.rule = () => {}
    await clock.nextSleep()
    await clock.advance(1000)
    await journal.reached(2)
    expect(sink.asked).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ])
    expect(delivery.status()).toMatchObject({ failure: null, message: null, since: null, failuresInARow: 0 })
  })

  test('takes an error of another kind for an unreachable receiver', async () => {
    const sink = new ScriptedSink()
    sink.rule = () => {
      throw new TypeError('a surprise')
    }
    const { delivery, clock } = bench({ sink, items: items(1) })
    delivery.start()
    await clock.nextSleep()
    expect(delivery.status()).toMatchObject({ failure: 'unreachable', message: 'a surprise' })
  })

  test('waits at least as long as a busy receiver asks', async () => {
    const sink = new ScriptedSink()
    sink.rule = failing('busy', 45_000)
    const { delivery, clock } = bench({ sink, items: items(1) })
    delivery.start()
    expect(await clock.nextSleep()).toBe(45_000)
    expect(delivery.status()).toMatchObject({ state: 'waiting', failure: 'busy' })
  })

  test('retries slowly and loses nothing while a person must mend something', async () => {
    const sink = new ScriptedSink()
    sink.rule = failing('refused')
    const { delivery, journal, clock } = bench({ sink, items: items(3) })
    const began = clock.now().wall
    delivery.start()
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(await clock.nextSleep()).toBe(60_000)
      await clock.advance(60_000)
    }
    expect(delivery.status()).toMatchObject({ state: 'refused', since: began, message: 'it is refused' })
    expect(journal.deadLetters).toEqual([])
    sink.rule = () => {}
    await clock.advance(60_000)
    await journal.reached(3)
    expect(sink.taken).toEqual([1, 2, 3])
  })

  test('isolates a poisonous item with few writes and goes on behind it', async () => {
    const sink = new ScriptedSink(5000)
    sink.rule = (batch) => {
      if (seqs(batch).includes(3217)) throw new DeliveryError('unacceptable', 'no such field')
    }
    const { delivery, journal } = bench({ sink, items: items(5001) })
    delivery.start()
    await journal.reached(5001)
    expect(journal.deadLetters).toEqual([{ seq: 3217, item: { seq: 3217 }, error: 'no such field' }])
    expect(sink.taken).toEqual(seqs(items(5001)).filter((seq) => seq !== 3217))
    expect(sink.asked.length).toBeLessThanOrEqual(1 + 2 * Math.ceil(Math.log2(5000)) + 1)
    expect(delivery.status()).toMatchObject({ delivered: 5000, deadLettered: 1, failure: null })
  })

  test('delivers or buries every item exactly once and in order, wherever the poison is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.func(fc.boolean()),
        async (count, maxBatch, poisonous) => {
          const sink = new ScriptedSink(maxBatch)
          sink.rule = (batch) => {
            if (seqs(batch).some((seq) => poisonous(seq))) throw new DeliveryError('unacceptable', 'poison')
          }
          const { delivery, journal } = bench({ sink, items: items(count) })
          delivery.start()
          await journal.reached(count)
          await delivery.stop()
          const all = seqs(items(count))
          expect(sink.taken).toEqual(all.filter((seq) => !poisonous(seq)))
          expect(seqs(journal.deadLetters)).toEqual(all.filter((seq) => poisonous(seq)))
        },
      ),
      { numRuns: 50 },
    )
  })

  test('keeps its place in a halved batch when the receiver goes away in the middle', async () => {
    const sink = new ScriptedSink(8)
    let down = false
    sink.rule = (batch) => {
      if (down) throw new DeliveryError('unreachable', 'gone')
      if (seqs(batch).includes(6)) throw new DeliveryError('unacceptable', 'poison')
      down = true
    }
    const { delivery, journal, clock } = bench({ sink, items: items(8) })
    delivery.start()
    await clock.nextSleep()
    expect(journal.cursor).toBe(4)
    down = false
    sink.rule = (batch) => {
      if (seqs(batch).includes(6)) throw new DeliveryError('unacceptable', 'poison')
    }
    await clock.advance(1000)
    await journal.reached(8)
    expect(sink.taken).toEqual([1, 2, 3, 4, 5, 7, 8])
    expect(seqs(journal.deadLetters)).toEqual([6])
  })

  test('says once that it fails, once that it fails otherwise, and once that it is well', async () => {
    const sink = new ScriptedSink()
    sink.rule = failing('unreachable')
    const { delivery, journal, clock, log } = bench({ sink, items: items(1) })
    delivery.start()
    for (let attempt = 0; attempt < 10; attempt += 1) await clock.advance(60_000)
    sink.rule = failing('refused')
    for (let attempt = 0; attempt < 10; attempt += 1) await clock.advance(60_000)
    sink.rule = () => {}
    await clock.advance(60_000)
    await journal.reached(1)
    expect(log.lines.map(({ level, message, facts }) => [level, message, facts.failure])).toEqual([
      ['warn', 'delivery fails', 'unreachable'],
      ['warn', 'delivery fails', 'refused'],
      ['info', 'delivery works again', 'refused'],
    ])
  })

  test('says once that items die and once that they no longer do', async () => {
    const sink = new ScriptedSink(1)
    sink.rule = ([item]) => {
      if (item !== undefined && item.seq <= 50) throw new DeliveryError('unacceptable', 'poison')
    }
    const { delivery, journal, log } = bench({ sink, items: items(53) })
    delivery.start()
    await journal.reached(53)
    await expect.poll(() => delivery.status().state).toBe('idle')
    expect(journal.deadLetters).toHaveLength(50)
    expect(log.lines.map(({ level, facts }) => [level, facts.seq ?? facts.deadLetters])).toEqual([
      ['warn', 1],
      ['info', 50],
    ])
  })

  test('does not write again what is confirmed while its journal cannot note it', async () => {
    const sink = new ScriptedSink()
    const { delivery, journal, clock } = bench({ sink, items: items(2) })
    sink.rule = () => {
      journal.broken = new Error('the disk is full')
    }
    delivery.start()
    await clock.nextSleep()
    expect(delivery.status()).toMatchObject({ state: 'waiting', failure: 'journal', message: 'the disk is full' })
    journal.broken = null
    await clock.advance(1000)
    await journal.reached(2)
    expect(sink.asked).toEqual([[1, 2]])
  })

  test('starts as soon as its journal can be read', async () => {
    const sink = new ScriptedSink()
    const { delivery, journal, clock } = bench({ sink, items: items(2), cursor: 1 })
    journal.broken = new Error('locked')
    delivery.start()
    await clock.nextSleep()
    journal.broken = null
    await clock.advance(1000)
    await journal.reached(2)
    expect(sink.taken).toEqual([2])
  })
})

describe('stopping a delivery', () => {
  test('aborts the write in flight, does not take it for a failure, and stops the sink once', async () => {
    const sink = new ScriptedSink()
    const { delivery, journal, log } = bench({ sink, items: items(1) })
    const asked = new Promise<void>((resolve) => {
      sink.rule = (_, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
          resolve()
        })
    })
    delivery.start()
    await asked
    await Promise.all([delivery.stop(), delivery.stop()])
    expect(journal.cursor).toBe(0)
    expect(sink.stops).toBe(1)
    expect(log.lines).toEqual([])
  })

  test('still notes what the receiver confirmed at the last moment', async () => {
    const sink = new ScriptedSink()
    const { delivery, journal } = bench({ sink, items: items(1) })
    let stopped = Promise.resolve()
    const asked = new Promise<void>((resolve) => {
      sink.rule = () => {
        stopped = delivery.stop()
        resolve()
      }
    })
    delivery.start()
    await asked
    await stopped
    expect(journal.cursor).toBe(1)
  })

  test('ends a backoff at once', async () => {
    const sink = new ScriptedSink()
    sink.rule = failing('refused')
    const { delivery, clock } = bench({ sink, items: items(1) })
    delivery.start()
    await clock.nextSleep()
    await delivery.stop()
    expect(clock.pending).toBe(0)
  })

  test('leaves a sink behind that does not end, and says so', async () => {
    const sink = new ScriptedSink()
    const { delivery, clock, log } = bench({ sink, items: items(1) })
    const asked = new Promise<void>((resolve) => {
      sink.rule = () => {
        resolve()
        return new Promise(() => {})
      }
    })
    delivery.start()
    await asked
    const stopped = delivery.stop()
    await clock.advance(5000)
    await stopped
    expect(log.lines).toMatchObject([{ level: 'warn' }])
  })

  test('works before the start, and nothing starts after it', async () => {
    const sink = new ScriptedSink()
    const { delivery } = bench({ sink, items: items(1) })
    await delivery.stop()
    delivery.start()
    await new Promise((resolve) => setImmediate(resolve))
    expect(sink.asked).toEqual([])
  })
})

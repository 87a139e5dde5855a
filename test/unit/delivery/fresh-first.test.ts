import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { createDelivery, type Delivery } from '../../../gateway/delivery/delivery.ts'
import { DeliveryError, type Sink } from '../../../gateway/delivery-model.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { createMemoryLog } from '../../support/memory-log.ts'

interface Item {
  readonly seq: number
  readonly at: number
  readonly backlog?: true
}

const BATCH = 10
const running: Delivery[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((delivery) => delivery.stop()))
})

/** One receiver with a journal in memory in front of it, over the restarts of the delivery between them. */
class Station implements Sink<Item> {
  readonly id = 'store'
  readonly maxBatch = BATCH
  readonly clock = new FakeClock()
  readonly log = createMemoryLog()
  readonly taken: Item[] = []
  /** Called before each write; throws to refuse it. */
  onWrite: (batch: readonly Item[]) => void | Promise<void> = () => {}
  #items: Item[] = []
  #head = 0
  cursor = 0
  delivery: Delivery | null = null

  write(batch: readonly Item[]): Promise<void> {
    return Promise.resolve(this.onWrite(batch)).then(() => void this.taken.push(...batch))
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }

  measure(count: number): void {
    const { wall: at } = this.clock.now()
    for (let i = 0; i < count; i++) this.#items.push({ seq: ++this.#head, at })
    this.delivery?.wake()
  }

  /** As a full journal does. */
  drop(upTo: number): void {
    this.#items = this.#items.filter(({ seq }) => seq > upTo)
  }

  run(): void {
    this.delivery = createDelivery<Item>({
      ...{ id: 'store:readings', sink: this, clock: this.clock, log: this.log, random: () => 0 },
      read: async (after, limit) => this.#items.filter(({ seq }) => seq > after).slice(0, limit),
      loadCursor: async () => this.cursor,
      advance: (seq) => {
        this.cursor = seq
        return Promise.resolve()
      },
      deadLetter: () => Promise.resolve(),
      freshFirst: { head: () => this.#head, mark: (item) => ({ ...item, backlog: true }), timeOf: ({ at }) => at },
    })
    running.push(this.delivery)
    this.delivery.start()
  }

  /** Down for an hour in which so many are measured. */
  async outage(count: number): Promise<void> {
    this.onWrite = () => {
      throw new DeliveryError('unreachable', 'gone')
    }
    this.measure(count)
    await this.clock.advance(0)
    await this.clock.advance(3_600_000)
    this.onWrite = () => {}
  }

  get head(): number {
    return this.#head
  }

  seqs(): readonly number[] {
    return this.taken.map(({ seq }) => seq)
  }
}

function createStation(): Station {
  const station = new Station()
  station.run()
  return station
}

const numbers = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)
const caughtUp = (station: Station) => expect.poll(() => station.cursor, { interval: 1 })

describe('behind an outage', () => {
  test('what is measured now goes first, and the backlog behind it from the oldest on, with its mark', async () => {
    const station = createStation()
    await station.outage(100)
    // The moment at which the receiver is back, in the middle of the first batch that it takes.
    station.onWrite = () => {
      station.onWrite = () => {}
      station.measure(3)
    }
    await station.clock.advance(600_000)
    await caughtUp(station).toBe(103)
    // The batch that was tried all the time, then the newest one, then the rest.
    expect(station.seqs()).toEqual([...numbers(1, 10), ...numbers(94, 103), ...numbers(11, 93)])
    expect(station.taken.filter(({ seq }) => seq <= 100).every(({ backlog }) => backlog === true)).toBe(true)
    expect(station.log.lines.map(({ message }) => message)).toEqual([
      ...['delivery fails', 'delivery works again'],
      ...['what is fresh goes first, the backlog behind it', 'the backlog is through'],
    ])
  })

  test('fresh ones overtake again and again, and the backlog gets through all the same', async () => {
    const station = createStation()
    await station.outage(200)
    // Each write meets as many new ones as it takes: the receiver can never catch up by fresh ones alone.
    let writes = 0
    station.onWrite = () => {
      if (++writes <= 60) station.measure(BATCH)
    }
    await station.clock.advance(600_000)
    await caughtUp(station).toBe(station.head)
    const order = station.seqs()
    expect(new Set(order)).toEqual(new Set(numbers(1, station.head)))
    expect(order.indexOf(211)).toBeLessThan(order.indexOf(200))
    expect(order.indexOf(200)).toBeLessThan(order.length - BATCH)
  })

  test('a restart in the middle brings again what was ahead of the cursor, and loses nothing', async () => {
    const station = createStation()
    await station.outage(100)
    station.measure(5)
    let writes = 0
    station.onWrite = () => {
      if (++writes >= 5) throw new DeliveryError('unreachable', 'gone again')
    }
    await station.clock.advance(600_000)
    expect(writes).toBeGreaterThan(5)
    await station.delivery?.stop()
    expect(station.seqs()).toContain(105)
    expect(station.cursor).toBeLessThan(100)
    station.onWrite = () => {}
    station.run()
    await station.clock.advance(0)
    await caughtUp(station).toBe(105)
    expect(new Set(station.seqs())).toEqual(new Set(numbers(1, 105)))
  })

  test('a backlog that is dropped meanwhile is passed over', async () => {
    const station = createStation()
    await station.outage(100)
    station.onWrite = () => {
      station.onWrite = () => {}
      station.drop(100)
      station.measure(2)
    }
    await station.clock.advance(600_000)
    await caughtUp(station).toBe(102)
    expect(station.seqs()).toEqual([...numbers(1, 10), 101, 102])
  })

  test('a short lag changes no order and leaves no mark', async () => {
    const station = createStation()
    station.measure(500)
    await caughtUp(station).toBe(500)
    expect(station.seqs()).toEqual(numbers(1, 500))
    expect(station.taken.some(({ backlog }) => backlog)).toBe(false)
  })

  test('nothing is lost, whatever fails and whenever it is restarted', async () => {
    type Act = readonly ['measure' | 'fail' | 'wait' | 'restart', number]
    const act = fc.tuple(fc.constantFrom('measure', 'fail', 'wait', 'restart'), fc.integer({ min: 1, max: 60 }))
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
        const station = createStation()
        for (const [type, amount] of acts as readonly Act[]) {
          if (type === 'measure') station.measure(amount)
          else if (type === 'wait') await station.clock.advance(amount * 1000)
          else if (type === 'restart') {
            await station.delivery?.stop()
            station.run()
          } else {
            let left = amount
            station.onWrite = () => {
              if (left-- > 0) throw new DeliveryError('unreachable', 'gone')
            }
          }
        }
        station.onWrite = () => {}
        await station.clock.advance(3_600_000)
        await caughtUp(station).toBe(station.head)
        expect(new Set(station.seqs())).toEqual(new Set(numbers(1, station.head)))
        await station.delivery?.stop()
      }),
      { numRuns: 60 },
    )
  })
})

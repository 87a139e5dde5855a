/** What waits for a channel: the most important first, what belongs together in order, several at a time, and failures at a pace. */
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { ChannelLoop, type ChannelLoopOptions, type Settled } from '../../../gateway/delivery/channel-loop.ts'
import { PriorityQueue } from '../../../gateway/delivery/priority-queue.ts'
import { DeliveryError } from '../../../gateway/delivery-model.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { createMemoryLog } from '../../support/memory-log.ts'

interface Item {
  readonly id: string
  readonly seq: number
  readonly rank: number
  readonly keys: readonly string[]
  readonly at: number
}
const item = (seq: number, rank = 0, keys: readonly string[] = [`case-${seq}`]): Item => ({
  ...{ id: `n-${seq}`, seq, rank, keys, at: 0 },
})

/** A receiver that answers when the test says so. */
function loopOf(options: Partial<ChannelLoopOptions<Item, string>> = {}) {
  const clock = new FakeClock(0)
  const open = new Map<string, { readonly resolve: (text: string) => void; readonly reject: (error: Error) => void }>()
  const sent: string[] = []
  const settled: [string, Settled<string>][] = []
  const loop = new ChannelLoop<Item, string>({
    ...{ id: 'hook', atOnce: 1, pressingRank: 3, random: () => 0, clock, log: createMemoryLog() },
    send({ id }) {
      sent.push(id)
      return new Promise((resolve, reject) => open.set(id, { resolve, reject }))
    },
    settled: ({ id }, outcome) => settled.push([id, outcome]),
    ...options,
  })
  const answer = async (id: string, error?: Error) => {
    if (error === undefined) open.get(id)?.resolve('taken')
    else open.get(id)?.reject(error)
    await vi.waitFor(() => expect(settled.some(([done]) => done === id) || error !== undefined).toBe(true))
    await new Promise(setImmediate)
  }
  return { clock, loop, sent, settled, answer }
}

describe('a channel', () => {
  test('lets what is urgent overtake what waits', async () => {
    const { loop, sent, answer } = loopOf()
    for (let seq = 1; seq <= 1000; seq++) loop.add(item(seq))
    loop.add(item(1001, 3))
    await answer('n-1')
    expect(sent).toEqual(['n-1', 'n-1001'])
    await answer('n-1001')
    expect(sent.at(-1)).toBe('n-2')
  })

  test('tells about one thing in order, and lets its begin go as early as its end', async () => {
    const { loop, sent, answer } = loopOf({ atOnce: 4 })
    loop.add(item(1))
    loop.add(item(2, 0, ['fire']))
    loop.add(item(3, 0, ['fire', 'water']))
    expect(sent).toEqual(['n-1', 'n-2'])
    await answer('n-2')
    expect(sent).toEqual(['n-1', 'n-2', 'n-3'])
    const other = loopOf()
    other.loop.add(item(1))
    other.loop.add(item(2, 0, ['x']))
    other.loop.add(item(3, 0, ['fire']))
    other.loop.add(item(4, 3, ['fire']))
    await other.answer('n-1')
    await other.answer('n-3')
    expect(other.sent).toEqual(['n-1', 'n-3', 'n-4'])
  })

  test('waits with growing delays, but what is new and urgent is tried', async () => {
    const { clock, loop, sent, answer } = loopOf()
    loop.add(item(1))
    await answer('n-1', new DeliveryError('unreachable', 'gone'))
    loop.add(item(2))
    expect(sent).toEqual(['n-1'])
    expect(loop.status()).toMatchObject({ state: 'waiting', failure: 'unreachable', failuresInARow: 1 })
    await clock.advance(1000)
    expect(sent).toEqual(['n-1', 'n-1'])
    await answer('n-1', new DeliveryError('unreachable', 'gone'))
    await clock.advance(999)
    loop.add(item(3, 3))
    expect(sent).toHaveLength(2)
    await clock.advance(1)
    expect(sent).toEqual(['n-1', 'n-1', 'n-3'])
    await answer('n-3')
    expect(loop.status()).toMatchObject({ failure: null, delivered: 1 })
  })

  test('gives a receiver that is busy its time, also from what is urgent', async () => {
    const { clock, loop, sent, answer } = loopOf()
    loop.add(item(1))
    await answer('n-1', new DeliveryError('busy', 'later', { retryAfterMs: 30_000 }))
    await clock.advance(5000)
    loop.add(item(2, 3))
    expect(sent).toEqual(['n-1'])
    await clock.advance(25_000)
    expect(sent).toEqual(['n-1', 'n-2'])
  })

  test('that hangs is given up for this time, and goes on', async () => {
    const { clock, loop, sent } = loopOf({ longestMs: 60_000 })
    loop.add(item(1))
    await clock.advance(60_000)
    expect(loop.status()).toMatchObject({ failure: 'unreachable', message: expect.stringContaining('60000 ms') })
    await clock.advance(1000)
    expect(sent).toEqual(['n-1', 'n-1'])
    const stopping = loop.stop()
    await expect(stopping).resolves.toBeUndefined()
  })

  test('gives up what can never be taken, what is withdrawn, and of too many the least important', async () => {
    const { loop, sent, settled, answer } = loopOf({ most: 3 })
    loop.add(item(1))
    loop.add(item(2))
    loop.add(item(3))
    loop.withdraw('n-2')
    await answer('n-1', new DeliveryError('unacceptable', 'too long'))
    expect(settled).toEqual([['n-1', { ok: false, reason: 'too long' }]])
    expect(sent).toEqual(['n-1', 'n-3'])
    loop.add(item(4, 1))
    loop.add(item(5, 2))
    loop.add(item(6, 1))
    expect(settled.at(-1)).toEqual(['n-4', { ok: false, reason: 'too many wait for this channel' }])
    expect(loop.status()).toMatchObject({ failure: null, deadLettered: 2 })
  })
})

test('a queue gives each item once, none before those that share a key, and else the highest rank first', () => {
  const items = fc.array(
    fc.record({
      rank: fc.integer({ min: 0, max: 3 }),
      keys: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 2 }),
    }),
    { maxLength: 30 },
  )
  fc.assert(
    fc.property(items, (records) => {
      const queue = new PriorityQueue<Item>()
      const all = records.map(({ rank, keys }, index) => item(index + 1, rank, [`own-${index}`, ...keys]))
      for (const one of all) queue.add(one)
      const given: Item[] = []
      for (let next = queue.take(); next !== undefined; next = queue.take()) {
        given.push(next)
        queue.done(next.id)
      }
      expect(given.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(all.map(({ seq }) => seq))
      for (const [index, one] of given.entries()) {
        for (const later of given.slice(index + 1)) {
          if (one.keys.some((key) => later.keys.includes(key))) expect(one.seq).toBeLessThan(later.seq)
        }
      }
      const alone = given.filter(({ keys }) => keys.length === 1)
      for (let i = 1; i < alone.length; i++) expect(alone[i]?.rank).toBeLessThanOrEqual(alone[i - 1]?.rank as number)
      expect(queue.size).toBe(0)
    }),
  )
})

import { expect, test } from 'vitest'
import { type ChannelItem, ChannelLoop } from '../../../gateway/delivery/channel-loop.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { memoryLog } from '../../support/http.ts'

function startLoop(atOnce: number) {
  const held = new Map<string, () => void>()
  const settled: string[] = []
  const loop = new ChannelLoop<ChannelItem, string>({
    ...{ id: 'channel', atOnce, pressingRank: 3, clock: new FakeClock(), log: memoryLog() },
    send: ({ id }) => new Promise((resolve) => held.set(id, () => resolve(id))),
    settled: ({ id }) => settled.push(id),
  })
  const add = (id: string, rank: number): void => loop.add({ id, seq: held.size, rank, keys: [id], at: 0 })
  return { loop, add, held, settled }
}

test('what is pressing does not wait until the channel has told what is not', async () => {
  const { loop, add, held } = startLoop(2)
  for (const id of ['a', 'b', 'c']) add(id, 0)
  expect([...held.keys()]).toEqual(['a', 'b'])
  add('urgent', 3)
  expect([...held.keys()]).toEqual(['a', 'b', 'urgent'])
  for (const id of ['more', 'too-much']) add(id, 3)
  expect([...held.keys()]).toEqual(['a', 'b', 'urgent', 'more'])
  await loop.stop()
})

test('a channel that tells one at a time does so with what is pressing, too', async () => {
  const { loop, add, held, settled } = startLoop(1)
  add('a', 0)
  add('urgent', 3)
  expect([...held.keys()]).toEqual(['a'])
  held.get('a')?.()
  await expect.poll(() => [...held.keys()]).toEqual(['a', 'urgent'])
  expect(settled).toEqual(['a'])
  await loop.stop()
})

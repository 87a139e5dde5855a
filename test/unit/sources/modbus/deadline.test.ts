import { expect, test } from 'vitest'
import type { Clock } from '../../../../gateway/model.ts'
import { Deadline } from '../../../../gateway/sources/modbus/deadline.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

function start() {
  const clock = new FakeClock()
  const expiries: number[] = []
  const deadline = new Deadline(clock, () => expiries.push(clock.now().mono))
  return { clock, expiries, deadline }
}

test('expires once, at its time', async () => {
  const { clock, expiries, deadline } = start()
  deadline.set(100)
  await clock.advance(99)
  expect(expiries).toEqual([])
  await clock.advance(500)
  expect(expiries).toEqual([100])
})

test('a deadline that is met or moved on expires neither early nor at all', async () => {
  const { clock, expiries, deadline } = start()
  for (const at of [100, 130, 160]) {
    deadline.set(at)
    await clock.advance(30)
    deadline.clear()
  }
  deadline.set(190)
  expect(clock.pending).toBe(1)
  await clock.advance(1000)
  expect(expiries).toEqual([190])
})

test('a deadline that is earlier than the one before expires early', async () => {
  const { clock, expiries, deadline } = start()
  deadline.set(1000)
  deadline.clear()
  deadline.set(50)
  await clock.advance(2000)
  expect(expiries).toEqual([50])
})

test('leaves no sleep behind when released', async () => {
  const { clock, expiries, deadline } = start()
  deadline.set(100)
  deadline.release()
  expect(clock.pending).toBe(0)
  await clock.advance(1000)
  expect(expiries).toEqual([])
})

test('a process that was held up past its deadline reads its sockets before it gives up', async () => {
  const wakes: (() => void)[] = []
  let mono = 0
  const clock: Clock = {
    now: () => ({ wall: mono, mono }),
    every: () => () => {},
    sleep: () => new Promise((resolve) => wakes.push(resolve)),
    pause: () => Promise.resolve(),
  }
  const wakeAt = async (at: number): Promise<void> => {
    mono = at
    wakes.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  let expired = 0
  const deadline = new Deadline(clock, () => expired++)
  deadline.set(100)
  await wakeAt(400)
  expect([expired, wakes.length]).toEqual([0, 1])
  // The reply was there.
  deadline.clear()
  await wakeAt(401)
  expect(expired).toBe(0)
  deadline.set(500)
  await wakeAt(700)
  await wakeAt(701)
  expect(expired).toBe(1)
  deadline.set(800)
  await wakeAt(801)
  expect(expired).toBe(2)
})

import { expect, test } from 'vitest'
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

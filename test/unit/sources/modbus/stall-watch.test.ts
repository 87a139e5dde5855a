import { expect, test } from 'vitest'
import { type Stall, StallWatch } from '../../../../gateway/sources/modbus/stall-watch.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

function start() {
  const clock = new FakeClock()
  const stalls: Stall[] = []
  const listener = {
    until: 1000,
    isWaiting: (now: number) => now < listener.until,
    stalled: (stall: Stall) => stalls.push(stall),
  }
  return { clock, stalls, listener, watch: new StallWatch(clock, listener) }
}

test('a process that goes on finds no stall, and does not look any more when nothing is listened for', async () => {
  const { clock, stalls, watch } = start()
  watch.begin()
  watch.begin()
  expect(clock.pending).toBe(1)
  await clock.advance(999)
  expect(clock.pending).toBe(1)
  await clock.advance(50)
  expect(clock.pending).toBe(0)
  expect(stalls).toEqual([])
})

test('nothing is watched while nothing is listened for', () => {
  const { clock, listener, watch } = start()
  listener.until = 0
  watch.begin()
  expect(clock.pending).toBe(0)
})

test('tells of a stall before anything is concluded from the time that has passed, and once', () => {
  const { clock, stalls, watch } = start()
  watch.begin()
  clock.jump(500)
  expect(watch.look()).toBe(500)
  expect(stalls).toEqual([{ from: 25, ms: 475 }])
  watch.look()
  expect(stalls).toHaveLength(1)
})

test('time that passes while nothing is watched is no stall', () => {
  const { clock, stalls, watch } = start()
  clock.jump(500)
  watch.begin()
  watch.look()
  watch.end()
  clock.jump(300)
  watch.begin()
  watch.look()
  expect(stalls).toEqual([])
})

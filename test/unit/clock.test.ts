import { describe, expect, test } from 'vitest'
import { systemClock } from '../../gateway/clock.ts'

const { sleep, pause, now } = systemClock

describe.each([
  ['a sleep', sleep],
  ['a pause', pause],
])('%s', (_name, wait) => {
  test('rejects with the reason of its signal, also when that came before', async () => {
    const ending = new AbortController()
    const waiting = wait(60_000, ending.signal)
    ending.abort(new Error('no more'))
    await expect(waiting).rejects.toThrow('no more')
    await expect(wait(60_000, ending.signal)).rejects.toThrow('no more')
  })

  test('is not held up by a signal that never comes', async () => {
    await expect(wait(0, new AbortController().signal)).resolves.toBeUndefined()
    await expect(wait(3)).resolves.toBeUndefined()
  })
})

test('a pause is never shorter than it was asked to be, by any part of a millisecond', async () => {
  for (const ms of [0.25, 1.75, 4.01, 0.5, 2]) {
    const { mono } = now()
    await pause(ms)
    expect(now().mono - mono).toBeGreaterThanOrEqual(ms)
  }
})

test('a pause of less than a millisecond ends with its signal', async () => {
  await expect(pause(0.9, AbortSignal.abort(new Error('no more')))).rejects.toThrow('no more')
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSimulation } from '../../../simulator/runner.ts'
import { StoryClock } from '../../../simulator/story-clock.ts'
import { HEAD, scenarioOf } from './scenarios.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the clock of a story', () => {
  it('runs at its speed, stands while it is paused, and goes on where it stood', () => {
    const clock = new StoryClock(10)
    vi.advanceTimersByTime(1000)
    expect([clock.hasBegun, clock.seconds()]).toEqual([false, 0])
    clock.begin()
    vi.advanceTimersByTime(2000)
    expect(clock.seconds()).toBeCloseTo(20)
    clock.pause()
    clock.pause()
    vi.advanceTimersByTime(5000)
    expect([clock.isPaused, clock.seconds()]).toEqual([true, expect.closeTo(20)])
    clock.resume()
    clock.resume()
    vi.advanceTimersByTime(1000)
    expect([clock.isPaused, clock.seconds()]).toEqual([false, expect.closeTo(30)])
    clock.reset()
    expect([clock.hasBegun, clock.seconds()]).toEqual([false, 0])
  })

  it('does not run at speed 0, paused or not', () => {
    const clock = new StoryClock(0)
    clock.begin()
    clock.pause()
    clock.resume()
    vi.advanceTimersByTime(1000)
    expect(clock.seconds()).toBe(0)
  })
})

describe('a story that waits to be told', () => {
  it('begins, stands still and goes on when it is told to', async () => {
    vi.useRealTimers()
    const modbusOnly = HEAD.split('\n').filter((line) => !line.includes('id: tag'))
    const simulation = createSimulation(scenarioOf(modbusOnly.join('\n')), { holds: true, speed: 1000 })
    expect(() => simulation.begin()).toThrow('has not been started')
    await simulation.start()
    try {
      expect([simulation.storyState(), simulation.elapsedSeconds()]).toEqual(['waiting', 0])
      simulation.begin()
      await vi.waitFor(() => expect(simulation.elapsedSeconds()).toBeGreaterThan(1))
      simulation.pause()
      const stood = simulation.elapsedSeconds()
      expect(simulation.storyState()).toBe('paused')
      simulation.begin()
      expect(simulation.storyState()).toBe('running')
      await vi.waitFor(() => expect(simulation.elapsedSeconds()).toBeGreaterThan(stood))
    } finally {
      await simulation.stop()
    }
  })
})

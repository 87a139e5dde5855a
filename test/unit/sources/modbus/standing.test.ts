import { beforeEach, describe, expect, test } from 'vitest'
import { Standing } from '../../../../gateway/sources/modbus/standing.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const TIMEOUT_MS = 1_000
const UNANSWERED_MS = 3_000

let clock: FakeClock
let slowestReplyMs: number | null
let isAlone: boolean
beforeEach(() => {
  isAlone = false
  clock = new FakeClock()
  slowestReplyMs = 40
})

const create = (pollIntervalMs = 1_000) =>
  new Standing({
    ...{ pollIntervalMs, timeoutMs: TIMEOUT_MS, unansweredMs: UNANSWERED_MS, clock },
    slowestReplyMs: () => slowestReplyMs,
    isAlone: () => isAlone,
  })

/** A cycle in which nothing was answered. */
function fails(standing: Standing, costMs = UNANSWERED_MS): boolean {
  standing.begins()
  standing.costs(costMs)
  return standing.failed({ atOnce: false })
}

function demoted(): Standing {
  const standing = create()
  for (let time = 0; time < 3; time++) fails(standing)
  return standing
}

test('a unit that is alone pays for nothing, however much it loses', () => {
  isAlone = true
  const standing = create()
  for (let time = 0; time < 20; time++) {
    fails(standing)
    standing.begins()
    standing.answered(40)
    expect(standing.isHeldBack).toBe(false)
    expect(standing.waitMs()).toBe(0)
  }
})

describe('a unit that answers nothing', () => {
  test('is demoted after three cycles, once, and waits longer and longer', () => {
    const standing = create()
    expect([1, 2, 3, 4].map(() => fails(standing, 0))).toEqual([false, false, true, false])
    const waits = Array.from({ length: 8 }, () => standing.waitMs())
    expect(waits[0]).toBeLessThanOrEqual(1_000)
    expect(waits[7]).toBeGreaterThanOrEqual(15_000)
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_000)
  })

  test('and is alone on its line is asked with patience, every 5 s at the least: nobody waits for it', () => {
    isAlone = true
    const standing = demoted()
    expect(standing.isDemoted).toBe(true)
    expect(standing.begins()).toEqual({})
    const waits = Array.from({ length: 20 }, () => standing.waitMs())
    expect(waits[0]).toBeLessThanOrEqual(1_000)
    expect(Math.max(...waits)).toBeLessThanOrEqual(5_000)
    expect(waits[19]).toBeGreaterThanOrEqual(2_500)
    // The day on which it gets a neighbour.
    isAlone = false
    expect(standing.begins()).toEqual({ timeoutMs: 160, quietMs: 160 })
    expect(standing.waitMs()).toBeGreaterThan(5_000)
  })

  test('is demoted at once where it has cost the connection', () => {
    const standing = create()
    expect(standing.failed({ atOnce: true })).toBe(true)
  })

  test('is asked in a hurry then: a few times what the slowest on the line takes', () => {
    expect(create().begins()).toEqual({})
    expect(demoted().begins()).toEqual({ timeoutMs: 160, quietMs: 160 })
    slowestReplyMs = 3
    expect(demoted().begins()).toEqual({ timeoutMs: 100, quietMs: 100 })
    slowestReplyMs = 400
    expect(demoted().begins()).toEqual({ timeoutMs: TIMEOUT_MS, quietMs: TIMEOUT_MS })
    slowestReplyMs = null
    expect(demoted().begins()).toEqual({})
  })

  test('after one whole silence it is given shorter ones, and all the time for its reply', () => {
    const standing = create()
    fails(standing)
    expect(standing.begins()).toEqual({ quietMs: 160 })
    standing.answered(20)
    expect(standing.begins()).toEqual({})
  })

  test('each fourth probe is as patient as ever, for a unit that is slower than all others', () => {
    const standing = demoted()
    const times = Array.from({ length: 8 }, () => {
      const { timeoutMs = TIMEOUT_MS } = standing.begins()
      standing.failed({ atOnce: false })
      return timeoutMs
    })
    expect(times).toEqual([160, 160, 160, TIMEOUT_MS, 160, 160, 160, TIMEOUT_MS])
  })

  test('is given the time that it took itself', () => {
    const standing = create()
    standing.answered(200)
    for (let time = 0; time < 3; time++) fails(standing)
    expect(standing.begins()).toEqual({ timeoutMs: 800, quietMs: 800 })
  })

  test('that costs much in spite of the hurry waits until that is a small share of the time', () => {
    const standing = demoted()
    fails(standing, 4_000)
    expect(standing.waitMs()).toBeGreaterThanOrEqual(100_000)
    fails(standing, 60_000)
    expect(standing.waitMs()).toBeLessThanOrEqual(150_000)
  })

  test('is looked for soon at first: what the first hurried probes cost is free', () => {
    const standing = demoted()
    for (const most of [1_000, 2_000, 4_000]) {
      fails(standing, 300)
      expect(standing.waitMs()).toBeLessThanOrEqual(most)
    }
  })

  test('is welcome back at once', () => {
    const standing = demoted()
    fails(standing, 4_000)
    standing.begins()
    expect(standing.answered(20)).toBe(true)
    expect(standing.answered(20)).toBe(false)
    expect(standing).toMatchObject({ isDemoted: false, isHeldBack: false, failuresInRow: 0 })
    expect(standing.waitMs()).toBe(0)
  })
})

describe('a unit that answers now and then', () => {
  test('may lose a few, then waits after each one that is lost, and is forgiven in time', async () => {
    const standing = create()
    const lose = (): number => {
      const { timeoutMs = TIMEOUT_MS } = standing.begins()
      standing.costs(3 * timeoutMs)
      standing.answered(20)
      return standing.waitMs()
    }
    expect([lose(), lose(), lose(), lose(), lose()]).toEqual([0, 0, 0, 0, 0])
    // Now it has cost more than it may: it is asked in a hurry, and what that loses is waited for.
    expect(lose()).toBeGreaterThanOrEqual(12_000)
    expect(standing).toMatchObject({ isDemoted: false, isHeldBack: true })
    standing.begins()
    standing.answered(20)
    expect(standing.waitMs()).toBe(0)
    await clock.advance(600_000)
    expect([lose(), lose(), lose(), lose()]).toEqual([0, 0, 0, 0])
  })
})

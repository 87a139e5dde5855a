import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createHeartbeatWatch, type HeartbeatWatch, parseHeartbeat } from '../../../simulator/heartbeat-watch.ts'

const beatOf = (change: object = {}) => ({
  ...{ type: 'heartbeat', gateway: 'station-1', station: 'longtian', intervalMs: 10_000, health: 'ok', lastSeq: 3 },
  ...change,
})

let lines: string[]
let watch: HeartbeatWatch
const beat = (change?: object) => watch.beat(parseHeartbeat(JSON.stringify(beatOf(change))) ?? expect.fail('no beat'))

beforeEach(() => {
  vi.useFakeTimers()
  lines = []
  watch = createHeartbeatWatch({ print: (line) => lines.push(line) })
})
afterEach(() => {
  watch.stop()
  vi.useRealTimers()
})

describe('a dispatch layer', () => {
  test('does not mind two late heartbeats, misses the third once, and says when they are back', () => {
    beat()
    vi.advanceTimersByTime(24_999)
    beat()
    vi.advanceTimersByTime(24_999)
    expect(lines).toEqual([])
    vi.advanceTimersByTime(100_000)
    expect(lines).toEqual(['网关失联 gateway is silent: station-1 (longtian), no heartbeat for 25 s'])
    beat({ health: 'degraded' })
    expect(lines[1]).toBe('网关恢复 gateway is back: station-1 (longtian), degraded')
  })

  test('does not miss one that has said good-bye', () => {
    beat()
    beat({ health: 'stopping' })
    vi.advanceTimersByTime(100_000)
    expect(lines).toEqual(['网关停机 gateway stops, as it was told to: station-1 (longtian)'])
    beat()
    expect(lines).toHaveLength(2)
  })

  test('misses each gateway for itself', () => {
    beat()
    beat({ gateway: 'station-2', intervalMs: 1000 })
    vi.advanceTimersByTime(20_000)
    expect(lines).toEqual([expect.stringContaining('station-2')])
    expect([...watch.last.keys()]).toEqual(['station-1', 'station-2'])
  })

  test('steers no terminal', () => {
    beat({ gateway: 'a\u001b[2J', health: 'stopping' })
    expect(lines.join()).not.toMatch(/\p{Cc}/u)
  })

  test.each([
    '',
    'null',
    '{"type":"raised"}',
    JSON.stringify(beatOf({ gateway: 1 })),
    JSON.stringify(beatOf({ intervalMs: 0 })),
    JSON.stringify(beatOf({ intervalMs: 1e12 })),
    JSON.stringify(beatOf({ lastSeq: 'x' })),
  ])('takes a heartbeat only, not %j', (body) => {
    expect(parseHeartbeat(body)).toBeNull()
  })
})

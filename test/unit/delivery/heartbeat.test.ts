import { afterEach, describe, expect, test } from 'vitest'
import { createHeartbeatLoop, type HeartbeatLoop } from '../../../gateway/delivery/heartbeat.ts'
import { DeliveryError, type Heartbeat, type Sink } from '../../../gateway/delivery-model.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { createMemoryLog } from '../../support/memory-log.ts'

const INTERVAL_MS = 30_000

class ScriptedSink implements Sink<Heartbeat> {
  readonly id = 'dispatch'
  readonly maxBatch = 1
  readonly taken: Heartbeat[] = []
  stops = 0
  rule: (signal: AbortSignal) => Promise<void> = () => Promise.resolve()

  async write([beat]: readonly Heartbeat[], signal: AbortSignal): Promise<void> {
    await this.rule(signal)
    this.taken.push(beat as Heartbeat)
  }

  stop(): Promise<void> {
    this.stops++
    return Promise.resolve()
  }
}

const running: HeartbeatLoop[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((loop) => loop.stop()))
})

async function startLoop() {
  const clock = new FakeClock()
  const sink = new ScriptedSink()
  const log = createMemoryLog()
  const beat = (): Heartbeat => ({
    ...{ version: 1, type: 'heartbeat', gateway: 'station-1', station: 'longtian', time: clock.now().wall },
    ...{ startedAt: 1_000, intervalMs: INTERVAL_MS, health: 'ok', lastSeq: 7 },
  })
  const loop = createHeartbeatLoop({ id: 'dispatch:heartbeat', sink, intervalMs: INTERVAL_MS, beat, clock, log })
  running.push(loop)
  const begin = clock.now().wall
  loop.start()
  await clock.advance(0)
  return { clock, sink, log, loop, seconds: () => sink.taken.map(({ time }) => (time - begin) / 1000) }
}

/** A receiver that takes the connection and says nothing. */
const silent = (signal: AbortSignal) =>
  new Promise<void>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
/** One that does not even notice that nobody waits any more. */
const deaf = () => new Promise<void>(() => {})

describe('the heartbeat', () => {
  test('beats at once and then at a steady pace', async () => {
    const { clock, loop, seconds } = await startLoop()
    await clock.advance(INTERVAL_MS * 3)
    expect(seconds()).toEqual([0, 30, 60, 90])
    expect(loop.status()).toMatchObject({ id: 'dispatch:heartbeat', state: 'idle', delivered: 4, attempts: 4 })
  })

  test('says good-bye once when it is stopped, and nothing behind it', async () => {
    const { clock, sink, loop } = await startLoop()
    await clock.advance(INTERVAL_MS)
    await Promise.all([loop.stop(), loop.stop()])
    await clock.advance(INTERVAL_MS * 3)
    expect(sink.taken.map(({ health }) => health)).toEqual(['ok', 'ok', 'stopping'])
    expect(sink.stops).toBe(1)
  })

  test('sends nothing again that did not arrive: what comes late says nothing', async () => {
    const { clock, sink, loop, log, seconds } = await startLoop()
    sink.rule = () => Promise.reject(new DeliveryError('unreachable', 'connection refused'))
    await clock.advance(INTERVAL_MS * 2)
    expect(loop.status()).toMatchObject({
      ...{ state: 'waiting', failure: 'unreachable', message: 'connection refused', failuresInARow: 2 },
      failingMs: expect.closeTo(INTERVAL_MS, -1),
    })
    sink.rule = () => Promise.resolve()
    await clock.advance(INTERVAL_MS)
    expect(seconds()).toEqual([0, 90])
    expect(loop.status()).toMatchObject({ state: 'idle', failure: null, failuresInARow: 0, delivered: 2 })
    expect(log.lines.map(({ message }) => message)).toEqual(['heartbeats do not arrive', 'heartbeats arrive again'])
  })

  test('a receiver that knows no heartbeats is said to need people', async () => {
    const { clock, sink, loop } = await startLoop()
    sink.rule = () => Promise.reject(new DeliveryError('unacceptable', 'answered 422'))
    await clock.advance(INTERVAL_MS)
    expect(loop.status()).toMatchObject({ state: 'refused', message: 'answered 422' })
  })

  test.each([
    ['silent', silent],
    ['deaf', deaf],
  ])('has one in flight before a receiver that is %s, and gives it up before the next is due', async (_, rule) => {
    const { clock, sink, loop, seconds } = await startLoop()
    sink.rule = rule
    await clock.advance(INTERVAL_MS * 2.5)
    expect(loop.status()).toMatchObject({ attempts: 3, failure: 'unreachable', message: 'no answer within 15000 ms' })
    sink.rule = () => Promise.resolve()
    await clock.advance(INTERVAL_MS)
    expect(seconds()).toEqual([0, 90])
  })

  test('its stop waits for nobody longer than a second', async () => {
    const { clock, sink, loop } = await startLoop()
    sink.rule = deaf
    await clock.advance(INTERVAL_MS)
    expect(loop.status().attempts).toBe(2)
    const stopped = loop.stop()
    await clock.advance(0)
    expect(loop.status().attempts).toBe(3)
    await clock.advance(1000)
    await stopped
    expect(sink.stops).toBe(1)
  })
})

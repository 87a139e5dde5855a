import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { EventReader } from '../../support/event-reader.ts'
import { FakeGateway } from '../../support/fake-gateway.ts'
import { alarm, reading } from '../../support/fake-station.ts'
import { HeldClock, openAndStopReading, startTestServer, type TestServer } from '../../support/http.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function start(options: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer & { clock: HeldClock }> {
  const clock = new HeldClock()
  const started = await startTestServer({ clock, ...options })
  closing.push(() => started.server.stop())
  return { ...started, clock }
}

async function open(url: string, headers?: Readonly<Record<string, string>>): Promise<EventReader> {
  const reader = await EventReader.open(url, headers)
  closing.push(() => reader.close())
  return reader
}

const idsOf = (events: readonly { readonly id: number | null }[]) => events.map(({ id }) => id)
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe('alarm events', () => {
  test('a new client is greeted and gets what comes from now on', async () => {
    const { url, gateway } = await start()
    const reader = await open(`${url}/api/events`)
    expect(reader.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(reader.headers.get('content-security-policy')).toContain("default-src 'none'")
    const [hello] = await reader.waitFor('hello', 1)
    expect(hello).toMatchObject({ id: null, data: { gateway: 'gw-cuihu', lastSeq: 4, now: 1_777_000_000_000 } })
    const event = gateway.change(alarm('sd-05.fire', { reason: { zh: '换行\n第二行', en: 'two\nlines' } }), 'raised')
    const [first] = await reader.waitFor('alarm', 1)
    expect(first).toEqual({ id: 5, event: 'alarm', data: event })
  })

  test.each([
    ['?after=1', {}, [2, 3, 4]],
    ['?after=0', {}, [1, 2, 3, 4]],
    ['', { 'last-event-id': '2' }, [3, 4]],
    ['?after=0', { 'last-event-id': '3' }, [4]],
  ])('resumes with %s %j', async (query, headers, expected) => {
    const { url, gateway } = await start()
    const reader = await open(`${url}/api/events${query}`, headers)
    await reader.waitFor('alarm', expected.length)
    gateway.change(alarm('sd-05.fire'), 'raised')
    expect(idsOf(await reader.waitFor('alarm', expected.length + 1))).toEqual([...expected, 5])
  })

  test('events that come while a client catches up stand in their order, once', async () => {
    const gateway = new FakeGateway({ empty: true })
    for (let n = 1; n <= 450; n++) gateway.change(alarm('sd-01.fire', { occurrence: n }), 'raised')
    const journal = gateway.alarmEvents.bind(gateway)
    // The journal answers later, and while it does, something happens.
    gateway.alarmEvents = ((after: number, limit: number) => {
      const page = journal(after, limit)
      if (gateway.lastSeq() < 460) gateway.change(alarm('sd-02.fire', { occurrence: after }), 'raised')
      return turn().then(() => page)
    }) as never
    const { url } = await start({ gateway })
    const reader = await open(`${url}/api/events?after=0`)
    await reader.waitUntil(() => gateway.lastSeq() === reader.named('alarm').length)
    gateway.change(alarm('sd-03.fire'), 'raised')
    await reader.waitFor('alarm', gateway.lastSeq())
    expect(idsOf(reader.named('alarm'))).toEqual(numbers(1, gateway.lastSeq()))
  })

  test('a number of another journal is answered from the newest on, and the greeting shows it', async () => {
    const { url, gateway } = await start()
    const reader = await open(`${url}/api/events?after=900`)
    const [hello] = await reader.waitFor('hello', 1)
    expect(hello?.data.lastSeq).toBe(4)
    gateway.change(alarm('sd-05.fire'), 'raised')
    expect(idsOf(await reader.waitFor('alarm', 1))).toEqual([5])
  })

  test.each(['after=-1', 'after=x', 'heartbeatSeconds=0', 'follow=1'])('refuses ?%s', async (query) => {
    const { url } = await start()
    const response = await fetch(`${url}/api/events?${query}`)
    expect(response.status).toBe(400)
  })

  test('a journal that cannot be read ends the stream and is logged', async () => {
    const { url, gateway, log } = await start()
    gateway.alarmEvents = () => {
      throw new Error('disk I/O error')
    }
    const reader = await open(`${url}/api/events?after=0`)
    await reader.waitForEnd()
    expect(log.lines.map(({ message }) => message)).toEqual([
      expect.stringContaining('could not read the alarm journal'),
    ])
  })
})

describe('readings and heartbeats', () => {
  test('readings go out once a second, the latest of each point, late ones never', async () => {
    const { url, gateway, clock } = await start()
    const reader = await open(`${url}/api/events`)
    await reader.waitFor('hello', 1)
    gateway.read(reading('wl-01.level', { value: 0.1 }), reading('sd-01.fire', { value: 0 }))
    gateway.read(reading('wl-01.level', { value: 0.2 }))
    gateway.read(reading('wl-01.level', { value: 9.9, replayed: true }))
    clock.advance(1000)
    const [first] = await reader.waitFor('readings', 1)
    expect(first?.id).toBeNull()
    expect(first?.data.readings.map((one: { point: string; value: number }) => [one.point, one.value])).toEqual([
      ['wl-01.level', 0.2],
      ['sd-01.fire', 0],
    ])
    clock.advance(1000)
    gateway.read(reading('wl-01.level', { value: 0.3 }))
    clock.advance(1000)
    const [, second] = await reader.waitFor('readings', 2)
    expect(second?.data.readings).toHaveLength(1)
  })

  test('a comment every 15 s keeps the line open', async () => {
    const { url, clock } = await start()
    const reader = await open(`${url}/api/events`)
    await reader.waitFor('hello', 1)
    clock.advance(46_000)
    await reader.waitUntil(() => reader.comments.length >= 4)
    expect(reader.comments).toEqual(['heartbeat', 'heartbeat', 'heartbeat', 'heartbeat'])
  })

  test('a client that asks for it sees the beat as events with the time', async () => {
    const { url, clock } = await start()
    const reader = await open(`${url}/api/events?heartbeatSeconds=2`)
    await reader.waitFor('hello', 1)
    clock.advance(5000)
    const beats = await reader.waitFor('heartbeat', 3)
    expect(beats.map(({ data }) => data.now - 1_777_000_000_000)).toEqual([1000, 3000, 5000])
  })
})

describe('clients that are many, slow or gone', () => {
  test('there is a greatest number of streams, and a closed one makes room', async () => {
    const { url, server } = await start({ maxStreams: 2 })
    const first = await open(`${url}/api/events`)
    await open(`${url}/api/events`)
    const refused = await fetch(`${url}/api/events`)
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('5')
    expect(await refused.json()).toMatchObject({ error: { code: 'too-many-streams' } })
    first.close()
    while (server.stats().streams > 1) await turn()
    expect((await open(`${url}/api/events`)).status).toBe(200)
  })

  test('a client that does not read is dropped, and until then costs a bounded amount', async () => {
    const { port, gateway, clock, server, log } = await start()
    const socket = await openAndStopReading(port, '/api/events')
    socket.on('error', () => {})
    const closed = once(socket, 'close')
    const wide = Array.from({ length: 1000 }, (_, index) => reading(`x-${index}.y`, { value: 'z'.repeat(200) }))
    let seconds = 0
    while (server.stats().streams > 0 && seconds < 300) {
      gateway.read(...wide)
      clock.advance(1000)
      await turn()
      seconds++
    }
    expect(server.stats()).toEqual({ streams: 0, streamsDropped: 1 })
    expect(log.lines).toEqual([
      { level: 'warn', facts: { dropped: 1 }, message: expect.stringContaining('does not read') },
    ])
    socket.resume()
    await closed
  })

  test('a client that pauses and reads again misses nothing', async () => {
    const { port, gateway, server } = await start({ gateway: new FakeGateway({ empty: true }) })
    const socket = await openAndStopReading(port, '/api/events')
    closing.push(() => socket.destroy())
    const guidance = { zh: '处置'.repeat(500), en: 'x'.repeat(3000) }
    for (let n = 1; n <= 3000; n++) {
      gateway.change(alarm('sd-01.fire', { occurrence: n, guidance }), 'raised')
      if (n % 100 === 0) await turn()
    }
    // So much does not fit into the sockets: the journal had to be read again.
    const seen: number[] = []
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      for (const [, id] of String(chunk).matchAll(/^id: (\d+)$/gm)) seen.push(Number(id))
    })
    socket.resume()
    while (seen.at(-1) !== 3000) await turn()
    expect(gateway.pages).toBeGreaterThan(0)
    expect(server.stats().streamsDropped).toBe(0)
    // A number may be cut between two chunks, so the middle is checked by order alone.
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(new Set(seen).size).toBe(seen.length)
  })

  test('stop ends the streams and unsubscribes', async () => {
    const { url, server, gateway } = await start()
    const reader = await open(`${url}/api/events`)
    expect(gateway.listeners).toBe(1)
    await server.stop()
    await reader.waitForEnd()
    expect(gateway.listeners).toBe(0)
  })
})

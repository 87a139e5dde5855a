/** What the short way of a message must keep of the long one, and where the two meet. */
import { Duplex } from 'node:stream'
import { Aedes } from 'aedes'
import { generate } from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { Acknowledgements } from '../../../broker/acknowledgements.ts'
import { type AedesClient, ExpressLane } from '../../../broker/express-lane.ts'
import { OutboundBound } from '../../../broker/outbound-bound.ts'
import { HeldCommits } from '../../support/held-commits.ts'
import { RawClient } from '../../support/raw-mqtt-client.ts'
import { startBroker } from '../../support/running-broker.ts'

const plain = { cmd: 'publish', payload: 'x', qos: 1, dup: false, retain: false } as const

async function nextOf(client: RawClient, count: number): Promise<readonly unknown[]> {
  const packets: unknown[] = []
  for (let i = 0; i < count; i++) {
    const packet = await client.next()
    packets.push(packet === null ? null : `${packet.cmd} ${'messageId' in packet ? packet.messageId : ''}`.trim())
  }
  return packets
}

describe('acknowledgements leave in the order in which the messages came [MQTT-4.6.0-2]', () => {
  test('when a later message needs no commit', async () => {
    const commits = new HeldCommits()
    const { port } = await startBroker({ ingest: ({ topic }) => (topic === 'stored' ? commits.hold() : undefined) })
    const client = await RawClient.connected(port)
    client.publish('stored', 'x', { id: 1 })
    client.publish('unknown', 'x', { id: 2 })
    await commits.waiting(1)
    client.send({ cmd: 'pingreq' })
    expect(await nextOf(client, 1)).toEqual(['pingresp'])
    commits.release()
    expect(await nextOf(client, 2)).toEqual(['puback 1', 'puback 2'])
  })

  test('when later commits end first', async () => {
    const commits = new HeldCommits()
    const { port } = await startBroker({ ingest: commits.hold })
    const client = await RawClient.connected(port)
    for (let id = 1; id <= 20; id++) client.publish('site/level', 'x', { id })
    await commits.waiting(20)
    commits.release({ newestFirst: true })
    expect(await nextOf(client, 20)).toEqual(Array.from({ length: 20 }, (_, index) => `puback ${index + 1}`))
  })

  test('when some of the messages have a subscriber and others do not', async () => {
    const commits = new HeldCommits()
    const { port } = await startBroker({ ingest: ({ topic }) => (topic === 'quiet' ? commits.hold() : undefined) })
    const subscriber = await RawClient.connected(port, { clientId: 'subscriber' })
    subscriber.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'heard', qos: 0 }] })
    await subscriber.next()
    const client = await RawClient.connected(port)
    client.publish('quiet', 'x', { id: 1 })
    await commits.waiting(1)
    client.publish('heard', 'x', { id: 2 })
    client.publish('quiet', 'x', { id: 3 })
    await commits.waiting(2)
    commits.release()
    expect(await nextOf(client, 3)).toEqual(['puback 1', 'puback 2', 'puback 3'])
    expect(await subscriber.next()).toMatchObject({ cmd: 'publish', topic: 'heard' })
  })
})

describe('who listens decides the way', () => {
  test('a message reaches whoever subscribed before it, live, by wildcard or in a kept session, and nobody afterwards', async () => {
    const { port } = await startBroker({ ingest: () => Promise.resolve() })
    const publisher = await RawClient.connected(port, { clientId: 'publisher' })
    const absent = await RawClient.connected(port, { clientId: 'absent', clean: false })
    publisher.publish('site/level', 'before', { id: 1 })
    await publisher.next()
    absent.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'site/#', qos: 1 }] })
    await absent.next()
    publisher.publish('site/level', 'live', { id: 2 })
    expect(String(((await absent.next()) as { payload?: unknown }).payload)).toBe('live')
    await absent.vanish()
    publisher.publish('site/level', 'kept', { id: 3 })
    await nextOf(publisher, 2)
    const back = await RawClient.connected(port, { clientId: 'absent', clean: false })
    const again = [await back.next(), await back.next()].map((packet) =>
      String((packet as { payload?: unknown }).payload),
    )
    expect(again).toEqual(['live', 'kept'])
    back.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['site/#'] })
    expect(await nextOf(back, 1)).toEqual(['unsuback 2'])
    publisher.publish('site/level', 'after', { id: 4 })
    await publisher.next()
    back.send({ cmd: 'pingreq' })
    expect(await nextOf(back, 1)).toEqual(['pingresp'])
  })

  test('a message to be retained is retained', async () => {
    const { port } = await startBroker({ ingest: () => Promise.resolve() })
    const publisher = await RawClient.connected(port, { clientId: 'publisher' })
    publisher.publish('site/level', 'kept', { retain: true })
    await publisher.next()
    const late = await RawClient.connected(port, { clientId: 'late' })
    late.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'site/level', qos: 0 }] })
    const packets = [await late.next(), await late.next()]
    expect(packets).toContainEqual(expect.objectContaining({ cmd: 'publish', retain: true }))
  })
})

describe('the bytes of a connection', () => {
  test('messages that come together with CONNECT, cut anywhere, and after one another all arrive', async () => {
    const { port, messages } = await startBroker({ ingest: () => Promise.resolve() })
    const client = await RawClient.open(port)
    const connect = generate({
      ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 0, clientId: 'together' },
    })
    const publishes = Array.from({ length: 50 }, (_, index) =>
      generate({ ...plain, topic: `site/${index % 7}`, messageId: index + 1 }),
    )
    const bytes = Buffer.concat([connect, ...publishes])
    for (let at = 0; at < bytes.length; at += 37) {
      client.bytes(bytes.subarray(at, at + 37))
      await new Promise(setImmediate)
    }
    const answers = await nextOf(client, 51)
    expect(answers[0]).toBe('connack')
    expect(answers.slice(1)).toEqual(publishes.map((_, index) => `puback ${index + 1}`))
    expect(messages.map(({ topic }) => topic)).toEqual(publishes.map((_, index) => `site/${index % 7}`))
  })

  test('many clients that connect and publish at the same moment are all answered', async () => {
    const { port } = await startBroker({ ingest: () => new Promise((resolve) => setImmediate(resolve)) })
    const clients = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const client = await RawClient.connected(port, { clientId: `tag-${index}` })
        for (let id = 1; id <= 5; id++) client.publish(`tag/${index}`, 'x', { id })
        return client
      }),
    )
    for (const client of clients) {
      expect(await nextOf(client, 5)).toEqual(['puback 1', 'puback 2', 'puback 3', 'puback 4', 'puback 5'])
    }
  })

  test('a client with many small messages on their way is read on when they are answered', async () => {
    const commits = new HeldCommits()
    const { port } = await startBroker({ ingest: commits.hold })
    const client = await RawClient.connected(port)
    for (let id = 1; id <= 1500; id++) client.publish('site/level', '', { id })
    let answered = 0
    while (answered < 1500) {
      await commits.waiting(1)
      answered += (await nextOf(client, commits.release())).length
    }
    expect(answered).toBe(1500)
  })

  test('a client with much on its way is read on when that is answered', async () => {
    const commits = new HeldCommits()
    const { port, broker } = await startBroker({ ingest: commits.hold })
    const client = await RawClient.connected(port)
    const payload = Buffer.alloc(30_000)
    for (let id = 1; id <= 20; id++) client.publish('site/level', payload, { id })
    const acknowledged: unknown[] = []
    while (acknowledged.length < 20) {
      await commits.waiting(1)
      // Not all 600 kB at once: what was read before the bound was reached, at most one more read of 64 KiB.
      expect(broker.stats().messages.held).toBeLessThanOrEqual(5)
      acknowledged.push(...(await nextOf(client, commits.release())))
    }
    expect(acknowledged).toEqual(Array.from({ length: 20 }, (_, index) => `puback ${index + 1}`))
  })

  test('a packet identifier of 0 and a topic that is not UTF-8 end the connection', async () => {
    const { port, broker, messages } = await startBroker({ ingest: () => Promise.resolve() })
    const zero = await RawClient.connected(port, { clientId: 'zero' })
    zero.bytes(Buffer.from([0x32, 6, 0, 1, 0x61, 0, 0, 0x78]))
    expect(await zero.next()).toBeNull()
    const bytes = await RawClient.connected(port, { clientId: 'bytes' })
    bytes.bytes(Buffer.from([0x32, 6, 0, 1, 0xff, 0, 1, 0x78]))
    expect(await bytes.next()).toBeNull()
    expect(messages).toEqual([])
    expect(broker.stats().refused).toMatchObject({ 'malformed-packet': 1, topic: 1 })
  })
})

test('messages that go the short way keep their client alive [MQTT-3.1.2-24]', async () => {
  const { port } = await startBroker({ ingest: () => Promise.resolve() })
  const client = await RawClient.connected(port, { keepalive: 1 })
  const end = performance.now() + 2000
  for (let id = 1; performance.now() < end; id++) {
    client.publish('site/level', 'x', { id })
    expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: id })
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
})

/** A lane on a socket whose other end is the test, with what reaches the gate. */
function laneOf(
  client: Partial<AedesClient>,
  { commits = null, ...limits }: { readonly maxPacketsPerSecond?: number; readonly commits?: HeldCommits | null } = {},
) {
  const written: Buffer[] = []
  const socket = Object.assign(
    new Duplex({
      read() {},
      write(bytes: Buffer, _encoding, done) {
        written.push(bytes)
        done()
      },
    }),
    { client: { connected: true, closed: false, _parsingBatch: 0, _keepaliveInterval: 0, ...client } as AedesClient },
  )
  const taken: string[] = []
  const lane = new ExpressLane(socket, {
    ...{ maxPacketBytes: 1000, maxPacketsPerSecond: 1000, maxBytesPerSecond: 1_000_000, ...limits },
    traffic: { packetsReceived: 0, bytesReceived: 0 },
    onThrottled: () => undefined,
    authorize(_client, packet, answer) {
      taken.push(packet.topic)
      if (commits === null) answer(null)
      else void commits.hold().then(() => answer(null))
    },
    isHeard: (topic) => topic === 'heard',
    subscriptionsVersion: () => 0,
    acknowledgements: new Acknowledgements(),
    outbound: new OutboundBound({ perClient: 1000, inAll: 1000, timeoutMs: 1000 }),
    onUnheard: () => undefined,
  })
  lane.open()
  return { socket, taken, written, bytesOf: (topic: string) => generate({ ...plain, topic, messageId: 7 }) }
}

describe('bytes that come from a socket', () => {
  test('are taken at once where nothing waits, and answered', async () => {
    const { socket, taken, written, bytesOf } = laneOf({})
    expect(socket.push(Buffer.concat([bytesOf('a'), bytesOf('b')]))).toBe(true)
    expect(taken).toEqual(['a', 'b'])
    expect(socket.readableLength).toBe(0)
    await Promise.resolve()
    expect(Buffer.concat(written)).toEqual(Buffer.from([0x40, 2, 0, 7, 0x40, 2, 0, 7]))
  })

  test.each<[string, (lane: ReturnType<typeof laneOf>) => Buffer, Partial<AedesClient>]>([
    ['while aedes is at work on an earlier packet', ({ bytesOf }) => bytesOf('a'), { _parsingBatch: 1 }],
    ['before the client is let in', ({ bytesOf }) => bytesOf('a'), { connected: false }],
    ['where somebody listens', ({ bytesOf }) => bytesOf('heard'), {}],
    ['of half a packet', ({ bytesOf }) => bytesOf('a').subarray(0, 5), {}],
    ['of another packet', () => generate({ cmd: 'pingreq' }), {}],
    ['beyond the longest packet', ({ bytesOf }) => Buffer.concat(Array.from({ length: 200 }, () => bytesOf('a'))), {}],
  ])('wait in the stream %s, and what comes then waits behind them', (_name, bytes, client) => {
    const lane = laneOf(client)
    const first = bytes(lane)
    lane.socket.push(first)
    lane.socket.push(lane.bytesOf('later'))
    expect(lane.taken).toEqual([])
    expect(lane.socket.readableLength).toBe(first.length + lane.bytesOf('later').length)
  })

  test('wait in the stream while too many messages wait for their commits, also empty ones', () => {
    const commits = new HeldCommits()
    const { socket, taken } = laneOf({}, { maxPacketsPerSecond: 100_000, commits })
    const empty = generate({ ...plain, payload: '', topic: 'a', messageId: 7 })
    for (let i = 0; i < 2000; i++) socket.push(empty)
    const atOnce = taken.length
    expect(atOnce).toBeGreaterThan(100)
    expect(atOnce).toBeLessThan(1000)
    expect(socket.readableLength).toBe((2000 - atOnce) * empty.length)
  })

  test('wait in the stream beyond the rate of packets', () => {
    const { socket, taken, bytesOf } = laneOf({}, { maxPacketsPerSecond: 2 })
    for (const topic of ['a', 'b', 'c']) socket.push(bytesOf(topic))
    expect(taken).toEqual(['a', 'b'])
    expect(socket.readableLength).toBe(bytesOf('c').length)
  })
})

test('aedes still keeps of a client what the short way looks at', async () => {
  const { promise, resolve } = Promise.withResolvers<AedesClient>()
  const aedes = await Aedes.createBroker({
    authenticate: (client, _name, _password, done) => done(null, resolve(client as AedesClient) === undefined),
  })
  const { createServer } = await import('node:net')
  const server = createServer(aedes.handle).listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
  const address = server.address()
  const client = await RawClient.connected(typeof address === 'object' ? (address?.port ?? 0) : 0, { keepalive: 60 })
  const known = await promise
  expect(known._keepaliveInterval).toBe(90_001)
  expect(typeof known._keepaliveTimer?.refresh).toBe('function')
  await expect.poll(() => known._parsingBatch).toBe(0)
  expect((known.conn as { client?: unknown }).client).toBe(known)
  await client.vanish()
  await new Promise<void>((closed) => aedes.close(closed))
  server.close()
})

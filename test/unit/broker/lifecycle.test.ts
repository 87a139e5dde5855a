import { describe, expect, test } from 'vitest'
import { createBroker } from '../../../broker/broker.ts'
import { HeldCommits } from '../../support/held-commits.ts'
import { createMemoryLog } from '../../support/memory-log.ts'
import { RawClient } from '../../support/raw-mqtt-client.ts'
import { startBroker } from '../../support/running-broker.ts'

const will = { topic: 'site/status', payload: Buffer.from('lost'), qos: 1 as const, retain: false }

describe('wills', () => {
  test('of a client that is lost are ingested and reach subscribers [MQTT-3.1.2-8]', async () => {
    const { port, messages } = await startBroker()
    const watcher = await RawClient.connected(port, { clientId: 'watcher' })
    watcher.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'site/status', qos: 0 }] })
    await watcher.next()
    const client = await RawClient.connected(port, { clientId: 'tag', will })
    await client.vanish()
    expect(await watcher.next()).toMatchObject({ cmd: 'publish', topic: 'site/status' })
    expect(messages).toMatchObject([{ topic: 'site/status', clientId: 'tag', qos: 1, will: true }])
  })

  test('reach subscribers only after they are ingested', async () => {
    const commits = new HeldCommits()
    const { port } = await startBroker({ ingest: commits.hold })
    const watcher = await RawClient.connected(port, { clientId: 'watcher' })
    watcher.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 0 }] })
    await watcher.next()
    const client = await RawClient.connected(port, { clientId: 'tag', will })
    await client.vanish()
    await commits.waiting(1)
    watcher.send({ cmd: 'pingreq' })
    expect(await watcher.next()).toMatchObject({ cmd: 'pingresp' })
    commits.release()
    expect(await watcher.next()).toMatchObject({ cmd: 'publish', topic: 'site/status' })
  })

  test('of a client that says DISCONNECT are discarded [MQTT-3.14.4-3]', async () => {
    const { port, messages } = await startBroker()
    const client = await RawClient.connected(port, { clientId: 'tag', will })
    client.send({ cmd: 'disconnect' })
    await client.closed
    const next = await RawClient.connected(port, { clientId: 'tag' })
    next.publish('site/level', '1')
    await next.next()
    expect(messages.map(({ topic }) => topic)).toEqual(['site/level'])
  })

  test('to a topic that nobody may publish to are refused when the client connects', async () => {
    const { port, messages, broker } = await startBroker()
    const client = await RawClient.open(port)
    const answer = await client.connect({ will: { ...will, topic: '$SYS/x' } })
    expect(answer).toMatchObject({ cmd: 'connack', returnCode: 5 })
    await client.closed
    expect(messages).toEqual([])
    expect(broker.stats().refused).toEqual({ topic: 1 })
  })

  test('that the end of the broker itself would send are not: they say nothing about the devices', async () => {
    const { port, messages, broker } = await startBroker()
    const client = await RawClient.connected(port, { will })
    await broker.stop()
    await client.closed
    expect(messages).toEqual([])
  })
})

describe('the end of the broker', () => {
  test('closes its clients and its port, and a second stop is the same', async () => {
    const { port, broker, lines } = await startBroker()
    const clients = await Promise.all([1, 2, 3].map((n) => RawClient.connected(port, { clientId: `c${n}` })))
    await broker.stop()
    await Promise.all(clients.map((client) => client.closed))
    await expect(RawClient.open(port)).rejects.toThrow('ECONNREFUSED')
    await broker.stop()
    expect(broker.stats()).toMatchObject({ clients: 0, connections: 0 })
    expect(lines.filter(({ level }) => level !== 'info')).toEqual([])
  })

  test('waits for commits under way and acknowledges them', async () => {
    const commits = new HeldCommits()
    const { port, broker } = await startBroker({ ingest: commits.hold })
    const client = await RawClient.connected(port)
    client.publish('site/level', '1', { id: 6 })
    await commits.waiting(1)
    const stopped = broker.stop()
    commits.release()
    expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 6 })
    expect(await client.next()).toBeNull()
    await stopped
  })

  test('takes nothing more while it waits', async () => {
    const commits = new HeldCommits()
    const { port, broker, messages } = await startBroker({ ingest: commits.hold })
    const first = await RawClient.connected(port, { clientId: 'first' })
    const second = await RawClient.connected(port, { clientId: 'second' })
    first.publish('site/level', '1', { id: 6 })
    await commits.waiting(1)
    const stopped = broker.stop()
    second.publish('site/level', '2')
    expect(await second.next()).toBeNull()
    commits.release()
    await stopped
    expect(messages).toHaveLength(1)
  })

  test('is bounded when a commit never ends', async () => {
    const { port, broker } = await startBroker({ ingest: () => new Promise(() => {}), limits: { stopTimeoutMs: 20 } })
    const client = await RawClient.connected(port)
    client.publish('site/level', '1')
    client.send({ cmd: 'pingreq' })
    await broker.stop()
    await client.closed
    expect(broker.stats().connections).toBe(0)
  })

  test('before the start is no error', async () => {
    const log = createMemoryLog()
    const listeners = [{ type: 'tcp', host: '127.0.0.1', port: 0 }] as const
    const broker = createBroker({
      listeners,
      authentication: { type: 'anonymous-on-loopback' },
      ingest: () => undefined,
      log,
    })
    await broker.stop()
    expect(broker.addresses()).toEqual([])
  })
})

test('a client that connects again takes over from its half-open predecessor [MQTT-3.1.4-2]', async () => {
  const { port, broker } = await startBroker()
  const old = await RawClient.connected(port, { clientId: 'tag' })
  const renewed = await RawClient.connected(port, { clientId: 'tag' })
  await old.closed
  renewed.publish('site/level', '1')
  expect(await renewed.next()).toMatchObject({ cmd: 'puback' })
  expect(broker.stats().clients).toBe(1)
})

describe('clients that hang', () => {
  test('a client that is silent for 1.5 times its keep alive is taken for lost [MQTT-3.1.2-24]', async () => {
    const { port, broker, messages } = await startBroker()
    const client = await RawClient.connected(port, { keepalive: 1, will })
    await client.closed
    expect(broker.stats().refused).toEqual({ 'keep-alive-timeout': 1 })
    expect(messages).toMatchObject([{ topic: 'site/status', will: true }])
  })
})

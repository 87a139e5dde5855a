import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { filterMatches, TopicTree } from '../../../broker/topic-tree.ts'
import { RawClient } from '../../support/raw-mqtt-client.ts'
import { startBroker } from '../../support/running-broker.ts'

async function subscribed(port: number, filter: string, qos: 0 | 1 | 2 = 1): Promise<RawClient> {
  const client = await RawClient.connected(port, { clientId: 'reader', clean: false })
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos }] })
  expect(await client.next()).toMatchObject({ cmd: 'suback', granted: [qos] })
  return client
}

async function publishAll(port: number, topic: string, payloads: readonly string[]): Promise<void> {
  const device = await RawClient.connected(port, { clientId: 'device' })
  for (const [index, payload] of payloads.entries()) {
    device.publish(topic, payload, { id: index + 1 })
    expect(await device.next()).toMatchObject({ cmd: 'puback' })
  }
  // QoS 1 is acknowledged before it is queued for others; the next answer on this connection comes after.
  device.send({ cmd: 'pingreq' })
  await device.next()
  await device.vanish()
}

describe('sessions', () => {
  test('keep messages for an absent client, and send again what it did not acknowledge', async () => {
    const { port, broker } = await startBroker()
    await (await subscribed(port, 'site/+')).vanish()
    await publishAll(port, 'site/level', ['1', '2'])
    expect(broker.stats().store).toMatchObject({ sessions: 1, queuedMessages: 2 })
    const back = await RawClient.open(port)
    expect(await back.connect({ clientId: 'reader', clean: false })).toMatchObject({ sessionPresent: true })
    const first = await back.next()
    expect(first).toMatchObject({ cmd: 'publish', payload: Buffer.from('1'), dup: false })
    expect(await back.next()).toMatchObject({ cmd: 'publish', payload: Buffer.from('2') })
    await back.vanish()
    const again = await RawClient.open(port)
    await again.connect({ clientId: 'reader', clean: false })
    const repeated = await again.next()
    expect(repeated).toMatchObject({ payload: Buffer.from('1'), dup: true, messageId: first?.messageId })
    await again.next()
    for (const messageId of [repeated?.messageId]) if (messageId !== undefined) again.send({ cmd: 'puback', messageId })
    again.send({ cmd: 'pingreq' })
    await again.next()
    expect(broker.stats().store).toMatchObject({ queuedMessages: 1, queuedBytes: 200 + 'site/level2'.length })
  })

  test('end with a clean session of the same client [MQTT-3.1.2-6]', async () => {
    const { port, broker } = await startBroker()
    await (await subscribed(port, 'site/+')).vanish()
    await publishAll(port, 'site/level', ['1'])
    const clean = await RawClient.open(port)
    expect(await clean.connect({ clientId: 'reader', clean: true })).toMatchObject({ sessionPresent: false })
    expect(broker.stats().store).toMatchObject({ sessions: 0, queuedMessages: 0, queuedBytes: 0 })
  })

  test('that are full drop what is newer, count it, and the devices do not notice', async () => {
    const { port, broker } = await startBroker({ limits: { maxQueuedPerSession: 2 } })
    await (await subscribed(port, '#')).vanish()
    await publishAll(port, 'site/level', ['1', '2', '3', '4'])
    expect(broker.stats()).toMatchObject({
      messages: { accepted: 4 },
      store: { queuedMessages: 2, dropped: { 'queue-full': 2 } },
    })
  })

  test('share one bound in bytes', async () => {
    const { port, broker } = await startBroker({ limits: { maxQueuedBytes: 1100 } })
    await (await subscribed(port, '#')).vanish()
    await publishAll(port, 'a', ['x'.repeat(600), 'x'.repeat(600), 'y'])
    expect(broker.stats().store).toMatchObject({ queuedMessages: 2, queuedBytes: 1003, dropped: { 'queues-full': 1 } })
  })

  test('are bounded in number: the one unseen for longest is forgotten, a connected one never', async () => {
    const { port, broker } = await startBroker({ limits: { maxSessions: 2 } })
    const stays = await subscribed(port, '#')
    for (const clientId of ['second', 'third']) {
      const client = await RawClient.connected(port, { clientId, clean: false })
      await client.vanish()
    }
    expect(broker.stats().store.sessions).toBe(2)
    await stays.vanish()
    const back = await RawClient.open(port)
    expect(await back.connect({ clientId: 'reader', clean: false })).toMatchObject({ sessionPresent: true })
  })

  test('a QoS 2 message is delivered exactly once over a broken handshake', async () => {
    const { port, broker } = await startBroker()
    const reader = await subscribed(port, 'site/level', 2)
    const device = await RawClient.connected(port, { clientId: 'device' })
    device.publish('site/level', '1', { qos: 2, id: 5 })
    const message = await reader.next()
    expect(message).toMatchObject({ cmd: 'publish', qos: 2 })
    const messageId = message?.messageId ?? 0
    reader.send({ cmd: 'pubrec', messageId })
    expect(await reader.next()).toMatchObject({ cmd: 'pubrel', messageId })
    await reader.vanish()
    const back = await RawClient.open(port)
    await back.connect({ clientId: 'reader', clean: false })
    expect(await back.next()).toMatchObject({ cmd: 'pubrel', messageId })
    back.send({ cmd: 'pubcomp', messageId })
    back.send({ cmd: 'pingreq' })
    expect(await back.next()).toMatchObject({ cmd: 'pingresp' })
    expect(broker.stats().store).toMatchObject({ queuedMessages: 0, queuedBytes: 0 })
  })
})

describe('retained messages', () => {
  const subscribe = async (port: number, topic: string): Promise<RawClient> => {
    const client = await RawClient.connected(port, { clientId: `reader of ${topic}` })
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 0 }] })
    await client.next()
    return client
  }
  const retain = async (port: number, topic: string, payload: string): Promise<void> => {
    const device = await RawClient.connected(port, { clientId: 'device' })
    device.publish(topic, payload, { retain: true, qos: 0 })
    device.send({ cmd: 'pingreq' })
    await device.next()
    await device.vanish()
  }

  test('are given to a new subscriber and removed by an empty one [MQTT-3.3.1-10]', async () => {
    const { port, broker } = await startBroker()
    await retain(port, 'site/level', '1.5')
    const reader = await subscribe(port, 'site/#')
    expect(await reader.next()).toMatchObject({ topic: 'site/level', retain: true, payload: Buffer.from('1.5') })
    await retain(port, 'site/level', '')
    expect(broker.stats().store.retainedBytes).toBe(0)
  })

  test('are bounded: what does not fit is not kept, and what it would replace is gone', async () => {
    const { port, broker, messages } = await startBroker({ limits: { maxRetainedBytes: 300 } })
    await retain(port, 'a', 'old')
    await retain(port, 'a', 'x'.repeat(200))
    expect(broker.stats().store).toMatchObject({ retainedBytes: 0, dropped: { 'retained-full': 1 } })
    expect(messages).toHaveLength(2)
    await retain(port, 'b', 'fits')
    const reader = await subscribe(port, '#')
    expect(await reader.next()).toMatchObject({ topic: 'b' })
  })
})

describe('the topic tree', () => {
  const level = fc.constantFrom('a', 'b', '', '$x')
  const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'))
  const filter = fc
    .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([levels, all]) => [...levels, ...(all ? ['#'] : [])].join('/'))

  test('finds the same filters as matching them one by one, also after some are deleted', () => {
    fc.assert(
      fc.property(fc.uniqueArray(filter), fc.array(fc.nat()), topic, (filters, deleted, wanted) => {
        const tree = new TopicTree<string>()
        for (const name of filters) tree.set(name, name, name)
        const gone = new Set(filters.length === 0 ? [] : deleted.map((n) => filters[n % filters.length]))
        for (const name of gone) if (name !== undefined) tree.delete(name, name)
        const found: string[] = []
        tree.match(wanted, (_, name) => found.push(name))
        const expected = filters.filter((name) => !gone.has(name) && filterMatches(name, wanted))
        expect(found.toSorted()).toEqual(expected.toSorted())
      }),
    )
  })

  test.each([
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['#', '$SYS/monitor/Clients', false],
    ['+/monitor/Clients', '$SYS/monitor/Clients', false],
    ['$SYS/#', '$SYS/monitor/Clients', true],
  ])('MQTT 4.7: %s and %s: %s', (name, wanted, matches) => {
    expect(filterMatches(name, wanted)).toBe(matches)
  })
})

/** MQTT 3.1.1, chapters 3.3 to 3.7, 4.3 and 4.6: PUBLISH, qualities of service, retained messages, order. */
import { describe, expect, test } from 'vitest'
import { RawClient } from '../../../support/raw-mqtt-client.ts'
import { startBroker } from '../../../support/running-broker.ts'
import { bytesOf, expectRefused, field, id, packet, received, say, subscribed, taken } from './client.ts'

describe('PUBLISH', () => {
  test('with both bits of QoS ends the connection [MQTT-3.3.1-4]', async () => {
    const { port, messages } = await startBroker()
    await expectRefused(port, packet(0x36, field('a'), id(1), 'x'))
    expect(messages).toEqual([])
  })

  test('begins with its topic, which is UTF-8 [MQTT-3.3.2-1]', async () => {
    const { port, messages } = await startBroker()
    const reader = await subscribed(port, ['#'])
    await say(port, { topic: '火警/😀' })
    expect(await received(reader)).toMatchObject([{ topic: '火警/😀' }])
    await expectRefused(port, packet(0x30, field(Buffer.from([0xff])), 'x'))
    expect(messages).toHaveLength(1)
  })

  test.each(['a/+', '#', 'a/#', '+', 'a+b', 'a#'])(
    'to "%s" ends the connection [MQTT-3.3.2-2] [MQTT-4.7.1-1]',
    async (topic) => {
      const { port, messages } = await startBroker()
      for (const [first, identifier] of [
        [0x30, ''],
        [0x32, id(1)],
        [0x34, id(1)],
      ] as const) {
        await expectRefused(port, packet(first, field(topic), identifier, 'x'))
      }
      expect(messages).toEqual([])
    },
  )

  test('of each QoS is answered as it has to be [MQTT-3.3.4-1]', async () => {
    const { port } = await startBroker()
    const client = await RawClient.connected(port)
    client.publish('a', 'x', { qos: 0 })
    expect(await received(client)).toEqual([])
    client.publish('a', 'x', { qos: 1, id: 3 })
    expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 3 })
    client.publish('a', 'x', { qos: 2, id: 4 })
    expect(await client.next()).toMatchObject({ cmd: 'pubrec', messageId: 4 })
  })

  test('that is not allowed is acknowledged or ends the connection [MQTT-3.3.5-2]', async () => {
    const rights = { type: 'topics', publish: ['mine'], subscribe: [] } as const
    const { port, messages } = await startBroker({
      authentication: { type: 'users', users: [{ name: 'a', password: 'secret', rights }] },
    })
    const client = await RawClient.connected(port, { username: 'a', password: Buffer.from('secret') })
    client.publish('mine', 'x', { id: 1 })
    expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 1 })
    client.publish('yours', 'x', { id: 2 })
    expect(await client.next()).toBeNull()
    expect(messages).toHaveLength(1)
  })

  test('PUBREL with other flags than its own ends the connection [MQTT-3.6.1-1]', async () => {
    const { port } = await startBroker()
    for (const first of [0x60, 0x61, 0x63, 0x66, 0x6a]) await expectRefused(port, packet(first, id(1)))
  })

  test('of filters that overlap comes with the highest QoS of them [MQTT-3.3.5-1]', async () => {
    const { port } = await startBroker()
    const reader = await subscribed(port, [
      ['a/b', 0],
      ['a/+', 1],
      ['#', 2],
    ])
    await say(port, { qos: 2 })
    const [message, ...more] = await received(reader)
    expect(message).toMatchObject({ qos: 2 })
    expect(more.every((copy) => copy.cmd === 'publish')).toBe(true)
  })
})

describe('DUP', () => {
  test('is not handed on [MQTT-3.3.1-3] and not set on what is sent first, nor at QoS 0 [MQTT-3.3.1-2] [MQTT-4.3.1-1]', async () => {
    const { port } = await startBroker()
    const reader = await subscribed(port, ['a', ['b', 0]])
    const client = await RawClient.connected(port)
    client.publish('a', 'x', { qos: 1, id: 1, dup: true })
    client.publish('a', 'x', { qos: 2, id: 2, dup: true })
    client.publish('b', 'x', { qos: 1, id: 3, dup: true })
    await taken(client, 3)
    const messages = await received(reader)
    expect(messages).toHaveLength(3)
    expect(messages.map((message) => message.cmd === 'publish' && message.dup)).toEqual([false, false, false])
  })

  test('is set on what is sent again [MQTT-3.3.1-1]', async () => {
    const { port } = await startBroker()
    const reader = await subscribed(port, ['a'], { clean: false })
    await say(port, { topic: 'a', qos: 1 })
    expect(await reader.next()).toMatchObject({ dup: false })
    await reader.vanish()
    const back = await RawClient.connected(port, { clientId: 'reader', clean: false })
    expect(await back.next()).toMatchObject({ cmd: 'publish', dup: true })
  })
})

describe('retained messages', () => {
  const kept = async (port: number, filter = '#'): Promise<readonly string[]> => {
    const reader = await RawClient.connected(port, { clientId: 'late' })
    reader.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos: 2 }] })
    await reader.next()
    const packets = [...(await received(reader)), ...(await received(reader))]
    return packets.map((message) =>
      message.cmd === 'publish' ? `${message.topic}=${message.payload} ${message.qos} ${message.retain}` : message.cmd,
    )
  }

  test('are kept with their QoS, the last of each topic, and given to new subscriptions with RETAIN [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT-3.3.1-8]', async () => {
    const { port } = await startBroker()
    const retain = true
    await say(port, { topic: 'a', payload: 'old', qos: 2, retain }, { topic: 'a', payload: 'new', qos: 1, retain })
    await say(port, { topic: 'b', payload: 'b', qos: 2, retain }, { topic: 'c', payload: 'never' })
    expect((await kept(port)).toSorted()).toEqual(['a=new 1 true', 'b=b 2 true'])
    expect(await kept(port, 'b')).toEqual(['b=b 2 true'])
  })

  test('of QoS 0 replace what was there [MQTT-3.3.1-7]', async () => {
    const { port } = await startBroker()
    await say(port, { topic: 'a', payload: 'old', qos: 1, retain: true }, { topic: 'a', payload: 'new', retain: true })
    expect(await kept(port)).toEqual(['a=new 0 true'])
  })

  test('come without RETAIN to those who subscribed before [MQTT-3.3.1-9]', async () => {
    const { port } = await startBroker()
    const reader = await subscribed(port, ['a'])
    await say(port, { topic: 'a', qos: 1, retain: true })
    expect(await received(reader)).toMatchObject([{ topic: 'a', retain: false }])
  })

  test('are removed by an empty one, which is a message like others and is not kept [MQTT-3.3.1-10] [MQTT-3.3.1-11]', async () => {
    const { port } = await startBroker()
    const reader = await subscribed(port, ['a'])
    await say(
      port,
      { topic: 'a', payload: 'x', qos: 1, retain: true },
      { topic: 'a', payload: '', qos: 1, retain: true },
    )
    expect(await received(reader)).toMatchObject([
      { payload: Buffer.from('x') },
      { payload: Buffer.alloc(0), retain: false },
    ])
    expect(await kept(port)).toEqual([])
  })

  test('are not touched by messages that are not to be retained [MQTT-3.3.1-12]', async () => {
    const { port } = await startBroker()
    await say(
      port,
      { topic: 'a', payload: 'kept', qos: 1, retain: true },
      { topic: 'a', payload: 'new', qos: 1 },
      { topic: 'a', payload: '' },
    )
    expect(await kept(port)).toEqual(['a=kept 1 true'])
  })

  test('outlive the session of who sent them [MQTT-3.1.2-7]', async () => {
    const { port } = await startBroker()
    const client = await RawClient.connected(port, { clientId: 'one', clean: true })
    client.publish('a', 'kept', { qos: 1, retain: true })
    await client.next()
    await client.vanish()
    await (await RawClient.connected(port, { clientId: 'one', clean: true })).vanish()
    expect(await kept(port)).toEqual(['a=kept 1 true'])
  })
})

describe('QoS 1', () => {
  test('PUBACK comes when the message is taken, and the same identifier is then a new message [MQTT-4.3.2-2]', async () => {
    const { port, messages } = await startBroker()
    const reader = await subscribed(port, ['a'])
    const client = await RawClient.connected(port)
    for (const dup of [false, true, false]) {
      client.publish('a', 'x', { qos: 1, id: 7, dup })
      expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 7 })
    }
    expect(messages).toHaveLength(3)
    expect(await received(reader)).toHaveLength(3)
  })

  test('a message to a client has an identifier and is unacknowledged until its PUBACK [MQTT-4.3.2-1]', async () => {
    const { port, broker } = await startBroker()
    const reader = await subscribed(port, [['a', 1]], { clean: false })
    await say(port, { topic: 'a', qos: 1 })
    const message = await reader.next()
    expect(message).toMatchObject({ cmd: 'publish', qos: 1, dup: false, messageId: expect.any(Number) })
    expect(broker.stats().store.queuedMessages).toBe(1)
    reader.send({ cmd: 'puback', messageId: message?.messageId ?? 0 })
    await received(reader)
    expect(broker.stats().store.queuedMessages).toBe(0)
  })
})

describe('QoS 2', () => {
  test('the same identifier is the same message until its PUBREL [MQTT-4.3.3-2]', async () => {
    const { port, messages } = await startBroker()
    const reader = await subscribed(port, ['a'])
    const client = await RawClient.connected(port)
    for (const dup of [false, true, true]) {
      client.publish('a', 'x', { qos: 2, id: 7, dup })
      expect(await client.next()).toMatchObject({ cmd: 'pubrec', messageId: 7 })
    }
    client.send({ cmd: 'pubrel', messageId: 7 })
    expect(await client.next()).toMatchObject({ cmd: 'pubcomp', messageId: 7 })
    client.send({ cmd: 'pubrel', messageId: 7 })
    expect(await client.next()).toMatchObject({ cmd: 'pubcomp', messageId: 7 })
    expect(messages).toHaveLength(1)
    client.publish('a', 'y', { qos: 2, id: 7 })
    expect(await client.next()).toMatchObject({ cmd: 'pubrec', messageId: 7 })
    expect(await received(reader)).toMatchObject([{ payload: Buffer.from('x') }, { payload: Buffer.from('y') }])
  })

  test('a message to a client goes through PUBREC, PUBREL and PUBCOMP, and is not sent again after PUBREL [MQTT-4.3.3-1]', async () => {
    const { port, broker } = await startBroker()
    const reader = await subscribed(port, ['a'], { clean: false })
    await say(port, { topic: 'a', qos: 2 })
    const message = await reader.next()
    expect(message).toMatchObject({ cmd: 'publish', qos: 2, dup: false })
    const messageId = message?.messageId ?? 0
    reader.send({ cmd: 'pubrec', messageId })
    expect(await reader.next()).toMatchObject({ cmd: 'pubrel', messageId })
    await reader.vanish()
    const back = await RawClient.connected(port, { clientId: 'reader', clean: false })
    expect(await back.next()).toMatchObject({ cmd: 'pubrel', messageId })
    back.send({ cmd: 'pubcomp', messageId })
    expect(await received(back)).toEqual([])
    expect(broker.stats().store.queuedMessages).toBe(0)
  })
})

describe('order', () => {
  const COUNT = 100

  test.each([
    [1, 'puback', '[MQTT-4.6.0-2]'],
    [2, 'pubrec', '[MQTT-4.6.0-3]'],
  ] as const)('of QoS %d: %s in the order of the messages %s', async (qos, cmd, _) => {
    const { port } = await startBroker({
      ingest: ({ payload }) => (payload.length % 2 === 0 ? Promise.resolve() : undefined),
    })
    const client = await RawClient.connected(port)
    for (let n = 1; n <= COUNT; n++) client.publish('a', String(n), { qos, id: n })
    const answers = await taken(client, COUNT)
    expect(answers.map((answer) => [answer.cmd, answer.messageId])).toEqual(
      Array.from({ length: COUNT }, (_, n) => [cmd, n + 1]),
    )
  })

  test('of PUBREL is that of PUBREC [MQTT-4.6.0-4]', async () => {
    const { port } = await startBroker()
    for (const clean of [true, false]) {
      const reader = await subscribed(port, ['a'], { clean, clientId: `reader ${clean}` })
      await say(port, ...Array.from({ length: 20 }, () => ({ topic: 'a', qos: 2 as const })))
      const ids = (await received(reader)).map(({ messageId }) => messageId ?? 0)
      // In one write: the broker has no chance to answer one before it has the next.
      reader.bytes(Buffer.concat(ids.toReversed().map((messageId) => bytesOf({ cmd: 'pubrec', messageId }))))
      expect((await taken(reader, 20)).map((answer) => [answer.cmd, answer.messageId])).toEqual(
        ids.toReversed().map((messageId) => ['pubrel', messageId]),
      )
    }
  })

  test.each([0, 1, 2] as const)(
    'of messages of QoS %d of one client is kept for every subscriber [MQTT-4.6.0-5] [MQTT-4.6.0-6]',
    async (qos) => {
      const { port } = await startBroker()
      const readers = await Promise.all(
        [true, false].map((clean) => subscribed(port, [['a', qos]], { clean, clientId: `reader ${clean}` })),
      )
      const client = await RawClient.connected(port)
      for (let n = 1; n <= COUNT; n++) client.publish('a', String(n), { qos, id: n })
      for (const reader of readers) {
        const messages = await taken(reader, COUNT)
        expect(messages.map((message) => message.cmd === 'publish' && String(message.payload))).toEqual(
          Array.from({ length: COUNT }, (_, n) => String(n + 1)),
        )
      }
    },
  )
})

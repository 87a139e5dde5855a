/** MQTT 3.1.1, chapters 3.1.2.4, 4.1, 4.4 and 4.5: sessions. */
import { describe, expect, test } from 'vitest'
import { RawClient } from '../../../support/raw-mqtt-client.ts'
import { startBroker } from '../../../support/running-broker.ts'
import { received, say, subscribed, taken } from './client.ts'

describe('a session without clean session', () => {
  test('goes on with the next connection, subscriptions and all [MQTT-3.1.2-4] [MQTT-4.1.0-1]', async () => {
    const { port } = await startBroker()
    await (await subscribed(port, ['a', ['b', 0]], { clean: false })).vanish()
    const back = await RawClient.open(port)
    expect(await back.connect({ clientId: 'reader', clean: false })).toMatchObject({ sessionPresent: true })
    await say(port, { topic: 'a', qos: 2 }, { topic: 'b', qos: 2 })
    expect(await received(back)).toMatchObject([
      { topic: 'a', qos: 2 },
      { topic: 'b', qos: 0 },
    ])
  })

  test('keeps messages above QoS 0 while its client is away, with the QoS that they will have [MQTT-3.1.2-5] [MQTT-4.5.0-1]', async () => {
    const { port } = await startBroker()
    await (
      await subscribed(
        port,
        [
          ['a', 1],
          ['b', 2],
          ['c', 0],
        ],
        { clean: false },
      )
    ).vanish()
    await say(
      port,
      { topic: 'a', qos: 2 },
      { topic: 'b', qos: 2 },
      { topic: 'b', qos: 1 },
      { topic: 'c', qos: 2 },
      { topic: 'd', qos: 1 },
    )
    const back = await RawClient.connected(port, { clientId: 'reader', clean: false })
    expect(await taken(back, 3)).toMatchObject([
      { topic: 'a', qos: 1, dup: false },
      { topic: 'b', qos: 2, dup: false },
      { topic: 'b', qos: 1, dup: false },
    ])
    expect(await received(back)).toEqual([])
  })

  test('sends again, in order and with its identifiers, what was not acknowledged [MQTT-4.4.0-1]', async () => {
    const { port } = await startBroker()
    const reader = await subscribed(port, ['a'], { clean: false })
    await say(port, ...[1, 2, 2, 1].map((qos, n) => ({ topic: 'a', qos: qos as 1 | 2, payload: String(n) })))
    const ids = (await taken(reader, 4)).map(({ messageId = 0 }) => messageId)
    // The first is done, the second is received, the others are open.
    reader.send({ cmd: 'puback', messageId: ids[0] ?? 0 })
    reader.send({ cmd: 'pubrec', messageId: ids[1] ?? 0 })
    expect(await reader.next()).toMatchObject({ cmd: 'pubrel', messageId: ids[1] })
    await reader.vanish()
    const back = await RawClient.connected(port, { clientId: 'reader', clean: false })
    expect(await taken(back, 3)).toMatchObject([
      { cmd: 'pubrel', messageId: ids[1] },
      { cmd: 'publish', messageId: ids[2], dup: true, qos: 2, payload: Buffer.from('2') },
      { cmd: 'publish', messageId: ids[3], dup: true, qos: 1, payload: Buffer.from('3') },
    ])
  })

  test('remembers a QoS 2 message of its client until PUBREL, over connections [MQTT-4.1.0-2]', async () => {
    const { port, messages } = await startBroker()
    const reader = await subscribed(port, ['a'])
    const client = await RawClient.connected(port, { clientId: 'one', clean: false })
    client.publish('a', 'x', { qos: 2, id: 7 })
    expect(await client.next()).toMatchObject({ cmd: 'pubrec', messageId: 7 })
    await client.vanish()
    const back = await RawClient.connected(port, { clientId: 'one', clean: false })
    back.publish('a', 'x', { qos: 2, id: 7, dup: true })
    expect(await back.next()).toMatchObject({ cmd: 'pubrec', messageId: 7 })
    back.send({ cmd: 'pubrel', messageId: 7 })
    expect(await back.next()).toMatchObject({ cmd: 'pubcomp', messageId: 7 })
    expect(messages).toHaveLength(1)
    expect(await received(reader)).toHaveLength(1)
  })
})

describe('a clean session', () => {
  test('ends what was before, and ends with its connection [MQTT-3.1.2-6]', async () => {
    const { port } = await startBroker()
    await (await subscribed(port, ['a'], { clean: false })).vanish()
    await say(port, { topic: 'a', qos: 1 })
    const clean = await subscribed(port, ['b'], { clean: true })
    await say(port, { topic: 'a', qos: 1 }, { topic: 'b', qos: 1 })
    expect(await received(clean)).toMatchObject([{ topic: 'b' }])
    await clean.vanish()
    await say(port, { topic: 'b', qos: 1 })
    const after = await RawClient.open(port)
    expect(await after.connect({ clientId: 'reader', clean: false })).toMatchObject({ sessionPresent: false })
    await say(port, { topic: 'a', qos: 1 }, { topic: 'b', qos: 1 })
    expect(await received(after)).toEqual([])
  })

  test('forgets the QoS 2 messages of its client [MQTT-3.1.2-6]', async () => {
    const { port, messages } = await startBroker()
    for (const clean of [true, true]) {
      const client = await RawClient.connected(port, { clientId: 'one', clean })
      client.publish('a', 'x', { qos: 2, id: 7 })
      expect(await client.next()).toMatchObject({ cmd: 'pubrec', messageId: 7 })
      await client.vanish()
    }
    expect(messages).toHaveLength(2)
  })
})

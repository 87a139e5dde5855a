/** MQTT 3.1.1, chapters 3.1, 3.2, 3.12 and 3.14: CONNECT, CONNACK, keep alive, DISCONNECT. */
import { describe, expect, test } from 'vitest'
import { RawClient } from '../../../support/raw-mqtt-client.ts'
import { startBroker } from '../../../support/running-broker.ts'
import {
  connectBytes,
  expectClosed,
  expectRefused,
  field,
  id,
  opened,
  packet,
  received,
  say,
  subscribed,
} from './client.ts'

const CLEAN = 0x02
const WILL = 0x04
const USERNAME = 0x80
const PASSWORD = 0x40
const ILL_FORMED = Buffer.from([0x61, 0xff])
const will = { topic: 'a/will', payload: Buffer.from('gone'), qos: 1, retain: false } as const

describe('the first packet of a client is CONNECT, and there is one', () => {
  test.each([
    ['PUBLISH', packet(0x30, field('a'), 'x')],
    ['PINGREQ', packet(0xc0)],
    ['SUBSCRIBE', packet(0x82, id(1), field('a'), 0)],
    ['DISCONNECT', packet(0xe0)],
    ['half of a PUBLISH', packet(0x30, field('a'), 'x').subarray(0, 3)],
  ])('%s before it ends the connection [MQTT-3.1.0-1]', async (_, bytes) => {
    const { port, messages } = await startBroker()
    await expectClosed(await opened(port, bytes))
    expect(messages).toEqual([])
  })

  test('a second one ends the connection [MQTT-3.1.0-2]', async () => {
    const { port } = await startBroker()
    await expectRefused(port, connectBytes())
  })
})

describe('CONNECT', () => {
  test.each([
    ['the name of another protocol [MQTT-3.1.2-1]', connectBytes({ name: 'MQXT' })],
    ['a name in small letters [MQTT-3.1.2-1]', connectBytes({ name: 'mqtt' })],
    ['no name [MQTT-3.1.2-1]', connectBytes({ name: '' })],
    ['a reserved flag [MQTT-3.1.2-3]', connectBytes({ flags: CLEAN | 1 })],
    ['a will flag and no will [MQTT-3.1.2-9]', connectBytes({ flags: CLEAN | WILL })],
    [
      'a will flag and a topic without a message [MQTT-3.1.2-9]',
      connectBytes({ flags: CLEAN | WILL, payload: ['raw', 'a'] }),
    ],
    ['a will and no will flag [MQTT-3.1.2-11]', connectBytes({ payload: ['raw', 'a/will', 'gone'] })],
    ['a will QoS without a will flag [MQTT-3.1.2-13]', connectBytes({ flags: CLEAN | 0x08 })],
    ['a will QoS of 3 [MQTT-3.1.2-14]', connectBytes({ flags: CLEAN | WILL | 0x18, payload: ['raw', 'a', 'x'] })],
    ['will retain without a will flag [MQTT-3.1.2-15]', connectBytes({ flags: CLEAN | 0x20 })],
    ['a user name and no flag for it [MQTT-3.1.2-18]', connectBytes({ payload: ['raw', 'name'] })],
    ['a flag for a user name and none [MQTT-3.1.2-19]', connectBytes({ flags: CLEAN | USERNAME })],
    [
      'a password and no flag for it [MQTT-3.1.2-20]',
      connectBytes({ flags: CLEAN | USERNAME, payload: ['raw', 'n', 'p'] }),
    ],
    [
      'a flag for a password and none [MQTT-3.1.2-21]',
      connectBytes({ flags: CLEAN | USERNAME | PASSWORD, payload: ['raw', 'n'] }),
    ],
    [
      'a password without a user name [MQTT-3.1.2-22]',
      connectBytes({ flags: CLEAN | PASSWORD, payload: ['raw', 'p'] }),
    ],
    ['no client identifier [MQTT-3.1.3-3]', connectBytes({ payload: [] })],
    ['a client identifier that is not UTF-8 [MQTT-3.1.3-4]', connectBytes({ payload: [ILL_FORMED] })],
    [
      'a will topic that is not UTF-8 [MQTT-3.1.3-10]',
      connectBytes({ flags: CLEAN | WILL, payload: ['raw', ILL_FORMED, 'x'] }),
    ],
    [
      'a user name that is not UTF-8 [MQTT-3.1.3-11]',
      connectBytes({ flags: CLEAN | USERNAME, payload: ['raw', ILL_FORMED] }),
    ],
    ['bytes behind its end [MQTT-3.1.4-1]', packet(0x10, connectBytes().subarray(2), 'more')],
    ['half a keep alive [MQTT-3.1.4-1]', packet(0x10, field('MQTT'), 4, CLEAN, 0)],
    ['no flags [MQTT-3.1.4-1]', packet(0x10, field('MQTT'), 4)],
  ])('with %s ends the connection without CONNACK [MQTT-3.2.2-6]', async (_, bytes) => {
    const { port, messages } = await startBroker()
    await expectClosed(await opened(port, bytes))
    expect(messages).toEqual([])
  })

  test.each([0, 1, 2, 5, 6, 0x83, 0x84, 255])(
    'of protocol level %d is answered with return code 1 [MQTT-3.1.2-2]',
    async (level) => {
      const { port } = await startBroker()
      const client = await opened(port, connectBytes({ level }))
      expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 1, sessionPresent: false })
      await expectClosed(client)
    },
  )

  test('of MQTT 3.1 is served', async () => {
    const { port } = await startBroker()
    const client = await opened(port, connectBytes({ name: 'MQIsdp', level: 3 }))
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
  })

  test('has its fields in the order of the standard [MQTT-3.1.3-1]', async () => {
    const users = [{ name: 'name', password: 'secret', rights: { type: 'everything' } as const }]
    const { port, messages } = await startBroker({ authentication: { type: 'users', users } })
    const flags = CLEAN | WILL | USERNAME | PASSWORD
    const payload = ['raw', 'a/will', 'gone', 'name', 'secret']
    const client = await opened(port, connectBytes({ flags, payload }))
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    await client.vanish()
    await expect.poll(() => messages).toMatchObject([{ topic: 'a/will', clientId: 'raw', will: true }])
    // In any other order it is not what it was meant to be.
    const other = await opened(port, connectBytes({ flags, payload: ['raw', 'name', 'secret', 'a/will', 'gone'] }))
    expect(await other.next()).toMatchObject({ cmd: 'connack', returnCode: 4 })
  })
})

describe('client identifiers', () => {
  test('of 1 to 23 letters and digits are allowed [MQTT-3.1.3-5]', async () => {
    const { port } = await startBroker()
    for (const clientId of ['a', '0123456789abcdefghijklm', 'ABCDEFGHIJKLMNOPQRSTUVW', 'XYZnopqrstuvwxyz']) {
      await RawClient.connected(port, { clientId })
    }
  })

  test('that are empty are replaced by one that nobody else has [MQTT-3.1.3-6] [MQTT-3.1.3-7]', async () => {
    const { port, broker, messages } = await startBroker()
    const clients = await Promise.all([1, 2, 3].map(() => RawClient.connected(port, { clientId: '', clean: true })))
    expect(broker.stats().clients).toBe(3)
    for (const client of clients) client.publish('a', 'x', { qos: 0 })
    for (const client of clients) expect(await received(client)).toEqual([])
    expect(messages).toHaveLength(3)
  })

  test('that are empty without clean session are rejected [MQTT-3.1.3-8] [MQTT-3.1.3-9] [MQTT-3.2.2-4]', async () => {
    const { port } = await startBroker()
    const client = await opened(port, connectBytes({ flags: 0, payload: [''] }))
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 2, sessionPresent: false })
    await expectClosed(client)
  })

  test('tell whose session it is [MQTT-3.1.3-2]', async () => {
    const { port } = await startBroker()
    await (await subscribed(port, ['a'], { clientId: 'one', clean: false })).vanish()
    const other = await RawClient.open(port)
    expect(await other.connect({ clientId: 'two', clean: false })).toMatchObject({ sessionPresent: false })
    const one = await RawClient.open(port)
    expect(await one.connect({ clientId: 'one', clean: false })).toMatchObject({ sessionPresent: true })
  })

  test('that are connected already end the older connection [MQTT-3.1.4-2]', async () => {
    const { port, broker } = await startBroker()
    const old = await RawClient.connected(port, { clientId: 'same' })
    const renewed = await RawClient.connected(port, { clientId: 'same' })
    await expectClosed(old)
    expect(await received(renewed)).toEqual([])
    expect(broker.stats().clients).toBe(1)
  })
})

describe('CONNACK', () => {
  test('is the first packet, also where messages wait and come [MQTT-3.2.0-1] [MQTT-3.1.4-4]', async () => {
    const { port } = await startBroker()
    await (await subscribed(port, ['#'], { clean: false })).vanish()
    await say(port, { qos: 1 }, { qos: 1 })
    const speaker = await RawClient.connected(port, { clientId: 'other' })
    for (let n = 1; n <= 50; n++) speaker.publish('a', 'x', { qos: 1, id: n })
    const reader = await RawClient.open(port)
    const first = reader.connect({ clientId: 'reader', clean: false })
    for (let n = 51; n <= 100; n++) speaker.publish('a', 'x', { qos: 1, id: n })
    expect(await first).toMatchObject({ cmd: 'connack', returnCode: 0 })
  })

  test('tells whether there was a session [MQTT-3.2.2-1] [MQTT-3.2.2-2] [MQTT-3.2.2-3] [MQTT-3.1.4-3]', async () => {
    const { port } = await startBroker()
    const connect = async (clean: boolean): Promise<unknown> => {
      const client = await RawClient.open(port)
      const connack = await client.connect({ clientId: 'one', clean })
      if (!clean) {
        client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a', qos: 1 }] })
        await client.next()
      }
      await client.vanish()
      return connack?.cmd === 'connack' && connack.sessionPresent
    }
    expect([await connect(false), await connect(false), await connect(true), await connect(false)]).toEqual([
      false,
      true,
      false,
      false,
    ])
  })

  test('with a return code above 0 ends the connection [MQTT-3.2.2-5], and what came with CONNECT is not processed [MQTT-3.1.4-5]', async () => {
    const users = [{ name: 'a', password: 'right', rights: { type: 'everything' } as const }]
    const { port, messages } = await startBroker({ authentication: { type: 'users', users } })
    const flags = CLEAN | USERNAME | PASSWORD
    const wrong = connectBytes({ flags, payload: ['raw', 'a', 'wrong'] })
    const publish = packet(0x30, field('a'), 'x')
    const client = await opened(port, Buffer.concat([wrong, publish, publish]))
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 4, sessionPresent: false })
    await expectClosed(client)
    expect(messages).toEqual([])
    // The same bytes from one who is let in are processed.
    const right = connectBytes({ flags, payload: ['raw', 'a', 'right'] })
    const other = await opened(port, Buffer.concat([right, publish, packet(0xc0)]))
    expect(await other.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    expect(await other.next()).toMatchObject({ cmd: 'pingresp' })
    expect(messages).toHaveLength(1)
  })
})

describe('wills', () => {
  test('are published when the connection ends without DISCONNECT, and once [MQTT-3.1.2-8] [MQTT-3.1.2-10]', async () => {
    const { port } = await startBroker()
    const reader = await subscribed(port, ['a/#'])
    const client = await RawClient.connected(port, { clientId: 'tag', will })
    await client.vanish()
    expect(await reader.next()).toMatchObject({ cmd: 'publish', topic: 'a/will', payload: Buffer.from('gone'), qos: 1 })
    const back = await RawClient.connected(port, { clientId: 'tag' })
    await back.vanish()
    expect(await received(reader)).toEqual([])
  })

  test.each([
    ['a violation of the protocol', packet(0xf0)],
    ['a DISCONNECT that is none', packet(0xe1)],
  ])('are published when %s ends it [MQTT-3.1.2-8]', async (_, bytes) => {
    const { port } = await startBroker()
    const reader = await subscribed(port, ['a/#'])
    const client = await RawClient.connected(port, { clientId: 'tag', will })
    client.bytes(bytes)
    expect(await reader.next()).toMatchObject({ topic: 'a/will' })
  })

  test('are published when another connection takes over [MQTT-3.1.2-8]', async () => {
    const { port } = await startBroker()
    const reader = await subscribed(port, ['a/#'])
    await RawClient.connected(port, { clientId: 'tag', will })
    await RawClient.connected(port, { clientId: 'tag' })
    expect(await reader.next()).toMatchObject({ topic: 'a/will' })
  })

  test('are discarded by DISCONNECT [MQTT-3.14.4-3] [MQTT-3.1.2-10]', async () => {
    const { port } = await startBroker()
    const reader = await subscribed(port, ['a/#'])
    const client = await RawClient.connected(port, { clientId: 'tag', will })
    client.send({ cmd: 'disconnect' })
    await client.closed
    expect(await received(reader)).toEqual([])
  })

  test('of clients that have none are not published [MQTT-3.1.2-12]', async () => {
    const { port, messages } = await startBroker()
    const reader = await subscribed(port, ['#'])
    await (await RawClient.connected(port, { clientId: 'tag' })).vanish()
    expect(await received(reader)).toEqual([])
    expect(messages).toEqual([])
  })

  test.each([
    ['not retained [MQTT-3.1.2-16]', false],
    ['retained [MQTT-3.1.2-17]', true],
  ])('are %s as CONNECT says', async (_, retain) => {
    const { port } = await startBroker()
    const watcher = await subscribed(port, ['a/#'], { clientId: 'watcher' })
    await (await RawClient.connected(port, { clientId: 'tag', will: { ...will, retain } })).vanish()
    expect(await watcher.next()).toMatchObject({ topic: 'a/will', retain: false })
    const late = await subscribed(port, ['a/#'])
    const kept = retain ? [{ cmd: 'publish', topic: 'a/will', retain: true }] : []
    expect(retain ? [await late.next()] : await received(late)).toMatchObject(kept)
  })
})

describe('keep alive', () => {
  test('a client that is silent for one and a half times as long is disconnected [MQTT-3.1.2-24]', async () => {
    const { port, broker } = await startBroker()
    const client = await RawClient.connected(port, { keepalive: 1 })
    const since = performance.now()
    await expectClosed(client)
    expect(performance.now() - since).toBeGreaterThan(1400)
    expect(broker.stats().refused).toEqual({ 'keep-alive-timeout': 1 })
  })

  test('PINGREQ is answered with PINGRESP [MQTT-3.12.4-1]', async () => {
    const { port } = await startBroker()
    const client = await RawClient.connected(port)
    client.bytes(packet(0xc0))
    expect(await client.next()).toMatchObject({ cmd: 'pingresp', length: 0 })
  })
})

test('DISCONNECT with reserved bits is a violation [MQTT-3.14.1-1]', async () => {
  const { port, messages } = await startBroker()
  const client = await RawClient.connected(port, { will })
  client.bytes(packet(0xe2))
  await expectClosed(client)
  expect(messages).toMatchObject([{ topic: 'a/will' }])
})

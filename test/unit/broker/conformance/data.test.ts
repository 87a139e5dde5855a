/** MQTT 3.1.1, chapters 1, 2 and 4.8: texts, fixed headers, packet identifiers, violations. */
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
  taken,
} from './client.ts'

const ILL_FORMED: readonly (readonly [string, Buffer])[] = [
  ['a byte that no text has', Buffer.from([0x61, 0xff])],
  ['a surrogate, U+D800', Buffer.from([0xed, 0xa0, 0x80])],
  ['half of a surrogate pair, U+DFFF', Buffer.from([0xed, 0xbf, 0xbf])],
  ['a character that is cut off', Buffer.from([0xe5, 0x93])],
  ['a slash that is longer than it need be', Buffer.from([0xc0, 0xaf])],
]
const NULL = Buffer.from('a\u0000b')

describe('texts', () => {
  test.each(ILL_FORMED)('with %s end the connection, wherever they stand [MQTT-1.5.3-1]', async (_, text) => {
    const { port, messages } = await startBroker()
    await expectRefused(port, packet(0x30, field(text), 'x'))
    await expectRefused(port, packet(0x82, id(1), field(text), 0))
    await expectRefused(port, packet(0xa2, id(1), field(text)))
    expect(messages).toEqual([])
  })

  test('with U+0000 end the connection [MQTT-1.5.3-2]', async () => {
    const { port, messages } = await startBroker()
    await expectRefused(port, packet(0x30, field(NULL), 'x'))
    await expectRefused(port, packet(0x82, id(1), field(NULL), 0))
    await expectRefused(port, packet(0xa2, id(1), field(NULL)))
    await expectClosed(await opened(port, connectBytes({ payload: [NULL] })))
    expect(messages).toEqual([])
  })

  test('keep a byte order mark as the character that it is [MQTT-1.5.3-3]', async () => {
    const { port, messages } = await startBroker()
    const reader = await subscribed(port, ['\ufeffa', 'a'])
    await say(port, { topic: '\ufeffa' })
    expect(await received(reader)).toMatchObject([{ topic: '\ufeffa' }])
    expect(messages.map(({ topic }) => topic)).toEqual(['\ufeffa'])
  })
})

describe('fixed headers', () => {
  test.each([
    ['SUBSCRIBE', packet(0x80, id(1), field('a'), 0)],
    ['UNSUBSCRIBE', packet(0xa0, id(1), field('a'))],
    ['PUBREL', packet(0x60, id(1))],
    ['PUBACK', packet(0x42, id(1))],
    ['PUBREC', packet(0x51, id(1))],
    ['PUBCOMP', packet(0x74, id(1))],
    ['PINGREQ', packet(0xc1)],
    ['DISCONNECT', packet(0xe8)],
  ])('of %s with other flags than its own end the connection [MQTT-2.2.2-2]', async (_, bytes) => {
    const { port } = await startBroker()
    await expectRefused(port, bytes)
  })

  test('of CONNECT with flags end the connection [MQTT-2.2.2-2]', async () => {
    const { port } = await startBroker()
    const bytes = connectBytes()
    bytes[0] = 0x12
    await expectClosed(await opened(port, bytes))
  })

  test('of the broker have the flags of the standard [MQTT-2.2.2-1]', async () => {
    const { port } = await startBroker()
    const client = await RawClient.connected(port)
    client.bytes(packet(0x82, id(1), field('a'), 2))
    client.bytes(packet(0x34, field('a'), id(7), 'x'))
    client.bytes(packet(0x62, id(7)))
    client.bytes(packet(0xa2, id(2), field('a')))
    client.bytes(packet(0xc0))
    // RawClient takes no other flags than those of the standard.
    const answers = await taken(client, 5)
    expect(answers.map(({ cmd }) => cmd).sort()).toEqual(['pingresp', 'pubcomp', 'pubrec', 'suback', 'unsuback'])
    client.bytes(packet(0x50, id(9)))
    expect(await client.next()).toMatchObject({ cmd: 'pubrel', messageId: 9, qos: 1, dup: false, retain: false })
  })
})

describe('packet identifiers', () => {
  test.each([
    ['PUBLISH of QoS 1', packet(0x32, field('a'), id(0), 'x')],
    ['PUBLISH of QoS 2', packet(0x34, field('a'), id(0), 'x')],
    ['SUBSCRIBE', packet(0x82, id(0), field('a'), 0)],
    ['UNSUBSCRIBE', packet(0xa2, id(0), field('a'))],
  ])('of %s must not be 0 [MQTT-2.3.1-1]', async (_, bytes) => {
    const { port } = await startBroker()
    await expectRefused(port, bytes)
  })

  test('of messages to a client are different while they are not acknowledged [MQTT-2.3.1-4]', async () => {
    const { port } = await startBroker()
    const reader = await subscribed(port, [['a', 1]], { clean: false })
    await say(port, ...Array.from({ length: 50 }, () => ({ topic: 'a', qos: 1 as const })))
    const first = await received(reader)
    await reader.vanish()
    await say(port, ...Array.from({ length: 50 }, () => ({ topic: 'a', qos: 1 as const })))
    const back = await RawClient.connected(port, { clientId: 'reader', clean: false })
    await say(port, ...Array.from({ length: 50 }, () => ({ topic: 'a', qos: 1 as const })))
    const all = await received(back)
    expect(all).toHaveLength(150)
    expect(new Set(all.map(({ messageId }) => messageId)).size).toBe(150)
    expect(all.slice(0, 50).map(({ messageId }) => messageId)).toEqual(first.map(({ messageId }) => messageId))
    expect(all.every(({ messageId = 0 }) => messageId > 0)).toBe(true)
  })

  test('are not in a PUBLISH of QoS 0 [MQTT-2.3.1-5]', async () => {
    const { port, messages } = await startBroker()
    const reader = await subscribed(port, ['a'])
    const client = await RawClient.connected(port)
    // If there were one, these two bytes would not be part of the message.
    client.bytes(packet(0x30, field('a'), id(5), 'x'))
    await received(client)
    expect(messages.map(({ payload }) => Buffer.from(payload))).toEqual([Buffer.from('\u0000\u0005x')])
    expect(await received(reader)).toMatchObject([{ payload: Buffer.from('\u0000\u0005x') }])
  })

  test('come back in the answers [MQTT-2.3.1-6] [MQTT-2.3.1-7]', async () => {
    const { port } = await startBroker()
    const client = await RawClient.connected(port)
    client.bytes(packet(0x32, field('b'), id(65_535), 'x'))
    client.bytes(packet(0x34, field('b'), id(256), 'x'))
    client.bytes(packet(0x62, id(256)))
    client.bytes(packet(0x82, id(258), field('a'), 0))
    client.bytes(packet(0xa2, id(259), field('a')))
    const answers = await taken(client, 5)
    expect(new Set(answers.map(({ cmd, messageId }) => `${cmd} ${messageId}`))).toEqual(
      new Set(['puback 65535', 'pubrec 256', 'pubcomp 256', 'suback 258', 'unsuback 259']),
    )
  })
})

describe('violations of the protocol end the connection [MQTT-4.8.0-1] [MQTT-4.8.0-2]', () => {
  test.each([
    ['a packet of type 0', packet(0x00)],
    ['a packet of type 15', packet(0xf0)],
    ['CONNACK to a broker', packet(0x20, 0, 0)],
    ['SUBACK to a broker', packet(0x90, id(1), 0)],
    ['UNSUBACK to a broker', packet(0xb0, id(1))],
    ['PINGRESP to a broker', packet(0xd0)],
    ['a remaining length of five bytes', Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01])],
    ['PUBLISH without a topic', packet(0x30)],
    ['PUBLISH whose topic is longer than it', packet(0x30, id(9), 'a')],
    ['PUBLISH of QoS 1 that ends before its identifier', packet(0x32, field('a'), 0)],
    ['PUBACK without an identifier', packet(0x40)],
    ['PUBREL with half an identifier', packet(0x62, 1)],
    ['SUBSCRIBE that ends before its QoS', packet(0x82, id(1), field('a'))],
    ['SUBSCRIBE whose filter is longer than it', packet(0x82, id(1), id(9), 'a', 0)],
    ['UNSUBSCRIBE whose filter is longer than it', packet(0xa2, id(1), id(9), 'a')],
  ])('%s', async (_, bytes) => {
    const { port, broker } = await startBroker()
    const neighbour = await RawClient.connected(port, { clientId: 'neighbour' })
    await expectRefused(port, bytes)
    // Nobody else notices, and the broker is well.
    expect(await received(neighbour)).toEqual([])
    expect(broker.stats().clients).toBe(1)
  })
})

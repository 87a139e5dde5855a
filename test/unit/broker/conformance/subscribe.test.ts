/** MQTT 3.1.1, chapters 3.8 to 3.11 and 4.7: SUBSCRIBE, UNSUBSCRIBE, topic filters. */
import { describe, expect, test } from 'vitest'
import { RawClient } from '../../../support/raw-mqtt-client.ts'
import { startBroker } from '../../../support/running-broker.ts'
import { expectRefused, field, id, packet, received, say, subscribed } from './client.ts'

const ILL_FORMED = Buffer.from([0x61, 0xff])

describe('SUBSCRIBE', () => {
  test.each([0x80, 0x81, 0x83, 0x86, 0x8a])(
    'with the first byte %d ends the connection [MQTT-3.8.1-1]',
    async (first) => {
      const { port } = await startBroker()
      await expectRefused(port, packet(first, id(1), field('a'), 0))
    },
  )

  test.each([
    ['a filter that is not UTF-8 [MQTT-3.8.3-1]', packet(0x82, id(1), field(ILL_FORMED), 0)],
    ['no filter [MQTT-3.8.3-3]', packet(0x82, id(1))],
    ['a QoS of 3 [MQTT-3.8.3-4]', packet(0x82, id(1), field('a'), 3)],
    ['reserved bits beside its QoS [MQTT-3.8.3-4]', packet(0x82, id(1), field('a'), 0x41)],
    ['a good filter and one without QoS [MQTT-3.8.3-4]', packet(0x82, id(1), field('a'), 1, field('b'))],
  ])('with %s ends the connection', async (_, bytes) => {
    const { port } = await startBroker()
    await expectRefused(port, bytes)
  })

  test('is answered with SUBACK, its identifier and a code for each filter, in order [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.8.4-5] [MQTT-3.9.3-1] [MQTT-3.9.3-2]', async () => {
    const { port } = await startBroker()
    const client = await RawClient.connected(port)
    const filters = [field('a'), 2, field('$share/x/a'), 1, field('b'), 0, field('c/#'), 1]
    client.bytes(packet(0x82, id(4711), ...filters))
    expect(await client.next()).toMatchObject({ cmd: 'suback', messageId: 4711, granted: [2, 128, 0, 1] })
  })

  test('of several filters is as several of one [MQTT-3.8.4-4]', async () => {
    const { port } = await startBroker()
    await say(port, { topic: 'a/1', retain: true }, { topic: 'b/1', retain: true })
    const reader = await subscribed(port, ['a/+', 'b/+'])
    expect(new Set([(await reader.next())?.cmd, (await reader.next())?.cmd])).toEqual(new Set(['publish']))
    await say(port, { topic: 'a/2' }, { topic: 'b/2' })
    expect(await received(reader)).toMatchObject([{ topic: 'a/2' }, { topic: 'b/2' }])
  })

  test('of a filter that there is already replaces it, sends what is retained again, and interrupts nothing [MQTT-3.8.4-3]', async () => {
    const { port } = await startBroker()
    await say(port, { topic: 'a', payload: 'kept', qos: 1, retain: true })
    const reader = await subscribed(port, [['a', 0]])
    expect(await reader.next()).toMatchObject({ payload: Buffer.from('kept'), qos: 0, retain: true })
    const speaker = await RawClient.connected(port, { clientId: 'speaker' })
    for (let n = 1; n <= 20; n++) speaker.publish('a', String(n), { qos: 1, id: n })
    reader.send({ cmd: 'subscribe', messageId: 2, subscriptions: [{ topic: 'a', qos: 1 }] })
    for (let n = 21; n <= 40; n++) speaker.publish('a', String(n), { qos: 1, id: n })
    for (let n = 1; n <= 40; n++) await speaker.next()
    const packets = []
    for (let published = 0; published < 41; ) {
      const next = await reader.next()
      packets.push(next)
      if (next?.cmd === 'publish') published++
    }
    const texts = packets.flatMap((next) => (next?.cmd === 'publish' && !next.retain ? [String(next.payload)] : []))
    expect(texts).toEqual(Array.from({ length: 40 }, (_, n) => String(n + 1)))
    expect(packets.filter((next) => next?.cmd === 'publish' && next.retain)).toMatchObject([
      { payload: Buffer.from('kept') },
    ])
    await say(port, { topic: 'a', qos: 1, payload: 'last' })
    expect(await received(reader)).toMatchObject([{ qos: 1, payload: Buffer.from('last') }])
  })

  test.each([
    [2, 0, 0],
    [2, 1, 1],
    [1, 2, 1],
    [0, 2, 0],
    [2, 2, 2],
  ] as const)(
    'a message of QoS %d to a subscription of QoS %d comes with QoS %d [MQTT-3.8.4-6]',
    async (own, granted, qos) => {
      const { port } = await startBroker()
      for (const filter of ['a/b', 'a/+', '#']) {
        const reader = await subscribed(port, [[filter, granted]])
        await say(port, { qos: own })
        expect(await received(reader)).toMatchObject([{ cmd: 'publish', qos, dup: false }])
      }
    },
  )
})

describe('UNSUBSCRIBE', () => {
  test.each([0xa0, 0xa1, 0xa3, 0xaa])('with the first byte %d ends the connection [MQTT-3.10.1-1]', async (first) => {
    const { port } = await startBroker()
    await expectRefused(port, packet(first, id(1), field('a')))
  })

  test.each([
    ['a filter that is not UTF-8 [MQTT-3.10.3-1]', packet(0xa2, id(1), field(ILL_FORMED))],
    ['no filter [MQTT-3.10.3-2]', packet(0xa2, id(1))],
  ])('with %s ends the connection', async (_, bytes) => {
    const { port } = await startBroker()
    await expectRefused(port, bytes)
  })

  test('takes away exactly the filters that it names, character by character [MQTT-3.10.4-1] [MQTT-3.10.4-6]', async () => {
    const { port } = await startBroker()
    const reader = await subscribed(port, ['a/b', 'A/b', 'a/+', 'a/b/', 'c', 'd'])
    reader.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a/b', 'a/+', 'c', 'a/#'] })
    expect(await reader.next()).toMatchObject({ cmd: 'unsuback', messageId: 2 })
    await say(port, ...['a/b', 'A/b', 'a/b/', 'c', 'd'].map((topic) => ({ topic })))
    expect(await received(reader)).toMatchObject([{ topic: 'A/b' }, { topic: 'a/b/' }, { topic: 'd' }])
  })

  test('stops new messages [MQTT-3.10.4-2], and those that are on their way are completed [MQTT-3.10.4-3]', async () => {
    const { port } = await startBroker()
    const reader = await subscribed(port, ['a'], { clean: false })
    await say(port, { topic: 'a', qos: 2, payload: 'under way' })
    const message = await reader.next()
    const messageId = message?.messageId ?? 0
    reader.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a'] })
    expect(await reader.next()).toMatchObject({ cmd: 'unsuback' })
    await say(port, { topic: 'a', qos: 2, payload: 'new' })
    expect(await received(reader)).toEqual([])
    await reader.vanish()
    const back = await RawClient.connected(port, { clientId: 'reader', clean: false })
    expect(await back.next()).toMatchObject({ cmd: 'publish', messageId, dup: true, payload: Buffer.from('under way') })
    back.send({ cmd: 'pubrec', messageId })
    expect(await back.next()).toMatchObject({ cmd: 'pubrel', messageId })
  })

  test('is answered with its identifier [MQTT-3.10.4-4], also where there was nothing to take away [MQTT-3.10.4-5]', async () => {
    const { port } = await startBroker()
    const client = await RawClient.connected(port)
    client.bytes(packet(0xa2, id(513), field('never/there')))
    expect(await client.next()).toMatchObject({ cmd: 'unsuback', messageId: 513 })
  })
})

describe('topic filters', () => {
  const MISPLACED_MANY = ['a#', 'a/#/b', '#/a', 'a/b#', 'a/#b', '##', '/#/'] as const
  const MISPLACED_ONE = ['a+', '+a', 'a/b+', 'a/+b', 'a/++/b', '++'] as const

  test.each([
    ...MISPLACED_MANY.map((filter) => [filter, '4.7.1-2']),
    ...MISPLACED_ONE.map((filter) => [filter, '4.7.1-3']),
  ])('"%s" ends the connection, in SUBSCRIBE as in UNSUBSCRIBE [MQTT-4.7.1-2] [MQTT-4.7.1-3]', async (filter) => {
    const { port } = await startBroker()
    await expectRefused(port, packet(0x82, id(1), field(filter), 0))
    await expectRefused(port, packet(0xa2, id(1), field(filter)))
  })

  /** The examples of chapter 4.7, and what else people try. */
  const MATCHES: readonly (readonly [filter: string, topic: string, matches: boolean])[] = [
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/ranking', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/#', 'sport', true],
    ['#', 'a', true],
    ['#', '/a', true],
    ['sport/tennis/+', 'sport/tennis/player1', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/tennis/#', 'sport/tennis', true],
    ['+', 'finance', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['a//b', 'a//b', true],
    ['a/+/b', 'a//b', true],
    ['a/b', 'a//b', false],
    ['+/+/+', '//', true],
    ['accounts', 'Accounts', false],
  ]

  test.each(MATCHES)(
    'wildcards are supported: "%s" and "%s": %s [MQTT-3.8.3-2] [MQTT-3.3.2-3]',
    async (filter, topic, matches) => {
      const { port } = await startBroker()
      const reader = await subscribed(port, [filter])
      await say(port, { topic })
      expect((await received(reader)).map((message) => message.cmd === 'publish' && message.topic)).toEqual(
        matches ? [topic] : [],
      )
    },
  )

  test('that begin with a wildcard do not match topics that begin with $ [MQTT-4.7.2-1]', async () => {
    const { port } = await startBroker({ systemIntervalMs: 5 })
    const reader = await subscribed(port, ['#', '+/broker/#', '+/#'])
    const watcher = await subscribed(port, ['$SYS/broker/bytes/+'], { clientId: 'watcher' })
    for (let n = 0; n < 4; n++) expect(await watcher.next()).toMatchObject({ cmd: 'publish' })
    expect(await received(reader)).toEqual([])
  })

  test('and topics have at least one character [MQTT-4.7.3-1]', async () => {
    const { port } = await startBroker()
    await expectRefused(port, packet(0x82, id(1), field(''), 0))
    await expectRefused(port, packet(0xa2, id(1), field('')))
    await expectRefused(port, packet(0x30, field(''), 'x'))
    const reader = await subscribed(port, ['/'])
    await say(port, { topic: '/' })
    expect(await received(reader)).toMatchObject([{ topic: '/' }])
  })

  test('and topics hold no U+0000 [MQTT-4.7.3-2]', async () => {
    const { port } = await startBroker()
    await expectRefused(port, packet(0x82, id(1), field('a\u0000'), 0))
    await expectRefused(port, packet(0x30, field('\u0000'), 'x'))
  })

  test('and topics may be as long as the broker allows, and never longer than their length can say [MQTT-4.7.3-3]', async () => {
    const limits = { maxTopicBytes: 65_535 }
    const { port } = await startBroker({ limits })
    const topic = 'x'.repeat(65_535)
    const reader = await subscribed(port, [topic])
    await say(port, { topic })
    expect(await received(reader)).toMatchObject([{ topic }])
  })

  test('and topics are taken as they are, not normalised [MQTT-4.7.3-4]', async () => {
    const { port } = await startBroker()
    const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301']
    const reader = await subscribed(port, [composed, 'a b', '/c/'])
    await say(
      port,
      { topic: decomposed },
      { topic: composed },
      { topic: 'A B' },
      { topic: ' a b' },
      { topic: '/c' },
      { topic: '/c/' },
    )
    expect(await received(reader)).toMatchObject([{ topic: composed }, { topic: '/c/' }])
  })
})

/** How messages reach subscribers: once, at the right QoS, after CONNACK, in order. */
import fc from 'fast-check'
import mqttPacket, { type Packet } from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { publishHead, type Qos } from '../../../broker/publish-bytes.ts'
import { RawClient } from '../../support/raw-mqtt-client.ts'
import { startBroker } from '../../support/running-broker.ts'

type Subscriptions = readonly { readonly topic: string; readonly qos: 0 | 1 | 2 }[]

async function subscribed(port: number, subscriptions: Subscriptions, clean = true): Promise<RawClient> {
  const client = await RawClient.connected(port, { clientId: 'reader', clean })
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [...subscriptions] })
  await client.next()
  return client
}

/** All that has come when the broker has answered a ping. */
async function received(client: RawClient): Promise<readonly Packet[]> {
  client.send({ cmd: 'pingreq' })
  const packets: Packet[] = []
  for (let packet = await client.next(); packet?.cmd !== 'pingresp'; packet = await client.next()) {
    if (packet === null) throw new Error('the connection ended')
    packets.push(packet)
  }
  return packets
}

async function publish(port: number, qos: 0 | 1 | 2, options: { retain?: boolean } = {}): Promise<void> {
  const device = await RawClient.connected(port, { clientId: 'device' })
  device.publish('site/level', '1', { qos, id: 1, ...options })
  device.send({ cmd: 'pubrel', messageId: 1 })
  await received(device)
  await device.vanish()
}

describe('a message', () => {
  const filters: readonly [string, Subscriptions, Qos][] = [
    ['of a filter with a wildcard has its QoS at most', [{ topic: 'site/+', qos: 1 }], 1],
    ['of a filter with a wildcard at QoS 0', [{ topic: '#', qos: 0 }], 0],
    [
      'of two filters has the higher QoS, the lower first',
      [
        { topic: 'site/level', qos: 0 },
        { topic: 'site/#', qos: 2 },
      ],
      2,
    ],
    [
      'of two filters has the higher QoS, the higher first',
      [
        { topic: 'site/#', qos: 1 },
        { topic: 'site/level', qos: 0 },
      ],
      1,
    ],
  ]
  test.each(filters)('%s, and comes once', async (_, subscriptions, qos) => {
    const { port } = await startBroker()
    const reader = await subscribed(port, subscriptions)
    await publish(port, 2)
    expect(await received(reader)).toMatchObject([{ cmd: 'publish', qos }])
  })

  test.each(filters)('that was retained, %s', async (_, subscriptions, qos) => {
    const { port } = await startBroker()
    await publish(port, 2, { retain: true })
    const reader = await subscribed(port, subscriptions)
    const messages = [await reader.next(), ...(await received(reader))]
    expect(messages).toMatchObject([{ cmd: 'publish', qos, retain: true }])
  })

  test('that two filters of a session match is kept until it is acknowledged', async () => {
    const { port, broker } = await startBroker()
    const filters = [
      { topic: 'site/#', qos: 1 },
      { topic: 'site/level', qos: 1 },
    ] as const
    const reader = await subscribed(port, filters, false)
    await publish(port, 1)
    expect(await received(reader)).toHaveLength(1)
    await reader.vanish()
    const back = await RawClient.connected(port, { clientId: 'reader', clean: false })
    const message = await back.next()
    expect(message).toMatchObject({ cmd: 'publish', payload: Buffer.from('1') })
    back.send({ cmd: 'puback', messageId: message?.messageId ?? 0 })
    expect(await received(back)).toEqual([])
    expect(broker.stats().store.queuedMessages).toBe(0)
  })

  test('that was retained is kept for a session until it is acknowledged', async () => {
    const { port, broker } = await startBroker()
    await publish(port, 1, { retain: true })
    const reader = await subscribed(port, [{ topic: 'site/#', qos: 1 }], false)
    expect(await reader.next()).toMatchObject({ cmd: 'publish', retain: true })
    await reader.vanish()
    const back = await RawClient.connected(port, { clientId: 'reader', clean: false })
    const again = await back.next()
    expect(again).toMatchObject({ cmd: 'publish', retain: true, dup: true })
    back.send({ cmd: 'puback', messageId: again?.messageId ?? 0 })
    expect(await received(back)).toEqual([])
    expect(broker.stats().store.queuedMessages).toBe(0)
  })
})

test('a session that resumes under a stream of messages gets CONNACK first and each message once, in order', async () => {
  const { port } = await startBroker()
  const device = await RawClient.connected(port, { clientId: 'device' })
  await (await subscribed(port, [{ topic: 'site/#', qos: 1 }], false)).vanish()
  let sent = 0
  const burst = (count: number): void => {
    for (let n = 0; n < count; n++) device.publish('site/level', String(++sent), { id: sent })
  }
  burst(200)
  for (let n = 0; n < 200; n++) await device.next()
  const reader = await RawClient.open(port)
  burst(200)
  const connack = reader.connect({ clientId: 'reader', clean: false })
  burst(200)
  expect(await connack).toMatchObject({ cmd: 'connack', sessionPresent: true })
  burst(200)
  for (let expected = 1; expected <= sent; expected++) {
    const message = await reader.next()
    expect(message).toMatchObject({ cmd: 'publish', payload: Buffer.from(String(expected)) })
    reader.send({ cmd: 'puback', messageId: message?.messageId ?? 0 })
  }
  expect(await received(reader)).toEqual([])
})

test('what is written is what mqtt-packet would write', () => {
  const message = fc.record({
    topic: fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
    payload: fc.uint8Array({ maxLength: 20_000 }),
  })
  const header = fc.record({
    qos: fc.constantFrom<Qos>(0, 1, 2),
    retain: fc.boolean(),
    messageId: fc.integer({ min: 1, max: 65_535 }),
  })
  fc.assert(
    fc.property(message, header, ({ topic, payload }, { qos, retain, messageId }) => {
      const bytes = Buffer.from(payload)
      const expected = mqttPacket.generate({
        ...{ cmd: 'publish', topic, payload: bytes, qos, retain, dup: false },
        ...(qos > 0 && { messageId }),
      })
      expect(Buffer.concat([publishHead({ topic, payload: bytes }, { qos, retain, messageId }), bytes])).toEqual(
        expected,
      )
    }),
  )
  for (const length of [100, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152]) {
    const payload = Buffer.alloc(length - 3)
    const head = publishHead({ topic: 'a', payload }, { qos: 0, retain: false, messageId: 0 })
    expect(head).toEqual(
      mqttPacket
        .generate({ cmd: 'publish', topic: 'a', payload, qos: 0, retain: false, dup: false })
        .subarray(0, head.length),
    )
  }
})

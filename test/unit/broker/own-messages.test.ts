/** What the broker says itself: to those who subscribe, and it says where nobody does. */
import { expect, test } from 'vitest'
import { RawClient } from '../../support/raw-mqtt-client.ts'
import { startBroker } from '../../support/running-broker.ts'

const word = { topic: 'device/7/down', payload: Buffer.from('off'), qos: 1 } as const

async function subscriber(port: number, qos: 0 | 1 = 1): Promise<RawClient> {
  const client = await RawClient.connected(port, { clientId: 'device', clean: false })
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: word.topic, qos }] })
  await client.next()
  return client
}

test('what the broker says reaches those who subscribe, and is not ingested', async () => {
  const { broker, port, messages } = await startBroker()
  const device = await subscriber(port)
  expect(await broker.publish(word)).toBe(true)
  expect(await device.next()).toMatchObject({ cmd: 'publish', ...word, retain: false })
  expect(messages).toEqual([])
})

test('it says that nobody is there', async () => {
  const { broker } = await startBroker()
  expect(await broker.publish(word)).toBe(false)
})

test('at QoS 1 it waits for a session that is away, at QoS 0 nobody is there', async () => {
  const { broker, port } = await startBroker()
  const device = await subscriber(port)
  device.send({ cmd: 'disconnect' })
  await device.next()
  await expect.poll(() => broker.stats().clients).toBe(0)
  expect(await broker.publish({ ...word, qos: 0 })).toBe(false)
  expect(await broker.publish(word)).toBe(true)
  const back = await RawClient.connected(port, { clientId: 'device', clean: false })
  expect(await back.next()).toMatchObject({ cmd: 'publish', ...word })
})

test('a topic that no client could have is refused', async () => {
  const { broker } = await startBroker()
  await expect(broker.publish({ ...word, topic: 'device/+/down' })).rejects.toThrow('+')
})

test('a broker that has stopped says so', async () => {
  const { broker } = await startBroker()
  await broker.stop()
  await expect(broker.publish(word)).rejects.toThrow('does not run')
})

test('a message says as whom its client was let in', async () => {
  const users = [{ name: 'duty', password: 'drizzle-42', rights: { type: 'everything' } as const }]
  const { port, messages } = await startBroker({ authentication: { type: 'users', users } })
  const duty = await RawClient.connected(port, {
    clientId: 'console',
    username: 'duty',
    password: Buffer.from('drizzle-42'),
  })
  duty.publish('site/level', '1', { qos: 1, id: 1 })
  await duty.next()
  expect(messages).toMatchObject([{ clientId: 'console', username: 'duty' }])
})

/**
 * A client that reads nothing costs nobody else anything. Time limits are far longer than a test may take, so that a
 * publisher that waited for such a client would never end.
 */
import { describe, expect, test } from 'vitest'
import type { BrokerLimits } from '../../../broker/limits.ts'
import { RawClient } from '../../support/raw-mqtt-client.ts'
import { type RunningBroker, startBroker } from '../../support/running-broker.ts'

const FAST: Partial<BrokerLimits> = { maxBytesPerSecond: 1e9 }
const PATIENT: Partial<BrokerLimits> = { ...FAST, drainTimeoutMs: 600_000 }
/** Together more than the buffers of both sides of a loopback connection hold. */
const IMAGE = Buffer.alloc(200_000)
const IMAGES = 100

async function subscribed(
  port: number,
  options: { clientId: string; filter: string; qos?: 0 | 1 | 2; clean?: boolean },
): Promise<RawClient> {
  const { clientId, filter, qos = 0, clean = true } = options
  const client = await RawClient.connected(port, { clientId, clean })
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos }] })
  expect(await client.next()).toMatchObject({ cmd: 'suback', granted: [qos] })
  return client
}

async function publishImages(port: number, count = IMAGES): Promise<RawClient> {
  const camera = await RawClient.connected(port, { clientId: 'camera' })
  for (let id = 1; id <= count; id++) {
    camera.publish('site/image', IMAGE, { id })
    expect(await camera.next()).toMatchObject({ cmd: 'puback', messageId: id })
  }
  return camera
}

async function frozen(port: number, options: { qos?: 0 | 1 | 2; clean?: boolean } = {}): Promise<RawClient> {
  const client = await subscribed(port, { clientId: 'frozen', filter: 'site/#', ...options })
  client.freeze()
  return client
}

const refused = ({ broker }: RunningBroker) => broker.stats().refused

describe('a subscriber that reads nothing', () => {
  test('holds up neither its publishers nor fifty other subscribers', async () => {
    const running = await startBroker({ limits: PATIENT })
    const { port, broker } = running
    await frozen(port)
    const others = await Promise.all(
      Array.from({ length: 50 }, (_, n) => subscribed(port, { clientId: `other ${n}`, filter: 'site/level', qos: 1 })),
    )
    const camera = await publishImages(port)
    for (let id = 1; id <= 20; id++) {
      camera.publish('site/level', String(id), { id })
      expect(await camera.next()).toMatchObject({ cmd: 'puback', messageId: id })
    }
    for (const other of others) {
      for (let id = 1; id <= 20; id++) {
        expect(await other.next()).toMatchObject({ cmd: 'publish', payload: Buffer.from(String(id)) })
      }
    }
    // It is still there, with no more than its share of the memory.
    const { clients, outbound, messages } = broker.stats()
    expect({ clients, messages: messages.accepted, refused: refused(running) }).toEqual({
      clients: 52,
      messages: IMAGES + 20,
      refused: {},
    })
    expect(outbound).toMatchObject({ slowSubscribers: 1 })
    expect(outbound.waitingBytes).toBeLessThanOrEqual(1024 * 1024)
    expect(outbound.dropped).toBeGreaterThan(0)
  })

  test('is cut off when it asked for QoS 1, and finds its messages when it is back', async () => {
    const running = await startBroker({ limits: { ...PATIENT, maxQueuedBytesPerSession: IMAGES * 2 * IMAGE.length } })
    const { port, broker } = running
    const gone = await frozen(port, { qos: 1, clean: false })
    await publishImages(port)
    gone.thaw()
    await gone.closed
    expect(refused(running)).toEqual({ 'slow-subscriber': 1 })
    expect(broker.stats().outbound).toEqual({ slowSubscribers: 0, waitingBytes: 0, dropped: 0 })
    const back = await RawClient.open(port)
    await back.connect({ clientId: 'frozen', clean: false })
    for (let count = 0; count < IMAGES; count++) {
      const message = await back.next()
      expect(message).toMatchObject({ cmd: 'publish', topic: 'site/image', qos: 1 })
      back.send({ cmd: 'puback', messageId: message?.messageId ?? 0 })
    }
    back.send({ cmd: 'pingreq' })
    expect(await back.next()).toMatchObject({ cmd: 'pingresp' })
    expect(broker.stats().store.queuedMessages).toBe(0)
  })

  test('is cut off in the end', async () => {
    const running = await startBroker({ limits: { ...FAST, drainTimeoutMs: 50 } })
    await frozen(running.port)
    await publishImages(running.port)
    await expect.poll(() => refused(running), { timeout: 20_000 }).toEqual({ 'slow-subscriber': 1 })
    await expect.poll(() => running.broker.stats().clients).toBe(1)
  })

  test('shares the memory for all of its kind', async () => {
    const { port, broker } = await startBroker({ limits: { ...PATIENT, maxOutboundBytes: 1_500_000 } })
    const readers = await Promise.all(
      [1, 2, 3].map((n) => subscribed(port, { clientId: `frozen ${n}`, filter: 'site/#' })),
    )
    for (const reader of readers) reader.freeze()
    await publishImages(port)
    expect(broker.stats().outbound).toMatchObject({ slowSubscribers: 3 })
    expect(broker.stats().outbound.waitingBytes).toBeLessThanOrEqual(1_500_000)
  })

  test('gives back what it held when it goes', async () => {
    const { port, broker } = await startBroker({ limits: PATIENT })
    const gone = await frozen(port)
    const camera = await publishImages(port)
    await gone.vanish()
    camera.send({ cmd: 'pingreq' })
    await camera.next()
    expect(broker.stats().outbound).toMatchObject({ slowSubscribers: 0, waitingBytes: 0 })
  })

  test('gets what has room for it when it reads again', async () => {
    const { port, broker } = await startBroker({ limits: PATIENT })
    const slow = await frozen(port)
    const camera = await publishImages(port)
    const { dropped } = broker.stats().outbound
    slow.thaw()
    for (let count = 0; count < IMAGES - dropped; count++) {
      expect(await slow.next()).toMatchObject({ topic: 'site/image' })
    }
    camera.publish('site/level', '1', { id: 1 })
    expect(await slow.next()).toMatchObject({ topic: 'site/level' })
    expect(broker.stats().outbound).toMatchObject({ slowSubscribers: 0, waitingBytes: 0, dropped })
  })
})

test('a client that acknowledges nothing is cut off at its bound', async () => {
  const { port, broker } = await startBroker({ limits: { maxUnacknowledgedPerClient: 5 } })
  const reader = await subscribed(port, { clientId: 'reader', filter: 'site/level', qos: 1 })
  const device = await RawClient.connected(port, { clientId: 'device' })
  for (let id = 1; id <= 6; id++) device.publish('site/level', String(id), { id })
  for (let id = 1; id <= 5; id++) expect(await reader.next()).toMatchObject({ cmd: 'publish', qos: 1 })
  expect(await reader.next()).toBeNull()
  expect(broker.stats().refused).toEqual({ 'slow-subscriber': 1 })
})

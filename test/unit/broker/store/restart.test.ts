import { describe, expect, test } from 'vitest'
import { RawClient } from '../../../support/raw-mqtt-client.ts'
import { type RunningBroker, startBroker, storePath } from '../../../support/running-broker.ts'
import { heldByFile, waitingFor } from '../../../support/store-file.ts'

const will = { topic: 'site/status', payload: Buffer.from('lost'), qos: 1 as const, retain: false }

function start(path: string, options: Parameters<typeof startBroker>[0] = {}): Promise<RunningBroker> {
  return startBroker({ persistence: { type: 'file', path }, ...options })
}

async function subscribed(
  port: number,
  subscriptions: readonly { topic: string; qos: 0 | 1 | 2 }[],
  clientId = 'reader',
): Promise<RawClient> {
  const client = await RawClient.connected(port, { clientId, clean: false })
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [...subscriptions] })
  expect(await client.next()).toMatchObject({ cmd: 'suback', granted: subscriptions.map(({ qos }) => qos) })
  return client
}

/** As a client that still has its session. */
async function resumed(port: number, { clientId = 'reader', present = true } = {}): Promise<RawClient> {
  const client = await RawClient.open(port)
  expect(await client.connect({ clientId, clean: false })).toMatchObject({ sessionPresent: present })
  return client
}

async function publish(port: number, packets: readonly Parameters<RawClient['publish']>[]): Promise<void> {
  const device = await RawClient.connected(port, { clientId: 'device' })
  for (const packet of packets) {
    device.publish(...packet)
    if ((packet[2]?.qos ?? 1) > 0) await device.next()
  }
  device.send({ cmd: 'pingreq' })
  await device.next()
  await device.vanish()
}

describe('after a restart', () => {
  test('a session has its subscriptions and its messages, in order', async () => {
    const path = storePath()
    const first = await start(path)
    await (await subscribed(first.port, [{ topic: 'site/+', qos: 1 }])).vanish()
    await publish(first.port, [
      ['site/level', '1'],
      ['site/tilt', '2'],
    ])
    await first.broker.stop()
    const second = await start(path)
    await publish(second.port, [['site/level', '3']])
    const reader = await resumed(second.port)
    for (const payload of ['1', '2', '3']) {
      expect(await reader.next()).toMatchObject({ cmd: 'publish', qos: 1, dup: false, payload: Buffer.from(payload) })
    }
    await publish(second.port, [['site/level', 'live']])
    expect(await reader.next()).toMatchObject({ payload: Buffer.from('live') })
  })

  test('a message that was sent and not acknowledged comes again, under its identifier and with DUP', async () => {
    const path = storePath()
    const first = await start(path)
    const reader = await subscribed(first.port, [{ topic: 'site/+', qos: 1 }])
    await publish(first.port, [
      ['site/level', '1'],
      ['site/level', '2'],
    ])
    const one = await reader.next()
    const two = await reader.next()
    reader.send({ cmd: 'puback', messageId: one?.messageId ?? 0 })
    reader.send({ cmd: 'pingreq' })
    expect(await reader.next()).toMatchObject({ cmd: 'pingresp' })
    await first.broker.stop()
    const second = await start(path)
    const again = await resumed(second.port)
    const redelivered = { cmd: 'publish', messageId: two?.messageId, dup: true, payload: Buffer.from('2') }
    expect(await again.next()).toMatchObject(redelivered)
    // What comes now has another identifier than what is still open.
    await publish(second.port, [['site/level', '3']])
    const three = await again.next()
    expect(three).toMatchObject({ payload: Buffer.from('3'), dup: false })
    expect(three?.messageId).not.toBe(two?.messageId)
  })

  test('what a session gave up is gone: subscriptions, and the session itself by a clean one', async () => {
    const path = storePath()
    const first = await start(path)
    const reader = await subscribed(first.port, [
      { topic: 'a', qos: 1 },
      { topic: 'b', qos: 1 },
    ])
    reader.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a'] })
    expect(await reader.next()).toMatchObject({ cmd: 'unsuback' })
    await (await subscribed(first.port, [{ topic: 'a', qos: 1 }], 'other')).vanish()
    await (await RawClient.connected(first.port, { clientId: 'other', clean: true })).vanish()
    await first.broker.stop()
    const second = await start(path)
    await publish(second.port, [
      ['a', 'for nobody'],
      ['b', 'for the reader'],
    ])
    expect(await (await resumed(second.port)).next()).toMatchObject({ topic: 'b' })
    await resumed(second.port, { clientId: 'other', present: false })
    expect(second.broker.stats().store).toMatchObject({ queuedMessages: 1 })
  })

  test('retained messages are there, and removed ones are not', async () => {
    const path = storePath()
    const first = await start(path)
    await publish(first.port, [
      ['a', 'old', { retain: true }],
      ['a', 'new', { retain: true, qos: 0 }],
      ['b', 'x', { retain: true }],
      ['b', '', { retain: true }],
      ['c', Buffer.from([0, 255]), { retain: true, qos: 2 }],
    ])
    await first.broker.stop()
    const second = await start(path)
    const reader = await subscribed(second.port, [{ topic: '#', qos: 0 }])
    expect(await reader.next()).toMatchObject({ topic: 'a', payload: Buffer.from('new'), retain: true })
    expect(await reader.next()).toMatchObject({ topic: 'c', payload: Buffer.from([0, 255]), retain: true })
    expect(second.broker.stats().store).toMatchObject({ retainedMessages: 2 })
  })

  test('nothing is there of a client that kept nothing', async () => {
    const path = storePath()
    const { port } = await start(path)
    await publish(port, [
      ['site/level', '1'],
      ['site/level', '2', { qos: 2, id: 4 }],
      ['site/level', '3', { qos: 0 }],
    ])
    expect(heldByFile(path)).toEqual([])
  })

  test('the limits of today hold for what was kept under others', async () => {
    const path = storePath()
    const first = await start(path)
    for (const n of [1, 2, 3]) await (await subscribed(first.port, [{ topic: '#', qos: 1 }], `reader ${n}`)).vanish()
    await publish(first.port, [
      ['a', '1', { retain: true }],
      ['b', '2', { retain: true }],
    ])
    await first.broker.stop()
    const { broker } = await start(path, { limits: { maxSessions: 2, maxRetainedMessages: 1 } })
    expect(broker.stats().store).toMatchObject({
      ...{ sessions: 2, queuedMessages: 4, retainedMessages: 1 },
      dropped: { 'session-evicted': 2, 'retained-full': 1 },
    })
  })
})

describe('an acknowledgement means on disk', () => {
  test('PUBACK: what waits for an absent subscriber, and what is retained', async () => {
    const path = storePath()
    const { port } = await start(path)
    await (await subscribed(port, [{ topic: 'site/#', qos: 1 }])).vanish()
    const device = await RawClient.connected(port, { clientId: 'device' })
    for (let id = 1; id <= 20; id++) {
      device.publish('site/level', String(id), { id, retain: true })
      expect(await device.next()).toMatchObject({ cmd: 'puback', messageId: id })
      expect(waitingFor('reader', path)).toHaveLength(id)
      expect(heldByFile(path)).toContainEqual(
        expect.objectContaining({ type: 'retained', payload: new Uint8Array(Buffer.from(String(id))) }),
      )
    }
  })

  test('PUBREC: what waits for an absent subscriber, and that it must not be taken twice', async () => {
    const path = storePath()
    const { port } = await start(path)
    await (await subscribed(port, [{ topic: 'site/#', qos: 2 }])).vanish()
    const device = await RawClient.connected(port, { clientId: 'device', clean: false })
    device.publish('site/level', '1', { qos: 2, id: 5 })
    expect(await device.next()).toMatchObject({ cmd: 'pubrec', messageId: 5 })
    expect(heldByFile(path)).toContainEqual({ type: 'received', client: 'device', messageId: 5 })
    expect(waitingFor('reader', path)).toEqual(['1'])
    device.send({ cmd: 'pubrel', messageId: 5 })
    expect(await device.next()).toMatchObject({ cmd: 'pubcomp' })
    // The client may use the identifier for another message now.
    expect(heldByFile(path).filter(({ type }) => type === 'received')).toEqual([])
  })

  test('SUBACK and UNSUBACK: the subscription; CONNACK: the will', async () => {
    const path = storePath()
    const { port } = await start(path)
    const reader = await RawClient.connected(port, { clientId: 'reader', clean: false, will })
    expect(heldByFile(path)).toContainEqual(expect.objectContaining({ type: 'will', client: 'reader' }))
    const subscriptions = () => heldByFile(path).filter(({ type }) => type === 'subscription')
    reader.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a', qos: 1 }] })
    await reader.next()
    expect(subscriptions()).toMatchObject([{ client: 'reader', filter: 'a', qos: 1 }])
    reader.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a'] })
    await reader.next()
    expect(subscriptions()).toEqual([])
  })

  test('PUBREL to a subscriber: its message never goes out as a message again', async () => {
    const path = storePath()
    const first = await start(path)
    const reader = await subscribed(first.port, [{ topic: 'site/#', qos: 2 }])
    await publish(first.port, [['site/level', '1', { qos: 2, id: 9 }]])
    const message = await reader.next()
    const messageId = message?.messageId ?? 0
    expect(heldByFile(path)).toContainEqual(expect.objectContaining({ type: 'sent', client: 'reader', messageId }))
    reader.send({ cmd: 'pubrec', messageId })
    expect(await reader.next()).toMatchObject({ cmd: 'pubrel' })
    expect(heldByFile(path)).toContainEqual(expect.objectContaining({ type: 'released', client: 'reader', messageId }))
    await first.broker.stop()
    const second = await start(path)
    const again = await resumed(second.port)
    expect(await again.next()).toMatchObject({ cmd: 'pubrel', messageId })
    again.send({ cmd: 'pubcomp', messageId })
    again.send({ cmd: 'pingreq' })
    expect(await again.next()).toMatchObject({ cmd: 'pingresp' })
    expect(second.broker.stats().store).toMatchObject({ queuedMessages: 0, queuedBytes: 0 })
  })
})

describe('the wills of clients that were connected when the broker ended', () => {
  test('are published when they do not come back, to the gateway and to subscribers', async () => {
    const path = storePath()
    const first = await start(path)
    await RawClient.connected(first.port, { clientId: 'gone', will })
    await first.broker.stop()
    const second = await start(path, { limits: { willGraceMs: 40 } })
    const reader = await subscribed(second.port, [{ topic: 'site/status', qos: 1 }])
    expect(await reader.next()).toMatchObject({ topic: 'site/status', payload: Buffer.from('lost') })
    expect(second.messages).toMatchObject([{ topic: 'site/status', clientId: 'gone', will: true }])
    await second.broker.stop()
    expect(heldByFile(path).filter(({ type }) => type === 'will')).toEqual([])
  })

  test('are not when they do, or had said DISCONNECT', async () => {
    const path = storePath()
    const first = await start(path)
    await RawClient.connected(first.port, { clientId: 'back', will })
    const left = await RawClient.connected(first.port, { clientId: 'left', will })
    left.send({ cmd: 'disconnect' })
    await left.closed
    await RawClient.connected(first.port, { clientId: 'gone', will: { ...will, topic: 'site/gone' } })
    await first.broker.stop()
    const second = await start(path, { limits: { willGraceMs: 1000 } })
    await RawClient.connected(second.port, { clientId: 'back', will })
    await expect.poll(() => second.messages, { timeout: 20_000 }).toMatchObject([{ topic: 'site/gone' }])
    expect(second.broker.stats().store).toMatchObject({ wills: 1 })
  })
})

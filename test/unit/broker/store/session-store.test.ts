import { describe, expect, test } from 'vitest'
import { SessionStore } from '../../../../broker/store/session-store.ts'
import { DEFAULT_STORE_LIMITS } from '../../../../broker/store/store-limits.ts'
import type { ClientRef, StoredPacket } from '../../../../broker/store/stored-packet.ts'

const HOUR = 3_600_000
const reader: ClientRef = { id: 'reader', clean: false }
const message = (payload: string, qos = 1): StoredPacket => ({
  ...{
    cmd: 'publish',
    topic: 'site/level',
    payload: Buffer.from(payload),
    qos,
    retain: false,
    dup: false,
    messageId: 1,
  },
})

function createStore(limits: Partial<typeof DEFAULT_STORE_LIMITS> = {}) {
  const time = { wall: Date.UTC(2026, 0, 1), mono: 0 }
  const clock = { now: () => ({ ...time }) }
  const advance = (ms: number): void => {
    time.wall += ms
    time.mono += ms
  }
  const store = new SessionStore({ limits: { ...DEFAULT_STORE_LIMITS, ...limits }, clock })
  return { store, time, advance }
}

async function waiting(store: SessionStore, client: ClientRef): Promise<readonly string[]> {
  const packets = store.outgoingStream(client) as AsyncIterable<StoredPacket>
  return await Array.fromAsync(packets, ({ payload }) => payload.toString())
}

describe('a session', () => {
  test('ends when its client was away for too long, and what waited in it is counted', async () => {
    const { store, advance } = createStore({ sessionExpiryMs: 24 * HOUR })
    store.open(reader)
    store.arrived('reader')
    await store.addSubscriptions(reader, [{ topic: 'site/#', qos: 1 }])
    advance(48 * HOUR)
    store.expire()
    expect(store.stats().sessions).toBe(1)
    store.left('reader')
    await store.accept({ id: 'device', clean: true }, message('1'))
    advance(24 * HOUR)
    store.expire()
    expect(store.stats().sessions).toBe(1)
    advance(1)
    store.expire()
    expect(store.stats()).toMatchObject({ sessions: 0, queuedMessages: 0, dropped: { 'session-expired': 1 } })
    expect(await store.subscriptionsByTopic('site/level')).toEqual([])
  })

  test('has at least an hour after a start, whatever the clock on the wall says', () => {
    const first = createStore({ sessionExpiryMs: 24 * HOUR })
    first.store.open(reader)
    const held = [...first.store.snapshot()]
    const { store, time, advance } = createStore({ sessionExpiryMs: 24 * HOUR })
    time.wall += 50 * 365 * 24 * HOUR
    store.restore(held)
    advance(HOUR)
    store.expire()
    expect(store.stats().sessions).toBe(1)
    advance(1)
    store.expire()
    expect(store.stats().sessions).toBe(0)
  })

  test('of a client that was connected when the broker ended counts from the start', () => {
    const first = createStore()
    first.store.open(reader)
    first.store.arrived('reader')
    const { store, time, advance } = createStore()
    time.wall += 365 * 24 * HOUR
    store.restore([...first.store.snapshot()])
    advance(DEFAULT_STORE_LIMITS.sessionExpiryMs)
    store.expire()
    expect(store.stats().sessions).toBe(1)
  })

  test('keeps nothing for a subscription that was refused, though aedes brings it with the others', async () => {
    const isGranted = (_: ClientRef, filter: string): boolean => filter !== 'secret/#'
    const store = new SessionStore({ limits: DEFAULT_STORE_LIMITS, isGranted })
    await store.addSubscriptions(reader, [
      { topic: 'secret/#', qos: 1 },
      { topic: 'site/#', qos: 1 },
    ])
    expect(await store.subscriptionsByClient(reader)).toEqual([{ topic: 'site/#', qos: 1 }])
    expect(await store.subscriptionsByTopic('secret/plan')).toEqual([])
  })

  test('gets a message once, however many filters match, and at the highest QoS of those', async () => {
    const { store } = createStore()
    await store.addSubscriptions(reader, [
      { topic: 'site/#', qos: 1 },
      { topic: 'site/+', qos: 2 },
    ])
    await store.accept({ id: 'device', clean: true }, message('1', 2))
    const packets = await Array.fromAsync(store.outgoingStream(reader) as AsyncIterable<StoredPacket>)
    expect(packets).toMatchObject([{ qos: 2, retain: false }])
  })
})

describe('a message that is accepted', () => {
  test('waits once for a session, whatever aedes asks for afterwards', async () => {
    const { store } = createStore()
    await store.setup({ id: 'broker', counter: 0 })
    await store.addSubscriptions(reader, [{ topic: '#', qos: 2 }])
    const packet = { ...message('1', 2), retain: true }
    const device: ClientRef = { id: 'device', clean: false }
    await store.accept(device, packet)
    // As aedes goes on: a copy of the packet, with the payload itself.
    await expect(store.incomingGetPacket(device, packet)).rejects.toThrow('no such packet')
    await store.incomingStorePacket(device, packet)
    const inside = { ...packet, messageId: undefined }
    await store.storeRetained(inside)
    await store.outgoingEnqueueCombi(await store.subscriptionsByTopic('site/level'), inside)
    expect(await waiting(store, reader)).toEqual(['1'])
    expect(store.stats()).toMatchObject({ queuedMessages: 1, retainedMessages: 1 })
    // A repetition has another payload object.
    expect(store.hasIncoming('device', 1)).toBe(true)
    await expect(store.incomingGetPacket(device, message('1', 2))).resolves.toMatchObject({ messageId: 1 })
  })

  test('and cannot be written is not kept', async () => {
    let full = false
    const saved = () => (full ? Promise.reject(new Error('disk full')) : Promise.resolve())
    const store = new SessionStore({ limits: DEFAULT_STORE_LIMITS, saving: { note: () => {}, saved } })
    await store.addSubscriptions(reader, [{ topic: '#', qos: 2 }])
    full = true
    const device: ClientRef = { id: 'device', clean: false }
    await expect(store.accept(device, message('1', 2))).rejects.toThrow('disk full')
    expect(store.stats().queuedMessages).toBe(0)
    expect(store.hasIncoming('device', 1)).toBe(false)
  })

  test('of a client that leaves a thousand QoS 2 messages open is not kept', async () => {
    const { store } = createStore()
    const device: ClientRef = { id: 'device', clean: false }
    for (let messageId = 1; messageId <= 1000; messageId++)
      await store.accept(device, { ...message('x', 2), messageId })
    await expect(store.accept(device, { ...message('x', 2), messageId: 1001 })).rejects.toThrow('PUBREL')
  })
})

test('a subscriber that acknowledges a message that is not there takes none with it', async () => {
  const { store } = createStore()
  await store.addSubscriptions(reader, [{ topic: '#', qos: 1 }])
  await store.accept({ id: 'device', clean: true }, message('1'))
  await store.outgoingClearMessageId(reader, {})
  await store.outgoingClearMessageId(reader, { messageId: 7 })
  expect(await waiting(store, reader)).toEqual(['1'])
})

/** A packet identifier that a client has not acknowledged is not given to another message [MQTT-2.3.1-4]. */
import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OutboundBound } from '../../../broker/outbound-bound.ts'
import { SessionStore } from '../../../broker/store/session-store.ts'
import { DEFAULT_STORE_LIMITS } from '../../../broker/store/store-limits.ts'
import type { ClientRef, StoredPacket } from '../../../broker/store/stored-packet.ts'
import { type AedesClient, Subscriber, type SubscriberSurroundings } from '../../../broker/subscriber.ts'
import { createTraffic } from '../../../broker/traffic.ts'

const LAST = 65_535
const message = (payload = '') => ({
  ...{ topic: 't', payload: Buffer.from(payload), retain: false, brokerId: 'b', brokerCounter: 0 },
  qos: 1 as const,
})

type Queues = SubscriberSurroundings['queues']

/** A subscriber whose session has resumed, and the identifiers of the messages that it is sent. */
function subscribe({
  nextId,
  maxUnacknowledged = 20_000,
  queues,
}: {
  nextId: number
  maxUnacknowledged?: number
  queues?: Queues
}) {
  const conn = new PassThrough({ highWaterMark: 64 * 1024 * 1024 })
  const client = { id: 'reader', clean: queues === undefined, conn, _nextId: nextId } as unknown as AedesClient
  const outbound = new OutboundBound({ perClient: 1e9, inAll: 1e9, timeoutMs: 60_000 })
  const never = { outgoingEnqueue: () => Promise.reject(), outgoingUpdate: () => Promise.reject() }
  const traffic = createTraffic()
  const subscriber = new Subscriber(client, { outbound, maxUnacknowledged, queues: queues ?? never, traffic })
  subscriber.ready()
  const deliver = (): void => subscriber.deliver(message(), 1)
  /** Of every message so far, in order; a PUBLISH of this topic and no payload has seven bytes. */
  const identifiers = async (): Promise<readonly number[]> => {
    await new Promise(setImmediate)
    const bytes = (conn.read() ?? Buffer.alloc(0)) as Buffer
    return Array.from({ length: bytes.length / 7 }, (_, i) => bytes.readUInt16BE(7 * i + 5))
  }
  return { subscriber, conn, client, deliver, identifiers }
}

describe('identifiers of messages to one client', () => {
  test('go around past those that are not acknowledged', async () => {
    const { subscriber, deliver, identifiers } = subscribe({ nextId: LAST - 1 })
    for (let i = 0; i < 3; i++) deliver()
    expect(await identifiers()).toEqual([LAST - 1, LAST, 1])
    subscriber.acknowledged(LAST)
    // Once around: all are acknowledged at once but 65534 and 1.
    for (let id = 2; id < LAST - 1; id++) {
      deliver()
      subscriber.acknowledged(id)
    }
    await identifiers()
    for (let i = 0; i < 2; i++) deliver()
    expect(await identifiers()).toEqual([LAST, 2])
  })

  test('are never the same for two that are open, whatever is acknowledged when', async () => {
    const actions = fc.array(fc.oneof(fc.constant('deliver' as const), fc.nat(8)), { minLength: 1, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: LAST - 6, max: LAST }), actions, async (nextId, steps) => {
        const { subscriber, client, deliver, identifiers } = subscribe({ nextId })
        const open: number[] = []
        for (const step of steps) {
          if (step === 'deliver') {
            deliver()
            const [id = 0] = await identifiers()
            expect(open).not.toContain(id)
            expect(id).toBeGreaterThan(0)
            expect(id).toBeLessThanOrEqual(LAST)
            open.push(id)
          } else if (open.length > 0) {
            const [id = 0] = open.splice(step % open.length, 1)
            subscriber.acknowledged(id)
          }
          // Only a few identifiers come up at all, so that they collide.
          if (client._nextId > 6 && client._nextId < LAST - 6) client._nextId = LAST - 6
        }
      }),
      { numRuns: 40 },
    )
  })

  test('are not those of a handshake that an earlier connection has left open', async () => {
    const { subscriber, deliver, identifiers } = subscribe({ nextId: 5 })
    subscriber.reserve([5, 6])
    deliver()
    expect(await identifiers()).toEqual([7])
  })

  test('count as unacknowledged only once, and an acknowledgement of nothing frees none', () => {
    const { subscriber, conn, deliver } = subscribe({ nextId: 1, maxUnacknowledged: 3 })
    conn.on('error', () => {})
    for (let i = 0; i < 3; i++) deliver()
    subscriber.acknowledged(99)
    expect(conn.destroyed).toBe(false)
    deliver()
    expect(conn.destroyed).toBe(true)
  })

  test('a message that the queue has sent on this connection is not sent again under another', async () => {
    const outgoingUpdate: Queues['outgoingUpdate'] = (_, packet) => {
      if (packet.payload.toString() === 'twice') packet.messageId = 40
      return Promise.resolve()
    }
    const queues = { outgoingEnqueue: () => Promise.resolve(), outgoingUpdate }
    const { subscriber, deliver, identifiers } = subscribe({ nextId: 7, queues })
    subscriber.deliver(message('twice'), 1)
    deliver()
    expect(await identifiers()).toEqual([8])
  })
})

describe('identifiers of what a session has kept', () => {
  const kept = (payload: string): StoredPacket => ({
    ...{ cmd: 'publish', topic: 't', payload: Buffer.from(payload), qos: 1, retain: false, dup: false },
  })
  const resume = (store: SessionStore, client: ClientRef) =>
    Array.fromAsync(store.outgoingStream(client) as AsyncIterable<StoredPacket>)

  async function session(messages: number) {
    const cleared: number[] = []
    const onAcknowledged = (_: ClientRef, messageId: number): void => void cleared.push(messageId)
    const limits = { ...DEFAULT_STORE_LIMITS, maxQueuedPerSession: 70_000, maxQueuedBytesPerSession: 32 * 1024 * 1024 }
    const store = new SessionStore({ limits, onAcknowledged })
    await store.addSubscriptions({ id: 'reader', clean: false }, [{ topic: '#', qos: 1 }])
    for (let i = 1; i <= messages; i++) await store.accept({ id: 'device', clean: true }, kept(String(i)))
    const connect = (nextId: number): ClientRef => ({ id: 'reader', clean: false, _nextId: nextId })
    return { store, connect, cleared }
  }

  test('pass by those in flight', async () => {
    const { store, connect, cleared } = await session(3)
    const first = connect(LAST)
    store.open(first)
    expect((await resume(store, first)).map(({ messageId }) => messageId)).toEqual([LAST, 1, 2])
    await store.outgoingClearMessageId(first, { messageId: 1 })
    expect(cleared).toEqual([1])
    await store.accept({ id: 'device', clean: true }, kept('4'))
    const second = connect(9)
    expect([...store.open(second)]).toEqual([LAST, 2])
    // As if the newest had gone around: what comes next is taken.
    second._nextId = LAST
    expect((await resume(store, second)).map(({ messageId }) => messageId)).toEqual([LAST, 2, 1])
  })

  test('are not more than there are: the rest waits for the next connection', async () => {
    const { store, connect } = await session(LAST + 2)
    const client = connect(1)
    store.open(client)
    const sent = await resume(store, client)
    expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(LAST)
    expect(sent).toHaveLength(LAST)
  })
})

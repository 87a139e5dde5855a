/** What one client may cost: each bound is met with real sockets, and good clients do not notice. */
import { describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../../../broker/limits.ts'
import { PacketRate } from '../../../broker/packet-rate.ts'
import { RawClient } from '../../support/raw-mqtt-client.ts'
import { startBroker } from '../../support/running-broker.ts'

async function ping(client: RawClient): Promise<void> {
  client.send({ cmd: 'pingreq' })
  expect(await client.next()).toMatchObject({ cmd: 'pingresp' })
}

describe('connections of one address', () => {
  test('are bounded, and one that ends makes room', async () => {
    const { port, broker, lines } = await startBroker({ limits: { maxConnectionsPerAddress: 2 } })
    const first = await RawClient.connected(port, { clientId: 'a' })
    const second = await RawClient.connected(port, { clientId: 'b' })
    for (let attempt = 0; attempt < 3; attempt++) await (await RawClient.open(port)).closed
    expect(broker.stats()).toMatchObject({ connections: 2, refused: { 'too-many-of-address': 3 } })
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
    await ping(first)
    await second.vanish()
    await ping(first)
    await RawClient.connected(port, { clientId: 'c' })
    // Another address has its own.
    await RawClient.connected(port, { clientId: 'd' }, '127.0.0.2')
  })

  test('count when they have not said CONNECT yet, too', async () => {
    const { port, broker } = await startBroker({ limits: { maxConnectionsPerAddress: 3 } })
    const silent = await Promise.all([1, 2, 3].map(() => RawClient.open(port)))
    await (await RawClient.open(port)).closed
    const other = await RawClient.connected(port, {}, '127.0.0.2')
    for (const client of silent) await client.vanish()
    await ping(other)
    expect(broker.stats().connections).toBe(1)
  })
})

describe('a client that sends too fast', () => {
  test('waits, loses nothing, and holds up nobody', async () => {
    const { port, broker, messages, lines } = await startBroker({
      limits: { ...DEFAULT_LIMITS, maxPacketsPerSecond: 200 },
    })
    const flood = await RawClient.connected(port, { clientId: 'flood' })
    const good = await RawClient.connected(port, { clientId: 'good' })
    for (let id = 1; id <= 300; id++) flood.publish('site/level', String(id), { id })
    await ping(good)
    // A second's worth, less CONNECT, is taken at once; the rest in the half second after.
    expect(messages.length).toBeLessThanOrEqual(250)
    for (let id = 1; id <= 300; id++) expect(await flood.next()).toMatchObject({ cmd: 'puback', messageId: id })
    expect(messages.map(({ payload }) => Number(Buffer.from(payload)))).toEqual(
      Array.from({ length: 300 }, (_, n) => n + 1),
    )
    expect(broker.stats().refused.rate).toBeGreaterThan(0)
    expect(lines.filter(({ message }) => message === 'MQTT client slowed down')).toHaveLength(1)
  })

  test('waits also where it is a few large packets, and says goodbye in the end', async () => {
    const { port, messages } = await startBroker({ limits: { maxBytesPerSecond: 200_000 } })
    const flood = await RawClient.connected(port, { clientId: 'flood' })
    for (let n = 0; n < 3; n++) flood.publish('site/image', Buffer.alloc(100_000, n), { qos: 0 })
    flood.send({ cmd: 'disconnect' })
    await flood.closed
    expect(messages.map(({ payload }) => [payload.length, payload[99_999]])).toEqual([
      [100_000, 0],
      [100_000, 1],
      [100_000, 2],
    ])
  })

  test('of other packets is no better', async () => {
    const { port, broker } = await startBroker({ limits: { maxPacketsPerSecond: 100 } })
    const flood = await RawClient.connected(port, { clientId: 'flood' })
    flood.bytes(Buffer.concat(Array.from({ length: 150 }, () => Buffer.from([0xc0, 0]))))
    for (let n = 0; n < 150; n++) expect(await flood.next()).toMatchObject({ cmd: 'pingresp' })
    expect(broker.stats().refused.rate).toBeGreaterThan(0)
  })

  test('has a second’s worth at once and is never owed more', () => {
    const rate = new PacketRate({ packetsPerSecond: 100, bytesPerSecond: 1000 }, 0)
    expect(rate.allowance(0)).toEqual({ packets: 100, bytes: 1000 })
    rate.take({ packets: 100, bytes: 500 })
    expect(rate.allowance(0)).toEqual({ packets: 0, bytes: 500 })
    expect(rate.waitMs()).toBe(10)
    expect(rate.allowance(50)).toEqual({ packets: 5, bytes: 550 })
    expect(rate.allowance(60_000)).toEqual({ packets: 100, bytes: 1000 })
    const slow = new PacketRate({ packetsPerSecond: 0.1, bytesPerSecond: 1000 }, 0)
    expect(slow.allowance(0)).toEqual({ packets: 0, bytes: 1000 })
    expect(slow.waitMs()).toBe(9000)
  })
})

import { describe, expect, test } from 'vitest'
import { SystemLoad } from '../../../broker/system-load.ts'
import { RawClient } from '../../support/raw-mqtt-client.ts'
import { startBroker } from '../../support/running-broker.ts'

/** All that comes under $SYS right after the subscription. */
async function system(client: RawClient, filter = '$SYS/#'): Promise<ReadonlyMap<string, string>> {
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos: 2 }] })
  expect(await client.next()).toMatchObject({ cmd: 'suback', granted: [2] })
  client.send({ cmd: 'pingreq' })
  const values = new Map<string, string>()
  for (let packet = await client.next(); packet?.cmd === 'publish'; packet = await client.next()) {
    expect(packet.qos).toBe(0)
    // What a round renews meanwhile is not meant for a new subscriber.
    if (packet.retain) values.set(packet.topic, String(packet.payload))
  }
  return values
}

describe('topics under $SYS', () => {
  test('tell a new subscriber how the broker is, under the names of mosquitto', async () => {
    const { port } = await startBroker({ systemIntervalMs: 60_000 })
    const away = await RawClient.connected(port, { clientId: 'away', clean: false })
    away.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'site/#', qos: 1 }] })
    await away.next()
    await away.vanish()
    const device = await RawClient.connected(port, { clientId: 'device' })
    device.publish('site/level', '1.5', { retain: true })
    await device.next()
    const reader = await RawClient.connected(port, { clientId: 'reader' })
    const values = await system(reader)
    const under = (name: string): string | undefined => values.get(`$SYS/broker/${name}`)
    expect({
      connected: under('clients/connected'),
      disconnected: under('clients/disconnected'),
      total: under('clients/total'),
      maximum: under('clients/maximum'),
      retained: under('retained messages/count'),
      stored: under('store/messages/count'),
      received: under('publish/messages/received'),
      subscriptions: under('subscriptions/count'),
    }).toEqual({
      connected: '2',
      disconnected: '1',
      total: '3',
      maximum: '2',
      retained: '1',
      stored: '2',
      received: '1',
      subscriptions: '1',
    })
    expect(under('version')).toMatch(/^Outpost \d/)
    expect(under('uptime')).toMatch(/^\d+ seconds$/)
    expect(Number(under('bytes/received'))).toBeGreaterThan(50)
    expect(Number(under('bytes/sent'))).toBeGreaterThan(10)
    expect(under('load/bytes/sent/15min')).toBe('0.00')
    // Nobody's name is among them, nor what anybody subscribes to.
    expect([...values.keys()].every((topic) => topic.startsWith('$SYS/broker/'))).toBe(true)
    expect(JSON.stringify([...values])).not.toMatch(/away|device|site/)
  })

  test('come again when they have changed, and only then', async () => {
    const { port } = await startBroker({ systemIntervalMs: 20 })
    const reader = await RawClient.connected(port, { clientId: 'reader' })
    await system(reader, '$SYS/broker/clients/+')
    await RawClient.connected(port, { clientId: 'second' })
    const changed: unknown[] = []
    while (changed.length < 3) {
      const packet = await reader.next()
      // What the first round tells anew was said to this very subscriber already.
      if (packet?.cmd === 'publish' && String(packet.payload) === '2') changed.push([packet.topic, packet.retain])
    }
    expect(changed.sort()).toEqual([
      ['$SYS/broker/clients/connected', false],
      ['$SYS/broker/clients/maximum', false],
      ['$SYS/broker/clients/total', false],
    ])
    reader.send({ cmd: 'pingreq' })
    expect(await reader.next()).toMatchObject({ cmd: 'pingresp' })
  })

  test('are not among what "#" matches [MQTT-4.7.2-1]', async () => {
    const { port } = await startBroker({ systemIntervalMs: 5 })
    const reader = await RawClient.connected(port, { clientId: 'reader' })
    for (const topic of ['#', '+/broker/#']) {
      reader.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 0 }] })
      await reader.next()
    }
    const other = await RawClient.connected(port, { clientId: 'other' })
    await system(other, '$SYS/broker/bytes/received')
    for (let rounds = 0; rounds < 2; rounds++) {
      other.send({ cmd: 'pingreq' })
      await other.next()
    }
    reader.send({ cmd: 'pingreq' })
    expect(await reader.next()).toMatchObject({ cmd: 'pingresp' })
  })
})

test('averages go to the rate, the short one faster', () => {
  const load = new SystemLoad()
  for (let round = 1; round <= 6; round++) load.update(round * 10, 10_000)
  expect(load.rate(1)).toBeCloseTo(60 * (1 - Math.exp(-1)), 6)
  expect(load.rate(5)).toBeLessThan(load.rate(1))
  for (let round = 7; round <= 1000; round++) load.update(round * 10, 10_000)
  for (const minutes of [1, 5, 15] as const) expect(load.rate(minutes)).toBeCloseTo(60, 2)
})

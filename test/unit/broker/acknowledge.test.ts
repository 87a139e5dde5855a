import { describe, expect, test } from 'vitest'
import { HeldCommits } from '../../support/held-commits.ts'
import { RawClient } from '../../support/raw-mqtt-client.ts'
import { startBroker } from '../../support/running-broker.ts'

describe('an acknowledgement means on disk', () => {
  test('PUBACK is sent only after the ingest promise has resolved', async () => {
    const commits = new HeldCommits()
    const { port } = await startBroker({ ingest: commits.hold })
    const client = await RawClient.connected(port)
    client.publish('site/level', '1.5', { id: 7 })
    await commits.waiting(1)
    client.send({ cmd: 'pingreq' })
    expect(await client.next()).toMatchObject({ cmd: 'pingresp' })
    commits.release()
    expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 7 })
  })

  test('PUBREC is sent only after the ingest promise has resolved, and PUBREL completes the handshake', async () => {
    const commits = new HeldCommits()
    const { port } = await startBroker({ ingest: commits.hold })
    const client = await RawClient.connected(port)
    client.publish('site/level', '1.5', { qos: 2, id: 9 })
    await commits.waiting(1)
    client.send({ cmd: 'pingreq' })
    expect(await client.next()).toMatchObject({ cmd: 'pingresp' })
    commits.release()
    expect(await client.next()).toMatchObject({ cmd: 'pubrec', messageId: 9 })
    client.send({ cmd: 'pubrel', messageId: 9 })
    expect(await client.next()).toMatchObject({ cmd: 'pubcomp', messageId: 9 })
  })

  test('a QoS 2 message that is sent again before its PUBREL is ingested once [MQTT-4.3.3-2]', async () => {
    const { port, messages } = await startBroker({ ingest: () => Promise.resolve() })
    const first = await RawClient.connected(port, { clean: false, clientId: 'tag' })
    first.publish('site/level', '1.5', { qos: 2, id: 9 })
    expect(await first.next()).toMatchObject({ cmd: 'pubrec' })
    await first.vanish()
    const again = await RawClient.connected(port, { clean: false, clientId: 'tag' })
    again.publish('site/level', '1.5', { qos: 2, id: 9, dup: true })
    expect(await again.next()).toMatchObject({ cmd: 'pubrec', messageId: 9 })
    expect(messages).toHaveLength(1)
    again.send({ cmd: 'pubrel', messageId: 9 })
    expect(await again.next()).toMatchObject({ cmd: 'pubcomp' })
    again.publish('site/level', '1.6', { qos: 2, id: 9 })
    expect(await again.next()).toMatchObject({ cmd: 'pubrec' })
    expect(messages).toHaveLength(2)
  })

  test('a message that needs no ingest is acknowledged at once', async () => {
    const { port } = await startBroker({ ingest: () => undefined })
    const client = await RawClient.connected(port)
    client.publish('somebody/else', 'x', { id: 3 })
    expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 3 })
  })

  test('what a message says reaches ingest: topic, bytes, QoS, retain and client', async () => {
    const { port, messages } = await startBroker()
    const client = await RawClient.connected(port, { clientId: 'probe-1' })
    const payload = Buffer.from([0, 255, 1])
    client.publish('site/level', payload, { retain: true })
    await client.next()
    expect(messages).toMatchObject([
      { topic: 'site/level', qos: 1, retain: true, clientId: 'probe-1', username: '', will: false },
    ])
    expect(Buffer.from(messages[0]?.payload ?? [])).toEqual(payload)
  })

  test('messages of one pipelining client wait for their commit together', async () => {
    const commits = new HeldCommits()
    const { port } = await startBroker({ ingest: commits.hold })
    const client = await RawClient.connected(port)
    for (let id = 1; id <= 1000; id++) client.publish('site/level', `{"level":${id}}`, { id })
    // One read buffer at a time: 64 KiB, which is far more than 100 of these.
    const acknowledged: number[] = []
    let commitsDone = 0
    while (acknowledged.length < 1000) {
      await commits.waiting(1)
      const held = commits.release()
      commitsDone++
      for (let i = 0; i < held; i++) {
        const packet = await client.next()
        if (packet?.cmd === 'puback') acknowledged.push(packet.messageId ?? 0)
      }
    }
    expect(commitsDone).toBeLessThan(20)
    expect(acknowledged).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1))
  })

  test('a second client is not held up by the commit of the first', async () => {
    const commits = new HeldCommits()
    const { port } = await startBroker({ ingest: ({ topic }) => (topic === 'slow' ? commits.hold() : undefined) })
    const slow = await RawClient.connected(port, { clientId: 'slow' })
    const fast = await RawClient.connected(port, { clientId: 'fast' })
    slow.publish('slow', 'x')
    await commits.waiting(1)
    fast.publish('fast', 'x', { id: 5 })
    expect(await fast.next()).toMatchObject({ cmd: 'puback', messageId: 5 })
    commits.release()
    expect(await slow.next()).toMatchObject({ cmd: 'puback' })
  })
})

describe('ingest that fails', () => {
  test('gives no acknowledgement: the connection ends, and the message is accepted when it is delivered again', async () => {
    let full = true
    const { port, broker, lines } = await startBroker({
      ingest: () => (full ? Promise.reject(new Error('disk full')) : Promise.resolve()),
    })
    const first = await RawClient.connected(port, { clientId: 'tag' })
    first.publish('site/level', '1.5', { id: 4 })
    expect(await first.next()).toBeNull()
    expect(broker.stats()).toMatchObject({
      messages: { accepted: 0, failed: 1, held: 0 },
      refused: { 'ingest-failed': 1 },
    })
    expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { facts: { reason: 'ingest-failed', clientId: 'tag', detail: 'disk full' } },
    ])
    full = false
    const again = await RawClient.connected(port, { clientId: 'tag' })
    again.publish('site/level', '1.5', { id: 4, dup: true })
    expect(await again.next()).toMatchObject({ cmd: 'puback', messageId: 4 })
    expect(broker.stats().messages.accepted).toBe(1)
  })

  test('an ingest that throws counts as one that rejects', async () => {
    const { port, broker } = await startBroker({
      ingest: () => {
        throw new Error('no journal')
      },
    })
    const client = await RawClient.connected(port)
    client.publish('site/level', '1.5')
    expect(await client.next()).toBeNull()
    expect(broker.stats().messages.failed).toBe(1)
  })

  test('a QoS 0 message is counted, and its client stays', async () => {
    const { port, broker } = await startBroker({ ingest: () => Promise.reject(new Error('disk full')) })
    const client = await RawClient.connected(port)
    client.publish('site/level', '1.5', { qos: 0 })
    client.send({ cmd: 'pingreq' })
    expect(await client.next()).toMatchObject({ cmd: 'pingresp' })
    expect(broker.stats()).toMatchObject({ messages: { failed: 1 }, refused: {} })
  })

  test('a client that left before its commit is no trouble, and the message counts', async () => {
    const commits = new HeldCommits()
    const { port, broker } = await startBroker({ ingest: commits.hold })
    const client = await RawClient.connected(port)
    client.publish('site/level', '1.5')
    await commits.waiting(1)
    await client.vanish()
    const other = await RawClient.connected(port, { clientId: 'other' })
    commits.release()
    other.send({ cmd: 'pingreq' })
    await other.next()
    expect(broker.stats().messages).toEqual({ accepted: 1, failed: 0, held: 0 })
    expect(broker.stats().refused['malformed-packet']).toBeUndefined()
  })
})

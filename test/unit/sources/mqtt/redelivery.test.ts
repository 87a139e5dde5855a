/** From the socket of a device to the samples that its messages become, with a broker in between. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { createBroker } from '../../../../broker/broker.ts'
import { createEmbeddedSource } from '../../../../gateway/sources/mqtt/embedded-source.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { HeldCommits } from '../../../support/held-commits.ts'
import { createMemoryLog } from '../../../support/memory-log.ts'
import { RawClient } from '../../../support/raw-mqtt-client.ts'

async function startSource({ filter = 'station/level' } = {}) {
  const commits = new HeldCommits()
  const log = createMemoryLog()
  const values: string[] = []
  const source = createEmbeddedSource({
    ...{ id: 'embedded', devices: [{ deviceId: 'level', topicFilter: 'station/level' }], maxPayloadBytes: 1000, log },
    clock: new FakeClock(),
  })
  await source.start((sample) => {
    values.push(sample.type === 'message' ? Buffer.from(sample.payload).toString() : sample.type)
    return commits.hold()
  })
  const broker = createBroker({
    listeners: [{ type: 'tcp', host: '127.0.0.1', port: 0 }],
    authentication: { type: 'anonymous-on-loopback' },
    ingest: (message) => source.ingest(message),
    unheard: (message) => source.unheard(message),
    log,
  })
  await broker.start()
  onTestFinished(() => broker.stop())
  const port = broker.addresses()[0]?.port ?? 0
  // Who subscribes decides which way a message takes through the broker.
  const reader = await RawClient.connected(port, { clientId: 'reader' })
  reader.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos: 0 }] })
  await reader.next()
  const connect = (clean: boolean) => RawClient.connected(port, { clientId: 'level', clean })
  return { broker, commits, connect, source, values }
}

describe.each([
  ['that the gateway alone hears', { filter: 'nobody/else' }],
  ['that others hear too', { filter: 'station/#' }],
])('a message %s', (_case, options) => {
  test('with DUP, after its acknowledgement was lost, is acknowledged again and makes no second sample', async () => {
    const { commits, connect, source, values } = await startSource(options)
    const device = await connect(false)
    device.publish('station/level', '1', { id: 7 })
    await commits.waiting(1)
    commits.release()
    await device.next()
    await device.vanish()
    const back = await connect(false)
    back.publish('station/level', '1', { id: 7, dup: true })
    expect(await back.next()).toMatchObject({ cmd: 'puback', messageId: 7 })
    expect(values).toEqual(['1'])
    expect(source.stats()).toMatchObject({ messages: 2, redeliveredMessages: 1 })
  })

  test('is not acknowledged by its repetition while it is still on its way to disk', async () => {
    const { commits, connect, values } = await startSource(options)
    const device = await connect(false)
    device.publish('station/level', '1', { id: 7 })
    await commits.waiting(1)
    await device.vanish()
    const back = await connect(false)
    back.publish('station/level', '1', { id: 7, dup: true })
    back.send({ cmd: 'pingreq' })
    expect(await back.next()).toMatchObject({ cmd: 'pingresp' })
    commits.release()
    expect(await back.next()).toMatchObject({ cmd: 'puback', messageId: 7 })
    expect(values).toEqual(['1'])
  })

  test('without DUP, whose acknowledgement could not be sent, makes no second sample', async () => {
    const { broker, commits, connect, values } = await startSource(options)
    const device = await connect(true)
    for (const id of [1, 2, 3]) device.publish('station/level', `${id}`, { id })
    await commits.waiting(3)
    await device.vanish()
    await expect.poll(() => broker.stats().connections).toBe(1)
    commits.release()
    const back = await connect(true)
    for (const id of [1, 2, 3]) back.publish('station/level', `${id}`, { id })
    back.publish('station/level', '4', { id: 4 })
    await commits.waiting(1)
    commits.release()
    for (const messageId of [1, 2, 3, 4]) expect(await back.next()).toMatchObject({ cmd: 'puback', messageId })
    expect(values).toEqual(['1', '2', '3', '4'])
  })

  test('without DUP, after its acknowledgement left, is a new one', async () => {
    const { commits, connect, values } = await startSource(options)
    for (let day = 0; day < 3; day++) {
      // Wakes up, says the same under the same identifier as always, and sleeps without a word.
      const device = await connect(true)
      device.publish('station/level', '1', { id: 1 })
      await commits.waiting(1)
      commits.release()
      expect(await device.next()).toMatchObject({ cmd: 'puback', messageId: 1 })
      await device.vanish()
    }
    expect(values).toEqual(['1', '1', '1'])
  })

  test('that could not be stored is taken when it comes again', async () => {
    const { commits, connect, values } = await startSource(options)
    const device = await connect(false)
    device.publish('station/level', '1', { id: 7 })
    await commits.waiting(1)
    commits.fail('disk full')
    expect(await device.next()).toBeNull()
    const back = await connect(false)
    back.publish('station/level', '1', { id: 7, dup: true })
    await commits.waiting(1)
    commits.release()
    expect(await back.next()).toMatchObject({ cmd: 'puback', messageId: 7 })
    expect(values).toEqual(['1', '1'])
  })

  test('of QoS 2 that is lost before its PUBREC makes no second sample', async () => {
    const { broker, commits, connect, values } = await startSource(options)
    const device = await connect(false)
    device.publish('station/level', '1', { id: 7, qos: 2 })
    await commits.waiting(1)
    await device.vanish()
    await expect.poll(() => broker.stats().connections).toBe(1)
    const back = await connect(false)
    back.publish('station/level', '1', { id: 7, qos: 2, dup: true })
    commits.release()
    expect(await back.next()).toMatchObject({ cmd: 'pubrec', messageId: 7 })
    back.send({ cmd: 'pubrel', messageId: 7 })
    expect(await back.next()).toMatchObject({ cmd: 'pubcomp', messageId: 7 })
    expect(values).toEqual(['1'])
  })

  test('of QoS 0 is always a new one', async () => {
    const { commits, connect, values } = await startSource(options)
    const device = await connect(true)
    for (let n = 0; n < 2; n++) device.publish('station/level', '1', { qos: 0 })
    await commits.waiting(2)
    commits.release()
    expect(values).toEqual(['1', '1'])
  })
})

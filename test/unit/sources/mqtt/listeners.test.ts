/** Who else hears messages, beside the pipeline. */
import { expect, test } from 'vitest'
import { createEmbeddedSource } from '../../../../gateway/sources/mqtt/embedded-source.ts'
import type { HeardMessage } from '../../../../gateway/sources/mqtt/topic-listener.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { createMemoryLog } from '../../../support/memory-log.ts'
import { startSource } from './start-external-source.ts'

const devices = [{ deviceId: 'siren', topicFilter: 'z2m/siren' }]
const payload = Buffer.from('{"state":"on"}')

function hearing(topicFilter: string) {
  const heard: HeardMessage[] = []
  return { heard, listener: { owner: 'the test', topicFilter, heard: (message: HeardMessage) => heard.push(message) } }
}

async function embeddedSource(topicFilter: string) {
  const { heard, listener } = hearing(topicFilter)
  const source = createEmbeddedSource({
    ...{ id: 'embedded', devices, listeners: [listener], maxPayloadBytes: 1000 },
    ...{ clock: new FakeClock(), log: createMemoryLog() },
  })
  const samples: string[] = []
  await source.start(({ deviceId }) => {
    samples.push(deviceId)
    return Promise.resolve()
  })
  return { source, heard, samples }
}

test('a listener hears what a device says, with the user, and the pipeline as before', async () => {
  const { source, heard, samples } = await embeddedSource('z2m/+')
  await source.ingest({ topic: 'z2m/siren', payload, username: 'bridge' })
  expect(heard).toEqual([{ topic: 'z2m/siren', payload, username: 'bridge' }])
  expect(samples).toEqual(['siren'])
})

test('a topic that only a listener has is not unknown', async () => {
  const { source, heard } = await embeddedSource('outpost/+/commands/+')
  expect(source.ingest({ topic: 'outpost/gw/commands/reset', payload })).toBeUndefined()
  expect(heard).toHaveLength(1)
  expect(source.stats()).toMatchObject({ messages: 1, unknownMessages: 0 })
})

test('what says nothing about now is not heard: a will; and nothing that is too long', async () => {
  const { source, heard, samples } = await embeddedSource('z2m/siren')
  await source.ingest({ topic: 'z2m/siren', payload, will: true })
  await source.ingest({ topic: 'z2m/siren', payload: Buffer.alloc(1001) })
  expect(heard).toEqual([])
  expect(samples).toEqual(['siren', 'siren'])
})

test('a filter that is not valid names its owner, and changes nothing', async () => {
  const { source, heard } = await embeddedSource('z2m/siren')
  const bad = { owner: 'device tower', topicFilter: 'a/#/b', heard: () => {} }
  expect(() => source.setTopics({ devices, listeners: [bad] })).toThrow('device tower: topic filter "a/#/b"')
  await source.ingest({ topic: 'z2m/siren', payload })
  expect(heard).toHaveLength(1)
})

test('at an outside broker a listener has QoS 0, so that nothing is kept for a gateway that is away', async () => {
  const { heard, listener } = hearing('z2m/+/get')
  const { broker, source, log } = await startSource({ devices, listeners: [listener] })
  const connection = await broker.connection()
  const [, subscribe] = await connection.accept()
  expect(subscribe).toMatchObject({ subscriptions: [{ topic: 'z2m/siren', qos: 1 }] })
  const second = await connection.next()
  expect(second).toMatchObject({ subscriptions: [{ topic: 'z2m/+/get', qos: 0 }] })
  connection.grant(second)
  await log.until('info', 1)
  connection.publish('z2m/siren/get', { qos: 0, payload: '1' })
  connection.publish('z2m/siren/get', { qos: 0, retain: true, payload: 'kept' })
  connection.publish('z2m/siren', { id: 7 })
  expect(await connection.next()).toMatchObject({ cmd: 'puback', messageId: 7 })
  expect(heard).toEqual([{ topic: 'z2m/siren/get', payload: Buffer.from('1'), username: '' }])
  // Its filter was one of a device's own already: asked again only where the QoS is another.
  source.setTopics({ devices: [{ deviceId: 'siren', topicFilter: 'z2m/+/get' }], listeners: [listener] })
  expect(await connection.next()).toMatchObject({ cmd: 'unsubscribe', unsubscriptions: ['z2m/siren'] })
  expect(await connection.next()).toMatchObject({ subscriptions: [{ topic: 'z2m/+/get', qos: 1 }] })
})

test('what a listener waits for is for this gateway alone, also where it shares the devices with others', async () => {
  const { listener } = hearing('outpost/gw/+')
  const options = { devices, listeners: [listener], protocolVersion: 5 as const, sharedGroup: 'station' }
  const { broker } = await startSource(options)
  const connection = await broker.connection()
  const [, subscribe] = await connection.accept()
  expect(subscribe).toMatchObject({ subscriptions: [{ topic: '$share/station/z2m/siren', qos: 1 }] })
  expect(await connection.next()).toMatchObject({ subscriptions: [{ topic: 'outpost/gw/+', qos: 0 }] })
})

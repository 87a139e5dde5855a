import { describe, expect, onTestFinished, test } from 'vitest'
import { createBroker } from '../../../../broker/broker.ts'
import type { Emit, Sample } from '../../../../gateway/model.ts'
import { createEmbeddedSource } from '../../../../gateway/sources/mqtt/embedded-source.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { createMemoryLog } from '../../../support/memory-log.ts'
import { RawClient } from '../../../support/raw-mqtt-client.ts'

const clock = new FakeClock()
const devices = [
  { deviceId: 'level-1', topicFilter: 'station/level/1' },
  { deviceId: 'tilt-1', topicFilter: 'station/+/tilt' },
  { deviceId: 'everything', topicFilter: 'station/#' },
]

function createSource(options: { maxPayloadBytes?: number } = {}) {
  const log = createMemoryLog()
  const source = createEmbeddedSource({ id: 'embedded', devices, maxPayloadBytes: 1000, clock, log, ...options })
  const samples: Sample[] = []
  const emit: Emit = (sample) => {
    samples.push(sample)
    return Promise.resolve()
  }
  return { source, log, samples, emit }
}

const bytes = (text: string): Uint8Array => Buffer.from(text)

describe('the embedded source', () => {
  test('emits one sample for each device of the topic, stamped with the time of receipt', async () => {
    const { source, samples, emit } = createSource()
    await source.start(emit)
    const payload = bytes('{"level":1.5}')
    await source.ingest({ topic: 'station/level/1', payload })
    expect(samples).toEqual(
      ['level-1', 'everything'].map((deviceId) => ({
        deviceId,
        at: clock.now(),
        type: 'message',
        payload,
        retained: false,
      })),
    )
  })

  test('rejects when one of several devices could not be committed', async () => {
    const { source } = createSource()
    await source.start(({ deviceId }) =>
      deviceId === 'everything' ? Promise.reject(new Error('full')) : Promise.resolve(),
    )
    await expect(source.ingest({ topic: 'station/level/1', payload: bytes('1') })).rejects.toThrow('full')
  })

  test('names unknown topics once each, counts all, and keeps a bounded number of names', async () => {
    const { source, log, samples, emit } = createSource()
    await source.start(emit)
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 80; n++) {
        expect(source.ingest({ topic: `stranger/${n}/${'x'.repeat(1000)}`, payload: bytes('?') })).toBeUndefined()
      }
    }
    expect(samples).toEqual([])
    const { unknownMessages, unknownTopics } = source.stats()
    expect(unknownMessages).toBe(240)
    expect(unknownTopics).toHaveLength(50)
    expect(Math.max(...unknownTopics.map((name) => name.length))).toBe(256)
    expect(log.lines).toHaveLength(50)
    expect(log.lines.at(-1)?.facts).toMatchObject({ note: 'further topics are only counted' })
  })

  test('makes a device bad whose message is too long, and says so once', async () => {
    const { source, log, samples, emit } = createSource({ maxPayloadBytes: 10 })
    await source.start(emit)
    for (let n = 0; n < 3; n++) await source.ingest({ topic: 'station/a/tilt', payload: new Uint8Array(11) })
    await source.ingest({ topic: 'station/a/tilt', payload: new Uint8Array(10) })
    expect(samples.filter(({ deviceId }) => deviceId === 'tilt-1')).toMatchObject([
      { type: 'device-failure', reason: 'malformed', detail: 'a message of 11 bytes came, at most 10 are allowed' },
      { type: 'device-failure' },
      { type: 'device-failure' },
      { type: 'message' },
    ])
    expect(source.stats()).toMatchObject({ oversizedMessages: 3, messages: 4 })
    expect(log.lines).toHaveLength(1)
  })

  test('takes new devices at once; a wrong filter changes nothing', async () => {
    const { source, samples, emit } = createSource()
    await source.start(emit)
    expect(() => source.setTopics({ devices: [{ deviceId: 'bad', topicFilter: 'a/#/b' }] })).toThrow('device bad')
    await source.ingest({ topic: 'station/level/1', payload: bytes('1') })
    source.setTopics({ devices: [{ deviceId: 'new', topicFilter: 'new/topic' }] })
    await source.ingest({ topic: 'new/topic', payload: bytes('2') })
    expect(source.ingest({ topic: 'station/level/1', payload: bytes('3') })).toBeUndefined()
    expect(samples.map(({ deviceId }) => deviceId)).toEqual(['level-1', 'everything', 'new'])
  })

  test('takes nothing before its start and after its stop', async () => {
    const { source, emit } = createSource()
    const message = { topic: 'station/level/1', payload: bytes('1') }
    await expect(source.ingest(message)).rejects.toThrow('not started')
    await source.start(emit)
    await source.ingest(message)
    await source.stop()
    await source.stop()
    await expect(source.ingest(message)).rejects.toThrow('not started')
  })

  test('behind the broker: a device that sets retain is fresh, and is acknowledged after the commit', async () => {
    const { source, log, samples } = createSource()
    const { promise, resolve } = Promise.withResolvers<void>()
    await source.start((sample) => {
      samples.push(sample)
      return promise
    })
    const broker = createBroker({
      listeners: [{ type: 'tcp', host: '127.0.0.1', port: 0 }],
      authentication: { type: 'anonymous-on-loopback' },
      ingest: source.ingest,
      log,
    })
    await broker.start()
    onTestFinished(() => broker.stop())
    const device = await RawClient.connected(broker.addresses()[0]?.port ?? 0)
    device.publish('station/x/tilt', '0.5', { retain: true, id: 3 })
    device.send({ cmd: 'pingreq' })
    expect(await device.next()).toMatchObject({ cmd: 'pingresp' })
    expect(samples).toMatchObject([
      { deviceId: 'tilt-1', retained: false },
      { deviceId: 'everything', retained: false },
    ])
    resolve()
    expect(await device.next()).toMatchObject({ cmd: 'puback', messageId: 3 })
  })
})

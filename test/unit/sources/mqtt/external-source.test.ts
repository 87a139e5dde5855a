import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../../gateway/clock.ts'
import { createExternalSource } from '../../../../gateway/sources/mqtt/external-source.ts'
import { AwaitedLog } from '../../../support/awaited-log.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { HeldCommits } from '../../../support/held-commits.ts'
import { RawClient } from '../../../support/raw-mqtt-client.ts'
import { ManualBroker } from './manual-broker.ts'
import { devices, startSource } from './start-external-source.ts'

describe('the connection to an outside broker', () => {
  test('is MQTT 3.1.1 with a persistent session and QoS 1 subscriptions', async () => {
    const { broker, source, log } = await startSource({ username: 'outpost', password: 'drizzle-42' })
    const connection = await broker.connection()
    const [connect, subscribe] = await connection.accept()
    expect(connect).toMatchObject({ protocolVersion: 4, clean: false, clientId: 'outpost-test', username: 'outpost' })
    expect(subscribe).toMatchObject({
      subscriptions: [
        { topic: 'station/level', qos: 1 },
        { topic: 'station/+/tilt', qos: 1 },
      ],
    })
    await log.until('info', 1)
    expect(source.state()).toEqual({ connected: true, since: expect.any(Number), error: null })
    expect(JSON.stringify(log.lines)).not.toContain('drizzle')
  })

  test('a broker that is not there does not prevent the start, and is used when it comes', async () => {
    const broker = await ManualBroker.open()
    broker.close()
    const { source, log } = await startSource({ broker })
    await log.until('warn', 1)
    expect(source.state()).toMatchObject({ connected: false, error: expect.stringContaining('ECONNREFUSED') })
    await broker.listen()
    await (await broker.connection()).accept()
    await log.until('info', 1)
    expect(source.state()).toMatchObject({ connected: true, error: null })
    // However many attempts it took.
    expect(log.lines).toHaveLength(2)
  })

  test('subscribes at every connection, even when the broker says that it kept the session', async () => {
    const { broker, log } = await startSource()
    const first = await broker.connection()
    await first.accept()
    await log.until('info', 1)
    first.cut()
    const [, subscribe] = await (await broker.connection()).accept({ sessionPresent: true })
    expect(subscribe).toMatchObject({ cmd: 'subscribe', subscriptions: [{}, {}] })
    await log.until('info', 2)
    expect(log.lines.map(({ level }) => level)).toEqual(['info', 'warn', 'info'])
  })

  test('a refused password is shown, tried again and forgotten when it is accepted', async () => {
    const { broker, source, log } = await startSource({ username: 'outpost', password: 'no' })
    for (let attempt = 0; attempt < 3; attempt++) {
      const connection = await broker.connection()
      await connection.next()
      connection.send({ cmd: 'connack', returnCode: 4, sessionPresent: false })
      await connection.closed
    }
    expect(source.state().error).toContain('Bad username or password')
    await (await broker.connection()).accept()
    await log.until('info', 1)
    expect(source.state().error).toBeNull()
    expect(log.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
  })

  test('a refused subscription is shown with its topic while the connection stays', async () => {
    const { broker, source, log } = await startSource()
    const connection = await broker.connection()
    await connection.accept({ granted: 128 })
    await log.until('warn', 1)
    expect(source.state()).toMatchObject({
      connected: true,
      error: 'the broker refuses the subscription to station/level, station/+/tilt',
    })
  })

  test('is MQTT 5 where that is asked for: a session that lasts, a shared group, and the reason of an end', async () => {
    const { broker, source, log } = await startSource({
      protocolVersion: 5,
      sharedGroup: 'outposts',
      reconnectMs: 600_000,
    })
    const connection = await broker.connection()
    expect(await connection.next()).toMatchObject({
      ...{ protocolVersion: 5, clean: false },
      properties: { sessionExpiryInterval: 0xffff_ffff, receiveMaximum: 1000 },
    })
    // CONNACK without properties.
    connection.bytes(0x20, 3, 0, 0, 0)
    expect(await connection.next()).toMatchObject({
      subscriptions: [{ topic: '$share/outposts/station/level' }, { topic: '$share/outposts/station/+/tilt' }],
    })
    // DISCONNECT: session taken over.
    connection.bytes(0xe0, 2, 0x8e, 0)
    connection.cut()
    await log.until('warn', 1)
    expect(source.state().error).toBe('another client uses the same client id: give each its own')
  })

  test('credentials do not belong in the url', () => {
    const create = () =>
      createExternalSource({
        id: 'outside',
        url: 'mqtt://me:drizzle@127.0.0.1:1883',
        clientId: 'x',
        devices,
        maxPayloadBytes: 1000,
        clock: systemClock,
        log: new AwaitedLog(),
      })
    expect(create).toThrow('MQTT broker outside')
    expect(create).not.toThrow('drizzle')
  })
})

describe('messages of an outside broker', () => {
  test('say whether the broker had kept them', async () => {
    const { broker, samples } = await startSource()
    const connection = await broker.connection()
    await connection.accept()
    connection.publish('station/level', { id: 1, retain: true })
    connection.publish('station/level', { id: 2, payload: Buffer.from([0, 255]) })
    await connection.next()
    await connection.next()
    expect(samples).toMatchObject([
      { deviceId: 'level-1', type: 'message', retained: true },
      { deviceId: 'level-1', type: 'message', retained: false },
    ])
    const last = samples[1]
    expect(last?.type === 'message' && Buffer.from(last.payload)).toEqual(Buffer.from([0, 255]))
  })

  test('that are too long make the device bad and are acknowledged, or they would come for ever', async () => {
    const { broker, samples } = await startSource()
    const connection = await broker.connection()
    await connection.accept()
    connection.publish('station/level', { id: 4, payload: 'x'.repeat(1001) })
    expect(await connection.next()).toMatchObject({ cmd: 'puback', messageId: 4 })
    expect(samples).toMatchObject([{ type: 'device-failure', reason: 'malformed' }])
  })

  test('that are too long and were kept say nothing about the device now', async () => {
    const { broker, source, samples } = await startSource()
    const connection = await broker.connection()
    await connection.accept()
    connection.publish('station/level', { id: 4, payload: 'x'.repeat(1001), retain: true })
    expect(await connection.next()).toMatchObject({ cmd: 'puback', messageId: 4 })
    expect(samples).toEqual([])
    expect(source.stats()).toMatchObject({ oversizedMessages: 1 })
  })

  test('follow the devices: new filters are subscribed, old ones given back', async () => {
    const { broker, source, log, samples } = await startSource()
    const connection = await broker.connection()
    await connection.accept()
    await log.until('info', 1)
    source.setTopics({
      devices: [
        { deviceId: 'level-1', topicFilter: 'station/level' },
        { deviceId: 'new', topicFilter: 'new/+' },
      ],
    })
    const unsubscribe = await connection.next()
    expect(unsubscribe).toMatchObject({ cmd: 'unsubscribe', unsubscriptions: ['station/+/tilt'] })
    connection.send({ cmd: 'unsuback', messageId: unsubscribe?.messageId ?? 0, granted: [] })
    const subscribe = await connection.next()
    connection.grant(subscribe)
    expect(subscribe).toMatchObject({ cmd: 'subscribe', subscriptions: [{ topic: 'new/+', qos: 1 }] })
    connection.publish('new/topic', { id: 9 })
    expect(await connection.next()).toMatchObject({ cmd: 'puback', messageId: 9 })
    expect(samples).toMatchObject([{ deviceId: 'new' }])
  })
})

describe('the end of the source', () => {
  test('acknowledges what is on its way to disk, then says DISCONNECT', async () => {
    const commits = new HeldCommits()
    const { broker, source } = await startSource({ emit: commits.hold })
    const connection = await broker.connection()
    await connection.accept()
    connection.publish('station/level', { id: 7 })
    await commits.waiting(1)
    const stopped = source.stop()
    commits.release()
    expect(await connection.next()).toMatchObject({ cmd: 'puback', messageId: 7 })
    expect(await connection.next()).toMatchObject({ cmd: 'disconnect' })
    expect(await connection.next()).toBeNull()
    await stopped
    await source.stop()
  })

  test('takes nothing more, so that it comes again', async () => {
    const commits = new HeldCommits()
    const { broker, source, samples } = await startSource({ emit: commits.hold })
    const connection = await broker.connection()
    await connection.accept()
    connection.publish('station/level', { id: 7 })
    await commits.waiting(1)
    const stopped = source.stop()
    connection.publish('station/level', { id: 8 })
    commits.release()
    expect(await connection.next()).toMatchObject({ cmd: 'puback', messageId: 7 })
    expect(await connection.next()).toMatchObject({ cmd: 'disconnect' })
    await stopped
    expect(samples).toHaveLength(1)
  })

  test('is bounded when a commit and the broker hang', async () => {
    const clock = new FakeClock()
    const { broker, source } = await startSource({ emit: () => new Promise(() => {}), clock })
    const connection = await broker.connection()
    await connection.next()
    connection.send({ cmd: 'connack', returnCode: 0, sessionPresent: false })
    // SUBSCRIBE is never answered, and MQTT.js would wait for that.
    await connection.next()
    connection.publish('station/level')
    const stopped = source.stop()
    // First it waits for the commit, then for the orderly end.
    for (let wait = 0; wait < 2; wait++) await clock.advance(await clock.nextSleep())
    await stopped
    await connection.closed
  })

  test('while no broker is there is prompt', async () => {
    const broker = await ManualBroker.open()
    broker.close()
    const { source, log } = await startSource({ broker })
    await log.until('warn', 1)
    await source.stop()
    expect(log.lines).toHaveLength(1)
  })

  test('leaves a broker in peace that has not answered CONNECT', async () => {
    const { broker, source } = await startSource({ reconnectMs: 1 })
    const connection = await broker.connection()
    await connection.next()
    await source.stop()
    await connection.closed
    // A source that went on would be among those who knock now.
    for (let round = 0; round < 20; round++) {
      const witness = await RawClient.open(Number(new URL(broker.url).port))
      witness.send({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: 'witness' })
      expect(await (await broker.connection()).next()).toMatchObject({ cmd: 'connect', clientId: 'witness' })
      await witness.vanish()
    }
  })
})

import { describe, expect, test } from 'vitest'
import { HeldCommits } from '../../../support/held-commits.ts'
import { publishPacket } from './manual-broker.ts'
import { devices, startSource } from './start-external-source.ts'

describe('an acknowledgement to an outside broker means on disk', () => {
  test('it is sent only after the commit', async () => {
    const commits = new HeldCommits()
    const { broker, source } = await startSource({ emit: commits.hold })
    const connection = await broker.connection()
    await connection.accept()
    connection.publish('station/level', { id: 7 })
    await commits.waiting(1)
    // The next thing the client says is something else, so it has not said PUBACK.
    source.setTopics({ devices: [...devices, { deviceId: 'new', topicFilter: 'new' }] })
    const subscribe = await connection.next()
    expect(subscribe).toMatchObject({ cmd: 'subscribe' })
    connection.grant(subscribe)
    commits.release()
    expect(await connection.next()).toMatchObject({ cmd: 'puback', messageId: 7 })
  })

  test('many messages wait for their commit together, and are acknowledged in the order of receipt [MQTT-4.6.0-2]', async () => {
    const commits = new HeldCommits()
    const { broker } = await startSource({ emit: commits.hold })
    const connection = await broker.connection()
    await connection.accept()
    const ids = Array.from({ length: 500 }, (_, index) => index + 1)
    connection.send(...ids.map((id) => publishPacket('station/level', { id })))
    await commits.waiting(500)
    commits.release({ newestFirst: true })
    for (const messageId of ids) expect(await connection.next()).toMatchObject({ cmd: 'puback', messageId })
  })

  test('a message that nobody waits for is acknowledged in its turn', async () => {
    const commits = new HeldCommits()
    const { broker, source } = await startSource({ emit: commits.hold })
    const connection = await broker.connection()
    await connection.accept()
    connection.send(publishPacket('station/level', { id: 1 }), publishPacket('left/over', { id: 2 }))
    await commits.waiting(1)
    commits.release()
    expect(await connection.next()).toMatchObject({ cmd: 'puback', messageId: 1 })
    expect(await connection.next()).toMatchObject({ cmd: 'puback', messageId: 2 })
    expect(source.stats()).toMatchObject({ unknownMessages: 1, unknownTopics: ['left/over'] })
  })

  test('reading stops at 1000 messages under way and goes on when they are committed', async () => {
    const commits = new HeldCommits()
    const { broker, samples } = await startSource({ emit: commits.hold })
    const connection = await broker.connection()
    await connection.accept()
    for (let id = 1; id <= 1200; id++) connection.publish('station/level', { id })
    await commits.waiting(1000)
    expect(samples).toHaveLength(1000)
    commits.release()
    await commits.waiting(200)
    expect(samples).toHaveLength(1200)
    commits.release()
    for (let messageId = 1; messageId <= 1200; messageId++) {
      expect(await connection.next()).toMatchObject({ cmd: 'puback', messageId })
    }
  })

  test('a commit that fails is not acknowledged: the connection opens again and the message is taken then', async () => {
    let full = true
    const { broker, log, source } = await startSource({
      emit: () => (full ? Promise.reject(new Error('disk full')) : Promise.resolve()),
    })
    for (let attempt = 0; attempt < 3; attempt++) {
      const connection = await broker.connection()
      await connection.accept({ sessionPresent: attempt > 0 })
      connection.publish('station/level', { id: 3 })
      expect(await connection.next()).toBeNull()
    }
    expect(source.state().error).toBe('not committed: disk full')
    full = false
    const connection = await broker.connection()
    await connection.accept({ sessionPresent: true })
    connection.publish('station/level', { id: 3 })
    expect(await connection.next()).toMatchObject({ cmd: 'puback', messageId: 3 })
    expect(source.state().error).toBeNull()
    // One line for the failure over all its connections.
    expect(log.lines.map(({ level, facts }) => [level, facts.error])).toEqual([
      ['info', undefined],
      ['warn', 'not committed: disk full'],
      ['info', undefined],
    ])
  })

  test('a message of a lost connection is never acknowledged on the next one', async () => {
    const commits = new HeldCommits()
    const { broker } = await startSource({ emit: commits.hold })
    const first = await broker.connection()
    await first.accept()
    first.publish('station/level', { id: 7, payload: 'old' })
    await commits.waiting(1)
    first.cut()
    const second = await broker.connection()
    await second.accept()
    commits.release()
    // The same packet identifier now stands for another message.
    second.publish('station/x/tilt', { id: 7, payload: 'new' })
    second.publish('left/over', { id: 8 })
    await commits.waiting(1)
    commits.release()
    expect(await second.next()).toMatchObject({ cmd: 'puback', messageId: 7 })
    expect(await second.next()).toMatchObject({ cmd: 'puback', messageId: 8 })
  })

  test('QoS 0 is taken without an acknowledgement, QoS 2 is completed after its commit', async () => {
    const commits = new HeldCommits()
    const { broker, source, samples } = await startSource({ emit: commits.hold })
    const connection = await broker.connection()
    await connection.accept()
    connection.publish('station/level', { qos: 0 })
    await commits.waiting(1)
    connection.publish('station/level', { qos: 2, id: 5 })
    expect(await connection.next()).toMatchObject({ cmd: 'pubrec', messageId: 5 })
    connection.send({ cmd: 'pubrel', messageId: 5 })
    await commits.waiting(2)
    source.setTopics({ devices: [...devices, { deviceId: 'new', topicFilter: 'new' }] })
    const subscribe = await connection.next()
    expect(subscribe).toMatchObject({ cmd: 'subscribe' })
    connection.grant(subscribe)
    commits.release()
    expect(await connection.next()).toMatchObject({ cmd: 'pubcomp', messageId: 5 })
    expect(samples).toHaveLength(2)
  })
})

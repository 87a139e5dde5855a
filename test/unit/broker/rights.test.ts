import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Authentication, User } from '../../../broker/access.ts'
import { permissionsOf } from '../../../broker/rights.ts'
import { filterCovers, filterMatches } from '../../../broker/topic-tree.ts'
import { RawClient } from '../../support/raw-mqtt-client.ts'
import { type RunningBroker, startBroker } from '../../support/running-broker.ts'

const tag: User = {
  name: 'tag',
  password: 'drizzle-42',
  rights: { type: 'topics', publish: ['site/tag/+', 'own/{username}/{clientId}'], subscribe: ['site/tag/command/#'] },
}
const station: User = { name: 'station', password: 'drizzle-42', rights: { type: 'everything' } }
const users = (...all: User[]): Authentication => ({ type: 'users', users: all })
const password = Buffer.from('drizzle-42')

function connected({ port }: RunningBroker, options: { username: string; clientId?: string; clean?: boolean }) {
  return RawClient.connected(port, { clientId: 'tag-1', ...options, password })
}

async function ping(client: RawClient): Promise<void> {
  client.send({ cmd: 'pingreq' })
  expect(await client.next()).toMatchObject({ cmd: 'pingresp' })
}

describe('a user with rights', () => {
  const start = () => startBroker({ authentication: users(tag, station) })

  test('publishes to its own topics', async () => {
    const running = await start()
    const client = await connected(running, { username: 'tag' })
    for (const [id, topic] of ['site/tag/level', 'own/tag/tag-1'].entries()) {
      client.publish(topic, '1', { id: id + 1 })
      expect(await client.next()).toMatchObject({ cmd: 'puback' })
    }
    expect(running.messages.map(({ topic, clientId }) => [topic, clientId])).toEqual([
      ['site/tag/level', 'tag-1'],
      ['own/tag/tag-1', 'tag-1'],
    ])
  })

  test.each([1, 2] as const)(
    'loses its connection over another topic at QoS %d, for an acknowledgement would say "safe"',
    async (qos) => {
      const running = await start()
      const client = await connected(running, { username: 'tag' })
      client.publish('site/other/level', '1', { qos })
      expect(await client.next()).toBeNull()
      expect(running.messages).toEqual([])
      expect(running.broker.stats().refused).toEqual({ rights: 1 })
    },
  )

  test('is not heard on another topic at QoS 0, retained or not, and stays connected', async () => {
    const running = await start()
    const reader = await connected(running, { username: 'station', clientId: 'reader' })
    reader.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 1 }] })
    await reader.next()
    const client = await connected(running, { username: 'tag' })
    for (let n = 0; n < 5; n++) client.publish('site/other/level', '1', { qos: 0, retain: n === 4 })
    await ping(client)
    await ping(reader)
    expect(running.messages).toEqual([])
    const { refused, store } = running.broker.stats()
    expect({ refused, retained: store.retainedBytes }).toEqual({ refused: { rights: 5 }, retained: 0 })
    expect(running.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  test('is told at once that its will would go nowhere', async () => {
    const running = await start()
    const will = { topic: 'site/other/status', payload: Buffer.from('gone'), qos: 1, retain: false } as const
    const client = await RawClient.open(running.port)
    expect(await client.connect({ username: 'tag', password, will })).toMatchObject({ returnCode: 5 })
    await client.closed
    const good = await RawClient.connected(running.port, {
      username: 'tag',
      password,
      will: { ...will, topic: 'site/tag/status' },
    })
    await good.vanish()
    await expect.poll(() => running.messages.map(({ topic }) => topic)).toEqual(['site/tag/status'])
  })

  test('subscribes to its own commands and to no more', async () => {
    const running = await start()
    const client = await connected(running, { username: 'tag' })
    const filters = ['site/tag/command/#', 'site/tag/command/test', '#', 'site/+/command/test', 'site/tag/#', '$SYS/#']
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: filters.map((topic) => ({ topic, qos: 1 as const })) })
    expect(await client.next()).toMatchObject({ cmd: 'suback', granted: [1, 1, 128, 128, 128, 128] })
    expect(running.broker.stats().refused).toEqual({ rights: 4 })
  })
})

describe('the session of a client', () => {
  test('belongs to its user: another one neither gets it nor ends its connection', async () => {
    const running = await startBroker({ authentication: users(tag, station) })
    const own = await connected(running, { username: 'tag', clean: false })
    own.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'site/tag/command/#', qos: 1 }] })
    await own.next()
    const other = await RawClient.open(running.port)
    const answer = await other.connect({ clientId: 'tag-1', username: 'station', password, clean: false })
    expect(answer).toMatchObject({ returnCode: 0, sessionPresent: false })
    await ping(own)
    other.publish('site/tag/command/test', 'on')
    expect(await other.next()).toMatchObject({ cmd: 'puback' })
    expect(await own.next()).toMatchObject({ cmd: 'publish', topic: 'site/tag/command/test' })
    await ping(other)
  })
})

describe('users that change while the broker runs', () => {
  test('those concerned connect anew, the others do not notice', async () => {
    const running = await startBroker({ authentication: users(tag, station) })
    const { broker, port } = running
    const old = await connected(running, { username: 'tag' })
    const staying = await connected(running, { username: 'station' })
    const rights = { type: 'topics', publish: ['new/level'], subscribe: [] } as const
    broker.setAuthentication(users({ ...tag, rights }, station, { ...station, name: 'added' }))
    await old.closed
    await ping(staying)
    const renewed = await connected(running, { username: 'tag' })
    renewed.publish('new/level', '1')
    expect(await renewed.next()).toMatchObject({ cmd: 'puback' })
    await connected(running, { username: 'added' })
    broker.setAuthentication(users(station))
    await renewed.closed
    const gone = await RawClient.open(port)
    expect(await gone.connect({ username: 'tag', password })).toMatchObject({ returnCode: 4 })
    await ping(staying)
  })

  test('a session that resumes has lost the subscriptions that its user may no longer have', async () => {
    const running = await startBroker({ authentication: users(tag, station) })
    const before = await connected(running, { username: 'tag', clean: false })
    before.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'site/tag/command/#', qos: 0 }] })
    await before.next()
    running.broker.setAuthentication(users({ ...tag, rights: { type: 'topics', publish: [], subscribe: [] } }, station))
    await before.closed
    const after = await connected(running, { username: 'tag', clean: false })
    const other = await connected(running, { username: 'station' })
    other.publish('site/tag/command/test', 'on', { qos: 0 })
    await ping(other)
    await ping(after)
  })

  test('what contradicts itself changes nothing', async () => {
    const running = await startBroker({
      listeners: [{ type: 'tcp', host: '0.0.0.0', port: 0 }],
      authentication: users(station),
    })
    expect(() => running.broker.setAuthentication({ type: 'anonymous-on-loopback' })).toThrow('loopback')
    expect(() => running.broker.setAuthentication(users(station, station))).toThrow('given twice')
    await connected(running, { username: 'station' })
  })
})

test('a name that would change the meaning of a filter opens nothing', () => {
  const rights = { type: 'topics', publish: ['own/{clientId}'], subscribe: ['{username}/{clientId}/#'] } as const
  for (const clientId of ['+', '#', 'a/b', '']) {
    const permissions = permissionsOf(rights, { username: 'tag', clientId })
    for (const topic of ['own/a', 'own/a/b', 'own/+', 'own/']) expect(permissions.mayPublish(topic)).toBe(false)
    expect(permissions.maySubscribe('tag/+/#')).toBe(false)
  }
  expect(permissionsOf(rights, { username: 'tag', clientId: '$&' }).mayPublish('own/$&')).toBe(true)
})

describe('a filter covers another', () => {
  const level = fc.constantFrom('a', 'b', '', '$x')
  const filter = fc
    .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([levels, all]) => [...levels, ...(all ? ['#'] : [])].join('/'))
  const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'))

  test('only if it matches all that the other matches', () => {
    fc.assert(
      fc.property(filter, filter, topic, (allowed, wanted, name) => {
        fc.pre(filterCovers(allowed, wanted) && filterMatches(wanted, name))
        expect(filterMatches(allowed, name)).toBe(true)
      }),
    )
  })

  test.each([
    ['#', 'a/+/#', true],
    ['a/#', 'a', true],
    ['a/+', 'a/+', true],
    ['a/+', 'a/b', true],
    ['a/b', 'a/+', false],
    ['a/+', 'a/#', false],
    ['a/+/#', 'a/#', false],
    ['+', '#', false],
    ['#', '$SYS/#', false],
    ['$SYS/#', '$SYS/broker/+', true],
  ])('%s and %s: %s', (allowed, wanted, covers) => {
    expect(filterCovers(allowed, wanted)).toBe(covers)
  })
})

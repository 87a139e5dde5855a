import { once } from 'node:events'
import { connect as connectSocket, createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Access } from '../../../broker/access.ts'
import { createBroker } from '../../../broker/broker.ts'
import { createMemoryLog } from '../../support/memory-log.ts'
import { RawClient } from '../../support/raw-mqtt-client.ts'
import { startBroker } from '../../support/running-broker.ts'

const users = {
  type: 'users',
  users: [{ name: 'station', password: 'drizzle-42', rights: { type: 'everything' } }],
} as const
const secret = (text: string): Buffer => Buffer.from(text)

describe('who may connect', () => {
  test('a user with the right password', async () => {
    const { port } = await startBroker({ authentication: users })
    const client = await RawClient.open(port)
    const credentials = { username: 'station', password: secret('drizzle-42') }
    expect(await client.connect(credentials)).toMatchObject({ cmd: 'connack', returnCode: 0 })
  })

  test.each([
    ['a wrong password', { username: 'station', password: secret('drizzle-43') }],
    ['an unknown user', { username: 'nobody', password: secret('drizzle-42') }],
    ['a user without a password', { username: 'station' }],
    ['nobody at all', {}],
    ['a password as long as the digest', { username: 'station', password: Buffer.alloc(32) }],
  ])('%s is told so and cut off, and no secret is logged', async (_, credentials) => {
    const { port, lines, broker } = await startBroker({ authentication: users })
    const client = await RawClient.open(port)
    expect(await client.connect(credentials)).toMatchObject({ cmd: 'connack', returnCode: 4 })
    expect(await client.next()).toBeNull()
    expect(broker.stats()).toMatchObject({ clients: 0, refused: { authentication: 1 } })
    expect(JSON.stringify(lines)).not.toContain('drizzle')
  })

  test('a client that is not let in publishes nothing, not even its will', async () => {
    const { port, messages } = await startBroker({ authentication: users })
    const client = await RawClient.open(port)
    const will = { topic: 'site/level', payload: secret('9.9'), qos: 1 as const, retain: false }
    const connack = client.connect({ username: 'station', password: secret('no'), will })
    client.publish('site/level', '9.9')
    await connack
    await client.closed
    expect(messages).toEqual([])
  })

  test('the same trouble of one address is logged once and counted always', async () => {
    const { port, lines, broker } = await startBroker({ authentication: users })
    for (let attempt = 0; attempt < 5; attempt++) {
      const client = await RawClient.open(port)
      await client.connect({ clientId: `attempt-${attempt}` })
      await client.closed
    }
    expect(broker.stats().refused.authentication).toBe(5)
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  test('users are checked before anything listens', () => {
    expect(() => new Access({ type: 'users', users: [] })).toThrow('at least one user')
    expect(
      () => new Access({ type: 'users', users: [{ name: 'a', password: '', rights: { type: 'everything' } }] }),
    ).toThrow('"a"')
    const twice = [...users.users, ...users.users]
    expect(() => new Access({ type: 'users', users: twice })).toThrow('given twice')
  })
})

describe('listeners', () => {
  const log = createMemoryLog()
  const ingest = () => undefined

  test.each(['0.0.0.0', '::', '192.0.2.1', 'station.example'])('anonymous clients are not let in on %s', (host) => {
    const listeners = [
      { type: 'tcp', host: '127.0.0.1', port: 0 },
      { type: 'tcp', host, port: 1883 },
    ] as const
    const open = () => createBroker({ listeners, authentication: { type: 'anonymous-on-loopback' }, ingest, log })
    expect(open).toThrow(`broker listener ${host}:1883`)
    expect(open).toThrow('127.0.0.1')
  })

  test('with users the broker may listen everywhere', async () => {
    const { port } = await startBroker({
      listeners: [{ type: 'tcp', host: '0.0.0.0', port: 0 }],
      authentication: users,
    })
    const client = await RawClient.open(port)
    expect(await client.connect({})).toMatchObject({ returnCode: 4 })
  })

  test('a port that is taken is named, and what was open is closed again', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const taken = (other.address() as { port: number }).port
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    const free = (probe.address() as { port: number }).port
    probe.close()
    await once(probe, 'close')
    const listeners = [free, taken].map((port) => ({ type: 'tcp', host: '127.0.0.1', port }) as const)
    const broker = createBroker({ listeners, authentication: { type: 'anonymous-on-loopback' }, ingest, log })
    await expect(broker.start()).rejects.toThrow(`broker listener 127.0.0.1:${taken}`)
    const [error] = await once(connectSocket(free, '127.0.0.1'), 'error')
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('limits on connections', () => {
  test('more clients than allowed are turned away, and the others stay', async () => {
    const { port, broker, lines } = await startBroker({ limits: { maxClients: 2 } })
    const first = await RawClient.connected(port, { clientId: 'a' })
    const second = await RawClient.connected(port, { clientId: 'b' })
    for (let attempt = 0; attempt < 3; attempt++) {
      const surplus = await RawClient.open(port)
      await surplus.closed
    }
    expect(broker.stats()).toMatchObject({ clients: 2, connections: 2, refused: { 'too-many-clients': 3 } })
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
    first.send({ cmd: 'pingreq' })
    expect(await first.next()).toMatchObject({ cmd: 'pingresp' })
    await second.vanish()
    first.send({ cmd: 'pingreq' })
    await first.next()
    await RawClient.connected(port, { clientId: 'c' })
  })

  test('a connection that does not say CONNECT in time is closed', async () => {
    const { port, broker } = await startBroker({ limits: { connectTimeoutMs: 30 } })
    const silent = await RawClient.open(port)
    silent.bytes(Buffer.from([0x10, 0x20, 0x00]))
    await silent.closed
    expect(broker.stats().refused).toEqual({ 'connect-timeout': 1 })
  })

  test('an overlong client identifier is rejected', async () => {
    const { port } = await startBroker({ limits: { maxClientIdBytes: 16 } })
    const client = await RawClient.open(port)
    expect(await client.connect({ clientId: 'x'.repeat(17) })).toMatchObject({ cmd: 'connack', returnCode: 2 })
  })

  test('MQTT 5 is refused in words a client understands [MQTT-3.1.2-2]', async () => {
    const { port, broker } = await startBroker()
    const client = await RawClient.open(port)
    expect(await client.connect({ protocolVersion: 5 })).toMatchObject({ cmd: 'connack', returnCode: 1 })
    await client.closed
    expect(broker.stats().refused).toEqual({ 'protocol-version': 1 })
  })
})

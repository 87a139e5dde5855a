/** TCP, TLS with and without client certificates, WebSocket: with mqtt.js as an independent client. */

import { once } from 'node:events'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { connect as connectSocket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { connect, connectAsync, type IClientOptions } from 'mqtt'
import mqttPacket, { type Packet } from 'mqtt-packet'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Authentication } from '../../../broker/access.ts'
import type { ListenerOptions } from '../../../broker/listener-options.ts'
import { Authority, type CertificateFiles } from '../../support/certificates.ts'
import { type RunningBroker, startBroker } from '../../support/running-broker.ts'

const PINGRESP = Buffer.from([0xd0, 0])
const CONNECT: Packet = { cmd: 'connect', protocolId: 'MQTT', clean: true, clientId: 'page' }
const here = { host: '127.0.0.1', port: 0 } as const
const anonymous: Authentication = { type: 'anonymous-on-loopback' }

function start(listener: ListenerOptions, authentication = anonymous): Promise<RunningBroker> {
  return startBroker({ listeners: [listener], authentication })
}

/** Only for connections that say too little: others must not be cut off because the machine is busy. */
function startHasty(listener: ListenerOptions): Promise<RunningBroker> {
  return startBroker({ listeners: [listener], limits: { connectTimeoutMs: 300 } })
}

/** Connects, publishes one message at QoS 1 and is gone; rejects where the connection ends before. */
async function publishOver(url: string, options: IClientOptions = {}): Promise<void> {
  const client = connect(url, { reconnectPeriod: 0, connectTimeout: 5000, ...options })
  const { promise: refused, reject } = Promise.withResolvers<never>()
  client.on('error', (error) => reject(error))
  client.on('close', () => reject(new Error('the connection was closed')))
  refused.catch(() => {})
  try {
    await Promise.race([new Promise((resolve) => client.once('connect', resolve)), refused])
    await Promise.race([client.publishAsync('site/level', '1', { qos: 1 }), refused])
  } finally {
    client.end(true)
  }
}

function pair({ certFile, keyFile }: CertificateFiles): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) }
}

describe('TLS', () => {
  test('carries MQTT, and earlier versions than 1.2 are refused', async () => {
    const authority = new Authority()
    const { port, messages, broker } = await start({ type: 'tls', ...here, tls: authority.issue('station') })
    const ca = readFileSync(authority.caFile)
    await publishOver(`mqtts://127.0.0.1:${port}`, { ca })
    expect(messages).toMatchObject([{ topic: 'site/level' }])
    const old = connectTls({
      port,
      host: '127.0.0.1',
      ca,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    })
    await once(old, 'error')
    await expect.poll(() => broker.stats().refused.tls).toBe(1)
  })

  test('a client that never begins the handshake is cut off', async () => {
    const { port, broker } = await startHasty({ type: 'tls', ...here, tls: new Authority().issue('station') })
    const silent = connectSocket(port, '127.0.0.1').resume()
    silent.on('error', () => {})
    await once(silent, 'close')
    await expect.poll(() => broker.stats()).toMatchObject({ connections: 0, refused: { tls: 1 } })
  })

  test('certificates are renewed without disconnecting anyone, and a bad one changes nothing', async () => {
    const authority = new Authority()
    const first = authority.issue('first')
    const { port, broker, lines } = await start({ type: 'tls', ...here, tls: first })
    const ca = readFileSync(authority.caFile)
    const nameNow = async (): Promise<unknown> => {
      const socket = connectTls({ port, host: '127.0.0.1', ca })
      await once(socket, 'secureConnect')
      const { CN } = socket.getPeerCertificate().subject
      socket.destroy()
      return CN
    }
    const client = await connectAsync(`mqtts://127.0.0.1:${port}`, { ca, reconnectPeriod: 0 })
    onTestFinished(() => client.endAsync(true))
    expect(await nameNow()).toBe('first')
    const second = authority.issue('second')
    copyFileSync(second.certFile, first.certFile)
    copyFileSync(second.keyFile, first.keyFile)
    broker.renewCertificates()
    expect(await nameNow()).toBe('second')
    writeFileSync(first.certFile, 'no certificate')
    broker.renewCertificates()
    expect(await nameNow()).toBe('second')
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1)
    await client.publishAsync('site/level', '1', { qos: 1 })
  })

  test.each([
    [
      'is not there',
      (files: CertificateFiles) => ({ ...files, certFile: '/no/such.pem' }),
      /certFile cannot be read.*such\.pem/,
    ],
    ['is not PEM', (files: CertificateFiles) => ({ ...files, certFile: import.meta.filename }), /PEM/],
    [
      'belongs to another key',
      (files: CertificateFiles, other: CertificateFiles) => ({ ...files, keyFile: other.keyFile }),
      /key/,
    ],
  ])('a certificate that %s stops the start, and is named', async (_, broken, message) => {
    const authority = new Authority()
    const tls = broken(authority.issue('station'), authority.issue('other'))
    await expect(start({ type: 'tls', ...here, tls })).rejects.toThrow(message)
  })
})

describe('client certificates', () => {
  const users: Authentication = {
    type: 'users',
    users: [
      {
        name: 'pump',
        certificate: 'pump-17.example',
        rights: { type: 'topics', publish: ['site/level'], subscribe: [] },
      },
      { name: 'station', password: 'drizzle-42', rights: { type: 'everything' } },
    ],
  }
  const listener = (authority: Authority, required: boolean): ListenerOptions => {
    const clientCertificates = { caFile: authority.caFile, required }
    return { type: 'tls', ...here, tls: { ...authority.issue('station'), clientCertificates } }
  }
  const password = { username: 'station', password: 'drizzle-42' }

  test.each([
    ['its common name', 'pump-17.example', []],
    ['a DNS name of it', 'anything', ['other.example', 'pump-17.example']],
  ])('tell who a client is by %s', async (_, commonName, dnsNames) => {
    const authority = new Authority()
    const { port, messages, broker } = await start(listener(authority, true), users)
    const ca = readFileSync(authority.caFile)
    const certificate = pair(authority.issue(commonName, { dnsNames }))
    await publishOver(`mqtts://127.0.0.1:${port}`, { ca, ...certificate })
    expect(messages).toHaveLength(1)
    // The name that it proves is the name that it has.
    const impostor = publishOver(`mqtts://127.0.0.1:${port}`, { ca, ...certificate, ...password })
    await expect(impostor).rejects.toThrow()
    await expect.poll(() => broker.stats().refused).toEqual({ authentication: 1 })
  })

  test('that are required keep out whoever has none, or one of a stranger', async () => {
    const authority = new Authority()
    const { port, broker } = await start(listener(authority, true), users)
    const ca = readFileSync(authority.caFile)
    await expect(publishOver(`mqtts://127.0.0.1:${port}`, { ca, ...password })).rejects.toThrow()
    const stranger = pair(new Authority('stranger').issue('pump-17.example'))
    await expect(publishOver(`mqtts://127.0.0.1:${port}`, { ca, ...stranger })).rejects.toThrow()
    await expect.poll(() => broker.stats()).toMatchObject({ clients: 0, refused: { tls: 2 } })
  })

  test('that are optional leave the password to the others, and do not admit a stranger', async () => {
    const authority = new Authority()
    const { port, messages, broker } = await start(listener(authority, false), users)
    const ca = readFileSync(authority.caFile)
    await publishOver(`mqtts://127.0.0.1:${port}`, { ca, ...password })
    await publishOver(`mqtts://127.0.0.1:${port}`, { ca, ...pair(authority.issue('pump-17.example')) })
    // Signed by the authority, but nobody's: the password decides.
    const nobody = { ca, ...pair(authority.issue('nobody.example')) }
    await publishOver(`mqtts://127.0.0.1:${port}`, { ...nobody, ...password })
    await expect(publishOver(`mqtts://127.0.0.1:${port}`, nobody)).rejects.toThrow()
    const stranger = pair(new Authority('stranger').issue('pump-17.example'))
    await expect(publishOver(`mqtts://127.0.0.1:${port}`, { ca, ...stranger, ...password })).rejects.toThrow()
    expect(messages).toHaveLength(3)
    await expect.poll(() => broker.stats().refused).toEqual({ authentication: 1, tls: 1 })
  })
})

describe('WebSocket', () => {
  const endpoint = { type: 'websocket', ...here, path: '/mqtt', allowedOrigins: ['https://console.example'] } as const

  test('carries MQTT, with and without TLS [MQTT-6.0.0-4]', async () => {
    const { port, messages } = await start(endpoint)
    await publishOver(`ws://127.0.0.1:${port}/mqtt`)
    const authority = new Authority()
    const secure = await start({ ...endpoint, tls: authority.issue('station') })
    await publishOver(`wss://127.0.0.1:${secure.port}/mqtt`, { ca: readFileSync(authority.caFile) })
    expect([messages.length, secure.messages.length]).toEqual([1, 1])
  })

  test('packets may be cut and joined over frames in any way [MQTT-6.0.0-2]', async () => {
    const { port, messages } = await start(endpoint)
    const socket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, 'mqtt')
    await once(socket, 'open')
    const received: Buffer[] = []
    const answered = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        received.push(data)
        if (Buffer.concat(received).includes(PINGRESP)) resolve()
      })
    })
    for (const byte of mqttPacket.generate(CONNECT)) socket.send(Buffer.from([byte]))
    const publish = mqttPacket.generate({
      cmd: 'publish',
      topic: 'site/level',
      payload: '1',
      qos: 0,
      dup: false,
      retain: false,
    })
    socket.send(publish.subarray(0, 5))
    socket.send(Buffer.concat([publish.subarray(5), publish, mqttPacket.generate({ cmd: 'pingreq' })]))
    await answered
    expect(messages).toHaveLength(2)
    socket.terminate()
  })

  test('a text frame ends the connection [MQTT-6.0.0-1]', async () => {
    const { port, broker } = await start(endpoint)
    const socket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, 'mqtt')
    await once(socket, 'open')
    socket.send('text')
    await once(socket, 'close')
    expect(broker.stats().refused).toEqual({ 'malformed-packet': 1 })
  })

  test.each([
    ['offers no protocol "mqtt" [MQTT-6.0.0-3]', '/mqtt', 'other', {}, '400'],
    ['asks for another path', '/other', 'mqtt', {}, '404'],
    ['is a page of an origin that is not allowed', '/mqtt', 'mqtt', { origin: 'https://evil.example' }, '403'],
  ])('a client that %s is refused', async (_, path, protocol, headers, status) => {
    const { port, broker } = await start(endpoint)
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocol, { headers })
    const [error] = await once(socket, 'error')
    expect((error as Error).message).toContain(status)
    expect(broker.stats().refused).toEqual({ websocket: 1 })
  })

  test('a page of an allowed origin may connect', async () => {
    const { port } = await start(endpoint)
    const socket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, 'mqtt', { origin: 'https://console.example' })
    await once(socket, 'open')
    socket.terminate()
  })

  test('plain HTTP is told what is spoken here', async () => {
    const { port } = await start(endpoint)
    expect((await fetch(`http://127.0.0.1:${port}/mqtt`)).status).toBe(426)
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404)
  })

  test('a connection that says nothing, or not enough, is cut off', async () => {
    const { port, broker } = await startHasty(endpoint)
    const silent = connectSocket(port, '127.0.0.1')
    const slow = connectSocket(port, '127.0.0.1')
    slow.write('GET /mqtt HTTP/1.1\r\nhost: x\r\n')
    const open = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, 'mqtt')
    for (const socket of [silent, slow]) socket.resume().on('error', () => {})
    await Promise.all([once(silent, 'close'), once(slow, 'close'), once(open, 'close')])
    await expect.poll(() => broker.stats().connections).toBe(0)
    expect(broker.stats().refused).toEqual({ 'connect-timeout': 1 })
  })

  test('a frame that is too long ends the connection before it is collected', async () => {
    const { port, broker } = await start(endpoint)
    const socket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, 'mqtt')
    await once(socket, 'open')
    socket.send(Buffer.alloc(1024 * 1024))
    await once(socket, 'close')
    await expect.poll(() => broker.stats().connections).toBe(0)
  })
})

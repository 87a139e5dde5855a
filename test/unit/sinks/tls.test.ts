/** Receivers behind TLS: what cannot be trusted gets nothing, and the reason says which of the many things it is. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { AlarmEvent } from '../../../gateway/alarm-model.ts'
import { systemClock } from '../../../gateway/clock.ts'
import type { Sink } from '../../../gateway/delivery-model.ts'
import { createInfluxSink } from '../../../gateway/sinks/influx.ts'
import { createMqttSink } from '../../../gateway/sinks/mqtt.ts'
import { alarmEventMessages } from '../../../gateway/sinks/mqtt-messages.ts'
import { createWebhookSink } from '../../../gateway/sinks/webhook.ts'
import { alarmEvent } from '../../support/alarm-events.ts'
import { Authority, type CertificateFiles } from '../../support/certificates.ts'
import { startTcpServer } from '../../support/failing-server.ts'

type MakeSink = (port: number, ca?: string) => Sink<AlarmEvent>

const KINDS: readonly (readonly [string, MakeSink])[] = [
  [
    'InfluxDB',
    (port, ca) =>
      createInfluxSink<AlarmEvent>({
        ...{ id: 'store', url: `https://127.0.0.1:${port}`, clock: systemClock, toLine: ({ seq }) => `m f=${seq}i` },
        ...{ server: { version: 2, org: 'o', bucket: 'b', token: 'token-of-ours' }, ...(ca !== undefined && { ca }) },
      }),
  ],
  [
    'a webhook',
    (port) => createWebhookSink({ id: 'dispatch', url: `https://127.0.0.1:${port}`, secret: 's', clock: systemClock }),
  ],
  [
    'a broker',
    (port, ca) =>
      createMqttSink<AlarmEvent>({
        ...{ id: 'city', url: `mqtts://127.0.0.1:${port}`, topic: 'city/{device}', format: alarmEventMessages },
        ...{ timeoutMs: 10_000, ...(ca !== undefined && { tls: { ca } }) },
      }),
  ],
]

function files({ certFile, keyFile }: CertificateFiles) {
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) }
}

/** Counts what is said to it inside TLS. */
async function startStranger(certificate: CertificateFiles): Promise<{ port: number; heard: () => number }> {
  let heard = 0
  const server = createTlsServer(files(certificate), (socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      heard += bytes.length
    })
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, heard: () => heard }
}

function failure(sink: Sink<AlarmEvent>): Promise<unknown> {
  onTestFinished(() => sink.stop())
  return sink.write([alarmEvent(1)], new AbortController().signal).then(
    () => 'confirmed',
    (error: unknown) => error,
  )
}

describe.each(KINDS)('%s', (_, create) => {
  test('of an unknown authority hears not a word', async () => {
    const { port, heard } = await startStranger(new Authority().issue('localhost'))
    expect(await failure(create(port))).toMatchObject({
      failure: 'unreachable',
      message: expect.stringMatching(/unable to (verify|get local issuer|get issuer)|self.signed/),
    })
    expect(heard()).toBe(0)
  })

  test('that speaks no TLS is said to', async () => {
    const plain = await startTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    onTestFinished(() => plain.close())
    expect(await failure(create(plain.port))).toMatchObject({
      failure: 'unreachable',
      message: expect.stringMatching(/wrong version number|packet length too long|tls/i),
    })
  })
})

describe.each(KINDS.filter(([name]) => name !== 'a webhook'))('%s with a file of its authority', (_, create) => {
  test('is not trusted with a certificate that has run out', async () => {
    const authority = new Authority()
    const { port, heard } = await startStranger(authority.issue('localhost', { validDays: -1 }))
    const ca = readFileSync(authority.caFile, 'utf8')
    expect(await failure(create(port, ca))).toMatchObject({ message: expect.stringMatching(/expired/) })
    expect(heard()).toBe(0)
  })
})

test('InfluxDB with a file of its authority is written to', async () => {
  const authority = new Authority()
  const server = createServer(files(authority.issue('localhost')), (request, response) => {
    request.resume().on('end', () => response.writeHead(204).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const create = KINDS[0]?.[1] as MakeSink
  const { port } = server.address() as AddressInfo
  expect(await failure(create(port, readFileSync(authority.caFile, 'utf8')))).toBe('confirmed')
})

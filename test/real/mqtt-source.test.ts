/** The external MQTT source against a real mosquitto. */
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync, type MqttClient } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../gateway/clock.ts'
import type { Sample } from '../../gateway/model.ts'
import type { ExternalSourceOptions } from '../../gateway/sources/mqtt/external-options.ts'
import { createExternalSource } from '../../gateway/sources/mqtt/external-source.ts'
import { AwaitedLog } from '../support/awaited-log.ts'
import { HeldCommits } from '../support/held-commits.ts'
import { describeReal, startMosquitto } from '../support/real-servers.ts'
import type { RealServer } from '../support/server-process.ts'

const TOPIC = 'station/level'

async function startServer(options: Parameters<typeof startMosquitto>[0] = {}): Promise<RealServer> {
  const server = await startMosquitto(options)
  onTestFinished(() => server.remove())
  return server
}

/** Samples as texts, that a test can await. */
class Received {
  readonly samples: Sample[] = []
  readonly #watchers: (() => void)[] = []

  add(sample: Sample): void {
    this.samples.push(sample)
    for (const changed of this.#watchers.splice(0)) changed()
  }

  texts(): readonly string[] {
    return this.samples.map((sample) => (sample.type === 'message' ? Buffer.from(sample.payload).toString() : '?'))
  }

  async until(fulfilled: (texts: readonly string[]) => boolean): Promise<void> {
    while (!fulfilled(this.texts())) await new Promise<void>((changed) => this.#watchers.push(changed))
  }
}

async function startSource(
  url: string,
  options: Partial<ExternalSourceOptions> & { commit?: () => Promise<void> } = {},
) {
  const log = new AwaitedLog()
  const received = new Received()
  const source = createExternalSource({
    id: 'outside',
    url,
    clientId: 'outpost-test',
    devices: [{ deviceId: 'probe', topicFilter: TOPIC }],
    maxPayloadBytes: 1000,
    clock: systemClock,
    log,
    reconnectMs: 50,
    ...options,
  })
  await source.start((sample) => {
    received.add(sample)
    return options.commit?.() ?? Promise.resolve()
  })
  onTestFinished(() => source.stop())
  return { source, log, received }
}

async function connectDevice(server: RealServer): Promise<MqttClient> {
  const device = await connectAsync(server.url, {
    protocolVersion: 4,
    clientId: 'device',
    clean: false,
    reconnectPeriod: 50,
  })
  device.on('error', () => {})
  onTestFinished(() => void device.end(true))
  return device
}

describeReal('mosquitto')('the external source and mosquitto', () => {
  test('what a killed process had not committed is delivered to the next one', async () => {
    const server = await startServer()
    const script = new URL('./mqtt-source-child.ts', import.meta.url)
    const child = fork(script, [server.url, 'outpost-test', TOPIC], { execArgv: [] })
    onTestFinished(() => void child.kill('SIGKILL'))
    expect(await once(child, 'message')).toContain('connected')
    const device = await connectDevice(server)
    const seen = once(child, 'message')
    await device.publishAsync(TOPIC, '1.5', { qos: 1 })
    expect(await seen).toContain('1.5')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const { received } = await startSource(server.url)
    await received.until((texts) => texts.length > 0)
    expect(received.texts()).toEqual(['1.5'])
    expect(received.samples).toMatchObject([{ deviceId: 'probe', type: 'message', retained: false }])
  })

  test('what was committed and acknowledged is not delivered again', async () => {
    const server = await startServer()
    const device = await connectDevice(server)
    const first = await startSource(server.url)
    await first.log.until('info', 1)
    await device.publishAsync(TOPIC, 'old', { qos: 1 })
    await first.received.until((texts) => texts.includes('old'))
    await first.source.stop()
    await device.publishAsync(TOPIC, 'new', { qos: 1 })
    const second = await startSource(server.url)
    await second.received.until((texts) => texts.includes('new'))
    expect(second.received.texts()).toEqual(['new'])
  })

  test('as many messages wait for one commit as mosquitto sends without acknowledgement', async () => {
    const server = await startServer({ config: ['max_inflight_messages 200'] })
    const commits = new HeldCommits()
    const { log, received } = await startSource(server.url, { commit: commits.hold })
    await log.until('info', 1)
    const device = await connectDevice(server)
    const sent = Promise.all(Array.from({ length: 400 }, (_, n) => device.publishAsync(TOPIC, String(n), { qos: 1 })))
    for (let taken = 0; taken < 400; ) {
      await commits.waiting(Math.min(200, 400 - taken))
      taken += commits.release({ newestFirst: true })
    }
    await sent
    expect(received.texts()).toEqual(Array.from({ length: 400 }, (_, n) => String(n)))
  })

  test('a mosquitto that is restarted in mid-stream loses nothing that it acknowledged', async () => {
    const server = await startServer()
    const { log, received } = await startSource(server.url)
    await log.until('info', 1)
    const device = await connectDevice(server)
    const acknowledged: string[] = []
    const published = Array.from({ length: 600 }, async (_, n) => {
      await device.publishAsync(TOPIC, String(n), { qos: 1 })
      acknowledged.push(String(n))
    })
    await received.until((texts) => texts.length >= 50)
    await server.stop()
    await server.start()
    await Promise.all(published)
    await received.until((texts) => acknowledged.every((text) => texts.includes(text)))
    expect(new Set(received.texts()).size).toBe(600)
  })

  test('a mosquitto that lost its sessions is subscribed to again, with one line for each change', async () => {
    const server = await startServer()
    const { log, received } = await startSource(server.url)
    await log.until('info', 1)
    await server.kill()
    await log.until('warn', 1)
    await server.start()
    await log.until('info', 2)
    const device = await connectDevice(server)
    // The subscription may still be on its way when the source is connected.
    const ticks = setInterval(() => device.publish(TOPIC, 'after', { qos: 1 }), 20)
    onTestFinished(() => clearInterval(ticks))
    await received.until((texts) => texts.includes('after'))
    expect(log.lines.filter(({ level }) => level === 'info')).toHaveLength(2)
  })

  test('retained messages are marked, live ones are not, whatever the device asked for', async () => {
    const server = await startServer()
    const device = await connectDevice(server)
    await device.publishAsync(TOPIC, 'kept', { qos: 1, retain: true })
    const { received } = await startSource(server.url)
    await received.until((texts) => texts.includes('kept'))
    await device.publishAsync(TOPIC, 'live', { qos: 1, retain: true })
    await received.until((texts) => texts.includes('live'))
    const marks = received.samples.map((sample) => sample.type === 'message' && sample.retained)
    expect(received.texts().map((text, n) => [text, marks[n]])).toEqual([
      ['kept', true],
      ['live', false],
    ])
  })

  test('a wrong password is named, the right one works', async () => {
    const server = await startServer({ users: { outpost: 'drizzle-42' } })
    const wrong = await startSource(server.url, { username: 'outpost', password: 'drizzle-43' })
    await wrong.log.until('warn', 1)
    expect(wrong.source.state()).toMatchObject({ connected: false, error: expect.stringContaining('Not authorized') })
    const right = await startSource(server.url, { username: 'outpost', password: 'drizzle-42', clientId: 'right' })
    await right.log.until('info', 1)
    expect(right.source.state()).toMatchObject({ connected: true, error: null })
    expect(JSON.stringify([...wrong.log.lines, ...right.log.lines])).not.toContain('drizzle')
  })

  test('over TLS both sides are checked', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'outpost-tls-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = (name: string): string => join(folder, name)
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
    const keys = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    const request = ['req', '-x509', ...keys, ...subject, '-keyout', file('key.pem'), '-out', file('cert.pem')]
    execFileSync('openssl', request, { stdio: 'ignore' })
    const server = await startServer({
      config: [
        `cafile ${file('cert.pem')}`,
        `certfile ${file('cert.pem')}`,
        `keyfile ${file('key.pem')}`,
        'require_certificate true',
      ],
    })
    const url = server.url.replace('mqtt:', 'mqtts:')
    const [cert, key] = [readFileSync(file('cert.pem'), 'utf8'), readFileSync(file('key.pem'), 'utf8')]
    const stranger = await startSource(url, { clientId: 'stranger' })
    await stranger.log.until('warn', 1)
    expect(stranger.source.state().error).toMatch(/self.signed certificate/)
    const known = await startSource(url, { tls: { ca: cert, cert, key } })
    await known.log.until('info', 1)
    expect(known.source.state()).toMatchObject({ connected: true, error: null })
  })
})

describeReal('mosquitto')('the external source and mosquitto over MQTT 5', () => {
  const five = { protocolVersion: 5 } as const

  test('has a session that lasts: what came while it was away is delivered, what was acknowledged is not', async () => {
    const server = await startServer()
    const device = await connectDevice(server)
    const first = await startSource(server.url, five)
    await first.log.until('info', 1)
    await device.publishAsync(TOPIC, 'old', { qos: 1 })
    await first.received.until((texts) => texts.includes('old'))
    await first.source.stop()
    await device.publishAsync(TOPIC, 'new', { qos: 1 })
    const second = await startSource(server.url, five)
    await second.received.until((texts) => texts.includes('new'))
    expect(second.received.texts()).toEqual(['new'])
  })

  test('is delivered again what it had not committed when it was cut off, and a restart loses nothing', async () => {
    const server = await startServer()
    const { log, received } = await startSource(server.url, five)
    await log.until('info', 1)
    const device = await connectDevice(server)
    const published = Array.from({ length: 300 }, (_, n) => device.publishAsync(TOPIC, String(n), { qos: 1 }))
    await received.until((texts) => texts.length >= 50)
    await server.stop()
    await server.start()
    await Promise.all(published)
    await received.until((texts) => new Set(texts).size === 300)
  })

  test('members of a shared group get each message once between them', async () => {
    const server = await startServer()
    const options = { ...five, sharedGroup: 'outposts' }
    const members = [
      await startSource(server.url, { ...options, clientId: 'one' }),
      await startSource(server.url, { ...options, clientId: 'two' }),
    ]
    for (const { log } of members) await log.until('info', 1)
    const device = await connectDevice(server)
    // Until both subscriptions are there, one member has all of it.
    const sent: string[] = []
    const received = () => members.map((member) => member.received.texts())
    await expect
      .poll(
        async () => {
          sent.push(`probe ${sent.length}`)
          await device.publishAsync(TOPIC, sent.at(-1) ?? '', { qos: 1 })
          return received().every((texts) => texts.length > 0)
        },
        { timeout: 20_000 },
      )
      .toBe(true)
    for (let n = 0; n < 100; n++) sent.push(String(n))
    await Promise.all(sent.slice(-100).map((text) => device.publishAsync(TOPIC, text, { qos: 1 })))
    // Each member has a queue of its own.
    const missing = () => sent.slice(-100).filter((text) => !received().flat().includes(text))
    await expect.poll(missing, { timeout: 20_000 }).toEqual([])
    const all = received().flat()
    expect(new Set(all).size).toBe(all.length)
    expect(received().every((texts) => texts.length > 1)).toBe(true)
  })
})

describeReal('mosquitto')('several brokers at once', () => {
  test('one that is restarted costs the others nothing', async () => {
    const [first, second] = [await startServer(), await startServer()]
    const [a, b] = [await startSource(first.url), await startSource(second.url, { id: 'other', protocolVersion: 5 })]
    for (const { log } of [a, b]) await log.until('info', 1)
    const devices = [await connectDevice(first), await connectDevice(second)]
    await first.kill()
    await a.log.until('warn', 1)
    for (let n = 0; n < 50; n++) await devices[1]?.publishAsync(TOPIC, String(n), { qos: 1 })
    await b.received.until((texts) => texts.length >= 50)
    expect(b.source.state()).toMatchObject({ connected: true, error: null })
    await first.start()
    await a.log.until('info', 2)
    expect(b.log.lines.filter(({ level }) => level === 'warn')).toEqual([])
  })
})

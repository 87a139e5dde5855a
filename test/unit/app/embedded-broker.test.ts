/** The broker of a configuration: its listeners, and users who may do what their devices do. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { type App, createApp } from '../../../gateway/app.ts'
import { systemClock } from '../../../gateway/clock.ts'
import { loadConfig } from '../../../gateway/config/load.ts'
import { Authority } from '../../support/certificates.ts'
import { memoryLog } from '../../support/http.ts'
import { freePort } from '../../support/server-process.ts'

const environment = { TAG: 'drizzle-42', PAGE: 'mist-7' }
const tag = (id: string) => ({
  id,
  place: '大厅',
  profile: 'outpost-ref-extinguisher-tag',
  broker: 'embedded',
  address: id,
})
const tagUser = (devices: readonly string[]) => ({
  name: 'tag',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration
  password: '${TAG}',
  rights: { type: 'devices', devices },
})
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration
const page = { name: 'page', password: '${PAGE}', rights: { type: 'topics', subscribe: ['outpost/#', '$SYS/#'] } }

let folder: string
let file: object

async function startGateway(): Promise<App> {
  const load = () => loadConfig(join(folder, 'outpost.yaml'), { environment })
  const first = load()
  if (!first.ok) throw new Error(JSON.stringify(first.problems))
  const log = { ...memoryLog(), level: 'info' }
  const app = createApp(first.config, { clock: systemClock, log, reload: load })
  onTestFinished(() => app.stop())
  await app.start()
  return app
}

function write(changes: object): void {
  file = { ...file, ...changes }
  writeFileSync(join(folder, 'outpost.yaml'), stringify(file))
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'outpost-app-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  file = {
    gateway: { id: 'station-1', dataDirectory: './data' },
    station: { id: 'longtian', name: { zh: '龙田站', en: 'Longtian' }, type: 'community', address: '龙田路 1 号' },
    http: { port: await freePort(), authentication: { type: 'anonymous-on-loopback' } },
    devices: [tag('tag-1'), tag('tag-2')],
  }
})

async function connected(url: string, options: IClientOptions): Promise<MqttClient> {
  const client = await connectAsync(url, { reconnectPeriod: 0, ...options })
  onTestFinished(() => client.endAsync(true))
  return client
}

const message = (pressure: number): string => JSON.stringify({ pressure })
const PAGE: IClientOptions = { username: 'page', password: environment.PAGE, clientId: 'page' }
const TAG: IClientOptions = { username: 'tag', password: environment.TAG, clientId: 'tag' }

test('a user with the rights of devices is heard on their topics, and hears their commands', async () => {
  const port = await freePort()
  write({ broker: { port, authentication: { type: 'users', users: [tagUser(['tag-1']), page] } } })
  await startGateway()
  const url = `mqtt://127.0.0.1:${port}`
  const client = await connected(url, TAG)
  await client.publishAsync('outpost/extinguisher/tag-1', message(1200), { qos: 1 })
  const granted = await client.subscribeAsync(['outpost/extinguisher/tag-1/set'])
  expect(granted.map(({ qos }) => qos)).toEqual([0])
  await expect(client.subscribeAsync('outpost/extinguisher/tag-2/set')).rejects.toThrow()
  const lost = new Promise<void>((resolve) => client.once('close', () => resolve()))
  client.publish('outpost/extinguisher/tag-2', message(1200), { qos: 1 }, () => {})
  await lost
})

test('users and their devices change while others stay connected', async () => {
  const port = await freePort()
  const broker = (...users: object[]) => ({ port, authentication: { type: 'users', users } })
  write({ broker: broker(tagUser(['tag-1']), page) })
  const app = await startGateway()
  const url = `mqtt://127.0.0.1:${port}`
  const staying = await connected(url, PAGE)
  const concerned = await connected(url, TAG)
  const lost = new Promise<void>((resolve) => concerned.once('close', () => resolve()))
  write({ broker: broker(tagUser(['tag-1', 'tag-2']), page) })
  expect(await app.reload()).toEqual({ ok: true, problems: [], changes: ['changed the users of the broker'] })
  await lost
  const renewed = await connected(url, TAG)
  await renewed.publishAsync('outpost/extinguisher/tag-2', message(1200), { qos: 1 })
  expect(staying.connected).toBe(true)
  // The device goes, and with it the right to its topic.
  write({ broker: broker(tagUser(['tag-1']), page), devices: [tag('tag-1')] })
  const gone = new Promise<void>((resolve) => renewed.once('close', () => resolve()))
  expect(await app.reload()).toMatchObject({ ok: true })
  await gone
  expect(staying.connected).toBe(true)
})

test('listeners of several kinds are one broker', async () => {
  const authority = new Authority()
  const clientCertificates = { caFile: authority.caFile, required: false }
  const tls = { ...authority.issue('station'), clientCertificates }
  const [tcp, secure, web, secureWeb] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
  const listeners = [
    { type: 'tcp', port: tcp },
    { type: 'tls', port: secure, ...tls },
    { type: 'websocket', port: web },
    { type: 'websocket-tls', port: secureWeb, path: '/telemetry', ...tls },
  ]
  write({
    broker: {
      listeners,
      limits: { maxClients: 10, connectTimeout: '2s' },
      authentication: { type: 'users', users: [page] },
    },
  })
  const app = await startGateway()
  expect(app.addresses().mqtt.map(({ port }) => port)).toEqual([tcp, secure, web, secureWeb])
  const urls = [`mqtt://127.0.0.1:${tcp}`, `mqtts://127.0.0.1:${secure}`, `ws://127.0.0.1:${web}/mqtt`]
  for (const [index, url] of [...urls, `wss://127.0.0.1:${secureWeb}/telemetry`].entries()) {
    await connected(url, { ...PAGE, clientId: `page-${index}`, rejectUnauthorized: false })
  }
})

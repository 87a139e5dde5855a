/** A running gateway is given a configuration that it cannot use: it says why, and goes on with the last good one. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import mqtt from 'mqtt'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { AlarmEvent } from '../../gateway/alarm-model.ts'
import { ConfigurationFile } from '../support/configuration-file.ts'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import { type HttpReceiver, startReceiver, status } from '../support/http-receiver.ts'
import { acceptsTcp, freePort } from '../support/server-process.ts'
import { DISPATCH_ENVIRONMENT } from '../support/tag-station.ts'

const tag = (id: string) => ({
  ...{ id, place: id, profile: 'outpost-ref-extinguisher-tag', broker: 'embedded', address: id },
  rules: { removed: { onDelay: '0s' } },
})

describe('a configuration that cannot be used', () => {
  let gateway: GatewayProcess
  let file: ConfigurationFile
  let base: string

  beforeAll(async () => {
    gateway = await GatewayProcess.create({
      devices: [tag('lobby')],
      environment: DISPATCH_ENVIRONMENT,
    })
    file = new ConfigurationFile(gateway)
    base = file.text
    await gateway.start()
  })

  afterAll(() => gateway?.remove())

  beforeEach(async () => {
    file.write(base)
    expect(await gateway.post('/api/reload')).toMatchObject({ status: 200 })
  })

  const problemsShown = async () =>
    (await gateway.get<{ configuration: { problems: string[] } }>('/api/info')).configuration.problems

  async function refusal(): Promise<readonly string[]> {
    const answer = await gateway.post('/api/reload')
    expect(answer).toMatchObject({ status: 422, body: { error: { code: 'configuration-refused' } } })
    const { problems } = (answer.body as { error: { problems: string[] } }).error
    expect(await problemsShown()).toEqual(problems)
    return problems
  }

  async function publish(id: string, message: object): Promise<void> {
    const { name: username, password } = FIELD_USER
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.mqttPort}`, { username, password })
    await client.publishAsync(`outpost/extinguisher/${id}`, JSON.stringify(message), { qos: 1 })
    await client.endAsync()
  }

  /** The next event of the alarm after those that have been. */
  async function nextEventOf(alarmId: string, type: AlarmEvent['type'], after: number): Promise<AlarmEvent> {
    return await gateway.event((event) => event.seq > after && event.alarm.id === alarmId && event.type === type)
  }

  const lastSeq = async () => (await gateway.alarmEvents()).at(-1)?.seq ?? 0

  test('is refused with every problem at its place; a fault says so until a good one comes', async () => {
    const before = await lastSeq()
    file.edit((config) => {
      config.devices[0].profile = 'outpost-ref-extinguisher-tagg'
      config.devices.push({ ...tag('hall'), broker: 'embeded' })
    })
    const at = (text: string) => {
      const lines = file.text.split('\n')
      const line = lines.findIndex((candidate) => candidate.includes(text))
      return `${file.path}:${line + 1}:${(lines[line] ?? '').indexOf(text) + 1}`
    }
    expect(await refusal()).toEqual([
      expect.stringContaining(`${at('outpost-ref-extinguisher-tagg')}: devices[0].profile: `),
      expect.stringContaining(`${at('embeded')}: devices[1].broker: `),
    ])
    // The same on SIGHUP, and the process lives on with what it had.
    file.write('gateway: [')
    gateway.signal('SIGHUP')
    await expect.poll(problemsShown).toEqual([expect.stringMatching(/outpost\.yaml:\d+:\d+: /)])
    await publish('lobby', { present: false })
    await nextEventOf('lobby.removed', 'raised', before)
    const health = await gateway.get<{ status: string; checks: object[] }>('/api/health')
    expect(health.status).toBe('degraded')
    expect(health.checks).toContainEqual({ name: 'configuration', ok: false, detail: 'rejected: 1 problems' })

    const fault = await nextEventOf('station-1.config-rejected', 'raised', before)
    expect(fault.alarm).toMatchObject({ class: 'fault', priority: 'medium', kind: 'gateway' })
    file.write(base)
    expect(await gateway.post('/api/reload')).toMatchObject({ status: 200, body: { changes: [] } })
    expect(await problemsShown()).toEqual([])
    await nextEventOf('station-1.config-rejected', 'returned', fault.seq)
  })

  test.each([
    ['gateway.id', (config: { gateway: object }) => Object.assign(config.gateway, { id: 'station-2' })],
    ['gateway.dataDirectory', (config: { gateway: object }) => Object.assign(config.gateway, { dataDirectory: './x' })],
    ['storage', (config: object) => Object.assign(config, { storage: { historyDays: 7 } })],
  ])('%s cannot change while the gateway runs', async (path, change) => {
    file.edit((config) => {
      change(config)
      config.devices.push(tag('new'))
    })
    expect(await refusal()).toEqual([`${path}: cannot change while the gateway runs; restart it to apply this file`])
    expect(JSON.stringify(await gateway.get('/api/devices'))).not.toContain('"new"')
  })

  test('a line that would see a fire too late is refused, and told what would do', async () => {
    file.edit((config) => {
      config.lines = [{ id: 'loop', type: 'modbus-tcp', host: '127.0.0.1', port: 9 }]
      const place = { place: 'kitchen', profile: 'renke-rs-yg-n01', line: 'loop', unitId: 1 }
      config.devices.push({ id: 'fire', ...place, pollInterval: '20s' })
    })
    expect(await refusal()).toEqual([
      expect.stringMatching(
        /devices\[1\]\.pollInterval: expected "smoke-alarm" within 10 s .* pollInterval: 9\.9s or less/,
      ),
    ])
  })

  test('a broker port that is taken: everything goes back, and nothing that waits for a sink is lost', async () => {
    const dispatch = await startReceiver(status(503))
    file.edit((config) => config.sinks.push(dispatchSink(dispatch)))
    expect(await gateway.post('/api/reload')).toMatchObject({ status: 200 })
    await publish('lobby', { present: true })
    await publish('lobby', { present: false })
    await dispatch.received(1)

    const other = await listen()
    const refused = () => gateway.output.split('the changed configuration was refused').length
    const before = refused()
    file.edit((config) => {
      config.broker.port = portOf(other)
      config.devices.push(tag('hall'))
      config.sinks = []
    })
    expect(await refusal()).toEqual([
      `broker listener 127.0.0.1:${portOf(other)}: listen EADDRINUSE: address already in use 127.0.0.1:${portOf(other)}; ` +
        'free the port or set another',
    ])
    await expect.poll(refused).toBe(before + 1)
    gateway.signal('SIGHUP')
    await expect.poll(refused).toBe(before + 2)
    expect(JSON.stringify(await gateway.get('/api/devices'))).not.toContain('"hall"')
    await publish('lobby', { present: true })
    dispatch.answer = status(204)
    const ofLobby = (events: readonly AlarmEvent[]) =>
      events
        .filter(({ alarm }) => alarm.device === 'lobby')
        .slice(-2)
        .map(({ seq }) => seq)
    const told = ofLobby(await gateway.alarmEvents())
    await expect
      .poll(() => ofLobby(dispatch.requests.map(({ body }) => JSON.parse(body))), { timeout: 10_000 })
      .toEqual(told)

    // The same file is good as soon as the port is free.
    other.close()
    expect(await gateway.post('/api/reload')).toMatchObject({ status: 200 })
    expect(await acceptsTcp(gateway.mqttPort)).toBe(false)
    await dispatch.close()
  })

  test('the console moves to another port, and stays where it is when that one is taken', async () => {
    const port = await freePort()
    file.edit((config) => {
      config.http.port = port
    })
    expect(await gateway.post('/api/reload')).toMatchObject({ status: 200, body: { changes: ['restarting http'] } })
    await expect.poll(() => acceptsTcp(gateway.httpPort)).toBe(false)
    const there = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init)
    const info = async () => (await (await there('/api/info')).json()) as { configuration: { problems: string[] } }
    await expect.poll(async () => (await info()).configuration.problems).toEqual([])

    const other = await listen()
    file.edit((config) => {
      config.http.port = portOf(other)
    })
    const post = () =>
      there('/api/reload', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
    const inVain = async () => {
      expect((await post()).status).toBe(200)
      await expect
        .poll(async () => (await info().catch(() => null))?.configuration.problems)
        .toEqual([
          `http: cannot listen on 127.0.0.1:${portOf(other)}: another program listens there; stop it or choose another port`,
        ])
    }
    await inVain()
    // Not forgotten: the next reload tries it again.
    await inVain()
    file.write(base)
    expect((await post()).status).toBe(200)
    await expect.poll(() => acceptsTcp(gateway.httpPort)).toBe(true)
    other.close()
  })
})

function dispatchSink({ url }: HttpReceiver): object {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration file
  return { id: 'dispatch', type: 'webhook', url, secret: '${DISPATCH_SECRET}' }
}

/** Another program that is there first. */
async function listen(): Promise<Server> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

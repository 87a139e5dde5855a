/** Starting and stopping when something is in the way: load, dead neighbours, a second gateway, a port that is taken. */
import { once } from 'node:events'
import { existsSync, watch } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { startTcpServer } from '../support/failing-server.ts'
import { GatewayProcess } from '../support/gateway-process.ts'
import { PublishStorm, textOf } from '../support/publish-storm.ts'
import { freePort } from '../support/server-process.ts'
import { readStored } from '../support/stored.ts'
import { DISPATCH_ENVIRONMENT } from '../support/tag-station.ts'

const STOP_WITHIN_MS = 5000
const TAGS = ['tag-0', 'tag-1', 'tag-2', 'tag-3']
const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

function tag(id: string): object {
  return { id, place: '大厅', profile: 'outpost-ref-extinguisher-tag', broker: 'embedded', address: id }
}

function gauge(id: string, line: string, unitId: number): object {
  const parameters = { 'installation-height': 5 }
  return { id, place: '下穿通道', profile: 'dfrobot-sen0676', line, unitId, parameters, pollInterval: '200ms' }
}

const STORE = { type: 'influxdb-1', database: 'outpost' }
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration file
const DISPATCH = { type: 'webhook', secret: '${DISPATCH_SECRET}' }
const environment = DISPATCH_ENVIRONMENT

async function createGateway(plan: Partial<Parameters<typeof GatewayProcess.create>[0]> = {}): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.create({ devices: TAGS.map(tag), environment, ...plan })
  ends.push(() => gateway.remove())
  return gateway
}

/** Takes connections and never says a word. */
async function startBlackHole(): Promise<number> {
  const { port, close } = await startTcpServer(() => {})
  ends.push(close)
  return port
}

async function endTimed(gateway: GatewayProcess): Promise<{ code: number | null; ms: number }> {
  const began = performance.now()
  const code = await gateway.end('SIGTERM')
  return { code, ms: performance.now() - began }
}

const dataOf = (gateway: GatewayProcess): string => join(gateway.folder, 'data')
const brokerOf = (gateway: GatewayProcess): string => `mqtt://127.0.0.1:${gateway.mqttPort}`

describe('SIGTERM', () => {
  test('under load, with receivers and a line that never answer: all that was acknowledged is on disk', async () => {
    const hole = await startBlackHole()
    const gateway = await createGateway({
      lines: [{ id: 'cabinet', type: 'modbus-tcp', host: '127.0.0.1', port: hole }],
      devices: [...TAGS.map(tag), gauge('gauge', 'cabinet', 1)],
      sinks: [
        { id: 'store', url: `http://127.0.0.1:${hole}`, ...STORE },
        { id: 'dispatch', url: `http://127.0.0.1:${hole}`, ...DISPATCH },
      ],
    })
    await gateway.start()
    const follower = await fetch(`http://127.0.0.1:${gateway.httpPort}/api/events?after=0`)
    const storm = await PublishStorm.start(brokerOf(gateway), { devices: TAGS })
    ends.push(() => storm.stop())
    await storm.until(2000)
    const { code, ms } = await endTimed(gateway)
    expect(code, gateway.output).toBe(0)
    expect(ms).toBeLessThan(STOP_WITHIN_MS)
    await follower.text().catch(() => '')
    const { readings, events } = await readStored(dataOf(gateway))
    const stored = new Set(
      readings.map(({ point, time, value }) =>
        textOf({ device: point.split('.')[0] ?? '', time, pressure: Number(value) }),
      ),
    )
    expect(storm.acknowledged.length).toBeGreaterThanOrEqual(2000)
    expect(storm.acknowledged.filter((sent) => !stored.has(textOf(sent)))).toEqual([])
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    await gateway.start()
    expect(await endTimed(gateway)).toMatchObject({ code: 0 })
  })

  test.each(['lock.sqlite', 'readings.sqlite'])(
    'while it starts, when %s appears: it ends at once and can be started again',
    async (file) => {
      const gateway = await createGateway()
      const appeared = fileAppears(dataOf(gateway), file)
      gateway.launch()
      await appeared
      const { code, ms } = await endTimed(gateway)
      expect(code, gateway.output).toBe(0)
      expect(ms).toBeLessThan(STOP_WITHIN_MS)
      await gateway.start()
      expect((await gateway.get<{ status: string }>('/api/health')).status).toBe('ok')
    },
  )

  test('at the moment when the broker listens, and after SIGINT', async () => {
    const gateway = await createGateway()
    gateway.launch()
    await gateway.said('MQTT broker listens')
    process.kill(gateway.pid as number, 'SIGINT')
    expect(await gateway.end('SIGTERM'), gateway.output).toBe(0)
  })

  test('is not held up by what a part has left open', async () => {
    const left = '--import=data:text/javascript,setInterval(()=>{},60_000)'
    const gateway = await createGateway({ environment: { ...environment, NODE_OPTIONS: left } })
    await gateway.start()
    const { code, ms } = await endTimed(gateway)
    expect(code).toBe(0)
    expect(ms).toBeLessThan(STOP_WITHIN_MS)
    expect(gateway.output).toContain('ended with something left open: ')
  })
})

describe('a start', () => {
  test('on a data directory that is in use is refused, and the first gateway does not notice', async () => {
    const first = await createGateway({
      sinks: [{ id: 'store', url: `http://127.0.0.1:${await freePort()}`, ...STORE }],
    })
    await first.start()
    const storm = await PublishStorm.start(brokerOf(first), { devices: TAGS })
    ends.push(() => storm.stop())
    const second = await createGateway({ dataDirectory: dataOf(first) })
    second.launch()
    expect(await second.ended()).toBe(1)
    expect(second.output).toContain(
      `could not start: the data directory ${dataOf(first)} is in use by the process ${first.pid}`,
    )
    await storm.until(storm.acknowledged.length + 500)
    expect(await first.end()).toBe(0)
    const { readings } = await readStored(dataOf(first))
    expect(readings.filter(({ point }) => point.endsWith('.pressure')).length).toBeGreaterThanOrEqual(
      storm.acknowledged.length,
    )
  })

  test.each(['http', 'mqtt'] as const)('on a %s port that is taken says so and ends', async (which) => {
    const gateway = await createGateway()
    const port = which === 'http' ? gateway.httpPort : gateway.mqttPort
    const server = await listen(port)
    gateway.launch()
    expect(await gateway.ended(), gateway.output).toBe(1)
    const said = gateway.output.split('\n').filter((line) => line.startsWith('outpost: '))
    expect(said).toEqual([expect.stringContaining(`127.0.0.1:${port}`)])
    server.close()
    await gateway.start()
    expect(await gateway.end()).toBe(0)
  })

  test('does not wait for dead brokers, lines and receivers, and neither does the end', async () => {
    const hole = await startBlackHole()
    const nobody = await freePort()
    const gateway = await createGateway({
      brokers: [
        { id: 'refusing', url: `mqtt://127.0.0.1:${nobody}` },
        { id: 'silent', url: `mqtt://127.0.0.1:${hole}` },
      ],
      lines: [
        { id: 'dead', type: 'modbus-tcp', host: '127.0.0.1', port: nobody },
        { id: 'mute', type: 'modbus-rtu-over-tcp', host: '127.0.0.1', port: hole },
        { id: 'missing', type: 'modbus-rtu', path: '/dev/outpost-not-there', baudRate: 9600 },
      ],
      devices: [
        ...TAGS.map(tag),
        { ...tag('far-tag'), broker: 'refusing' },
        { ...tag('mute-tag'), broker: 'silent' },
        gauge('dead-gauge', 'dead', 1),
        gauge('mute-gauge', 'mute', 1),
        gauge('missing-gauge', 'missing', 1),
      ],
      sinks: [
        { id: 'store', url: `http://127.0.0.1:${nobody}`, ...STORE },
        { id: 'dispatch', url: `http://127.0.0.1:${hole}`, ...DISPATCH },
        { id: 'relay', type: 'mqtt', url: `mqtt://127.0.0.1:${hole}`, topic: 'alarms/{device}' },
      ],
    })
    await gateway.start()
    const storm = await PublishStorm.start(brokerOf(gateway), { devices: TAGS })
    ends.push(() => storm.stop())
    await storm.until(500)
    await gateway.event(({ type, alarm }) => type === 'raised' && alarm.id === 'dead-gauge.no-data')
    const { checks } = await gateway.get<{ checks: { name: string; ok: boolean; detail: string }[] }>('/api/health')
    const troubles = new Map(checks.filter(({ ok }) => !ok).map(({ name, detail }) => [name, detail]))
    for (const id of ['refusing', 'silent', 'dead', 'missing']) expect(troubles.get(`link ${id}`), id).toBeDefined()
    storm.stop()
    const { code, ms } = await endTimed(gateway)
    expect(code, gateway.output).toBe(0)
    expect(ms).toBeLessThan(STOP_WITHIN_MS)
  })
})

/** Resolves when the file is there; the directory may be missing at first. */
async function fileAppears(directory: string, file: string): Promise<void> {
  await directoryAppears(directory)
  const path = join(directory, file)
  const watcher = watch(directory)
  try {
    while (!existsSync(path)) await once(watcher, 'change')
  } finally {
    watcher.close()
  }
}

async function directoryAppears(directory: string): Promise<void> {
  const watcher = watch(join(directory, '..'))
  try {
    while (!existsSync(directory)) await once(watcher, 'change')
  } finally {
    watcher.close()
  }
}

async function listen(port: number): Promise<Server> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => server.close())
  return server
}

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Device, Rule } from '../../../device-profiles/device.ts'
import { loadConfig } from '../../../gateway/config/load.ts'
import { announcement } from '../../../simulator/demo/announcement.ts'
import { readableLogLine } from '../../../simulator/demo/gateway-output.ts'
import { PartProcess } from '../../../simulator/demo/part-process.ts'
import { type DemoSettings, portVariables, readSettings, takenPorts } from '../../../simulator/demo/settings.ts'
import { clockTime, readTimetable } from '../../../simulator/demo/timetable.ts'

const DEMO = new URL('../../../simulator/demo/', import.meta.url)
const scenarioText = readFileSync(new URL('scenario.yaml', DEMO), 'utf8')
const defaults: DemoSettings = { ports: { http: 8080, mqtt: 1883, modbus: 5020, receiver: 8090 }, speed: 1 }

describe('the settings of the demo', () => {
  test('are the usual ports, at the pace of life', () => {
    expect(readSettings({})).toEqual(defaults)
    expect(readSettings({ OUTPOST_HTTP_PORT: '' })).toEqual(defaults)
  })

  test('come from the environment and go on by it', () => {
    const settings = readSettings({ OUTPOST_HTTP_PORT: '9000', OUTPOST_DEMO_SPEED: '2.5' }) as DemoSettings
    expect(settings).toEqual({ ports: { ...defaults.ports, http: 9000 }, speed: 2.5 })
    expect(readSettings(portVariables(settings))).toEqual({ ...settings, speed: 1 })
  })

  test.each([
    [{ OUTPOST_HTTP_PORT: 'eighty' }, /^OUTPOST_HTTP_PORT.*1 … 65535.*"eighty"$/],
    [{ OUTPOST_MQTT_PORT: '65536' }, /^OUTPOST_MQTT_PORT.*"65536"$/],
    [{ OUTPOST_MODBUS_PORT: '0' }, /^OUTPOST_MODBUS_PORT/],
    [{ OUTPOST_DEMO_SPEED: '1000' }, /^OUTPOST_DEMO_SPEED.*0\.1 … 20/],
    [{ OUTPOST_RECEIVER_PORT: '8080' }, /^OUTPOST_RECEIVER_PORT.*OUTPOST_HTTP_PORT/],
  ])('%j is refused with its reason', (environment, reason) => {
    expect(readSettings(environment)).toEqual({ problems: [expect.stringMatching(reason)] })
  })

  test('say which port is taken and how to choose another', async () => {
    const other = createServer()
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const ports = { ...(await freePorts()), modbus: port }
    expect(await takenPorts({ ports, speed: 1 })).toEqual([
      expect.stringMatching(new RegExp(`${port}[\\s\\S]*OUTPOST_MODBUS_PORT=`)),
    ])
    other.close()
    await once(other, 'close')
    expect(await takenPorts({ ports, speed: 1 })).toEqual([])
  })
})

describe('the announcement', () => {
  const timetable = readTimetable(scenarioText)

  test('has the address of the console, every moment of the story in both languages, and the way to stop', () => {
    const text = announcement(timetable, defaults)
    expect(timetable.entries.length).toBeGreaterThan(10)
    for (const { atMs, say } of timetable.entries) {
      expect(text).toContain(`${clockTime(atMs)}  ${say.zh}`)
      expect(text).toContain(say.en)
    }
    expect(text).toContain('http://127.0.0.1:8080')
    expect(text).toContain('Ctrl-C')
  })

  test('gives the times of a faster story as they will be', () => {
    const text = announcement(timetable, { ...defaults, speed: 2 })
    expect(text).toContain('1:00  重新开始')
    expect(clockTime(119_600)).toBe('2:00')
  })
})

describe('the output of the gateway', () => {
  const line = (level: number, facts: object = {}) =>
    JSON.stringify({ level, time: 'now', ...facts, msg: 'it happened' })

  test.each([
    [line(30), 40, null],
    [line(40), 50, null],
    [line(40, { line: 'a', error: 'refused' }), 40, '警告 warn: it happened (line a, error refused)'],
    [line(50, { err: { type: 'Error', message: 'disk', stack: 'long' } }), 50, '错误 error: it happened (err disk)'],
    ['outpost: could not start', 50, 'outpost: could not start'],
    ['   ', 40, null],
    ['"text"', 40, '"text"'],
  ] as const)('%s from level %i is shown as %j', (text, least, shown) => {
    expect(readableLogLine(text, least)).toBe(shown)
  })

  test('is never endless', () => {
    expect(readableLogLine(line(40, { detail: 'x'.repeat(5000) }), 40)?.length).toBeLessThanOrEqual(240)
  })
})

describe('a part', () => {
  const start = (script: string) => {
    const lines: string[] = []
    const part = new PartProcess({
      name: 'part',
      command: ['-e', script],
      environment: { WORD: 'hello' },
      print: (line) => lines.push(line),
    })
    part.start()
    return { part, lines }
  }

  test('shows its lines under its name, and tells why it ended', async () => {
    const { part, lines } = start('console.log(process.env.WORD); console.error("bad"); process.exit(3)')
    const why = await part.ended()
    expect(lines.toSorted()).toEqual(['part │ bad', 'part │ hello'])
    expect(why).toMatch(/exit code 3[\s\S]*bad/)
  })

  test('is asked to stop, and ended when it does not', async () => {
    const { part, lines } = start('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("deaf")')
    await expect.poll(() => lines).toContain('part │ deaf')
    await part.stop(50)
    expect(await part.ended()).toContain('SIGKILL')
    await part.stop(50)
  })
})

const WIRING = ['id', 'profile', 'parameters', 'line', 'unitId', 'address']

describe('the story', () => {
  const environment = { OUTPOST_MQTT_PASSWORD: 'm'.repeat(24), OUTPOST_WEBHOOK_SECRET: 'w'.repeat(24) }
  const loaded = loadConfig(new URL('outpost.yaml', DEMO).pathname, { environment })
  const config = loaded.ok ? loaded.config : expect.fail(JSON.stringify(loaded.problems))
  const scenario = parse(scenarioText) as Scenario
  const devices = new Map(config.devices.map((device) => [device.id, device]))

  test('plays the very devices of the configuration', () => {
    const gateway = parse(readFileSync(new URL('outpost.yaml', DEMO), 'utf8')) as { devices: object[] }
    const wiring = (all: readonly object[]) =>
      all.map((device) => WIRING.map((key) => (device as Record<string, unknown>)[key]))
    expect(wiring(scenario.devices)).toEqual(wiring(gateway.devices))
  })

  test.each(scenario.devices)('begins with $id inside all its limits, noise included', ({ id, values, noise }) => {
    const { points, rules } = devices.get(id) as Device
    const measured = points.filter(
      ({ profile }) =>
        profile.derive === undefined && profile.compute === undefined && !isSourceOfAnother(points, profile.id),
    )
    expect(Object.keys(values).toSorted()).toEqual(
      expect.arrayContaining(measured.map(({ profile }) => profile.id).toSorted()),
    )
    const simulated = rules.filter((rule) => !('point' in rule) || rule.point.profile.compute === undefined)
    for (const rule of simulated) expect(abnormal(rule, { values, noise: noise ?? {} }), rule.id).toBe(false)
  })

  test('ends as it began, so that it can be told again', () => {
    const now = new Map(scenario.devices.map(({ id, values }) => [id, { ...values }]))
    const steps = scenario.timeline.filter(({ point }) => point !== undefined)
    for (const { device, point, to } of steps)
      (now.get(device as string) as Record<string, number>)[point as string] = to as number
    for (const { id, values } of scenario.devices) expect(now.get(id)).toEqual(values)
  })
})

interface ScenarioDevice {
  readonly id: string
  readonly profile: string
  readonly values: Readonly<Record<string, number>>
  readonly noise?: Readonly<Record<string, number>>
}

interface Scenario {
  readonly devices: readonly ScenarioDevice[]
  readonly timeline: readonly { readonly device?: string; readonly point?: string; readonly to?: number }[]
}

function isSourceOfAnother(points: Device['points'], id: string): boolean {
  return points.some(({ profile }) => profile.derive?.distance === id)
}

function abnormal(
  rule: Rule,
  {
    values,
    noise,
  }: { readonly values: Readonly<Record<string, number>>; readonly noise: Readonly<Record<string, number>> },
): boolean {
  if (rule.type !== 'limit' && rule.type !== 'discrete') return false
  const id = rule.point.profile.id
  const value = values[id] as number
  const wavers = noise[id] ?? 0
  if (rule.type === 'discrete') return rule.abnormal.includes(value)
  return rule.levels.some(({ side, setpoint }) =>
    side === 'above' ? value + wavers >= setpoint : value - wavers <= setpoint,
  )
}

async function freePorts(): Promise<DemoSettings['ports']> {
  const servers = ['http', 'mqtt', 'modbus', 'receiver'].map((key) => [key, createServer()] as const)
  const ports = await Promise.all(
    servers.map(async ([key, server]) => {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      return [key, (server.address() as { port: number }).port] as const
    }),
  )
  await Promise.all(servers.map(([, server]) => once(server.close(), 'close')))
  return Object.fromEntries(ports) as unknown as DemoSettings['ports']
}

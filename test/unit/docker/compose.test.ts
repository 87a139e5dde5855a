/** No container engine runs in the tests, so what the composition promises is read from its files. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { PointDescriptions } from '../../../gateway/app/point-descriptions.ts'
import { loadConfig } from '../../../gateway/config/load.ts'
import { alarmEventLine, readingLine } from '../../../gateway/sinks/influx-lines.ts'
import { alarmEvent } from '../../support/alarm-events.ts'

const ROOT = new URL('../../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8')
const environment = {
  OUTPOST_CONSOLE_TOKEN: 'c'.repeat(48),
  OUTPOST_MQTT_PASSWORD: 'm'.repeat(48),
  OUTPOST_WEBHOOK_SECRET: 'w'.repeat(48),
  INFLUXDB_TOKEN: 't'.repeat(48),
}

interface Service {
  readonly [key: string]: unknown
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
}
const compose = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> }
const services = Object.entries(compose.services)

describe.each(services)('the service %s', (_, service) => {
  test('can change nothing but its volumes, and gain nothing', () => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      tmpfs: ['/tmp'],
    })
    expect(service.privileged).toBeUndefined()
    expect(service.cap_add).toBeUndefined()
  })

  test('is reached from this machine only', () => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/)
  })

  test('has no secret written in the file, and needs each one', () => {
    for (const [key, value] of Object.entries(service.environment ?? {})) {
      if (/TOKEN|PASSWORD|SECRET/.test(key)) expect(value).toMatch(/^\$\{[A-Z_]+:\?.+\}$/)
    }
  })
})

test('the example lists every secret, without a value', () => {
  const needed = [...read('docker-compose.yml').matchAll(/\$\{([A-Z_]+):\?/g)].map((match) => match[1])
  const listed = [...read('.docker/example.env').matchAll(/^([A-Z_]+)=$/gm)].map((match) => match[1])
  expect(new Set(listed)).toEqual(new Set(needed))
})

describe('the configuration of the gateway', () => {
  const load = (path: string) => {
    const result = loadConfig(new URL(path, ROOT).pathname, { environment })
    return result.ok ? result.config : expect.fail(JSON.stringify(result.problems))
  }

  test('is valid, and asks everyone who they are', () => {
    const config = load('.docker/outpost.yaml')
    expect([config.http.authentication.type, config.broker?.authentication.type]).toEqual(['tokens', 'users'])
    expect(config.gateway.dataDirectory).toBe('/data')
  })

  test('has the devices of the demo, which its simulator plays', () => {
    const devices = (path: string) => (parse(read(path)) as { devices: unknown }).devices
    expect(devices('.docker/outpost.yaml')).toEqual(devices('simulator/demo/outpost.yaml'))
  })

  test('gets every variable from the composition', () => {
    const asked = [...read('.docker/outpost.yaml').matchAll(/^(?!\s*#).*\$\{([A-Z_]+)\}/gm)].map((match) => match[1])
    expect(Object.keys(compose.services.gateway?.environment ?? {})).toEqual(expect.arrayContaining(asked))
  })

  test('writes what the dashboard reads', () => {
    const config = load('.docker/outpost.yaml')
    const points = new PointDescriptions()
    points.add(config.devices)
    const reading = (point: string) =>
      readingLine({ point, time: 0, receivedAt: 0, value: 1, quality: 'good' }, (id) => points.get(id))
    const written = [
      ...config.devices.flatMap((device) => device.points.map(({ id }) => reading(id))),
      alarmEventLine(alarmEvent(1)),
    ].join('\n')
    const dashboard = read('.docker/grafana/dashboards/outpost.json').replaceAll('\\"', '"')
    const compared = [...dashboard.matchAll(/r\.([a-z_]+) == "([^"]+)"/g)]
    expect(compared.length).toBeGreaterThan(10)
    for (const [, key, value] of compared) {
      if (key === '_measurement') expect(written).toMatch(new RegExp(`^${value},`, 'm'))
      else if (key === '_field') expect(written).toMatch(new RegExp(`[ ,]${value}=`))
      else expect(written).toContain(`,${key}=${value}`)
    }
  })
})

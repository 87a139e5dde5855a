/** The configuration of a gateway for a load: nothing but its devices. JSON is YAML too, and quick to write and to read. */
import { FIELD_USER, PASSWORD_VARIABLE } from '../verdict/gateway-configuration.ts'
import { type LoadPlan, PROFILES } from './load-plan.ts'
import { UNITS_PER_LINE } from './modbus-crowd.ts'

export interface ConfigurationPlaces {
  readonly dataDirectory: string
  readonly httpPort: number
  readonly mqttPort: number
  /** Of the Modbus lines. */
  readonly linePorts: readonly number[]
}

const NAME = { zh: '负载', en: 'Load' }
/** Between two polls of a unit; a gateway that cannot keep it polls as fast as it can. */
const SHORTEST_POLL_MS = 100
/** A device that has to wait for its turn is not silent. */
const SHORTEST_INTERVAL_MS = 10_000

export function loadConfiguration(plan: LoadPlan, places: ConfigurationPlaces): string {
  const { dataDirectory, httpPort, mqttPort, linePorts } = places
  const isMqtt = plan.protocol === 'mqtt'
  return JSON.stringify({
    gateway: { id: 'load', dataDirectory },
    station: { id: 'load', name: NAME, type: 'community', address: NAME.zh },
    http: { port: httpPort, authentication: { type: 'anonymous-on-loopback' } },
    ...(isMqtt && { broker: brokerFor(plan.devices, mqttPort) }),
    lines: linePorts.map((port, i) => ({ id: `line-${i}`, type: 'modbus-tcp', host: '127.0.0.1', port })),
    devices: Array.from({ length: plan.devices }, (_, i) => (isMqtt ? talker(plan, i) : unit(plan, i))),
  })
}

function brokerFor(devices: number, port: number): object {
  const room = devices + 100
  return {
    port,
    authentication: {
      type: 'users',
      users: [{ name: FIELD_USER, password: `\${${PASSWORD_VARIABLE}}`, rights: { type: 'everything' } }],
    },
    persistence: { type: 'memory' },
    limits: { maxClients: room, maxConnectionsPerAddress: room, maxSessions: room },
  }
}

function talker({ devices, rate }: LoadPlan, i: number): object {
  const turnMs = rate === null ? 0 : (devices / rate) * 1000
  const interval = `${Math.ceil(Math.max(2 * turnMs, SHORTEST_INTERVAL_MS))}ms`
  return { id: deviceId(i), place: NAME.zh, profile: PROFILES.mqtt, broker: 'embedded', address: deviceId(i), interval }
}

function unit(plan: LoadPlan, i: number): object {
  const place = { line: `line-${Math.floor(i / UNITS_PER_LINE)}`, unitId: (i % UNITS_PER_LINE) + 1 }
  return { id: deviceId(i), place: NAME.zh, profile: PROFILES.modbus, ...place, pollInterval: `${pollMs(plan)}ms` }
}

/** Between two polls of a unit. */
export function pollMs({ devices, rate }: LoadPlan): number {
  return rate === null ? SHORTEST_POLL_MS : Math.max(Math.round((devices / rate) * 1000), SHORTEST_POLL_MS)
}

export function deviceId(i: number): string {
  return `load-${i}`
}

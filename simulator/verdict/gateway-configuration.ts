/** The configuration of a gateway for the lines and devices of a scenario, and what the scenario adds to it. */
import { resolve } from 'node:path'
import { stringify } from 'yaml'
import type { Scenario, SimulatedDevice } from '../scenario.ts'
import type { GatewayAdditions } from './expectation.ts'

export interface ConfigurationPlan {
  /** Where the lines listen. */
  readonly linePorts: ReadonlyMap<string, number>
  readonly httpPort: number
  readonly mqttPort: number
  /** Devices speak so many times as often. */
  readonly speed: number
  readonly dataDirectory: string
  /** A folder with models of one's own. */
  readonly profiles?: string | undefined
}

/** The account of the devices; its password is given in this variable. */
export const FIELD_USER = 'field'
export const PASSWORD_VARIABLE = 'OUTPOST_MQTT_PASSWORD'
const SHORTEST_INTERVAL_MS = 1000
/** Connections that a gateway takes from one address. */
const DEFAULT_PER_ADDRESS = 250

/** As the text of a YAML file. */
export function gatewayConfiguration(scenario: Scenario, plan: ConfigurationPlan): string {
  const additions = scenario.gateway.type === 'generated' ? scenario.gateway.additions : {}
  const { groups, schedules, timeZone } = additions
  const talker = [...scenario.devices.values()].find(({ connection }) => connection.type === 'mqtt')
  return stringify({
    gateway: {
      ...{ id: 'scenario', dataDirectory: plan.dataDirectory },
      ...(plan.profiles !== undefined && { deviceProfiles: resolve(plan.profiles) }),
    },
    station: {
      ...{ id: 'scenario', name: scenario.name, type: 'community', address: scenario.name.zh },
      ...(timeZone !== undefined && { timeZone }),
    },
    http: { port: plan.httpPort, authentication: { type: 'anonymous-on-loopback' } },
    ...(talker !== undefined && { broker: brokerOf(talker, { ...plan, devices: scenario.devices.size }) }),
    ...(schedules !== undefined && { schedules }),
    lines: linesOf(scenario, { ...plan, additions }),
    devices: [...scenario.devices.values()].map((device) => deviceOf(device, { ...plan, additions })),
    ...(groups !== undefined && { groups }),
  })
}

function brokerOf(
  { connection }: SimulatedDevice,
  { mqttPort, devices }: ConfigurationPlan & { readonly devices: number },
): object {
  const networkServer = connection.type === 'mqtt' ? { networkServer: connection.networkServer } : {}
  const users = [{ name: FIELD_USER, password: `\${${PASSWORD_VARIABLE}}`, rights: { type: 'everything' } }]
  const persistence = { type: 'memory' }
  // All of them come from one address, and sometimes twice, while the broker still believes in a lost connection.
  const room = 2 * devices + 100
  const limits =
    room > DEFAULT_PER_ADDRESS
      ? { limits: { maxClients: room, maxConnectionsPerAddress: room, maxSessions: room } }
      : {}
  return { port: mqttPort, ...limits, authentication: { type: 'users', users }, persistence, ...networkServer }
}

type Surroundings = ConfigurationPlan & { readonly additions: GatewayAdditions }

function linesOf({ lines, devices }: Scenario, { linePorts, additions }: Surroundings): readonly object[] {
  const used = new Set([...devices.values()].map(({ connection }) => connection.type === 'modbus' && connection.line))
  return [...lines].flatMap(([id, line]): readonly object[] => {
    if (!used.has(id)) return []
    const added = additions.lines?.[id] ?? {}
    if (line.type !== 'modbus-rtu') {
      const port = linePorts.get(id) ?? line.port
      // A station listens on all addresses as 0.0.0.0, which is no place to connect to.
      const host = line.host === '0.0.0.0' || line.host === '::' ? '127.0.0.1' : line.host
      return [{ id, type: line.type, host, port, ...added }]
    }
    const { type, path, baudRate, parity, stopBits } = line
    const character = { ...(parity !== undefined && { parity }), ...(stopBits !== undefined && { stopBits }) }
    return [{ id, type, path, baudRate, ...character, ...added }]
  })
}

function deviceOf(device: SimulatedDevice, { speed, additions }: Surroundings): object {
  const { id, profile, parameters, connection, levels } = device
  const added = additions.devices?.[id] ?? {}
  const shared = {
    id,
    name: id,
    place: id,
    profile: profile.id,
    ...(Object.keys(parameters).length > 0 && { parameters }),
  }
  if (connection.type === 'modbus') return { ...shared, line: connection.line, unitId: connection.unitId, ...added }
  const { address, intervalMs } = connection
  const interval = `${Math.max(Math.round(intervalMs / speed), SHORTEST_INTERVAL_MS)}ms`
  return { ...shared, broker: 'embedded', address, ...(levels !== undefined && { levels }), interval, ...added }
}

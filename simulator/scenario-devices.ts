/** From the devices of a scenario file to devices that can be simulated, with everything that is wrong about them. */
import type { Catalogue } from '../device-profiles/catalogue.ts'
import { DEFAULT_NETWORK_SERVER } from '../device-profiles/codec/network-server.ts'
import { parseDuration } from '../device-profiles/duration.ts'
import { topicTemplate } from '../device-profiles/message-topic.ts'
import { resolveDevice } from '../device-profiles/resolve.ts'
import type { DeviceProfile } from '../device-profiles/schema.ts'
import { suggestion } from '../device-profiles/suggestion.ts'
import type { StationLine } from './modbus/station.ts'
import type { BrokerAddress, ModbusConnection, MqttConnection, SimulatedDevice } from './scenario.ts'
import type { Report } from './scenario-report.ts'
import type { DeviceEntry } from './scenario-schema.ts'
import { type ReadText, tracksOf } from './scenario-tracks.ts'
export type Profiles = Pick<Catalogue, 'profiles' | 'kinds'>

export interface Surroundings {
  readonly profiles: Profiles
  readonly lines: ReadonlyMap<string, StationLine>
  readonly broker: BrokerAddress | null
  /** Of a file that the scenario names. Throws an Error that says why it cannot be read. */
  readonly readText: ReadText
  readonly report: Report
}

/** A faster device would be a load test, and a timer of 0 ms a hot loop. */
const SHORTEST_INTERVAL_MS = 10
/** Modbus over serial line 2.2: 0 is for all units, 248 to 255 are reserved. */
const SERIAL_UNITS = { first: 1, last: 247 }

/** The devices that could be made, without their timeline; null in the place of each one that could not. */
export function createDevices(
  entries: readonly DeviceEntry[],
  surroundings: Surroundings,
): readonly (SimulatedDevice | null)[] {
  const taken = new Map<string, string>()
  return entries.map((entry, i) => {
    const report: Report = (path, message, options) => surroundings.report(['devices', i, ...path], message, options)
    claim(taken, { key: `id ${entry.id}`, owner: entry.id }, (owner) => {
      report(['id'], `device "${owner}" is given twice`)
    })
    const device = createDevice(entry, { ...surroundings, report })
    if (device === null) return null
    const { connection } = device
    const isModbus = connection.type === 'modbus'
    const key = isModbus ? `unit ${connection.unitId} on line ${connection.line}` : placeOf(device.profile, connection)
    claim(taken, { key, owner: entry.id }, (owner) => {
      report([isModbus ? 'unitId' : 'address'], `${key} is taken by device "${owner}"`)
    })
    return device
  })
}

/** An edge node has one connection, and one count of its messages; here each device has its own. */
function placeOf(profile: DeviceProfile, { topic, address }: MqttConnection): string {
  if (profile.mqtt?.addressIn !== undefined) return `the name ${address} on topic ${topic}`
  if (profile.mqtt?.payload.format !== 'sparkplug-b') return `topic ${topic}`
  const [, group, , node] = topic.split('/')
  return `edge node ${group}/${node}`
}

function claim(
  taken: Map<string, string>,
  { key, owner }: { readonly key: string; readonly owner: string },
  refuse: (owner: string) => void,
): void {
  const holder = taken.get(key)
  if (holder === undefined) taken.set(key, owner)
  else refuse(holder)
}

function createDevice(entry: DeviceEntry, surroundings: Surroundings): SimulatedDevice | null {
  const { report } = surroundings
  const { id, profile: profileId, parameters, levels } = entry
  const installation = { id, station: 'simulator', name: id, place: '', profile: profileId, parameters, levels }
  const resolution = resolveDevice(installation, surroundings.profiles)
  if ('problems' in resolution) {
    for (const { path, message } of resolution.problems) report(path.split('.'), message)
    return null
  }
  const { device } = resolution
  const connection = connectionOf(entry, {
    ...surroundings,
    profile: device.profile,
    profileIntervalMs: device.intervalMs,
  })
  if (connection === null) return null
  const bare = { id, profile: device.profile, parameters: device.parameters, levels, connection, faults: [] }
  return { ...bare, tracks: tracksOf(entry, { device: { ...bare, tracks: new Map() }, ...surroundings }) }
}

interface ProfileSurroundings extends Surroundings {
  readonly profile: DeviceProfile
  readonly profileIntervalMs: number
}

function connectionOf(entry: DeviceEntry, surroundings: ProfileSurroundings): ModbusConnection | MqttConnection | null {
  const { profile, report } = surroundings
  if (profile.protocol === 'self') {
    report(['profile'], `profile ${profile.id} is the gateway itself and cannot be simulated`)
    return null
  }
  const others =
    profile.protocol === 'modbus' ? (['address', 'interval', 'levels'] as const) : (['line', 'unitId'] as const)
  for (const key of others) {
    const protocol = profile.protocol === 'modbus' ? 'Modbus' : 'MQTT'
    if (entry[key] !== undefined) report([key], `profile ${profile.id} speaks ${protocol}; remove "${key}"`)
  }
  return profile.protocol === 'modbus' ? onLine(entry, surroundings) : onBroker(entry, surroundings)
}

function onLine(
  { line, unitId }: DeviceEntry,
  { profile, lines, report }: ProfileSurroundings,
): ModbusConnection | null {
  if (line === undefined || unitId === undefined) {
    report([], `profile ${profile.id} speaks Modbus; give the device "line" and "unitId"`)
    return null
  }
  const found = lines.get(line)
  if (found === undefined) {
    report(['line'], `there is no line "${line}"${suggestion(line, lines.keys())}`)
    return null
  }
  if (found.type !== 'modbus-tcp' && (unitId < SERIAL_UNITS.first || unitId > SERIAL_UNITS.last)) {
    report(['unitId'], `expected a unit id from 1 to 247 on a line of type ${found.type}, got ${unitId}`)
    return null
  }
  return { type: 'modbus', line, unitId }
}

function onBroker({ address, interval }: DeviceEntry, surroundings: ProfileSurroundings): MqttConnection | null {
  const { profile, broker, report, profileIntervalMs } = surroundings
  if (broker === null) report(['profile'], `profile ${profile.id} speaks MQTT, but the scenario has no "broker"`)
  if (address === undefined) {
    report([], `profile ${profile.id} speaks MQTT; give the device its "address"`)
    return null
  }
  const intervalMs = interval === undefined ? profileIntervalMs : parseDuration(interval)
  if (intervalMs < SHORTEST_INTERVAL_MS)
    report(['interval'], `expected at least ${SHORTEST_INTERVAL_MS}ms, got ${interval}`)
  const networkServer = broker?.networkServer ?? DEFAULT_NETWORK_SERVER
  const topic = simulatedTopic(topicTemplate(profile, networkServer), address)
  return { type: 'mqtt', address, topic, networkServer, intervalMs }
}

/** A level that a profile leaves open is chosen by the site; any will do here. */
export function simulatedTopic(template: string, address: string): string {
  return template.replaceAll('{address}', address).replaceAll('+', 'simulator')
}

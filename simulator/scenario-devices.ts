/** From the devices of a scenario file to devices that can be simulated, with everything that is wrong about them. */
import type { Catalogue } from '../device-profiles/catalogue.ts'
import { sourceValues } from '../device-profiles/codec/derive.ts'
import { DEFAULT_NETWORK_SERVER } from '../device-profiles/codec/network-server.ts'
import { parseDuration } from '../device-profiles/duration.ts'
import { topicTemplate } from '../device-profiles/message-topic.ts'
import { resolveDevice } from '../device-profiles/resolve.ts'
import type { DeviceProfile, PointProfile } from '../device-profiles/schema.ts'
import { suggestion } from '../device-profiles/suggestion.ts'
import type { DocumentPath } from '../device-profiles/yaml-document.ts'
import { createSpeech } from './create-speech.ts'
import { createBank, writeValues } from './modbus/device-registers.ts'
import type { StationLine } from './modbus/station.ts'
import type { BrokerAddress, ModbusConnection, MqttConnection, SimulatedDevice, Track } from './scenario.ts'
import type { DeviceEntry } from './scenario-schema.ts'

export type Report = (path: DocumentPath, message: string, options?: { readonly at: 'key' | 'value' }) => void
export type Profiles = Pick<Catalogue, 'profiles' | 'kinds'>

export interface Surroundings {
  readonly profiles: Profiles
  readonly lines: ReadonlyMap<string, StationLine>
  readonly broker: BrokerAddress | null
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
function placeOf(profile: DeviceProfile, { topic }: MqttConnection): string {
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
  return { ...bare, tracks: tracksOf(entry, { device: { ...bare, tracks: new Map() }, report }) }
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

function tracksOf(
  { values, noise = {} }: DeviceEntry,
  { device, report }: { readonly device: SimulatedDevice; readonly report: Report },
): ReadonlyMap<string, Track> {
  const tracks = new Map<string, Track>()
  for (const [id, initial] of Object.entries(values)) {
    const point = pointOf(device.profile, id)
    if (point === undefined) {
      report(['values', id], unknownPoint(device.profile, id), { at: 'key' })
      continue
    }
    const source = point.derive?.distance
    if (source !== undefined && values[source] !== undefined) {
      report(['values', id], `"${id}" is computed from "${source}"; give one of them, not both`)
    }
    const track: Track = { point, initial, noise: point.type === 'number' ? (noise[id] ?? 0) : 0, ramps: [] }
    const problem = valueProblem(device, { track, value: initial })
    if (problem !== null) report(['values', id], problem)
    tracks.set(id, track)
  }
  for (const [id, amplitude] of Object.entries(noise)) {
    const point = pointOf(device.profile, id)
    if (point === undefined) report(['noise', id], unknownPoint(device.profile, id), { at: 'key' })
    else if (!tracks.has(id))
      report(['noise', id], `there is no value to which noise could be added; add "${id}" to values`)
    else if (point.type !== 'number' && amplitude > 0) report(['noise', id], `"${id}" is no number and cannot waver`)
  }
  return tracks
}

export function pointOf(profile: DeviceProfile, id: string): PointProfile | undefined {
  return profile.points.find((point) => point.id === id)
}

export function unknownPoint(profile: DeviceProfile, id: string): string {
  const ids = profile.points.map((point) => point.id)
  const near = suggestion(id, ids)
  return `profile ${profile.id} has no point "${id}"${near === '' ? `; it has ${ids.join(', ')}` : near}`
}

/** Why the device cannot be given this value; null when it can. */
export function valueProblem(
  device: SimulatedDevice,
  { track, value }: { readonly track: Track; readonly value: number },
): string | null {
  const { point, noise } = track
  const problem = rangeProblem(point, value) ?? sourceProblem(device, { point, value })
  if (problem !== null) return problem
  const [low, high] = point.range ?? [-Infinity, Infinity]
  const extremes = new Set([value, Math.max(value - noise, low), Math.min(value + noise, high)])
  for (const extreme of extremes) {
    const failure = encodingProblem(device, { [point.id]: extreme })
    if (failure !== null) return failure
  }
  return null
}

function rangeProblem({ type, range, states, unit }: PointProfile, value: number): string | null {
  if (type === 'boolean' && value !== 0 && value !== 1) return `expected 0 or 1, got ${value}`
  if (type === 'enum' && states !== undefined && states[String(value)] === undefined) {
    const codes = Object.entries(states).map(([code, name]) => `${code} (${name.en})`)
    return `expected one of ${codes.join(', ')}, got ${value}`
  }
  if (range === undefined || (value >= range[0] && value <= range[1])) return null
  return `expected ${range[0]} to ${range[1]} ${unit}, got ${value}`
}

/** A derived value may lie in its own range and still need a source that the sensor cannot measure. */
function sourceProblem(
  { profile, parameters }: SimulatedDevice,
  { point, value }: { readonly point: PointProfile; readonly value: number },
): string | null {
  const source = point.derive && pointOf(profile, point.derive.distance)
  if (source === undefined) return null
  const needed = Number(sourceValues(profile, parameters, { [point.id]: value })[source.id])
  const problem = rangeProblem(source, needed)
  return problem === null ? null : `${point.id} ${value} needs a ${source.id} that cannot be measured: ${problem}`
}

export function encodingProblem(
  { profile, parameters, connection }: SimulatedDevice,
  values: Readonly<Record<string, number>>,
): string | null {
  try {
    if (connection.type === 'mqtt') createSpeech({ profile, parameters, ...connection }).hello(values)
    else writeValues(createBank(profile), { profile, parameters, values })
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

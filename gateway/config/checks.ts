/**
 * What no schema can say: that names meet, that one thing has one owner, that nothing is open by accident. Each check
 * reports all it finds.
 */
import { scheduleProblem, timeZoneProblem } from '../../device-profiles/schedule.ts'
import { checkBroker } from './broker-checks.ts'
import { checkBrokerStore } from './broker-store.ts'
import { checkChannels } from './channels/channel-checks.ts'
import { checkChildren } from './children-checks.ts'
import { childDeviceId, DISPATCH_DEVICE, lineDeviceId, sinkDeviceId } from './config.ts'
import { checkDispatch } from './dispatch-checks.ts'
import { checkDrills } from './drills.ts'
import { checkLines, checkPorts, checkUnitId } from './endpoint-checks.ts'
import { knownNames } from './known-names.ts'
import { isLoopback } from './loopback.ts'
import { checkMqttCommands } from './mqtt-commands.ts'
import { checkRegistry } from './registry-checks.ts'
import type { ConfigPath, Report } from './report.ts'
import type { ConfigFile, DeviceSection } from './schema.ts'

/** What people report is under it, as a device is. */
const INCIDENT_DEVICE = 'incident'

/** Everything except the devices against their profiles, which `resolveDevices` does. */
export function checkConfig(file: ConfigFile, report: Report): void {
  checkUniqueIds(file, report)
  checkAnonymous(file, report)
  checkBroker(file, report)
  checkPorts(file, report)
  checkBrokerStore(file, report)
  checkLines(file, report)
  checkTls(file, report)
  checkMqttCommands(file, report)
  checkSchedules(file, report)
  checkDrills(file, report)
  checkDispatch(file, report)
  checkRegistry(file, report)
  checkChannels(file, report)
  for (const [index, device] of file.devices.entries()) checkDeviceSource({ file, device, index }, report)
  checkDoubleDevices(file, report)
  checkChildren(file, report)
}

function checkUniqueIds(file: ConfigFile, report: Report): void {
  for (const section of ['brokers', 'lines', 'devices', 'groups', 'sinks', 'children'] as const) {
    const first = new Map<string, number>()
    for (const [index, { id }] of (file[section] ?? []).entries()) {
      const before = first.get(id)
      if (before === undefined) first.set(id, index)
      else report([section, index, 'id'], `expected an id of its own, got "${id}", which ${section}[${before}] has too`)
    }
  }
  checkUniqueTokens(file, report)
  checkGatewayId(file, report)
  for (const [index, broker] of (file.brokers ?? []).entries()) {
    if (broker.id === 'embedded') {
      report(['brokers', index, 'id'], 'expected another id: "embedded" names the broker inside the gateway')
    }
  }
  for (const [index, device] of file.devices.entries()) {
    checkReservedId(['devices', index, 'id'], { id: device.id, file, report })
  }
  for (const [index, { id }] of (file.groups ?? []).entries()) {
    checkReservedId(['groups', index, 'id'], { id, file, report })
    const device = file.devices.findIndex((candidate) => candidate.id === id)
    if (device < 0) continue
    report(['groups', index, 'id'], `expected an id of its own, got "${id}", which devices[${device}] has too`)
  }
}

function checkReservedId(
  at: ConfigPath,
  { id, file, report }: { readonly id: string; readonly file: ConfigFile; readonly report: Report },
): void {
  if (id === INCIDENT_DEVICE) report(at, `expected another id, got "${id}": what people report stands under it`)
  const isOfDispatch = file.dispatch !== undefined && (id === DISPATCH_DEVICE || id.startsWith('channel-'))
  if (isOfDispatch)
    report(at, `expected another id, got "${id}": dispatch reports its own health under "dispatch" and "channel-…"`)
  if (id !== file.gateway.id && !/^(sink|line|child)-/.test(id)) return
  report(
    at,
    `expected another id, got "${id}": the gateway reports its own health under its id, "sink-…", "line-…" and "child-…"`,
  )
}

function checkSchedules({ station, schedules = {} }: ConfigFile, report: Report): void {
  const nowhere = station.timeZone === undefined ? null : timeZoneProblem(station.timeZone)
  if (nowhere !== null) report(['station', 'timeZone'], nowhere)
  for (const [name, schedule] of Object.entries(schedules)) {
    const problem = scheduleProblem(schedule)
    if (problem !== null) report(['schedules', name], problem)
  }
}

/** Of two tokens of one value only one role could be given. */
function checkUniqueTokens({ http }: ConfigFile, report: Report): void {
  if (http.authentication.type !== 'tokens') return
  const [names, owners] = [new Set<string>(), new Map<string, string>()]
  for (const [index, { name, token }] of http.authentication.tokens.entries()) {
    const at = ['http', 'authentication', 'tokens', index]
    if (names.has(name)) report([...at, 'name'], `expected a name of its own, got "${name}" twice`)
    names.add(name)
    const owner = owners.get(token)
    if (owner === undefined) owners.set(token, name)
    else report([...at, 'token'], `expected a token of its own for "${name}"; "${owner}" has the same`)
  }
}

/** The gateway, its sinks and its lines are devices too. */
function checkGatewayId({ gateway, sinks = [], lines = [], children = [] }: ConfigFile, report: Report): void {
  const reported = [
    ...sinks.map(({ id }) => ({ device: sinkDeviceId(id), name: `sink "${id}"` })),
    ...lines.map(({ id }) => ({ device: lineDeviceId(id), name: `line "${id}"` })),
    ...children.map(({ id }) => ({ device: childDeviceId(id), name: `gateway "${id}"` })),
  ]
  const other = reported.find(({ device }) => device === gateway.id)?.name
  if (other === undefined) return
  report(['gateway', 'id'], `expected another id, got "${gateway.id}": under it the health of the ${other} is reported`)
}

function checkAnonymous({ http }: ConfigFile, report: Report): void {
  const host = http.host ?? '127.0.0.1'
  if (http.authentication.type !== 'anonymous-on-loopback' || isLoopback(host)) return
  report(
    ['http', 'host'],
    `expected a loopback address, because http.authentication is anonymous-on-loopback; got "${host}". ` +
      'Use 127.0.0.1, or authentication of the type tokens',
  )
}

function checkTls(file: ConfigFile, report: Report): void {
  const clients = [
    ...(file.brokers ?? []).map((part, index) => ({ section: 'brokers', index, part })),
    ...(file.sinks ?? []).flatMap((part, index) =>
      part.type === 'mqtt' || part.type === 'outpost' || part.type === 'outpost-mqtt'
        ? [{ section: 'sinks', index, part }]
        : [],
    ),
  ]
  for (const [index, { sharedGroup, protocolVersion }] of (file.brokers ?? []).entries()) {
    if (sharedGroup !== undefined && protocolVersion !== 5) {
      report(
        ['brokers', index, 'sharedGroup'],
        'expected protocolVersion: 5 beside it, for only MQTT 5 has shared groups',
      )
    }
  }
  for (const { section, index, part } of clients) {
    if ((part.certFile === undefined) !== (part.keyFile === undefined)) {
      report([section, index], 'expected certFile and keyFile together, got only one of them')
    }
    if (part.url.startsWith('mqtt:') && (part.caFile ?? part.certFile) !== undefined) {
      report([section, index, 'url'], `expected mqtts:// because certificates are given, got "${part.url}"`)
    }
  }
  for (const [index, sink] of (file.sinks ?? []).entries()) {
    const certificate = 'certFile' in sink ? (sink.caFile ?? sink.certFile) : 'caFile' in sink ? sink.caFile : undefined
    if (certificate !== undefined && sink.url.startsWith('http:')) {
      report(['sinks', index, 'url'], `expected https:// because a certificate is given, got "${sink.url}"`)
    }
  }
}

function checkDeviceSource(
  { file, device, index }: { file: ConfigFile; device: DeviceSection; index: number },
  report: Report,
): void {
  if (device.line !== undefined && device.broker !== undefined) {
    report(['devices', index], 'expected either a line (Modbus) or a broker (MQTT), got both')
    return
  }
  if (device.line !== undefined) {
    const lines = (file.lines ?? []).map(({ id }) => id)
    const line = file.lines?.find(({ id }) => id === device.line)
    if (line !== undefined) checkUnitId({ device, index, line }, report)
    else {
      report(
        ['devices', index, 'line'],
        `expected the id of a line, got "${device.line}"${knownNames('lines', { name: device.line, names: lines })}`,
      )
    }
  }
  if (device.broker !== undefined && device.broker !== 'embedded') {
    const brokers = (file.brokers ?? []).map((broker) => broker.id)
    if (!brokers.includes(device.broker)) {
      report(
        ['devices', index, 'broker'],
        `expected "embedded" or the id of an outside broker, got "${device.broker}"${knownNames('brokers', { name: device.broker, names: brokers })}`,
      )
    }
  }
  if (device.broker === 'embedded' && file.broker === undefined) {
    report(['devices', index, 'broker'], 'expected a section "broker" for the embedded broker, got none')
  }
}

function checkDoubleDevices(file: ConfigFile, report: Report): void {
  const owners = new Map<string, string>()
  for (const [index, device] of file.devices.entries()) {
    const where =
      device.line === undefined
        ? `address "${device.address}" at the broker ${device.broker}`
        : `unit id ${device.unitId} on the line ${device.line}`
    const key = `${where} ${device.profile} ${JSON.stringify(device.levels ?? {})}`
    const owner = owners.get(key)
    if (owner === undefined) owners.set(key, device.id)
    else report(['devices', index], `expected a place of its own, got ${where}, where the device "${owner}" is already`)
  }
}

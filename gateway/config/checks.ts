/**
 * What no schema can say: that names meet, that one thing has one owner, that nothing is open by accident. Each check
 * reports all it finds; a path is the way to the place in the file.
 */
import { suggestion } from '../../device-profiles/suggestion.ts'
import type { ConfigFile, DeviceSection } from './schema.ts'

export type ConfigPath = readonly (string | number)[]
export type Report = (path: ConfigPath, message: string) => void

/** True for the names and addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** Everything except the devices against their profiles, which `resolveDevices` does. */
export function checkConfig(file: ConfigFile, report: Report): void {
  checkUniqueIds(file, report)
  checkAnonymous(file, report)
  checkLines(file, report)
  checkTls(file, report)
  for (const [index, device] of file.devices.entries()) checkDeviceSource({ file, device, index }, report)
  checkDoubleDevices(file, report)
}

function checkUniqueIds(file: ConfigFile, report: Report): void {
  for (const section of ['brokers', 'lines', 'devices', 'sinks'] as const) {
    const first = new Map<string, number>()
    for (const [index, { id }] of (file[section] ?? []).entries()) {
      const before = first.get(id)
      if (before === undefined) first.set(id, index)
      else report([section, index, 'id'], `expected an id of its own, got "${id}", which ${section}[${before}] has too`)
    }
  }
  checkUniqueUsers(file, report)
  for (const [index, broker] of (file.brokers ?? []).entries()) {
    if (broker.id === 'embedded') {
      report(['brokers', index, 'id'], 'expected another id: "embedded" names the broker inside the gateway')
    }
  }
  for (const [index, device] of file.devices.entries()) {
    if (device.id === file.gateway.id || /^sink-/.test(device.id)) {
      report(
        ['devices', index, 'id'],
        `expected another id, got "${device.id}": the gateway reports its own health under its id and under "sink-…"`,
      )
    }
  }
}

function checkUniqueUsers({ broker }: ConfigFile, report: Report): void {
  if (broker?.authentication.type !== 'users') return
  const seen = new Set<string>()
  for (const [index, { name }] of broker.authentication.users.entries()) {
    if (seen.has(name)) {
      report(['broker', 'authentication', 'users', index, 'name'], `expected a name of its own, got "${name}" twice`)
    }
    seen.add(name)
  }
}

function checkAnonymous(file: ConfigFile, report: Report): void {
  for (const section of ['http', 'broker'] as const) {
    const part = file[section]
    if (part?.authentication.type !== 'anonymous-on-loopback') continue
    const host = part.host ?? '127.0.0.1'
    if (!isLoopback(host)) {
      const named = section === 'http' ? 'tokens' : 'users'
      report(
        [section, 'host'],
        `expected a loopback address, because ${section}.authentication is anonymous-on-loopback; got "${host}". ` +
          `Use 127.0.0.1, or authentication of the type ${named}`,
      )
    }
  }
}

function checkLines(file: ConfigFile, report: Report): void {
  const owners = new Map<string, string>()
  for (const [index, line] of (file.lines ?? []).entries()) {
    const end = line.type === 'modbus-rtu' ? line.path : `${line.host}:${line.port}`
    const owner = owners.get(end)
    if (owner === undefined) owners.set(end, line.id)
    else {
      report(
        ['lines', index],
        `expected one line per physical line, got "${line.id}" on ${end}, which the line "${owner}" has already; ` +
          'put the devices of both on one line, so that their requests share one queue',
      )
    }
  }
}

function checkTls(file: ConfigFile, report: Report): void {
  const clients = [
    ...(file.brokers ?? []).map((part, index) => ({ section: 'brokers', index, part })),
    ...(file.sinks ?? []).flatMap((part, index) => (part.type === 'mqtt' ? [{ section: 'sinks', index, part }] : [])),
  ]
  for (const { section, index, part } of clients) {
    if ((part.certFile === undefined) !== (part.keyFile === undefined)) {
      report([section, index], 'expected certFile and keyFile together, got only one of them')
    }
    if (part.url.startsWith('mqtt:') && (part.caFile ?? part.certFile) !== undefined) {
      report([section, index, 'url'], `expected mqtts:// because certificates are given, got "${part.url}"`)
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
    const lines = (file.lines ?? []).map((line) => line.id)
    if (!lines.includes(device.line)) {
      report(
        ['devices', index, 'line'],
        `expected the id of a line, got "${device.line}"${known('lines', { name: device.line, names: lines })}`,
      )
    }
  }
  if (device.broker !== undefined && device.broker !== 'embedded') {
    const brokers = (file.brokers ?? []).map((broker) => broker.id)
    if (!brokers.includes(device.broker)) {
      report(
        ['devices', index, 'broker'],
        `expected "embedded" or the id of an outside broker, got "${device.broker}"${known('brokers', { name: device.broker, names: brokers })}`,
      )
    }
  }
  if (device.broker === 'embedded' && file.broker === undefined) {
    report(['devices', index, 'broker'], 'expected a section "broker" for the embedded broker, got none')
  }
}

function known(what: string, { name, names }: { name: string; names: readonly string[] }): string {
  if (names.length === 0) return `; there are no ${what} in this file`
  return suggestion(name, names) || `; there are: ${names.join(', ')}`
}

function checkDoubleDevices(file: ConfigFile, report: Report): void {
  const owners = new Map<string, string>()
  for (const [index, device] of file.devices.entries()) {
    const where =
      device.line === undefined
        ? `address "${device.address}" at the broker ${device.broker}`
        : `unit id ${device.unitId} on the line ${device.line}`
    const key = `${where} ${device.profile}`
    const owner = owners.get(key)
    if (owner === undefined) owners.set(key, device.id)
    else report(['devices', index], `expected a place of its own, got ${where}, where the device "${owner}" is already`)
  }
}

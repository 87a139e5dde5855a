/** One owner for one end: a port of this machine, a physical line, a place on that line. */
import { listenerPath } from './broker-checks.ts'
import { listenerSections } from './broker-config.ts'
import { machineOf } from './loopback.ts'
import type { Report } from './report.ts'
import type { ConfigFile, DeviceSection, LineSection } from './schema.ts'
import { portOf } from './serial-names.ts'

const EVERYWHERE: readonly string[] = ['0.0.0.0', '::']
const DEFAULT_HTTP_PORT = 8080

interface Endpoint {
  readonly machine: string
  readonly port: number
}

/** The servers of the gateway itself; what else listens on this machine shows only at the start. */
export function checkPorts(
  { http, broker }: Partial<Pick<ConfigFile, 'http'>> & Pick<ConfigFile, 'broker'>,
  report: Report,
): void {
  const servers = [
    ...(http === undefined
      ? []
      : [{ name: 'http', host: http.host, port: http.port ?? DEFAULT_HTTP_PORT, isGiven: false }]),
    ...(broker === undefined ? [] : listenerSections(broker)).map(({ host, port }) => ({
      ...{ name: 'the broker', host, port },
      isGiven: broker?.listeners !== undefined || broker?.port !== undefined,
    })),
  ].map((server) => ({ ...server, machine: machineOf(server.host ?? '127.0.0.1') }))
  for (const [index, server] of servers.entries()) {
    const other = servers.slice(0, index).find((before) => meet(before, server))
    if (other === undefined || broker === undefined) continue
    const path = listenerPath(broker, index - (http === undefined ? 0 : 1))
    report(
      server.isGiven ? [...path, 'port'] : ['http', 'port'],
      `expected a port of its own for each server, got ${server.port} for ${other.name} and for ${server.name}`,
    )
  }
}

function meet(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && (a.machine === b.machine || [a, b].some(({ machine }) => EVERYWHERE.includes(machine)))
}

export function checkLines(file: ConfigFile, report: Report): void {
  const owners = new Map<string, string>()
  for (const [index, line] of (file.lines ?? []).entries()) {
    const end = line.type === 'modbus-rtu' ? line.path : `${line.host}:${line.port}`
    const key = line.type === 'modbus-rtu' ? portOf(line.path) : `${machineOf(line.host)}:${line.port}`
    const owner = owners.get(key)
    if (owner === undefined) owners.set(key, line.id)
    else {
      report(
        ['lines', index],
        `expected one line per physical line, got "${line.id}" on ${end}, which the line "${owner}" has already; ` +
          'put the devices of both on one line, so that their requests share one queue',
      )
    }
  }
}

/** On a serial line 0 is for all units at once and gets no answer, and 248 to 255 are reserved [Modbus over serial line 2.2]. */
export function checkUnitId(
  { device, index, line }: { readonly device: DeviceSection; readonly index: number; readonly line: LineSection },
  report: Report,
): void {
  const { unitId } = device
  if (line.type === 'modbus-tcp' || unitId === undefined || (unitId >= 1 && unitId <= 247)) return
  const reason = unitId === 0 ? '0 speaks to all units at once, and none answers' : 'the numbers above are reserved'
  report(
    ['devices', index, 'unitId'],
    `expected a unit id from 1 to 247, because the line "${line.id}" is serial (${line.type}), got ${unitId}: ${reason}`,
  )
}

/** One owner for one end: a port of this machine, a physical line, a place on that line. */
import { machineOf } from './loopback.ts'
import type { Report } from './report.ts'
import type { ConfigFile, DeviceSection, LineSection } from './schema.ts'
import { portOf } from './serial-names.ts'

const EVERYWHERE: readonly string[] = ['0.0.0.0', '::']

/** The two servers of the gateway itself; what else listens on this machine shows only at the start. */
export function checkPorts({ http, broker }: ConfigFile, report: Report): void {
  if (broker === undefined) return
  const [port, brokerPort] = [http.port ?? 8080, broker.port ?? 1883]
  const hosts = [http.host ?? '127.0.0.1', broker.host ?? '127.0.0.1'].map(machineOf)
  if (port !== brokerPort || (hosts[0] !== hosts[1] && !hosts.some((host) => EVERYWHERE.includes(host)))) return
  report(
    broker.port === undefined ? ['http', 'port'] : ['broker', 'port'],
    `expected a port of its own for each server, got ${port} for http and for the broker`,
  )
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

/** `outpost probe`: reads one Modbus device now, of the configuration or without any. */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { RegisterRange } from '../../device-profiles/binding-schema.ts'
import { loadCatalogue } from '../../device-profiles/catalogue.ts'
import type { Device } from '../../device-profiles/device.ts'
import { resolveDevice } from '../../device-profiles/resolve.ts'
import { suggestion } from '../../device-profiles/suggestion.ts'
import { lineOptions } from '../app/line-options.ts'
import { systemClock } from '../clock.ts'
import { probe } from '../commission/probe.ts'
import { unitIdLimits } from '../commission/scan.ts'
import type { GatewayConfig } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { formatProblems } from '../config/problems.ts'
import type { LineOptions } from '../sources/modbus/line.ts'
import { resolveTiming } from '../sources/modbus/timing.ts'
import { endpointText } from '../sources/modbus/transport.ts'
import { LINE_FORMS, parseLine, parseParameters, parseTimeout, parseUnitId } from './arguments.ts'
import { workOnLine } from './interruptible.ts'
import { probeTable } from './probe-table.ts'
import { UsageError } from './usage-error.ts'

export const PROBE_HELP = `outpost probe: read every point of one Modbus device now

  outpost probe FILE DEVICE
      a device of the configuration FILE, by its id

  outpost probe --line LINE --unit ID --profile PROFILE [--parameter NAME=VALUE]…
      without a configuration; PROFILE is the id of a device profile

  --line LINE             ${LINE_FORMS}
                          after a serial port also &parity=none|even|odd &data-bits=7|8 &stop-bits=1|2 &rts=high|low
  --unit ID               the unit id
  --profile PROFILE       what the device is, for example dfrobot-sen0676
  --parameter NAME=VALUE  a parameter of the profile, for example installation-height=2.5
  --profiles FOLDER       a folder with device profiles of your own
  --timeout TIME          how long to wait for a reply; the line's own, or 1s
  --json                  the result as JSON

It shows for each point the raw words, the value, its quality and the reply time. It connects to the line itself: while a
gateway polls the same line, ask that gateway instead (POST /api/devices/DEVICE/probe), which shares its queue.
Exit codes: 0 every point is good, 1 the configuration is wrong or the line cannot be used, 2 the command line is wrong,
3 a point is not good or the device does not answer, 130 interrupted.
`

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  line: { type: 'string' },
  unit: { type: 'string' },
  profile: { type: 'string' },
  profiles: { type: 'string' },
  parameter: { type: 'string', multiple: true },
  timeout: { type: 'string' },
  json: { type: 'boolean' },
} as const

type Values = ReturnType<typeof parse>['values']

interface Target {
  readonly device: Device
  readonly unitId: number
  readonly mustNotRead?: readonly RegisterRange[]
  readonly line: LineOptions
}

const OWN_PROFILES = fileURLToPath(new URL('../../device-profiles', import.meta.url))
const DEFAULT_TIMEOUT_MS = 1_000

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS })
}

/** Gives the exit code. Throws where the command line is wrong. */
export async function probeCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args)
  if (values.help) {
    process.stdout.write(PROBE_HELP)
    return 0
  }
  const target = values.line === undefined ? configuredTarget(positionals, values) : givenTarget(positionals, values)
  if (typeof target === 'string') {
    process.stderr.write(target)
    return 1
  }
  return await probeTarget(target, { json: values.json === true })
}

async function probeTarget({ line: options, ...unit }: Target, { json }: { json: boolean }): Promise<number> {
  const { value, exitCode } = await workOnLine(options, async (line) => {
    const result = await probe({ ...unit, line, clock: systemClock })
    return { result, cannotConnect: line.counters.connects === 0 ? line.error : null }
  })
  if (exitCode !== null) {
    process.stderr.write('outpost probe: interrupted\n')
    return exitCode
  }
  const { result, cannotConnect } = value
  if (cannotConnect !== null) {
    process.stderr.write(`outpost probe: ${cannotConnect}\n`)
    return 1
  }
  const where = endpointText(options.transport)
  process.stdout.write(
    json ? `${JSON.stringify(result, null, 2)}\n` : probeTable(result, { device: unit.device, where }),
  )
  return result.points.every(({ quality }) => quality === 'good') ? 0 : 3
}

/** A text is why there is none. */
function configuredTarget(positionals: readonly string[], values: Values): Target | string {
  const [file, id, ...more] = positionals
  if (file === undefined || id === undefined || more.length > 0) {
    throw new UsageError(
      `expected "outpost probe FILE DEVICE" or "outpost probe --line …", got ${positionals.length} words`,
    )
  }
  for (const option of ['unit', 'profile', 'profiles', 'parameter'] as const) {
    if (values[option] !== undefined)
      throw new UsageError(`--${option} goes with --line; with FILE it stands in the file`)
  }
  const loaded = loadConfig(file, { environment: process.env })
  if (!loaded.ok) return formatProblems(file, loaded.problems)
  const found = unitsOf(loaded.config).find(({ device }) => device.id === id)
  if (found === undefined) return `outpost probe: ${file}: ${absent(id, loaded.config)}\n`
  const { line, ...unit } = found
  const { transport, ...given } = lineOptions(line)
  const timeoutMs = values.timeout === undefined ? given.timeoutMs : parseTimeout(values.timeout)
  return { ...unit, line: { id: line.id, transport, timing: resolveTiming(transport, { ...given, timeoutMs }) } }
}

function unitsOf({ lines }: GatewayConfig) {
  return lines.flatMap((line) => line.units.map((unit) => ({ ...unit, line })))
}

function absent(id: string, config: GatewayConfig): string {
  const units = unitsOf(config).map(({ device }) => device.id)
  if (config.devices.some((device) => device.id === id)) {
    return `the device "${id}" is not on a Modbus line, and only such devices can be probed`
  }
  const has = units.length === 0 ? 'it has none on a Modbus line' : `on its Modbus lines are ${units.join(', ')}`
  return `there is no device "${id}"; ${has}${suggestion(id, units)}`
}

function givenTarget(positionals: readonly string[], values: Values): Target | string {
  const { line = '', unit, profile } = values
  if (positionals.length > 0) throw new UsageError(`--line needs no file, got "${positionals.join(' ')}"`)
  const transport = parseLine(line)
  if (unit === undefined) throw new UsageError('--line needs --unit ID; "outpost scan" finds the units of a line')
  if (profile === undefined) throw new UsageError('--line needs --profile PROFILE, what the device is')
  const unitId = parseUnitId('--unit', { text: unit, ...unitIdLimits(transport.type) })
  const timeoutMs = values.timeout === undefined ? DEFAULT_TIMEOUT_MS : parseTimeout(values.timeout)
  const parameters = parseParameters(values.parameter ?? [])
  const device = deviceOf({ profile, parameters, folder: values.profiles })
  if (typeof device === 'string') return device
  return { device, unitId, line: { id: 'line', transport, timing: resolveTiming(transport, { timeoutMs }) } }
}

function deviceOf(wanted: {
  readonly profile: string
  readonly parameters: Readonly<Record<string, number>>
  readonly folder: string | undefined
}): Device | string {
  const { profile, parameters, folder } = wanted
  const catalogue = loadCatalogue([OWN_PROFILES, ...(folder === undefined ? [] : [folder])])
  if (catalogue.problems.length > 0) return formatProblems(folder ?? OWN_PROFILES, catalogue.problems)
  const found = catalogue.profiles.get(profile)
  if (found !== undefined && found.protocol !== 'modbus') {
    throw new UsageError(`--profile: expected a device that speaks Modbus, but "${profile}" speaks ${found.protocol}`)
  }
  const names = { station: 'station', name: 'device', place: '' }
  const resolution = resolveDevice({ id: 'device', ...names, profile, parameters }, catalogue)
  if ('device' in resolution) return resolution.device
  throw new UsageError(resolution.problems.map(({ message }) => message).join('; '))
}

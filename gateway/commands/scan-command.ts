/** `outpost scan`: finds the units on a Modbus line. */
import { parseArgs } from 'node:util'
import { systemClock } from '../clock.ts'
import { FIRST_UNIT_ID, LAST_UNIT_ID, scan, unitIdLimits } from '../commission/scan.ts'
import { resolveTiming } from '../sources/modbus/timing.ts'
import { endpointText } from '../sources/modbus/transport.ts'
import { LINE_FORMS, parseLine, parseTimeout, parseUnitId } from './arguments.ts'
import { workOnLine } from './interruptible.ts'
import { ScanDisplay, scanSummary } from './scan-display.ts'
import { UsageError } from './usage-error.ts'

export const SCAN_HELP = `outpost scan: find the units on a Modbus line

  outpost scan --line LINE [--from ${FIRST_UNIT_ID}] [--to ${LAST_UNIT_ID}] [--timeout 200ms]

  --line LINE     ${LINE_FORMS}
                  after a serial port also &parity=none|even|odd &data-bits=7|8 &stop-bits=1|2 &rts=high|low
  --from, --to    first and last unit id; on tcp:// from 0 to 255, else from 1 to 247
  --timeout TIME  how long to wait for each unit; slow devices and radio links need more

Each unit id is asked for holding register 0. Any answer is a unit, an exception too, except for the exceptions 10 and 11, by
which a gateway in between says that it reaches none. Found units go to standard output, the progress to standard error.
It connects to the line itself: while a gateway polls the same line, ask that gateway instead (POST /api/lines/LINE/scan).
Exit codes: 0 units were found, 1 the line cannot be used, 2 the command line is wrong, 3 no unit was found, 130 interrupted.
`

const DEFAULT_TIMEOUT = '200ms'
/** Devices that close the connection at a foreign unit id must not make the scan long. */
const RECONNECT_MS = { reconnectDelayMs: 100, maxReconnectDelayMs: 500 }

/** Gives the exit code. Throws where the command line is wrong. */
export async function scanCommand(args: readonly string[]): Promise<number> {
  const options = parse(args)
  if (options === null) {
    process.stdout.write(SCAN_HELP)
    return 0
  }
  const { transport, from, to, timeoutMs } = options
  const timing = resolveTiming(transport, { timeoutMs, ...RECONNECT_MS })
  const display = new ScanDisplay(process.stdout, process.stderr)
  const { value, exitCode } = await workOnLine({ id: 'line', transport, timing }, async (line, signal) => {
    const onProgress = display.progress.bind(display)
    const result = await scan({ line, from, to, timeoutMs, clock: systemClock, signal, onProgress })
    return { result, lateReplies: line.counters.lateReplies }
  })
  const { result, lateReplies } = value
  display.end()
  if (result.done > 0) process.stdout.write(scanSummary(result, { where: endpointText(transport), lateReplies }))
  if (exitCode !== null) return exitCode
  if (result.ended === 'line-lost') {
    process.stderr.write(`outpost scan: ${result.error}\n`)
    return 1
  }
  return result.findings.some(({ type }) => type === 'unit') ? 0 : 3
}

function parse(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h' },
      line: { type: 'string' },
      from: { type: 'string', default: String(FIRST_UNIT_ID) },
      to: { type: 'string', default: String(LAST_UNIT_ID) },
      timeout: { type: 'string', default: DEFAULT_TIMEOUT },
    },
  })
  if (values.help) return null
  if (values.line === undefined) throw new UsageError(`"outpost scan" needs --line: ${LINE_FORMS}`)
  const transport = parseLine(values.line)
  const limits = unitIdLimits(transport.type)
  const from = parseUnitId('--from', { text: values.from, ...limits })
  const to = parseUnitId('--to', { text: values.to, ...limits })
  if (from > to) throw new UsageError(`--from: expected at most ${to}, which --to says, got ${from}`)
  return { transport, from, to, timeoutMs: parseTimeout(values.timeout) }
}

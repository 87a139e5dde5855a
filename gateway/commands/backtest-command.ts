/** `outpost backtest`: what rules would have said, before they are switched on. */
import { parseArgs } from 'node:util'
import type { Device } from '../../device-profiles/device.ts'
import { parseDuration } from '../../device-profiles/duration.ts'
import { type BacktestResult, backtest, leadOf, testedDevices, withoutMissedPoints } from '../backtest/backtest.ts'
import { readCsv } from '../backtest/csv-file.ts'
import { readInflux } from '../backtest/influx-query.ts'
import { readLocalStore } from '../backtest/local-store.ts'
import { readPastAlarms } from '../backtest/past-alarms.ts'
import { type RecordedReadings, SourceError, type Span } from '../backtest/recorded-reading.ts'
import { alarmLines, findingLines, formatTime, summaryLines } from '../backtest/report-text.ts'
import { loadConfig } from '../config/load.ts'
import { formatProblems } from '../config/problems.ts'
import { UsageError } from './usage-error.ts'

export const BACKTEST_HELP = `outpost backtest: the rules of a configuration over what was measured, beside the alarms that were

  outpost backtest --config FILE --from TIME [--to TIME]
  outpost backtest --config FILE --from TIME --csv READINGS.csv [--data DIR]
  outpost backtest --config FILE --from TIME --influx URL --database NAME [--data DIR]

  --config FILE    the new configuration; it is only read
  --from TIME      2026-11-20, 2026-11-20T08:00, or so long ago: 36h, 7d
  --to TIME        the same; now if absent
  --data DIR       the data directory of a gateway, which may be running: its readings, and the alarms that were. That of FILE
                   if absent
  --csv FILE       readings from a file with the columns time, point, value (and quality, reason), in the order of time;
                   - for standard input
  --influx URL     readings that a gateway wrote to InfluxDB 1, 2 (with a DBRP mapping) or 3, asked with InfluxQL; --database
                   NAME. OUTPOST_TOKEN, or OUTPOST_USERNAME and OUTPOST_PASSWORD, where it asks for them. Not VictoriaMetrics
  --device ID      only this device; may be repeated
  --tick TIME      how often rules are judged by time; 1s if absent, less often with very many points
  --summary        only the summary
  --json           everything as JSON

Nobody acknowledges, shelves or is at work in a backtest. What came late, and what the gateway said of itself, is left out;
over a CSV file also the faults of the type bad-quality, because it may hold any choice of points.
Exit codes: 0 done, 1 the configuration is wrong or the readings cannot be had, 2 the command line is wrong.
`

const PROGRESS_EVERY_MS = 500

interface Wanted {
  readonly file: string
  readonly span: Span
  readonly source: { readonly type: 'local' } | { readonly type: 'csv'; readonly file: string } | InfluxSource
  readonly data: string | null
  readonly devices: readonly string[]
  readonly tickMs: number | null
  readonly summary: boolean
  readonly json: boolean
}
type InfluxSource = { readonly type: 'influx'; readonly url: string; readonly database: string }

/** Gives the exit code. Throws where the command line is wrong. */
export async function backtestCommand(args: readonly string[]): Promise<number> {
  const wanted = parse(args, Date.now())
  if (wanted === null) {
    process.stdout.write(BACKTEST_HELP)
    return 0
  }
  const loaded = loadConfig(wanted.file, { environment: process.env })
  const config = loaded.ok ? loaded.config : loaded.tooSlow
  // Lines that are too slow are nothing to a backtest.
  if (config === undefined) {
    process.stderr.write(formatProblems(wanted.file, loaded.ok ? [] : loaded.problems))
    return 1
  }
  const all = chosen(testedDevices(config.devices), wanted.devices)
  const devices = wanted.source.type === 'csv' ? withoutMissedPoints(all) : all
  try {
    await run(devices, { ...wanted, data: wanted.data ?? config.gateway.dataDirectory })
    return 0
  } catch (error) {
    if (!(error instanceof SourceError) && !isDatabaseError(error)) throw error
    process.stderr.write(`outpost backtest: ${error.message}\n`)
    return 1
  }
}

async function run(devices: readonly Device[], wanted: Wanted & { readonly data: string }): Promise<void> {
  const { span, data } = wanted
  const ids = new Set(devices.map(({ id }) => id))
  const isWanted = (id: string) => ids.has(id)
  const points = new Set(devices.flatMap((device) => device.points.map(({ id }) => id)))
  const past = readPastAlarms(data, span, { wanted: isWanted })
  const progress = new Progress()
  const result = await backtest({
    ...{ devices, span, past, tickMs: wanted.tickMs, leadMs: leadOf(devices) },
    read: (whole) => open(wanted, whole, (point) => points.has(point)),
    onProgress: (part, time) => progress.show(part, time),
  })
  progress.end()
  if (wanted.json) process.stdout.write(`${JSON.stringify(jsonOf(result, wanted), null, 2)}\n`)
  else for (const line of textOf(result, wanted)) process.stdout.write(`${line}\n`)
}

function open(
  { source, data }: Wanted & { readonly data: string },
  span: Span,
  wanted: (point: string) => boolean,
): RecordedReadings {
  switch (source.type) {
    case 'local':
      return readLocalStore(data, span, { wanted })
    case 'csv':
      return readCsv(source.file, span, { wanted })
    case 'influx':
      return readInflux(source, span, { wanted, environment: process.env })
  }
}

function* textOf(result: BacktestResult, { file, span, summary }: Wanted): Iterable<string> {
  const { readings, points, tickMs, late, comparison, now, isCutOff } = result
  yield `${file} over ${formatTime(span.from)} to ${formatTime(span.to)}: ${readings} readings of ${points} points, judged every ${tickMs / 1000} s`
  if (late > 0) yield `left out: ${late} readings that had come late`
  if (readings === 0) yield 'there is nothing to judge: no reading of a point of this configuration lies in this time'
  yield ''
  const all = comparison ?? { findings: now.map((each) => ({ type: 'new', now: each }) as const), summary: null }
  if (!summary) {
    yield* findingLines(all.findings)
    if (all.findings.length > 0) yield ''
  }
  yield* summaryLines(all.summary, { now: now.length })
  if (comparison !== null) yield* alarmLines(comparison)
  if (isCutOff)
    yield `cut off: these rules raise more alarms than anybody could read; what is above ends before ${formatTime(span.to)}`
}

function jsonOf({ comparison, now, ...result }: BacktestResult, { file, span }: Wanted): object {
  return {
    file,
    ...span,
    ...result,
    alarms: now,
    findings: comparison?.findings ?? null,
    summary: comparison?.summary ?? null,
  }
}

/** Only for people: on a terminal, and not more often than they can read. */
class Progress {
  #shownAt = 0

  show(part: number, time: number): void {
    const now = Date.now()
    if (!process.stderr.isTTY || now - this.#shownAt < PROGRESS_EVERY_MS) return
    this.#shownAt = now
    process.stderr.write(`\r${String(Math.round(part * 100)).padStart(3)} %  ${formatTime(time)} `)
  }

  end(): void {
    if (this.#shownAt > 0) process.stderr.write(`\r${' '.repeat(40)}\r`)
  }
}

function chosen(devices: readonly Device[], ids: readonly string[]): readonly Device[] {
  if (ids.length === 0) return devices
  const unknown = ids.find((id) => !devices.some((device) => device.id === id))
  if (unknown !== undefined) throw new UsageError(`--device: the configuration has no device "${unknown}"`)
  return devices.filter(({ id }) => ids.includes(id))
}

function parse(args: readonly string[], now: number): Wanted | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ help: { type: 'boolean', short: 'h' }, json: { type: 'boolean', default: false } },
      ...{ config: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' }, data: { type: 'string' } },
      ...{
        csv: { type: 'string' },
        influx: { type: 'string' },
        database: { type: 'string' },
        tick: { type: 'string' },
      },
      ...{ device: { type: 'string', multiple: true }, summary: { type: 'boolean', default: false } },
    },
  })
  if (values.help) return null
  const { config: file, json, summary } = values
  if (file === undefined) throw new UsageError('--config is needed: the configuration whose rules are to be tried')
  if (values.from === undefined) throw new UsageError('--from is needed, as in --from 7d or --from 2026-11-20T08:00')
  const span = {
    from: timeOf('--from', values.from, now),
    to: values.to === undefined ? now : timeOf('--to', values.to, now),
  }
  if (span.from >= span.to) throw new UsageError('--from must be before --to')
  const tickMs = values.tick === undefined ? null : durationOf('--tick', values.tick)
  if (tickMs !== null && tickMs < 100) throw new UsageError('--tick: expected at least 100ms')
  return {
    ...{ file, span, json, summary, tickMs },
    source: sourceOf(values),
    data: values.data ?? null,
    devices: values.device ?? [],
  }
}

function sourceOf(values: {
  readonly csv?: string
  readonly influx?: string
  readonly database?: string
}): Wanted['source'] {
  const { csv, influx, database } = values
  if (csv !== undefined && influx !== undefined) throw new UsageError('--csv and --influx: only one of them')
  if (influx === undefined && database !== undefined) throw new UsageError('--database goes with --influx')
  if (csv !== undefined) return { type: 'csv', file: csv }
  if (influx === undefined) return { type: 'local' }
  const problem = addressProblem(influx)
  if (problem !== null) throw new UsageError(`--influx: expected a URL as in http://127.0.0.1:8086${problem}`)
  if (database === undefined) throw new UsageError('--influx needs --database NAME')
  return { type: 'influx', url: influx, database }
}

/** The address stands in messages, so no secret may stand in it. */
function addressProblem(url: string): string | null {
  // Whatever is wrong with it: it is not shown where there may be an account.
  if (/[@?#]/.test(url)) {
    return ' and nothing behind it; a token, or a user name and password, is taken from OUTPOST_TOKEN, or OUTPOST_USERNAME and OUTPOST_PASSWORD'
  }
  return /^https?:\/\/[^/\s]+/.test(url) && URL.canParse(url) ? null : `, got "${url}"`
}

function timeOf(option: string, text: string, now: number): number {
  if (/^\d+(ms|s|m|h|d)$/.test(text)) return now - durationOf(option, text)
  // A day alone begins at midnight of the machine's own zone, as people mean it.
  const time = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text)
  if (Number.isFinite(time)) return time
  throw new UsageError(`${option}: expected 2026-11-20, 2026-11-20T08:00 or a duration as in 7d, got "${text}"`)
}

function durationOf(option: string, text: string): number {
  try {
    return parseDuration(text)
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`)
  }
}

/** A file that is no SQLite, is damaged, or may not be read. */
function isDatabaseError(error: unknown): error is Error {
  return error instanceof Error && 'errcode' in error
}

/**
 * Readings that a gateway wrote to InfluxDB, asked with InfluxQL (`GET /query`). Shown on InfluxDB 1.6; versions 3 and, with a
 * DBRP mapping, 2 document the same interface. Pages in the order of time; the measurement is `reading` as in
 * `sinks/influx-lines.ts`.
 */
import type { PointValue, Quality, QualityReason } from '../model.ts'
import { type RecordedReading, type RecordedReadings, SourceError, type Span } from './recorded-reading.ts'

const PAGE = 10_000
const ANSWER_MS = 60_000
const COLUMNS = ['device', 'point', 'value', 'state', 'text', 'quality', 'reason', 'replayed'] as const

type Environment = Readonly<Record<string, string | undefined>>
type Cell = string | number | boolean | null

export async function* readInflux(
  { url, database }: { readonly url: string; readonly database: string },
  { from, to }: Span,
  { wanted, environment }: { readonly wanted: (point: string) => boolean; readonly environment: Environment },
): RecordedReadings {
  const client = { url: url.replace(/\/+$/, ''), database, headers: authorization(environment) }
  let [start, skip] = [from, 0]
  for (;;) {
    const rows = await ask(client, queryOf({ from: start, to }, skip))
    const readings = rows.flatMap((row) => readingOf(row))
    const batch = readings.filter(({ point }) => wanted(point))
    if (batch.length > 0) yield batch
    if (rows.length < PAGE) return
    // Page by time: an offset over all of it would be counted from the beginning each time. Rows of the last time come again
    // and are passed over.
    const last = timeOf(rows.at(-1))
    const ofLast = rows.filter((row) => timeOf(row) === last).length
    skip = last === start ? skip + rows.length : ofLast
    start = last
  }
}

/** Times in whole microseconds, which is how exact the gateway writes them. */
function queryOf({ from, to }: Span, skip: number): string {
  const fields = COLUMNS.map((name) => `"${name}"`).join(', ')
  return (
    `SELECT ${fields} FROM "reading" WHERE time >= ${Math.floor(from * 1000)}u AND time < ${Math.floor(to * 1000)}u ` +
    `ORDER BY time LIMIT ${PAGE} OFFSET ${skip}`
  )
}

interface Client {
  readonly url: string
  readonly database: string
  readonly headers: Readonly<Record<string, string>>
}

interface Series {
  readonly columns: readonly string[]
  readonly values?: readonly (readonly Cell[])[]
  readonly partial?: boolean
}

async function ask(
  { url, database, headers }: Client,
  query: string,
): Promise<readonly Readonly<Record<string, Cell>>[]> {
  const parameters = new URLSearchParams({ db: database, epoch: 'u', q: query })
  let response: Response
  try {
    response = await fetch(`${url}/query?${parameters}`, {
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    })
  } catch (error) {
    const { message, cause } = error as Error & { cause?: unknown }
    throw new SourceError(`${url} cannot be asked: ${cause instanceof Error ? cause.message : message}`)
  }
  const body = (await response.json().catch(() => null)) as Answer | null
  const problem = body?.error ?? body?.message ?? body?.results?.[0]?.error
  if (!response.ok || problem !== undefined || body?.results === undefined) {
    throw new SourceError(
      `${url}: expected an answer of InfluxDB to an InfluxQL query on the database "${database}", got status ${response.status}` +
        `${problem === undefined ? '' : `: ${problem.slice(0, 200)}`}${adviceFor(response)}`,
    )
  }
  return rowsOf(body.results[0] ?? {}, url)
}

interface Result {
  readonly error?: string
  readonly series?: readonly Series[]
  readonly partial?: boolean
}
/** `message` is how InfluxDB 2 and 3 say what is wrong. */
interface Answer {
  readonly error?: string
  readonly message?: string
  readonly results?: readonly Result[]
}

function rowsOf({ series = [], partial }: Result, url: string): readonly Readonly<Record<string, Cell>>[] {
  // What is missing would look like a time in which nothing was measured.
  if (partial === true || series.some((each) => each.partial === true)) {
    throw new SourceError(`${url}: the server cuts answers short; set its max-row-limit to 0 or to at least ${PAGE}`)
  }
  return series.flatMap(({ columns, values = [] }) => {
    // VictoriaMetrics takes what InfluxDB's clients write, and answers any query with the names of its databases.
    if (!['time', ...COLUMNS].every((name) => columns.includes(name))) {
      throw new SourceError(
        `${url}: expected the columns of readings, got "${columns.join(', ').slice(0, 100)}"; this server does not understand ` +
          'InfluxQL. Use the local store of the gateway (--data), or export the readings to a file (--csv)',
      )
    }
    return values.map((row) => Object.fromEntries(columns.map((name, place) => [name, row[place] ?? null])))
  })
}

function adviceFor({ status, headers }: Response): string {
  if (status === 401 || status === 403) {
    return '; set OUTPOST_TOKEN, or OUTPOST_USERNAME and OUTPOST_PASSWORD, to one who may read it'
  }
  const isVersion2 = headers.get('x-influxdb-version')?.startsWith('v2') === true
  return status === 404 && isVersion2 ? '; InfluxDB 2 needs a DBRP mapping from this database name to the bucket' : ''
}

function timeOf(row: Readonly<Record<string, Cell>> | undefined): number {
  return Number(row?.time) / 1000
}

function readingOf(row: Readonly<Record<string, Cell>>): RecordedReading[] {
  const { device, point, value, state, text, quality, reason, replayed } = row
  if (typeof device !== 'string' || typeof point !== 'string') return []
  const known = (value ?? state ?? text ?? null) as PointValue | null
  return [
    {
      ...{ point: `${device}.${point}`, time: timeOf(row), value: known },
      quality: (quality ?? (known === null ? 'bad' : 'good')) as Quality,
      ...(typeof reason === 'string' && { reason: reason as QualityReason }),
      ...(replayed === true && { replayed }),
    },
  ]
}

function authorization({ OUTPOST_TOKEN, OUTPOST_USERNAME, OUTPOST_PASSWORD }: Environment): Record<string, string> {
  if (OUTPOST_TOKEN !== undefined) return { authorization: `Token ${OUTPOST_TOKEN}` }
  if (OUTPOST_USERNAME === undefined) return {}
  const pair = Buffer.from(`${OUTPOST_USERNAME}:${OUTPOST_PASSWORD ?? ''}`).toString('base64')
  return { authorization: `Basic ${pair}` }
}

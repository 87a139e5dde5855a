/** From a CSV file with a row for each time to what is played back of each point, with everything that is wrong about it. */
import { suggestion } from '../device-profiles/suggestion.ts'
import type { Recording } from './recording.ts'
import type { Report } from './scenario-report.ts'

export interface RecordedEntry {
  readonly file: string
  readonly time?: string
  /** Column by point id. */
  readonly points: Readonly<Record<string, string>>
}

const TIME_COLUMN = 'time'
/** More of the same would only bury the first. */
const MOST_TOLD = 3

/** By point id; null where the file cannot be used at all. */
export function parseRecordings(
  { file, time = TIME_COLUMN, points }: RecordedEntry,
  { readText, report }: { readonly readText: (file: string) => string; readonly report: Report },
): ReadonlyMap<string, Recording> | null {
  let text: string
  try {
    text = readText(file)
  } catch (error) {
    report(['file'], `cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
  const [header, ...rows] = rowsOf(text)
  if (header === undefined || rows.length === 0) {
    report(
      ['file'],
      `expected a line with the names of the columns and a row for each time, got ${header === undefined ? 'nothing' : 'no row'}`,
    )
    return null
  }
  const columnOf = (path: readonly string[], name: string): number | null => {
    const index = header.cells.indexOf(name)
    if (index >= 0) return index
    const near = suggestion(name, header.cells)
    report(path, `${file} has no column "${name}"${near === '' ? `; it has ${header.cells.join(', ')}` : near}`)
    return null
  }
  const timeColumn = columnOf(['time'], time)
  const columns = Object.entries(points).map(([id, name]) => ({ id, index: columnOf(['points', id], name) }))
  if (timeColumn === null || columns.some(({ index }) => index === null)) return null
  const tell = limited((line, message) => report(['file'], `${file} line ${line}: ${message}`))
  const times = timesOf(rows, { column: timeColumn, tell })
  return new Map(columns.map(({ id, index }) => [id, { times, values: valuesOf(rows, { column: index ?? 0, tell }) }]))
}

interface Row {
  /** In the file, from 1 on. */
  readonly line: number
  readonly cells: readonly string[]
}

type Tell = (line: number, message: string) => void

function limited(tell: Tell): Tell {
  let count = 0
  return (line, message) => {
    count++
    if (count <= MOST_TOLD) tell(line, message)
  }
}

/** Empty lines and lines that begin with # are no rows. Cells may stand in quotes; a quoted one has no line break. */
function rowsOf(text: string): readonly Row[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  return lines.flatMap((line, i) =>
    line.trim() === '' || line.startsWith('#') ? [] : [{ line: i + 1, cells: cellsOf(line) }],
  )
}

const CELL = /\s*(?:"((?:[^"]|"")*)"\s*|([^,]*))(?:,|$)/y

function cellsOf(line: string): readonly string[] {
  const cells: string[] = []
  CELL.lastIndex = 0
  for (let isLast = false; !isLast; ) {
    const match = CELL.exec(line)
    if (match === null) return [...cells, line.slice(CELL.lastIndex)]
    cells.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? '').trim())
    isLast = !match[0].endsWith(',')
  }
  return cells
}

/** In seconds from the first one. */
function timesOf(
  rows: readonly Row[],
  { column, tell }: { readonly column: number; readonly tell: Tell },
): readonly number[] {
  const times: number[] = []
  let before: string | null = null
  for (const { line, cells } of rows) {
    const cell = cells[column] ?? ''
    const time = timeOf(cell)
    if (time === null) tell(line, `expected a time in seconds or in ISO 8601 with its zone, got "${cell}"`)
    else if (times.length > 0 && time <= (times.at(-1) as number))
      tell(line, `expected a time after that of the row before (${before}), got ${cell}`)
    times.push(time ?? times.at(-1) ?? 0)
    before = cell
  }
  const [first = 0] = times
  return times.map((time) => Number((time - first).toFixed(6)))
}

function timeOf(cell: string): number | null {
  if (/^-?\d+(\.\d+)?$/.test(cell)) return Number(cell)
  // Without a zone it would be another moment on another machine.
  const ms = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(cell)
    ? Date.parse(cell.replace(' ', 'T'))
    : Number.NaN
  return Number.isNaN(ms) ? null : ms / 1000
}

/** An empty cell is a hole. */
function valuesOf(
  rows: readonly Row[],
  { column, tell }: { readonly column: number; readonly tell: Tell },
): readonly (number | null)[] {
  return rows.map(({ line, cells }) => {
    const cell = cells[column] ?? ''
    if (cell === '') return null
    const value = Number(cell)
    if (Number.isFinite(value)) return value
    tell(line, `expected a number, or nothing where nothing was measured, got "${cell}"`)
    return null
  })
}

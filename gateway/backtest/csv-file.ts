/**
 * Recorded readings from a CSV file: a head that names the columns, then one reading a row, in the order of time.
 *
 *   time     ISO 8601 (2026-11-20T08:00:00Z), or milliseconds since 1970
 *   point    deviceId.pointId
 *   value    a number or a text; empty: nothing usable was read
 *   quality  good, uncertain or bad; if absent good, and bad where there is no value
 *   reason   why the quality is not good, in the words of the API; optional
 *
 * Other columns are passed over. A field may stand in quotes, with "" for a quote; no line break stands in a field.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { PointValue, Quality, QualityReason } from '../model.ts'
import { type RecordedReading, type RecordedReadings, SourceError, type Span } from './recorded-reading.ts'

const BATCH = 5000
const NEEDED = ['time', 'point', 'value'] as const
const QUALITIES: readonly string[] = ['good', 'uncertain', 'bad']
const REASONS: readonly string[] = [
  ...['communication-failure', 'device-fault', 'sentinel', 'malformed', 'out-of-range', 'stale', 'unconfirmed'],
  'decoder-warning',
]

type Columns = ReadonlyMap<string, number>

/** `file` may be `-` for standard input. */
export async function* readCsv(
  file: string,
  { from, to }: Span,
  { wanted }: { readonly wanted: (point: string) => boolean },
): RecordedReadings {
  const input = file === '-' ? process.stdin : createReadStream(file)
  const failed = new Promise<never>((_, reject) => {
    input.once('error', (error: Error) => reject(new SourceError(`${file} cannot be read: ${error.message}`)))
  })
  failed.catch(() => {})
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]()
  let columns: Columns | null = null
  let batch: RecordedReading[] = []
  let [line, last] = [0, -Infinity]
  try {
    for (;;) {
      const next = await Promise.race([lines.next(), failed])
      if (next.done === true) break
      line++
      const text: string = line === 1 ? next.value.replace(/^\uFEFF/, '') : next.value
      if (text.trim() === '') continue
      const where = `${file}:${line}`
      if (columns === null) {
        columns = columnsOf(fieldsOf(text, where), where)
        continue
      }
      const reading = readingOf(fieldsOf(text, where), { columns, where })
      if (reading.time < last) {
        throw new SourceError(
          `${where}: expected rows in the order of time, got one that is older than the one before: sort the file by time`,
        )
      }
      last = reading.time
      if (reading.time >= to) break
      if (reading.time < from || !wanted(reading.point)) continue
      batch.push(reading)
      if (batch.length >= BATCH) {
        yield batch
        batch = []
      }
    }
  } finally {
    if (file !== '-') input.destroy()
  }
  if (columns === null)
    throw new SourceError(`${file}: expected a first line with ${NEEDED.join(', ')}; got an empty file`)
  if (batch.length > 0) yield batch
}

function columnsOf(names: readonly string[], where: string): Columns {
  const columns = new Map(names.map((name, place) => [name.trim().toLowerCase(), place]))
  const missing = NEEDED.filter((name) => !columns.has(name))
  if (missing.length === 0) return columns
  throw new SourceError(
    `${where}: expected the columns ${NEEDED.join(', ')} (and quality, reason); ${missing.join(', ')} is missing, got ${names.join(', ')}`,
  )
}

function readingOf(
  fields: readonly string[],
  { columns, where }: { readonly columns: Columns; readonly where: string },
): RecordedReading {
  const field = (name: string) => fields[columns.get(name) ?? -1]?.trim() ?? ''
  const point = field('point')
  if (!/^[a-z0-9-]+\.[a-z0-9-]+$/.test(point)) {
    throw new SourceError(`${where}: expected a point as deviceId.pointId, got "${point.slice(0, 64)}"`)
  }
  const value = cellValue(field('value'))
  const quality = field('quality') || (value === null ? 'bad' : 'good')
  if (!QUALITIES.includes(quality))
    throw new SourceError(`${where}: expected quality to be ${QUALITIES.join(', ')}, got "${quality}"`)
  const reason = field('reason') || (value === null ? 'communication-failure' : '')
  if (reason !== '' && !REASONS.includes(reason)) {
    throw new SourceError(`${where}: expected reason to be one of ${REASONS.join(', ')}, got "${reason.slice(0, 64)}"`)
  }
  return {
    ...{ point, time: timeOf(field('time'), where), value, quality: quality as Quality },
    ...(reason !== '' && quality !== 'good' && { reason: reason as QualityReason }),
  }
}

function timeOf(text: string, where: string): number {
  const time = /^\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isFinite(time)) return time
  throw new SourceError(
    `${where}: expected a time as 2026-11-20T08:00:00Z or as milliseconds since 1970, got "${text.slice(0, 64)}"`,
  )
}

function cellValue(text: string): PointValue | null {
  if (text === '') return null
  if (text === 'true' || text === 'false') return text === 'true' ? 1 : 0
  const number = Number(text)
  return Number.isFinite(number) ? number : text
}

function fieldsOf(line: string, where: string): readonly string[] {
  if (!line.includes('"')) return line.split(',')
  const fields: string[] = []
  for (let at = 0; at <= line.length; ) {
    if (line[at] !== '"') {
      const end = line.indexOf(',', at)
      fields.push(line.slice(at, end < 0 ? undefined : end))
      at = end < 0 ? line.length + 1 : end + 1
      continue
    }
    const quoted = /^"((?:[^"]|"")*)"(?=,|$)/.exec(line.slice(at))
    if (quoted === null)
      throw new SourceError(`${where}: expected a closing quote before a comma or the end of the line`)
    fields.push((quoted[1] ?? '').replaceAll('""', '"'))
    at += quoted[0].length + 1
  }
  return fields
}

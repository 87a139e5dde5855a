/** Tables as CSV (RFC 4180): UTF-8 with a byte order mark, without which Excel takes Chinese for something else. */
import { type Reader, readable, type Table, timeWriter, titleOf } from './table.ts'

/** Lines that are made at a time, so that whoever sends them can breathe in between. */
const LINES = 200

/** A text that a spreadsheet would take for a formula; those of East Asia take the wide signs too. A blank in front hinders none. */
const FORMULA = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/

export function* csvOf(table: Table, reader: Reader): Generator<string> {
  const time = timeWriter(reader.timeZone)
  const { language } = reader
  yield `\uFEFF${lineOf(table.columns.map((column) => titleOf(column, language)))}`
  for (let start = 0; start < table.count; start += LINES) {
    let lines = ''
    for (const row of table.rows(start, start + LINES)) {
      lines += lineOf(table.columns.map((column, i) => readable(row[i] ?? null, column, { language, time })))
    }
    yield lines
  }
}

function lineOf(cells: readonly (string | number)[]): string {
  return `${cells.map((cell) => (typeof cell === 'number' ? String(cell) : quoted(harmless(cell)))).join(',')}\r\n`
}

/** An apostrophe in front makes a text of it, and is what spreadsheets themselves use. */
export function harmless(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

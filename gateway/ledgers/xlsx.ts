/**
 * Tables as XLSX (ECMA-376): one sheet with a header that stays, filters, and real times and numbers. Made by hand, because a sheet
 * of texts and numbers is five small files of XML in a ZIP, and what libraries add to that is not needed here. Rows are made
 * and packed while they are sent. Texts are inline, so none can be a formula.
 */
import { type Cell, type Column, type Reader, readable, type Table, timeWriter, titleOf } from './table.ts'
import { type ZipPart, zipOf } from './zip.ts'

const ROWS = 200
const DAY_MS = 86_400_000
/** 1970-01-01 in days of a spreadsheet. */
const EPOCH_DAY = 25_569
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const DOCUMENT = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'
const TYPES = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

/** Places in `cellXfs`. */
const STYLE = { plain: 0, header: 1, time: 2, date: 3 } as const

export function xlsxOf(table: Table, reader: Reader): AsyncGenerator<Buffer> {
  return zipOf(partsOf(table, reader))
}

function partsOf(table: Table, reader: Reader): ZipPart[] {
  const sheet = sheetName(table.title[reader.language])
  const part = (name: string, ...content: string[]): ZipPart => ({ name, content: [HEAD, ...content] })
  return [
    part(
      '[Content_Types].xml',
      `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>`,
      `<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPES}.sheet.main+xml"/>`,
      `<Override PartName="/xl/worksheets/sheet1.xml" ContentType="${TYPES}.worksheet+xml"/>`,
      `<Override PartName="/xl/styles.xml" ContentType="${TYPES}.styles+xml"/></Types>`,
    ),
    part(
      '_rels/.rels',
      `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ),
    part(
      'xl/workbook.xml',
      `<workbook xmlns="${MAIN}" xmlns:r="${DOCUMENT}"><sheets><sheet name="${escaped(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    ),
    part(
      'xl/_rels/workbook.xml.rels',
      `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/>`,
      `<Relationship Id="rId2" Type="${DOCUMENT}/styles" Target="styles.xml"/></Relationships>`,
    ),
    part('xl/styles.xml', STYLES),
    { name: 'xl/worksheets/sheet1.xml', content: sheetOf(table, reader) },
  ]
}

const STYLES =
  `<styleSheet xmlns="${MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts>` +
  '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>' +
  '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>' +
  '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
  '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4">' +
  '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>' +
  '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>' +
  '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>'

function* sheetOf(table: Table, reader: Reader): Generator<string> {
  const { columns, count } = table
  const time = timeWriter(reader.timeZone)
  const last = `${letterOf(columns.length - 1)}${count + 1}`
  yield `${HEAD}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`
  yield `<cols>${columns.map((column, i) => widthOf(column, i)).join('')}</cols><sheetData>`
  const titles = columns.map((column, i) =>
    textCell(titleOf(column, reader.language), { at: i, row: 1, style: STYLE.header }),
  )
  yield `<row r="1">${titles.join('')}</row>`
  for (let start = 0; start < count; start += ROWS) {
    let xml = ''
    for (const [i, row] of table.rows(start, start + ROWS).entries()) {
      const number = start + i + 2
      const cells = columns.map((column, at) =>
        cellOf(row[at] ?? null, column, { at, row: number, time, language: reader.language }),
      )
      xml += `<row r="${number}">${cells.join('')}</row>`
    }
    yield xml
  }
  yield `</sheetData><autoFilter ref="A1:${last}"/></worksheet>`
}

interface Where {
  readonly at: number
  readonly row: number
}

function cellOf(
  cell: Cell,
  column: Column,
  { at, row, ...words }: Where & { readonly language: Reader['language']; readonly time: (at: number) => string },
): string {
  if (typeof cell === 'number' && (column.type === 'time' || column.type === 'date')) {
    const days = Date.parse(`${words.time(cell).replace(' ', 'T')}Z`) / DAY_MS + EPOCH_DAY
    const value = column.type === 'date' ? Math.floor(days) : days
    return `<c r="${letterOf(at)}${row}" s="${column.type === 'date' ? STYLE.date : STYLE.time}"><v>${value}</v></c>`
  }
  const value = readable(cell, column, words)
  if (value === '') return ''
  if (typeof value === 'number') return `<c r="${letterOf(at)}${row}"><v>${value}</v></c>`
  return textCell(value, { at, row, style: STYLE.plain })
}

function textCell(text: string, { at, row, style }: Where & { readonly style: number }): string {
  // More than a cell of Excel holds makes the whole file unreadable for it.
  return `<c r="${letterOf(at)}${row}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${escaped(text.slice(0, 32_767))}</t></is></c>`
}

function widthOf({ title, type }: Column, at: number): string {
  const width =
    type === 'time' ? 20 : type === 'text' ? Math.max(16, title.en.length + 2) : Math.max(12, title.en.length + 4)
  return `<col min="${at + 1}" max="${at + 1}" width="${width}" customWidth="1"/>`
}

function letterOf(at: number): string {
  return at < 26 ? String.fromCharCode(65 + at) : letterOf(Math.floor(at / 26) - 1) + letterOf(at % 26)
}

function sheetName(title: string): string {
  return title.replaceAll(/[[\]:*?/\\]/g, ' ').slice(0, 31)
}

/** What XML 1.0 has no character for is left out. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/(?![\t\n\r])\p{Cc}|[\uFFFE\uFFFF]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

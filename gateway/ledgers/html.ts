/** Pages for print: tables and bars, without a script, a style attribute or anything from elsewhere. */
import { type Reader, readable, type Table, timeWriter, titleOf } from './table.ts'

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** `keys`: the columns that are shown, in this order; `most`: rows. */
export function tableHtml(
  table: Table,
  { reader, keys, most, none }: { reader: Reader; keys: readonly string[]; most: number; none: string },
): string {
  if (table.count === 0) return `<p class="none">${escapeHtml(none)}</p>`
  const { language } = reader
  const time = timeWriter(reader.timeZone)
  const places = keys.map((key) => table.columns.findIndex((column) => column.key === key)).filter((at) => at >= 0)
  const columns = places.map((at) => ({ at, column: table.columns[at] as Table['columns'][number] }))
  const head = columns.map(({ column }) => `<th>${escapeHtml(titleOf(column, language))}</th>`).join('')
  const rows = table.rows(0, most).map((row) => {
    const cells = columns.map(({ at, column }) => {
      const cell = readable(row[at] ?? null, column, { language, time })
      return `<td${typeof cell === 'number' ? ' class="n"' : ''}>${escapeHtml(String(cell))}</td>`
    })
    return `<tr>${cells.join('')}</tr>`
  })
  const more = table.count > most ? `<p class="more">… 共 ${table.count} 行，完整内容见台账</p>` : ''
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>${more}`
}

export interface Bar {
  readonly label: string
  readonly value: number
}

const LABEL = 150
const WIDTH = 420
const LINE = 22

/** Bars beside their labels, the longest as wide as there is room. */
export function barsHtml(bars: readonly Bar[], title: string): string {
  const most = Math.max(1, ...bars.map(({ value }) => value))
  const lines = bars.map(({ label, value }, i) => {
    const y = i * LINE
    const width = Math.round((value / most) * WIDTH)
    return (
      `<text x="${LABEL - 8}" y="${y + 15}" text-anchor="end">${escapeHtml(label)}</text>` +
      `<rect x="${LABEL}" y="${y + 4}" width="${width}" height="14"/>` +
      `<text x="${LABEL + width + 6}" y="${y + 15}">${value}</text>`
    )
  })
  const size = `viewBox="0 0 ${LABEL + WIDTH + 60} ${Math.max(1, bars.length) * LINE}"`
  return `<svg role="img" aria-label="${escapeHtml(title)}" ${size}>${lines.join('')}</svg>`
}

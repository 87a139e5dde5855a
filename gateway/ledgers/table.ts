/** A table as it is computed, before anything is known of the format in which it leaves. */
import type { LocalText } from '../model.ts'

export type Language = 'zh' | 'en'

/** `time`: ms since 1970. `duration`: ms. `share`: from 0 to 1. */
export type ColumnType = 'text' | 'number' | 'time' | 'date' | 'duration' | 'share' | 'yes-no'

export type Cell = string | number | boolean | null | LocalText

export interface Column {
  readonly key: string
  readonly title: LocalText
  readonly type: ColumnType
  /** What codes in its cells are called. */
  readonly names?: Readonly<Record<string, LocalText>>
}

export interface Table {
  readonly name: string
  readonly title: LocalText
  readonly columns: readonly Column[]
  readonly count: number
  /** Of the rows from `from` (counted from 0) to before `to`, each with a cell for each column. */
  rows(from: number, to: number): readonly (readonly Cell[])[]
}

export function column(key: string, type: ColumnType, { zh, en, names }: LocalText & Pick<Column, 'names'>): Column {
  return { key, type, title: { zh, en }, ...(names !== undefined && { names }) }
}

/** Rows that are there already. */
export function known(rows: readonly (readonly Cell[])[]): Pick<Table, 'count' | 'rows'> {
  return { count: rows.length, rows: (from, to) => rows.slice(from, to) }
}

export interface Reader {
  readonly language: Language
  /** Where the clocks are by which times are written, as Asia/Shanghai. */
  readonly timeZone: string
}

const YES_NO: readonly [LocalText, LocalText] = [
  { zh: '否', en: 'no' },
  { zh: '是', en: 'yes' },
]

/** A cell as people read it; numbers stay numbers. Durations are in seconds, shares in percent. */
export function readable(
  cell: Cell,
  column: Column,
  words: { readonly language: Language; time: (at: number) => string },
) {
  if (cell === null) return ''
  if (typeof cell === 'boolean') return YES_NO[cell ? 1 : 0][words.language]
  if (typeof cell === 'object') return cell[words.language]
  if (typeof cell === 'string') return column.names?.[cell]?.[words.language] ?? cell
  switch (column.type) {
    case 'time':
      return words.time(cell)
    case 'date':
      return words.time(cell).slice(0, 10)
    case 'duration':
      return Math.round(cell / 100) / 10
    case 'share':
      return Math.round(cell * 10_000) / 100
    case 'text':
    case 'number':
    case 'yes-no':
      return cell
  }
}

/** With the unit of what stands under it. */
export function titleOf({ title, type }: Column, language: Language): string {
  const unit =
    type === 'duration' ? { zh: '（秒）', en: ' (s)' } : type === 'share' ? { zh: '（%）', en: ' (%)' } : null
  return unit === null ? title[language] : title[language] + unit[language]
}

/** Writes moments as clocks there show them: 2026-10-31 08:05:00. */
export function timeWriter(timeZone: string): (at: number) => string {
  const numeric = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, ...numeric, second: '2-digit' })
  return (at) => format.format(at)
}

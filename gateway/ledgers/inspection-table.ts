/** What people entered about equipment, as a table. */
import type { Inspection } from '../ledger-model.ts'
import type { Period } from '../statistics/alarm-statistics.ts'
import { INSPECTION_NAMES } from './names.ts'
import { type Cell, type Column, column, known, type Table } from './table.ts'

const COLUMNS: readonly Column[] = [
  column('at', 'time', { zh: '时间', en: 'Done' }),
  column('device', 'text', { zh: '编号', en: 'Id' }),
  column('type', 'text', { zh: '事项', en: 'What', names: INSPECTION_NAMES }),
  column('ok', 'yes-no', { zh: '合格', en: 'In order' }),
  column('by', 'text', { zh: '检查人', en: 'By' }),
  column('comment', 'text', { zh: '记录', en: 'Found' }),
  column('enteredAt', 'time', { zh: '登记时间', en: 'Entered' }),
]

/** Newest first. */
export function inspectionTable(inspections: readonly Inspection[], { from, to }: Period): Table {
  const rows = inspections
    .filter(({ at }) => at >= from && at < to)
    .map((one): readonly Cell[] => COLUMNS.map(({ key }) => one[key as keyof Inspection]))
  return { name: 'inspections', title: { zh: '检查记录', en: 'Inspections' }, columns: COLUMNS, ...known(rows) }
}

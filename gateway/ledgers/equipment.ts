/**
 * The equipment that tags watch: what it says of itself, what people did with it, and when it is due again. A tag sees the pressure
 * and that the bottle hangs there; it replaces no look at it.
 */
import type { Inspection, InspectionType } from '../ledger-model.ts'
import { INSPECTION_NAMES, KIND_NAMES } from './names.ts'
import { type Cell, type Column, column, known, type Table } from './table.ts'

/** How long after one another; ms. What is right for a model says its maker. */
export interface InspectionRule {
  readonly lookMs: number
  /** At places with many people. */
  readonly lookWhereCrowdedMs: number
  readonly checkMs: number
  readonly serviceMs: number
}

export interface EquipmentFacts {
  readonly device: string
  readonly deviceName: string
  readonly kind: string
  readonly station: string
  readonly place: string
  readonly crowded: boolean
  /** In the unit of its point. */
  readonly pressure: number | null
  readonly pressureUnit: string
  readonly lowest: number | null
  readonly highest: number | null
  readonly lossPerDay: number | null
  readonly present: boolean | null
  readonly heard: boolean
  readonly lastHeardAt: number | null
  readonly outOfService: boolean
  /** Alarms and faults that are not normal. */
  readonly open: number
  /** The newest of each. */
  readonly inspections: Readonly<Partial<Record<InspectionType, Inspection>>>
}

export type EquipmentState = 'ok' | 'due-soon' | 'overdue' | 'never-checked' | 'defect' | 'away' | 'scrapped'

export interface EquipmentLine extends EquipmentFacts {
  readonly state: EquipmentState
  readonly due: InspectionType | null
  readonly dueAt: number | null
  readonly lastInspection: Inspection | null
  /** More than a quarter of the units of its place are away (GB 50444-2008, 5.1.2, allows no more at a time). */
  readonly placeShort: boolean
}

const SOON_MS = 7 * 86_400_000
const MOST_AWAY = 0.25

export function equipmentLines(
  units: readonly EquipmentFacts[],
  { rule, now }: { readonly rule: InspectionRule; readonly now: number },
): EquipmentLine[] {
  const places = Map.groupBy(
    units.filter((unit) => !isScrapped(unit)),
    ({ place }) => place,
  )
  return units.map((unit) => {
    const due = nextDue(unit, rule)
    const fellows = places.get(unit.place) ?? []
    const away = fellows.filter(isAway).length
    return {
      ...unit,
      ...{ due: due?.type ?? null, dueAt: due?.at ?? null, lastInspection: newest(unit) },
      state: stateOf(unit, { due, now }),
      placeShort: fellows.length > 0 && away / fellows.length > MOST_AWAY,
    }
  })
}

interface Due {
  readonly type: InspectionType
  /** Null: it was never done, so it is due at once. */
  readonly at: number | null
}

/** A service is also a check, and a check a look; what was never entered is due. Of a service nobody knows when the first is due. */
function nextDue(unit: EquipmentFacts, rule: InspectionRule): Due | null {
  if (isScrapped(unit)) return null
  const { look, check, service } = unit.inspections
  const newestAt = (...done: (Inspection | undefined)[]): number | null => {
    const times = done.flatMap((one) => (one === undefined ? [] : [one.at]))
    return times.length === 0 ? null : Math.max(...times)
  }
  const after = (at: number | null, ms: number): number | null => (at === null ? null : at + ms)
  const lookMs = unit.crowded ? rule.lookWhereCrowdedMs : rule.lookMs
  const all: Due[] = [
    { type: 'check', at: after(newestAt(check, service), rule.checkMs) },
    { type: 'look', at: after(newestAt(look, check, service), lookMs) },
    ...(service === undefined ? [] : [{ type: 'service' as const, at: service.at + rule.serviceMs }]),
  ]
  return all.reduce((first, one) => ((one.at ?? -Infinity) < (first.at ?? -Infinity) ? one : first))
}

function stateOf(
  unit: EquipmentFacts,
  { due, now }: { readonly due: Due | null; readonly now: number },
): EquipmentState {
  if (isScrapped(unit)) return 'scrapped'
  if (isAway(unit)) return 'away'
  if (newest(unit)?.ok === false) return 'defect'
  if (due === null || due.at === null) return 'never-checked'
  if (due.at <= now) return 'overdue'
  return due.at - now <= SOON_MS ? 'due-soon' : 'ok'
}

function isAway({ outOfService, present }: EquipmentFacts): boolean {
  return outOfService || present === false
}

/** One that is entered after it was scrapped is another bottle. */
function isScrapped(unit: EquipmentFacts): boolean {
  return unit.inspections.scrapped !== undefined && newest(unit) === unit.inspections.scrapped
}

function newest({ inspections }: EquipmentFacts): Inspection | null {
  const all = Object.values(inspections)
  return all.length === 0 ? null : all.reduce((last, one) => (one.at >= last.at ? one : last))
}

const STATE_NAMES = {
  ok: { zh: '正常', en: 'in order' },
  'due-soon': { zh: '即将到期', en: 'due soon' },
  overdue: { zh: '已到期', en: 'overdue' },
  'never-checked': { zh: '无检查记录', en: 'never checked' },
  defect: { zh: '有缺陷', en: 'defect' },
  away: { zh: '离位或停用', en: 'away or out of service' },
  scrapped: { zh: '已报废', en: 'scrapped' },
} as const satisfies Record<EquipmentState, Column['title']>

const COLUMNS: readonly Column[] = [
  column('device', 'text', { zh: '编号', en: 'Id' }),
  column('deviceName', 'text', { zh: '名称', en: 'Name' }),
  column('kind', 'text', { zh: '类别', en: 'Kind', names: KIND_NAMES }),
  column('station', 'text', { zh: '站点', en: 'Station' }),
  column('place', 'text', { zh: '位置', en: 'Place' }),
  column('state', 'text', { zh: '状态', en: 'State', names: STATE_NAMES }),
  column('due', 'text', { zh: '下次事项', en: 'Next', names: INSPECTION_NAMES }),
  column('dueAt', 'date', { zh: '到期日', en: 'Due' }),
  column('pressure', 'number', { zh: '当前压力', en: 'Pressure' }),
  column('lowest', 'number', { zh: '期内最低', en: 'Lowest in the period' }),
  column('highest', 'number', { zh: '期内最高', en: 'Highest in the period' }),
  column('pressureUnit', 'text', { zh: '单位', en: 'Unit' }),
  column('lossPerDay', 'number', { zh: '每日压力损失', en: 'Loss per day' }),
  column('present', 'yes-no', { zh: '在位', en: 'Present' }),
  column('heard', 'yes-no', { zh: '标签在线', en: 'Tag heard' }),
  column('lastHeardAt', 'time', { zh: '最近通信', en: 'Last heard' }),
  column('outOfService', 'yes-no', { zh: '停用', en: 'Out of service' }),
  column('open', 'number', { zh: '未结报警', en: 'Open alarms' }),
  column('lastInspection', 'text', { zh: '最近检查', en: 'Last inspection', names: INSPECTION_NAMES }),
  column('lastInspectionAt', 'date', { zh: '检查日期', en: 'Done' }),
  column('lastInspectionBy', 'text', { zh: '检查人', en: 'By' }),
  column('lastInspectionComment', 'text', { zh: '检查记录', en: 'Found' }),
  column('placeShort', 'yes-no', { zh: '该处缺位超过四分之一', en: 'More than a quarter of the place away' }),
]

export function equipmentTable(lines: readonly EquipmentLine[]): Table {
  const rows = lines.map((line): readonly Cell[] => {
    const { lastInspection: last } = line
    const done = {
      ...{ lastInspection: last?.type ?? null, lastInspectionAt: last?.at ?? null },
      ...{ lastInspectionBy: last?.by ?? null, lastInspectionComment: last?.comment ?? null },
    }
    const cells: Readonly<Record<string, unknown>> = { ...line, ...done }
    return COLUMNS.map(({ key }) => (cells[key] ?? null) as Cell)
  })
  return { name: 'equipment', title: { zh: '器材台账', en: 'Equipment ledger' }, columns: COLUMNS, ...known(rows) }
}

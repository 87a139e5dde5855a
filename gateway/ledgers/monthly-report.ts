/** The report of a month in Chinese, for A4: what was raised, how people answered, and what has to be looked after. */
import type { Priority } from '../alarm-model.ts'
import { falseAlarms } from '../statistics/false-alarms.ts'
import type { Occurrence } from '../statistics/occurrence-book.ts'
import type { OnlineRate } from '../statistics/online-rate.ts'
import { responseTimes } from '../statistics/response-times.ts'
import { falseAlarmTable, responseTable } from './alarm-tables.ts'
import { type DrillReport, drillTable } from './drill-report.ts'
import { type EquipmentLine, equipmentTable } from './equipment.ts'
import { type Bar, barsHtml, escapeHtml, tableHtml } from './html.ts'
import { KIND_NAMES, PRIORITY_NAMES } from './names.ts'
import { REPORT_STYLE } from './report-style.ts'
import { type Coverage, coverageTable, onlineTable, type SensorFacts } from './sensor-tables.ts'
import { type Reader, timeWriter } from './table.ts'

export interface MonthlyFigures {
  /** As 2026-10. */
  readonly month: string
  readonly stationName: string
  readonly timeZone: string
  readonly madeAt: number
  /** The month is not over. */
  readonly unfinished: boolean
  readonly targets: { readonly notifyMs: number; readonly acknowledgeMs: number; readonly handleMs: number }
  readonly occurrences: readonly Occurrence[]
  readonly online: readonly OnlineRate[]
  readonly sensors: ReadonlyMap<string, SensorFacts>
  readonly coverage: readonly Coverage[]
  readonly equipment: readonly EquipmentLine[]
  readonly drills: readonly DrillReport[]
  /** Names of stations by their ids. */
  readonly stations: ReadonlyMap<string, string>
}

const NONE = '本月无记录。'
const PRIORITIES_SHOWN: readonly Priority[] = ['urgent', 'high', 'medium', 'low']

export function monthlyReport(figures: MonthlyFigures): string {
  const reader: Reader = { language: 'zh', timeZone: figures.timeZone }
  const time = timeWriter(figures.timeZone)
  const [year, month] = figures.month.split('-')
  const title = `${figures.stationName} ${year}年${Number(month)}月应急值守月报`
  const unfinished = figures.unfinished ? '（本月未结束，数据截至生成时间）' : ''
  return [
    '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">',
    `<title>${escapeHtml(title)}</title><style>${REPORT_STYLE}</style></head><body><main>`,
    `<header><h1>${escapeHtml(title)}</h1><p>生成时间 ${time(figures.madeAt)}${unfinished}</p></header>`,
    summary(figures),
    section('一、报警情况', alarms(figures)),
    section('二、响应用时', responses(figures, reader)),
    section('三、误报', falseOnes(figures, reader)),
    section('四、传感器在线率', online(figures, reader)),
    section('五、重点场所覆盖', coverage(figures, reader)),
    section('六、器材到期与缺陷', equipment(figures, reader)),
    section('七、演练', drills(figures, reader)),
    '<footer><p>编制：＿＿＿＿＿＿　审核：＿＿＿＿＿＿　日期：＿＿＿＿＿＿</p></footer></main></body></html>',
  ].join('\n')
}

function section(title: string, content: string): string {
  return `<section><h2>${title}</h2>${content}</section>`
}

/** What asked people, and was meant. */
function realOnes({ occurrences }: MonthlyFigures): readonly Occurrence[] {
  return occurrences.filter(({ mark, askedAt }) => mark === null && askedAt !== null)
}

function summary(figures: MonthlyFigures): string {
  const all = realOnes(figures)
  const hazards = all.filter((one) => one.class === 'alarm')
  const judged = hazards.filter(({ verdict }) => verdict === 'real' || verdict === 'false')
  const wrong = judged.filter(({ verdict }) => verdict === 'false').length
  const [total] = responseTimes(all, { by: [], monthOf: () => '' })
  const rate = average(figures.online.map((one) => one.rate))
  const places = sum(figures.coverage.map((one) => one.places))
  const due = figures.equipment.filter(({ state }) => state !== 'ok' && state !== 'scrapped' && state !== 'due-soon')
  const facts: readonly (readonly [string, string])[] = [
    ['报警（不含故障）', `${hazards.length} 次`],
    ['其中紧急', `${hazards.filter(({ priority }) => priority === 'urgent').length} 次`],
    ['故障', `${all.length - hazards.length} 次`],
    ['已确认', share(total === undefined ? null : total.acknowledged / total.occurrences)],
    ['确认用时中位数', duration(total?.toAcknowledge.p50Ms ?? null)],
    ['确认用时 90 分位', duration(total?.toAcknowledge.p90Ms ?? null)],
    ['误报率（已判定）', share(judged.length === 0 ? null : wrong / judged.length)],
    ['传感器平均在线率', share(rate)],
    ['重点场所覆盖率', share(places === 0 ? null : sum(figures.coverage.map((one) => one.working)) / places)],
    ['需处理器材', `${due.length} 件`],
    ['演练', `${figures.drills.filter(({ drill }) => drill.state === 'over').length} 次`],
    ['人工上报', `${hazards.filter(({ kind }) => kind === 'incident').length} 起`],
  ]
  return `<dl>${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`
}

function alarms(figures: MonthlyFigures): string {
  const all = realOnes(figures)
  if (all.length === 0) return `<p class="none">${NONE}</p>`
  const byPriority = PRIORITIES_SHOWN.map((priority) => ({
    label: PRIORITY_NAMES[priority]?.zh ?? priority,
    value: all.filter((one) => one.priority === priority).length,
  }))
  const byKind = counted(all, ({ kind }) => KIND_NAMES[kind]?.zh ?? kind)
  const byStation = counted(all, ({ station }) => figures.stations.get(station) ?? station)
  return [
    ...[`<h3>按优先级</h3>${barsHtml(byPriority, '按优先级')}`, `<h3>按类别</h3>${barsHtml(byKind, '按类别')}`],
    `<h3>按站点</h3>${barsHtml(byStation, '按站点')}`,
  ].join('')
}

function counted(all: readonly Occurrence[], labelOf: (one: Occurrence) => string): readonly Bar[] {
  const groups = Map.groupBy(all, labelOf)
  const bars = Array.from(groups, ([label, list]) => ({ label, value: list.length }))
  return bars.sort((a, b) => b.value - a.value || (a.label < b.label ? -1 : 1)).slice(0, 20)
}

function responses(figures: MonthlyFigures, reader: Reader): string {
  const { targets, occurrences } = figures
  const all = realOnes(figures)
  const goals: readonly (readonly [string, number, (one: Occurrence) => number | null])[] = [
    ['首次通知', targets.notifyMs, ({ notifiedAt }) => notifiedAt],
    ['确认', targets.acknowledgeMs, ({ acknowledgedAt }) => acknowledgedAt],
    ['处置完成', targets.handleMs, ({ handledAt }) => handledAt],
  ]
  const rows = goals.map(([name, ms, at]) => {
    const waits = all.flatMap((one) => {
      const when = at(one)
      return when === null || one.askedAt === null ? [] : [when - one.askedAt]
    })
    const inTime = waits.filter((wait) => wait <= ms).length
    const cells = [`${waits.length}`, `${inTime}`, share(waits.length === 0 ? null : inTime / waits.length)]
    return `<tr><td>${name}</td><td>${duration(ms)}</td>${cells.map((cell) => `<td class="n">${cell}</td>`).join('')}</tr>`
  })
  const head = '<th>环节</th><th>目标</th><th>有记录</th><th>达标</th><th>达标率</th>'
  const groups = responseTimes(occurrences, { by: ['station', 'kind'], monthOf: () => '' })
  const named = groups.map((group) => ({
    ...group,
    station: figures.stations.get(group.station ?? '') ?? group.station,
  }))
  const keys = [
    'station',
    'kind',
    'occasion',
    'occurrences',
    'notifyP90',
    'acknowledgeP50',
    'acknowledgeP90',
    'handleP50',
    'handleP90',
  ]
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>${tableHtml(responseTable(named), { reader, keys, most: 40, none: NONE })}`
}

function falseOnes({ occurrences, timeZone }: MonthlyFigures, reader: Reader): string {
  const time = timeWriter(timeZone)
  const all = falseAlarms(occurrences, (at) => time(at).slice(0, 10))
  const places = all.filter((place) => place.false > 0)
  const flagged = places.filter((place) => place.flagged).length
  const unjudged = sum(all.map((place) => place.unjudged))
  const words = `<p>尚未判定 ${unjudged} 次${flagged > 0 ? `；<strong>${flagged} 处单日误报超过 5 次，须与监控中心处理</strong>` : ''}。</p>`
  const keys = ['place', 'occurrences', 'real', 'false', 'unjudged', 'falseRate', 'worstDay', 'onWorstDay', 'flagged']
  return words + tableHtml(falseAlarmTable(places), { reader, keys, most: 20, none: '本月没有判定为误报的报警。' })
}

function online({ online: rates, sensors }: MonthlyFigures, reader: Reader): string {
  const worst = rates.filter(({ silences }) => silences > 0)
  const words = `<p>传感器 ${rates.length} 个，本月失联过 ${worst.length} 个；在线率最低的如下。</p>`
  const keys = ['deviceName', 'kind', 'place', 'rate', 'silences', 'offlineMs', 'offlineNow']
  return words + tableHtml(onlineTable(worst, sensors), { reader, keys, most: 20, none: '本月无失联。' })
}

function coverage({ coverage: lines, stations }: MonthlyFigures, reader: Reader): string {
  const named = lines.map((line) => ({ ...line, station: stations.get(line.station) ?? line.station }))
  const keys = ['station', 'places', 'working', 'blind', 'without', 'share', 'sensors', 'sensorsWorking']
  return tableHtml(coverageTable(named), { reader, keys, most: 60, none: NONE })
}

function equipment({ equipment: lines }: MonthlyFigures, reader: Reader): string {
  const concerned = lines.filter(({ state, placeShort }) => (state !== 'ok' && state !== 'scrapped') || placeShort)
  const words = `<p>在册器材 ${lines.filter(({ state }) => state !== 'scrapped').length} 件，需关注 ${concerned.length} 件。</p>`
  const keys = [
    'deviceName',
    'place',
    'state',
    'due',
    'dueAt',
    'pressure',
    'pressureUnit',
    'lastInspection',
    'lastInspectionAt',
    'placeShort',
  ]
  return words + tableHtml(equipmentTable(concerned), { reader, keys, most: 60, none: '没有到期或有缺陷的器材。' })
}

function drills({ drills: reports }: MonthlyFigures, reader: Reader): string {
  const keys = ['from', 'comment', 'by', 'state', 'alarms', 'told', 'failed', 'unanswered', 'p50', 'max']
  return tableHtml(drillTable(reports), { reader, keys, most: 40, none: '本月没有演练。' })
}

function sum(list: readonly number[]): number {
  return list.reduce((total, one) => total + one, 0)
}

function average(list: readonly number[]): number | null {
  return list.length === 0 ? null : sum(list) / list.length
}

function share(part: number | null): string {
  return part === null ? '—' : `${(part * 100).toFixed(1)}%`
}

function duration(ms: number | null): string {
  if (ms === null) return '—'
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} 秒`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} 分${seconds % 60 === 0 ? '' : ` ${seconds % 60} 秒`}`
  if (seconds < 86_400) return `${(seconds / 3600).toFixed(1)} 小时`
  return `${(seconds / 86_400).toFixed(1)} 天`
}

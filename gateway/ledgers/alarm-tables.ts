/** Occurrences and the figures about them as tables. */
import type { FalseAlarms } from '../statistics/false-alarms.ts'
import type { Occurrence } from '../statistics/occurrence-book.ts'
import type { ResponseGroup, Waits } from '../statistics/response-times.ts'
import { CLASS_NAMES, KIND_NAMES, OCCASION_NAMES, PRIORITY_NAMES, VERDICT_NAMES } from './names.ts'
import { type Cell, type Column, column, known, type Table } from './table.ts'

const ALARM_COLUMNS: readonly Column[] = [
  column('raisedAt', 'time', { zh: '发生时间', en: 'Raised' }),
  column('station', 'text', { zh: '站点', en: 'Station' }),
  column('place', 'text', { zh: '位置', en: 'Place' }),
  column('deviceName', 'text', { zh: '设备', en: 'Device' }),
  column('kind', 'text', { zh: '类别', en: 'Kind', names: KIND_NAMES }),
  column('name', 'text', { zh: '报警', en: 'Alarm' }),
  column('class', 'text', { zh: '性质', en: 'Class', names: CLASS_NAMES }),
  column('priority', 'text', { zh: '最高优先级', en: 'Worst priority', names: PRIORITY_NAMES }),
  column('level', 'text', { zh: '最高等级', en: 'Worst level' }),
  column('value', 'text', { zh: '触发值', en: 'Value' }),
  column('occasion', 'text', { zh: '场合', en: 'Occasion', names: OCCASION_NAMES }),
  column('known', 'text', { zh: '上报内容', en: 'Reported' }),
  column('notifiedAt', 'time', { zh: '首次通知', en: 'First told' }),
  column('acknowledgedAt', 'time', { zh: '确认时间', en: 'Acknowledged' }),
  column('acknowledgedBy', 'text', { zh: '确认人', en: 'Acknowledged by' }),
  column('returnedAt', 'time', { zh: '恢复时间', en: 'Returned' }),
  column('handledAt', 'time', { zh: '处置完成', en: 'Handled' }),
  column('handledBy', 'text', { zh: '处置人', en: 'Handled by' }),
  column('toAcknowledge', 'duration', { zh: '确认用时', en: 'Time to acknowledge' }),
  column('toHandle', 'duration', { zh: '处置用时', en: 'Time to handle' }),
  column('verdict', 'text', { zh: '判定', en: 'Verdict', names: VERDICT_NAMES }),
  column('verdictBy', 'text', { zh: '判定人', en: 'Judged by' }),
  column('comments', 'text', { zh: '备注', en: 'Comments' }),
  column('late', 'yes-no', { zh: '补报', en: 'Reported late' }),
  column('alarm', 'text', { zh: '报警编号', en: 'Alarm id' }),
  column('seq', 'number', { zh: '事件序号', en: 'Event number' }),
]

export function alarmTable(occurrences: readonly Occurrence[]): Table {
  return {
    ...{ name: 'alarms', title: { zh: '报警台账', en: 'Alarm ledger' }, columns: ALARM_COLUMNS },
    // Made when they are asked for: a hundred thousand at once would be a pause.
    ...{ count: occurrences.length, rows: (from, to) => occurrences.slice(from, to).map(alarmRow) },
  }
}

function alarmRow(one: Occurrence): readonly Cell[] {
  const { askedAt, acknowledgedAt, handledAt, value, unit } = one
  const since = (at: number | null): number | null =>
    at === null || askedAt === null ? null : Math.max(0, at - askedAt)
  return [
    ...[one.raisedAt, one.station, one.place, one.deviceName, one.kind, one.name, one.class, one.priority, one.level],
    value === null ? null : `${value}${unit === '' || unit === '1' ? '' : ` ${unit}`}`,
    ...[one.mark ?? 'real', one.known, one.notifiedAt, acknowledgedAt, one.acknowledgedBy, one.returnedAt, handledAt],
    ...[one.handledBy, since(acknowledgedAt), since(handledAt), one.verdict, one.verdictBy],
    one.comments.map(({ by, text }) => `${by}: ${text}`).join('; ') || null,
    ...[one.late, one.alarm, one.seq],
  ]
}

const waitColumns = (key: string, zh: string, en: string): readonly Column[] => [
  column(`${key}Count`, 'number', { zh: `${zh}数`, en: `${en}: count` }),
  column(`${key}P50`, 'duration', { zh: `${zh}用时中位数`, en: `${en}: p50` }),
  column(`${key}P90`, 'duration', { zh: `${zh}用时 90 分位`, en: `${en}: p90` }),
  column(`${key}Max`, 'duration', { zh: `${zh}用时最长`, en: `${en}: longest` }),
]

const RESPONSE_COLUMNS: readonly Column[] = [
  column('station', 'text', { zh: '站点', en: 'Station' }),
  column('kind', 'text', { zh: '类别', en: 'Kind', names: KIND_NAMES }),
  column('month', 'text', { zh: '月份', en: 'Month' }),
  column('occasion', 'text', { zh: '场合', en: 'Occasion', names: OCCASION_NAMES }),
  column('occurrences', 'number', { zh: '次数', en: 'Occurrences' }),
  ...waitColumns('notify', '通知', 'Told'),
  ...waitColumns('acknowledge', '确认', 'Acknowledged'),
  ...waitColumns('handle', '处置', 'Handled'),
]

export function responseTable(groups: readonly ResponseGroup[]): Table {
  const waits = ({ count, p50Ms, p90Ms, maxMs }: Waits): readonly Cell[] => [count, p50Ms, p90Ms, maxMs]
  const rows = groups.map((group): readonly Cell[] => [
    ...[group.station, group.kind, group.month, group.occasion, group.occurrences],
    ...[...waits(group.toNotify), ...waits(group.toAcknowledge), ...waits(group.toHandle)],
  ])
  return {
    name: 'responses',
    title: { zh: '响应用时', en: 'Response times' },
    columns: RESPONSE_COLUMNS,
    ...known(rows),
  }
}

const FALSE_COLUMNS: readonly Column[] = [
  column('station', 'text', { zh: '站点', en: 'Station' }),
  column('place', 'text', { zh: '位置', en: 'Place' }),
  column('occurrences', 'number', { zh: '报警次数', en: 'Alarms' }),
  column('real', 'number', { zh: '属实', en: 'Real' }),
  column('false', 'number', { zh: '误报', en: 'False' }),
  column('test', 'number', { zh: '测试', en: 'Tests' }),
  column('unknown', 'number', { zh: '不明', en: 'Unknown' }),
  column('unjudged', 'number', { zh: '未判定', en: 'Not judged' }),
  column('falseRate', 'share', { zh: '误报率', en: 'False-alarm rate' }),
  column('worstDay', 'text', { zh: '误报最多日', en: 'Worst day' }),
  column('onWorstDay', 'number', { zh: '当日误报', en: 'False alarms that day' }),
  column('flagged', 'yes-no', { zh: '单日超过 5 次', en: 'More than five a day' }),
]

export function falseAlarmTable(places: readonly FalseAlarms[]): Table {
  const rows = places.map((place): readonly Cell[] => FALSE_COLUMNS.map(({ key }) => place[key as keyof FalseAlarms]))
  return { name: 'false-alarms', title: { zh: '误报统计', en: 'False alarms' }, columns: FALSE_COLUMNS, ...known(rows) }
}

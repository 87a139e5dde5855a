/** What became of a drill: who was told when and over what, who answered, after how long, and what failed. */
import type { DispatchEvent } from '../dispatch-event.ts'
import type { Drill } from '../ledger-model.ts'
import type { LocalText } from '../model.ts'
import type { Occurrence } from '../statistics/occurrence-book.ts'
import { type Waits, waitsOf } from '../statistics/response-times.ts'
import { type Cell, type Column, column, known, type Table } from './table.ts'

export interface DrillAlarm {
  readonly alarm: string
  readonly name: LocalText
  readonly station: string
  readonly place: string
  readonly raisedAt: number
  readonly acknowledgedAt: number | null
  readonly acknowledgedBy: string | null
  readonly toAcknowledgeMs: number | null
}

export interface DrillTold {
  readonly notification: string
  readonly channel: string
  readonly station: string
  readonly to: readonly string[]
  readonly purpose: string
  readonly step: number
  readonly at: number
  readonly sentAt: number | null
  readonly deliveredAt: number | null
  readonly seenAt: number | null
  readonly acknowledgedAt: number | null
  readonly acknowledgedBy: string | null
  /** Why it failed; null: it did not. */
  readonly failure: string | null
}

export interface DrillReport {
  readonly drill: Drill
  readonly alarms: readonly DrillAlarm[]
  readonly told: readonly DrillTold[]
  readonly toAcknowledge: Waits
  readonly unanswered: number
  /** Messages that nobody got. */
  readonly failed: number
  /** Of the stations that were told nothing, because no channel reaches anybody there. */
  readonly unreached: readonly string[]
}

/** `occurrences`: of the exercises; `events`: what dispatch decided and heard meanwhile. */
export function drillReport(
  drill: Drill,
  { occurrences, events }: { readonly occurrences: readonly Occurrence[]; readonly events: readonly DispatchEvent[] },
): DrillReport {
  const exercised = new Set(drill.alarms)
  const alarms = occurrences.filter(({ alarm, mark }) => mark === 'exercise' && exercised.has(alarm)).map(drillAlarmOf)
  const told = toldOf(events, exercised)
  const answered = alarms.flatMap(({ toAcknowledgeMs }) => (toAcknowledgeMs === null ? [] : [toAcknowledgeMs]))
  const isOwn = ({ cases }: DispatchEvent): boolean => cases.some((id) => exercised.has(alarmOf(id)))
  const unreached = events.flatMap((event) => (event.type === 'unreached' && isOwn(event) ? [event.station] : []))
  return {
    ...{ drill, alarms, told, toAcknowledge: waitsOf(answered), unanswered: alarms.length - answered.length },
    failed: told.filter(({ failure }) => failure !== null).length,
    unreached: [...new Set(unreached)],
  }
}

function drillAlarmOf(one: Occurrence): DrillAlarm {
  const { alarm, name, station, place, raisedAt, acknowledgedAt, acknowledgedBy } = one
  const toAcknowledgeMs = acknowledgedAt === null ? null : Math.max(0, acknowledgedAt - raisedAt)
  return { alarm, name, station, place, raisedAt, acknowledgedAt, acknowledgedBy, toAcknowledgeMs }
}

type Way = { -readonly [K in keyof DrillTold]: DrillTold[K] }

function toldOf(events: readonly DispatchEvent[], exercised: ReadonlySet<string>): DrillTold[] {
  const told = new Map<string, Way>()
  for (const event of events) {
    if (event.type === 'notified' && event.cases.some((id) => exercised.has(alarmOf(id)))) {
      const { id, channel, station, to, purpose, step } = event.notification
      const none = { sentAt: null, deliveredAt: null, seenAt: null, acknowledgedAt: null, acknowledgedBy: null }
      const names = to.map(({ name }) => name)
      told.set(id, {
        notification: id,
        channel,
        station,
        to: names,
        purpose,
        step,
        at: event.time,
        ...none,
        failure: null,
      })
    } else if (event.type === 'receipt') hear(told.get(event.notification), event)
    else if (event.type === 'withdrawn') {
      const way = told.get(event.notification)
      // What is over before it could be sent has not failed.
      if (way !== undefined && way.failure !== null) way.failure = null
    }
  }
  return [...told.values()]
}

/** Each state implies those before it; a failure counts until something better is heard. */
function hear(way: Way | undefined, { state, time, by, detail }: DispatchEvent & { type: 'receipt' }): void {
  if (way === undefined) return
  if (state === 'failed') {
    if (way.sentAt === null) way.failure = detail ?? 'failed'
    return
  }
  way.failure = null
  way.sentAt ??= time
  if (state === 'sent') return
  way.deliveredAt ??= time
  if (state === 'delivered') return
  way.seenAt ??= time
  if (state === 'seen') return
  way.acknowledgedAt ??= time
  way.acknowledgedBy ??= by
}

function alarmOf(caseId: string): string {
  return caseId.slice(0, caseId.lastIndexOf('#'))
}

const STATE_NAMES = {
  planned: { zh: '计划中', en: 'planned' },
  on: { zh: '进行中', en: 'on' },
  over: { zh: '已结束', en: 'over' },
  cancelled: { zh: '已取消', en: 'cancelled' },
  missed: { zh: '未执行', en: 'missed' },
} as const

const COLUMNS: readonly Column[] = [
  column('id', 'text', { zh: '编号', en: 'Id' }),
  column('state', 'text', { zh: '状态', en: 'State', names: STATE_NAMES }),
  column('from', 'time', { zh: '开始', en: 'From' }),
  column('endedAt', 'time', { zh: '结束', en: 'Ended' }),
  column('by', 'text', { zh: '组织人', en: 'By' }),
  column('comment', 'text', { zh: '内容', en: 'What' }),
  column('alarms', 'number', { zh: '演练报警', en: 'Exercises' }),
  column('told', 'number', { zh: '通知', en: 'Messages' }),
  column('failed', 'number', { zh: '未送达', en: 'Failed' }),
  column('unanswered', 'number', { zh: '无人确认', en: 'Unanswered' }),
  column('p50', 'duration', { zh: '确认用时中位数', en: 'Acknowledged: p50' }),
  column('max', 'duration', { zh: '确认用时最长', en: 'Acknowledged: longest' }),
]

export function drillTable(reports: readonly DrillReport[]): Table {
  const rows = reports.map(({ drill, alarms, told, failed, unanswered, toAcknowledge }): readonly Cell[] => [
    ...[drill.id, drill.state, drill.from, drill.endedAt, drill.by, drill.comment],
    ...[alarms.length, told.length, failed, unanswered, toAcknowledge.p50Ms, toAcknowledge.maxMs],
  ])
  return { name: 'drills', title: { zh: '演练记录', en: 'Drills' }, columns: COLUMNS, ...known(rows) }
}

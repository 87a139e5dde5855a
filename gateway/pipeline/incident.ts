/**
 * The life of what a person reports: raised by a report, acknowledged and told as any alarm, active until a person closes it.
 * Nothing measures it, so nothing but a person changes it. Pure, as `alarm.ts` is.
 *
 * Each report has a row of its own, numbered by type. Numbers of closed reports are used again, the one longest closed first
 * and never before all others were used: so rows are bounded, and occurrences of a row are told apart as everywhere.
 */
import type {
  Alarm,
  AlarmEventDraft,
  Command,
  CommandRefusal,
  IncidentReport,
  IncidentType,
  Priority,
  ReportWish,
} from '../alarm-model.ts'
import { PRIORITIES } from '../alarm-model.ts'
import type { Mode } from '../mode.ts'
import type { Instant, LocalText } from '../model.ts'
import { acknowledge, addComment, changeOf, NORMAL, UNACKNOWLEDGED } from './alarm.ts'
import { dispose } from './disposition.ts'
import { INCIDENTS } from './incident-types.ts'

/** The device of every report; no unit of a configuration may have this id. */
export const INCIDENT_DEVICE = 'incident'

/** Of one type. More that are open at a time are a disaster, which is one report. */
export const MOST_NUMBERS = 100

type Rows = ReadonlyMap<string, Alarm>

/** The same said twice is one report: whoever presses a button again gets the row that is there. */
export function sameReport(rows: Rows, wish: ReportWish): Alarm | null {
  for (const id of idsOf(wish)) {
    const row = rows.get(id)
    if (row === undefined) break
    const { report, facts, place } = row
    if (report === undefined || !facts.active) continue
    const isSame = report.known === wish.known && report.reporter === wish.reporter && report.place === wish.placeId
    if (isSame && place === wish.place) return row
  }
  return null
}

/** `drill`: within which it is an exercise; null: it is meant. */
export function report(
  wish: ReportWish,
  { rows, drill, at }: { readonly rows: Rows; readonly drill: Mode | null; readonly at: Instant },
): AlarmEventDraft | CommandRefusal {
  const id = freeId(rows, wish)
  if (id === null) return 'too-many-reports'
  const { name, priority, guidance } = INCIDENTS[wish.type]
  const { type, placeId, known, reporter, by } = wish
  const alarm: Alarm = {
    ...EMPTY,
    ...{ id, station: wish.station, device: INCIDENT_DEVICE, deviceName: wish.deviceName, place: wish.place },
    ...{ kind: INCIDENT_DEVICE, rule: type, class: 'alarm', guidance },
    name: drill === null ? name : { zh: `【演练】${name.zh}`, en: `EXERCISE: ${name.en}` },
    occurrence: rows.get(id)?.occurrence ?? 0,
    state: 'normal',
  }
  const said: IncidentReport = { type, place: placeId, known, reporter, enteredBy: by }
  const changed = {
    ...{ facts: { ...NORMAL, active: true, acked: false }, occurrence: alarm.occurrence + 1 },
    ...{ priority: wish.priority ?? priority, raisedAt: at.wall, report: said, reason: reasonOf(said, drill) },
    cause: { ...EMPTY.cause, quality: 'good', time: at.wall } as const,
    mark: drill === null ? null : ('exercise' as const),
  }
  return changeOf(alarm, changed, { type: 'raised', time: at.wall, by })
}

/** What people can do to a report. */
export function commandReport(alarm: Alarm, command: Command): AlarmEventDraft | CommandRefusal {
  switch (command.type) {
    case 'acknowledge':
      return acknowledge(alarm, command)
    case 'comment':
      return addComment(alarm, command)
    case 'dispose':
      return dispose(alarm, command)
    case 'correct':
      return correct(alarm, command)
    case 'close':
      return close(alarm, command)
    case 'reset':
    case 'shelve':
    case 'unshelve':
    case 'take-out-of-service':
    case 'return-to-service':
    case 'confirm':
    case 'decline':
    case 'exercise':
      return 'only-a-report'
  }
}

/** What is worse asks people to acknowledge again; what is milder, or only better known, does not. */
function correct(alarm: Alarm, command: Extract<Command, { type: 'correct' }>): AlarmEventDraft | CommandRefusal {
  const { by, comment, at } = command
  if (alarm.report === undefined) return 'not-reported'
  if (!alarm.facts.active) return 'closed'
  const priority = command.priority ?? alarm.priority
  const report = { ...alarm.report, known: command.known ?? alarm.report.known }
  if (command.priority === null && command.known === null) return 'comment-missing'
  const isWorse = severityOf(priority) > severityOf(alarm.priority)
  const facts = { ...alarm.facts, acked: alarm.facts.acked && !isWorse }
  const changed = { ...(isWorse && UNACKNOWLEDGED), facts, priority, report, reason: reasonOf(report, null) }
  return changeOf(alarm, changed, { type: 'corrected', time: at.wall, by, comment })
}

/** Whoever closes it has seen it. */
function close(alarm: Alarm, command: Extract<Command, { type: 'close' }>): AlarmEventDraft | CommandRefusal {
  const { by, comment, at, verdict } = command
  if (!alarm.facts.active) return 'closed'
  if (comment === null) return 'comment-missing'
  const seen = alarm.facts.acked ? {} : { acknowledgedAt: at.wall, acknowledgedBy: by }
  const disposition = verdict === null ? {} : { disposition: { verdict, by, comment, at: at.wall } }
  const changed = { ...seen, ...disposition, facts: NORMAL, returnedAt: at.wall, comment }
  return changeOf(alarm, changed, { type: 'returned', time: at.wall, by, comment })
}

function freeId(rows: Rows, wish: ReportWish): string | null {
  let oldest: Alarm | null = null
  for (const id of idsOf(wish)) {
    const row = rows.get(id)
    if (row === undefined) return id
    const closedAt = row.returnedAt ?? 0
    if (!row.facts.active && (oldest === null || closedAt < (oldest.returnedAt ?? 0))) oldest = row
  }
  return oldest?.id ?? null
}

function* idsOf({ type, exercise }: { readonly type: IncidentType; readonly exercise: boolean }): Generator<string> {
  for (let n = 1; n <= MOST_NUMBERS; n++) yield `${INCIDENT_DEVICE}.${type}-${n}${exercise ? '.exercise' : ''}`
}

function severityOf(priority: Priority): number {
  return PRIORITIES.indexOf(priority)
}

function reasonOf({ known, reporter, enteredBy }: IncidentReport, drill: Mode | null): LocalText {
  const drilled = drill === null ? { zh: '', en: '' } : { zh: '演练，并非真实：', en: 'in a drill, not real: ' }
  const entered =
    reporter === enteredBy ? { zh: '', en: '' } : { zh: `，${enteredBy}登记`, en: `, entered by ${enteredBy}` }
  return {
    zh: `${drilled.zh}${reporter}上报${entered.zh}：${known}`,
    en: `${drilled.en}reported by ${reporter}${entered.en}: ${known}`,
  }
}

const EMPTY: Omit<Alarm, 'id' | 'station' | 'device' | 'deviceName' | 'place' | 'kind' | 'rule' | 'name' | 'guidance'> =
  {
    ...{ class: 'alarm', priority: 'low', level: null, facts: NORMAL, state: 'normal' },
    ...{ shelving: null, outOfService: null, inhibitedBy: null, offBySchedule: false, mode: null, mark: null },
    ...{ firstOut: [], occurrence: 0, raisedAt: 0, returnedAt: null, ...UNACKNOWLEDGED },
    cause: { point: null, value: null, unit: '', quality: 'good', time: 0, setpoint: null },
    reason: { zh: '', en: '' },
  }

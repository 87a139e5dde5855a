/** What people read about a notification, in both languages and with the same facts. Pure. */
import type { Alarm, AlarmEvent, Verdict } from '../alarm-model.ts'
import type { Notification, Purpose } from '../dispatch-model.ts'
import type { LocalText } from '../model.ts'
import { byGravity, isOver, leadOf, standingOf } from './notification-facts.ts'

export type Language = 'zh' | 'en'

/** Of events that are told together, so many in full. */
const MOST_TOLD = 30

const LEVELS: Readonly<Record<string, LocalText>> = {
  red: { zh: '红色', en: 'red' },
  orange: { zh: '橙色', en: 'orange' },
  yellow: { zh: '黄色', en: 'yellow' },
  blue: { zh: '蓝色', en: 'blue' },
}
const PRIORITY: Readonly<Record<Alarm['priority'], LocalText>> = {
  urgent: { zh: '紧急', en: 'urgent' },
  high: { zh: '高', en: 'high' },
  medium: { zh: '中', en: 'medium' },
  low: { zh: '低', en: 'low' },
}
const MARKS = {
  actual: { zh: '', en: '' },
  exercise: { zh: '【演练】', en: 'EXERCISE ' },
  test: { zh: '【测试】', en: 'TEST ' },
} as const
const PURPOSES: Readonly<Record<Purpose, LocalText>> = {
  first: { zh: '', en: '' },
  update: { zh: '【续报】', en: 'Update: ' },
  reminder: { zh: '【催办】', en: 'Reminder: ' },
  escalation: { zh: '【上报】', en: 'Escalated: ' },
  ended: { zh: '', en: '' },
}

const VERDICTS: Readonly<Record<Verdict, LocalText>> = {
  real: { zh: '核实：属实', en: 'Found to be real' },
  false: { zh: '核实：误报', en: 'Found to be a false alarm' },
  test: { zh: '核实：有人测试', en: 'Found to be a test' },
  unknown: { zh: '核实：原因不明', en: 'Looked into, cause unknown' },
}

/** One line: what it is, where, and whether it is meant. */
export function headlineOf(notification: Notification, language: Language): string {
  const { events, purpose } = notification
  const lead = leadOf(notification)
  const mark = MARKS[standingOf(notification)][language]
  const several =
    events.length === 1 ? '' : { zh: `等${events.length}条`, en: ` and ${events.length - 1} more` }[language]
  const what = `${titleOf(lead, language)}${several}`
  const how = `${mark}${PURPOSES[purpose][language]}`
  return language === 'zh'
    ? `${how}${placeOf(notification, language)}：${what}`
    : `${how}${what}, ${placeOf(notification, language)}`
}

/** The alarm with its level, and how it stands. */
export function titleOf({ alarm, ...event }: AlarmEvent, language: Language): string {
  const level = alarm.level === null ? '' : (LEVELS[alarm.level]?.[language] ?? alarm.level)
  const name = alarm.name[language]
  const title = level === '' ? name : { zh: `${name}（${level}）`, en: `${name} (${level})` }[language]
  return `${title}${standsAs({ ...event, alarm })[language]}`
}

function standsAs(event: AlarmEvent): LocalText {
  const { alarm } = event
  if (event.type === 'reported-late') return { zh: '，补报', en: ', reported late' }
  if (isOver(event)) return { zh: '，已恢复', en: ', returned to normal' }
  if (alarm.facts.suppression !== null) return { zh: '，已搁置', en: ', put aside' }
  if (alarm.proposal?.state === 'proposed') return { zh: '，待人工确认', en: ', to be confirmed by a person' }
  return alarm.facts.acked ? { zh: '，已有人处置', en: ', in hand' } : { zh: '', en: '' }
}

/** Why, with its numbers, and who has it in hand: one line each, of the gravest alarm first. */
export function descriptionOf({ events }: Notification, language: Language): string {
  const told = byGravity(events).slice(0, MOST_TOLD)
  const lines = told.flatMap((event) => {
    const { alarm } = event
    const begin =
      events.length === 1 ? '' : { zh: `${titleOf(event, 'zh')}：`, en: `${titleOf(event, 'en')}: ` }[language]
    return [`${begin}${alarm.reason[language]}`, ...handled(alarm, language)]
  })
  const left = events.length - told.length
  if (left > 0) lines.push({ zh: `另有${left}条`, en: `and ${left} more` }[language])
  return lines.filter((line) => line.trim() !== '').join('\n')
}

function handled({ acknowledgedBy, comment, disposition }: Alarm, language: Language): readonly string[] {
  return [
    ...(acknowledgedBy === null
      ? []
      : [{ zh: `已由${acknowledgedBy}确认`, en: `Acknowledged by ${acknowledgedBy}` }[language]]),
    ...(disposition === undefined ? [] : [VERDICTS[disposition.verdict][language]]),
    ...(comment === null ? [] : [{ zh: `备注：${comment}`, en: `Comment: ${comment}` }[language]]),
  ]
}

/** What to do first, once for each thing that is to be done. */
export function guidanceOf({ events }: Notification, language: Language): string {
  const goingOn = byGravity(events).filter((event) => !isOver(event))
  return [...new Set(goingOn.map(({ alarm }) => alarm.guidance[language]))].slice(0, MOST_TOLD).join('\n')
}

export function priorityOf(notification: Notification, language: Language): string {
  return PRIORITY[leadOf(notification).alarm.priority][language]
}

/** The registered place, else what the device says of it. */
export function placeOf(notification: Notification, language: Language): string {
  const { place } = notification
  const words = leadOf(notification).alarm.place
  return place === null ? words : place.name[language]
}

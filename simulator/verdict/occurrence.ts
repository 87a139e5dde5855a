/** What a gateway told while a story ran, put together by the times that each alarm came and went. */
import type { ToldAlarm, ToldEvent } from './told-event.ts'

/** All times in ms of the gateway since the story began. */
export interface Course {
  /** In the order of their numbers. */
  readonly events: readonly ToldEvent[]
  /** Active already when the story began. */
  readonly before: readonly ToldAlarm[]
  /** When the story began, on the clock of the gateway, ms since 1970. */
  readonly begunAt: number
  /** Seconds of the story in each second. */
  readonly speed: number
  /** How long it was watched. */
  readonly nowMs: number
  /** Nothing more is awaited. */
  readonly isOver: boolean
  /** Ids of the devices and groups in which nothing else may happen. */
  readonly judged: ReadonlySet<string>
}

/** From one raise to the next. */
export interface Occurrence {
  /** As it was raised. */
  readonly alarm: ToldAlarm
  /** When it was raised, and each change of what people see of it. */
  readonly appearances: readonly Told[]
  readonly returnedMs: number | null
  /** As it was at the end. */
  readonly last: ToldAlarm
}

export interface Told {
  readonly ms: number
  readonly alarm: ToldAlarm
  /** Neither shelved, nor suppressed, nor out of service: somebody is to look. */
  readonly isShown: boolean
}

const APPEARANCES: ReadonlySet<string> = new Set([
  ...['raised', 'level-changed', 'proposed', 'confirmed', 'unsuppressed', 'unshelved', 'reported-late', 'restored'],
])

/** Alarms of a drill are left out. */
export function occurrencesOf(course: Course): readonly Occurrence[] {
  const all: (Occurrence & { appearances: Told[]; returnedMs: number | null; last: ToldAlarm })[] = []
  const open = new Map<string, (typeof all)[number]>()
  const begin = (alarm: ToldAlarm): (typeof all)[number] => {
    const occurrence = { alarm, appearances: [], returnedMs: null, last: alarm }
    all.push(occurrence)
    open.set(alarm.id, occurrence)
    return occurrence
  }
  for (const alarm of course.before) {
    if (alarm.isMarked) continue
    begin(alarm).appearances.push({ ms: 0, alarm, isShown: !alarm.suppressed })
  }
  for (const { type, time, alarm } of course.events) {
    if (alarm.isMarked) continue
    const known = open.get(alarm.id)
    const isNew = known === undefined || alarm.occurrence > known.last.occurrence
    // What happens to an alarm that came before the story and is over is no news of it.
    if (isNew && !APPEARANCES.has(type)) continue
    if (isNew && !alarm.active && type !== 'reported-late') continue
    const occurrence = isNew ? begin(alarm) : known
    occurrence.last = alarm
    const ms = time - course.begunAt
    const isSeen = alarm.active || type === 'reported-late'
    if (APPEARANCES.has(type) && isSeen) occurrence.appearances.push({ ms, alarm, isShown: !alarm.suppressed })
    if (!alarm.active && occurrence.returnedMs === null) occurrence.returnedMs = ms
  }
  return all
}

/** A moment as the story tells it: `01:07`, with tenths where the story runs slowly enough to have them. */
export function momentText(ms: number, { speed }: Pick<Course, 'speed'>): string {
  const seconds = Math.max(0, (ms / 1000) * speed)
  const tenths = Math.round(seconds * 10)
  const minutes = Math.floor(tenths / 600)
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, '0')
  return `${String(minutes).padStart(2, '0')}:${rest}`
}

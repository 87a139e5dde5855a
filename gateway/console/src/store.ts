/** What the console knows, as signals. Only this file and `feed.ts` write what comes from the gateway. */
import { computed, signal } from '@preact/signals'
import type { Alarm, AlarmEvent, Priority } from '../../alarm-model.ts'
import { compareAlarms } from '../../http/alarm-order.ts'
import type { PointView } from '../../http/gateway-view.ts'
import type { Mode } from '../../mode.ts'
import type { LocalText, Reading } from '../../model.ts'
import type { Info, Snapshot, Who } from './api.ts'

export type Language = 'zh' | 'en'
export type Connection = 'connecting' | 'live' | 'lost' | 'locked'

export const info = signal<Info | null>(null)
export const who = signal<Who | null>(null)
export const alarmTable = signal<ReadonlyMap<string, Alarm>>(new Map())
export const points = signal<ReadonlyMap<string, PointView>>(new Map())
/** Maintenance, drills and tests that are on. */
export const modes = signal<readonly Mode[]>([])
export const connection = signal<Connection>('connecting')
/** The gateway's time now: its clock and this computer's may differ. Ticks every second. */
export const now = signal(Date.now())
/** The gateway's time when it was last heard. */
export const lastContactAt = signal<number | null>(null)

const savedLanguage = read('language')
export const language = signal<Language>(savedLanguage === 'en' ? 'en' : 'zh')
/** Name of the person at this computer; alarms are acknowledged under it. */
export const operator = signal(read('operator') ?? '')
export const selectedPoint = signal<string | null>(null)
/** What just went wrong with something a person asked for. */
export const notice = signal<LocalText | null>(null)

export const alarms = computed(() => [...alarmTable.value.values()].sort(compareAlarms))
export const unacknowledged = computed(() => alarms.value.filter(({ facts }) => !facts.acked && !facts.suppression))
/** The most urgent active alarm of each point, so that its value can be marked. */
export const alarmOfPoint = computed(() => {
  const found = new Map<string, Alarm>()
  for (const alarm of alarms.value) {
    const { point } = alarm.cause
    if (point !== null && alarm.facts.active && !found.has(point)) found.set(point, alarm)
  }
  return found
})
/** Points of which nothing is known now: no alarm of theirs does not mean that all is well. */
export const unusablePoints = computed(
  () => [...points.value.values()].filter(({ reading }) => reading === null || reading.quality === 'bad').length,
)
export const countOf = computed(() => {
  const counts: Record<Priority | 'fault', number> = { urgent: 0, high: 0, medium: 0, low: 0, fault: 0 }
  for (const { facts, class: alarmClass, priority, mark } of alarms.value) {
    if (facts.suppression === null && mark === null) counts[alarmClass === 'fault' ? 'fault' : priority]++
  }
  return counts
})

export function takeSnapshot(snapshot: Snapshot): void {
  info.value = snapshot.info
  who.value = snapshot.who
  if (savedLanguage === null && read('language') === null) language.value = snapshot.info.language
  alarmTable.value = new Map(snapshot.alarms.map((alarm) => [alarm.id, alarm]))
  points.value = new Map(snapshot.points.map((point) => [point.id, point]))
  modes.value = snapshot.modes
  const selected = selectedPoint.value
  if (selected === null || !points.value.has(selected)) selectedPoint.value = firstPoint(snapshot)
}

/** What the worst alarm is about, else the first point that has numbers. */
function firstPoint(snapshot: Snapshot): string | null {
  const ofAlarm = [...snapshot.alarms].sort(compareAlarms).find(({ cause }) => {
    const point = snapshot.points.find(({ id }) => id === cause.point)
    return point?.type === 'number'
  })
  const point = ofAlarm?.cause.point ?? snapshot.points.find(({ type }) => type === 'number')?.id
  return point ?? snapshot.points[0]?.id ?? null
}

/** In their order. Many at once: the table is copied for each call. */
export function takeAlarms(events: readonly Pick<AlarmEvent, 'alarm'>[]): void {
  const table = new Map(alarmTable.value)
  for (const { alarm } of events) {
    if (alarm.state === 'normal') table.delete(alarm.id)
    else table.set(alarm.id, alarm)
  }
  alarmTable.value = table
}

export function takeReadings(readings: readonly Reading[]): void {
  const table = new Map(points.value)
  for (const reading of readings) {
    const point = table.get(reading.point)
    if (point !== undefined) table.set(reading.point, { ...point, reading })
  }
  points.value = table
}

export function setLanguage(value: Language): void {
  language.value = value
  write('language', value)
}

export function setOperator(name: string): void {
  operator.value = name.trim()
  write('operator', operator.value)
}

/** Where the browser keeps nothing (private windows, policies), the page works and forgets. */
function read(key: string): string | null {
  try {
    return localStorage.getItem(`outpost.${key}`)
  } catch {
    return null
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(`outpost.${key}`, value)
  } catch {}
}

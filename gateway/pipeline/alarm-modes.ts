/** What modes do to an alarm: suppression by design, the marks of tests, and exercises. Pure, as `alarm.ts` is. */
import type { Device, Rule } from '../../device-profiles/device.ts'
import type { Alarm, AlarmEventDraft, AlarmMode, Command, CommandRefusal } from '../alarm-model.ts'
import type { Mode } from '../mode.ts'
import type { LocalText } from '../model.ts'
import { acknowledge, addComment, alarmOf, changeOf, NORMAL, UNACKNOWLEDGED, withoutDisposition } from './alarm.ts'
import { sameData } from './same-data.ts'

export function alarmMode({ id, type, by, comment, until, dispatch }: Mode): AlarmMode {
  return { id, type: type === 'test' ? 'test' : 'maintenance', by, comment, until, dispatch }
}

interface Modes {
  readonly maintenance: Mode | null
  /** Of the point that is the cause. */
  readonly test: Mode | null
}

/**
 * What a raise is told with. Only what is raised within a test is marked: an alarm from before it is a real one, and stays.
 * Maintenance is the stronger of the two.
 */
export function modeOfRaise({ maintenance, test }: Modes): Pick<Alarm, 'mark' | 'mode'> {
  const mode = maintenance ?? test
  return { mark: test === null ? null : 'test', mode: mode === null ? null : alarmMode(mode) }
}

/**
 * Brings an alarm to the modes that are on now; null where that changes nothing. What is active when its mode ends asks
 * people anew, because nobody was told of it; what was only a test and is over leaves nothing behind.
 */
export function settleModes(alarm: Alarm, { maintenance, test }: Modes, time: number): AlarmEventDraft | null {
  const isTest = alarm.mark === 'test'
  const wanted = maintenance ?? (isTest ? test : null)
  const mode = wanted === null ? null : alarmMode(wanted)
  if (isTest && test === null && alarm.facts.active) return raiseTested(alarm, { mode, time })
  if (sameData(mode, alarm.mode)) return null
  if (mode !== null) {
    const isNormal = !alarm.facts.active && alarm.facts.acked && !alarm.facts.latched
    // What is normal is not told of: it is looked at when it is raised.
    if (alarm.mode === null && isNormal) return null
    const { by, comment } = mode
    return changeOf(alarm, { facts: alarm.facts, mode }, { type: 'suppressed', time, by, comment })
  }
  if (isTest && !alarm.facts.active) {
    return changeOf(alarm, { facts: NORMAL, mode }, { type: 'unsuppressed', time })
  }
  const asksAnew = alarm.facts.active ? { ...UNACKNOWLEDGED, facts: { ...alarm.facts, acked: false } } : {}
  return changeOf(alarm, { facts: alarm.facts, ...asksAnew, mode }, { type: 'unsuppressed', time })
}

/** The test is over and its condition is still there: from now on it is the real thing, and an occurrence of its own. */
function raiseTested(
  alarm: Alarm,
  { mode, time }: { readonly mode: AlarmMode | null; readonly time: number },
): AlarmEventDraft {
  const facts = { ...alarm.facts, acked: false }
  const occurrence = alarm.occurrence + 1
  const changed = { ...UNACKNOWLEDGED, facts, occurrence, raisedAt: time, mark: null, mode }
  return changeOf(withoutDisposition(alarm), changed, { type: 'raised', time })
}

/** An exercise has a row of its own, so that it can never stand in the way of the real alarm. */
export function exerciseIdOf(alarmId: string): string {
  return `${alarmId}.exercise`
}

/** `previous`: the row of an earlier exercise of the same alarm. */
export function exercise(
  { device, rule, previous }: { readonly device: Device; readonly rule: Rule; readonly previous: Alarm | undefined },
  command: Extract<Command, { type: 'exercise' }>,
  drill: Mode,
): AlarmEventDraft | CommandRefusal {
  const wanted = levelOf(rule, command.level)
  if (wanted === null) return 'unknown-level'
  const { by, comment, at } = command
  const point = 'point' in rule ? rule.point : null
  // One that is another point's value is not asked for.
  const known = Number.isNaN(wanted.setpoint) ? null : wanted.setpoint
  const alarm: Alarm = {
    ...withoutDisposition(alarmOf(device, rule, previous)),
    id: exerciseIdOf(`${device.id}.${rule.id}`),
    // Whoever does not know the mark must still see it.
    name: { zh: `【演练】${rule.name.zh}`, en: `EXERCISE: ${rule.name.en}` },
  }
  const cause = {
    ...{ point: point?.id ?? null, value: null, unit: point?.profile.unit ?? '' },
    ...({ quality: 'good', time: at.wall, setpoint: known } as const),
  }
  const changed = {
    ...{ ...UNACKNOWLEDGED, facts: { ...NORMAL, active: true, acked: false }, occurrence: alarm.occurrence + 1 },
    ...{ level: wanted.level, priority: wanted.priority, raisedAt: at.wall, returnedAt: null },
    ...({ mark: 'exercise', mode: null, cause, reason: exerciseReason(by, drill) } as const),
  }
  return changeOf(alarm, changed, { type: 'raised', time: at.wall, by, comment })
}

/** Nothing of it is left: an exercise that nobody acknowledged is no work for the next shift. */
export function endExercise(
  alarm: Alarm,
  { time, by, comment, reason }: Pick<AlarmEventDraft, 'time' | 'by' | 'comment'> & { readonly reason: LocalText },
): AlarmEventDraft {
  return changeOf(alarm, { facts: NORMAL, returnedAt: time, reason }, { type: 'returned', time, by, comment })
}

/** What people can do to an exercise: acknowledge it, comment on it, and end it. */
export function commandExercise(alarm: Alarm, command: Command): AlarmEventDraft | CommandRefusal {
  if (command.type === 'acknowledge') return acknowledge(alarm, command)
  if (command.type === 'comment') return addComment(alarm, command)
  if (command.type !== 'reset') return 'only-an-exercise'
  if (!alarm.facts.active) return 'not-latched'
  return endExercise(alarm, { time: command.at.wall, by: command.by, comment: command.comment, reason: ENDED })
}

export const ENDED: LocalText = { zh: '演练结束', en: 'the exercise has ended' }
export const REAL_ONE: LocalText = {
  zh: '演练中止：同一报警真实发生',
  en: 'the exercise was broken off: the alarm itself was raised',
}

function exerciseReason(by: string, { comment }: Mode): LocalText {
  return {
    zh: `演练：由${by}触发，并非实测（${comment}）`,
    en: `exercise triggered by ${by}; nothing was measured (${comment})`,
  }
}

/** The most severe level where none is named. */
function levelOf(
  rule: Rule,
  level: string | null,
): (Pick<Alarm, 'level' | 'priority'> & { setpoint: number | null }) | null {
  if (rule.type !== 'limit') return level === null ? { level: null, priority: rule.priority, setpoint: null } : null
  return (level === null ? rule.levels.at(-1) : rule.levels.find((candidate) => candidate.level === level)) ?? null
}

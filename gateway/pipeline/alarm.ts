/**
 * The life cycle of one alarm (ISA-18.2 / IEC 62682), as pure functions from a row to the event that changes it.
 * Four independent facts are kept; the state is computed from them.
 *
 *   normal ──raise──▶ unacknowledged ──acknowledge──▶ acknowledged ──return──▶ normal
 *                          │ return                        │ return, latching
 *                          ▼                               ▼
 *             returned- or latched-unacknowledged   latched-acknowledged ──reset──▶ normal
 *                          │ acknowledge            (a raise leads back to unacknowledged from everywhere)
 *                          ▼
 *             normal, or latched-acknowledged
 *
 * An alarm whose rule is gone is out of service until the configuration has it again or a person ends it.
 */
import type { Device, Rule } from '../../device-profiles/device.ts'
import type {
  Alarm,
  AlarmCause,
  AlarmEventDraft,
  AlarmEventType,
  AlarmFacts,
  AlarmState,
  Command,
  CommandRefusal,
  LocalText,
  Priority,
} from '../model.ts'

/** What made an alarm change. */
export interface Occasion {
  /** Wall clock. */
  readonly time: number
  readonly level: string | null
  readonly priority: Priority
  readonly cause: AlarmCause
  readonly reason: LocalText
}

const NORMAL: AlarmFacts = { active: false, acked: true, latched: false, suppression: null }

export function stateOf({ active, acked, latched, suppression }: AlarmFacts): AlarmState {
  if (suppression !== null) return suppression
  if (active) return acked ? 'acknowledged' : 'unacknowledged'
  if (latched) return acked ? 'latched-acknowledged' : 'latched-unacknowledged'
  return acked ? 'normal' : 'returned-unacknowledged'
}

/** The row as the present configuration describes it; `previous` is absent before the first raise. */
export function alarmOf(device: Device, rule: Rule, previous: Alarm | undefined): Alarm {
  return {
    id: `${device.id}.${rule.id}`,
    station: device.station,
    device: device.id,
    deviceName: device.name,
    place: device.place,
    kind: device.kind,
    rule: rule.id,
    name: rule.name,
    class: rule.class,
    priority: previous?.priority ?? 'low',
    level: previous?.level ?? null,
    facts: previous?.facts ?? NORMAL,
    state: stateOf(previous?.facts ?? NORMAL),
    occurrence: previous?.occurrence ?? 0,
    raisedAt: previous?.raisedAt ?? 0,
    returnedAt: previous?.returnedAt ?? null,
    acknowledgedAt: previous?.acknowledgedAt ?? null,
    acknowledgedBy: previous?.acknowledgedBy ?? null,
    comment: previous?.comment ?? null,
    cause: previous?.cause ?? { point: null, value: null, unit: '', quality: 'bad', time: 0, setpoint: null },
    reason: previous?.reason ?? { zh: '', en: '' },
    guidance: rule.guidance,
  }
}

const UNACKNOWLEDGED = { acknowledgedAt: null, acknowledgedBy: null, comment: null }

/** The alarm must not be active. A latched one that was not reset yet stays latched. */
export function raise(
  alarm: Alarm,
  { time, ...occasion }: Occasion,
  { latching }: { readonly latching: boolean },
): AlarmEventDraft {
  const facts = { ...alarm.facts, active: true, acked: false, latched: latching || alarm.facts.latched }
  const occurrence = alarm.occurrence + 1
  const changed = { ...occasion, ...UNACKNOWLEDGED, facts, occurrence, raisedAt: time, returnedAt: null }
  return changeOf(alarm, changed, { type: 'raised', time })
}

/** `worse` asks people to acknowledge again; a change for the better does not. */
export function changeLevel(
  alarm: Alarm,
  { time, ...occasion }: Occasion,
  { worse }: { readonly worse: boolean },
): AlarmEventDraft {
  const facts = { ...alarm.facts, acked: alarm.facts.acked && !worse }
  const changed = { ...occasion, ...(worse ? UNACKNOWLEDGED : {}), facts }
  return changeOf(alarm, changed, { type: 'level-changed', time })
}

/** The row keeps its last level and priority: they say what returned. */
export function returnToNormal(
  alarm: Alarm,
  { time, cause, reason }: Pick<Occasion, 'time' | 'cause' | 'reason'>,
): AlarmEventDraft {
  const facts = { ...alarm.facts, active: false }
  return changeOf(alarm, { cause, reason, facts, returnedAt: time }, { type: 'returned', time })
}

/** Never clears an active alarm that is watched: it only says that a person knows. */
export function acknowledge(alarm: Alarm, command: Command): AlarmEventDraft | CommandRefusal {
  const { by, comment, at } = command
  if (alarm.facts.suppression === 'out-of-service') return end(alarm, command)
  if (alarm.facts.acked) return 'nothing-to-acknowledge'
  const facts = { ...alarm.facts, acked: true }
  const changed = { facts, acknowledgedAt: at.wall, acknowledgedBy: by, comment }
  return changeOf(alarm, changed, { type: 'acknowledged', time: at.wall, by, comment })
}

/** Of what is watched, only what has returned and was acknowledged can be reset. */
export function reset(alarm: Alarm, command: Command): AlarmEventDraft | CommandRefusal {
  const { by, comment, at } = command
  if (alarm.facts.suppression === 'out-of-service') return end(alarm, command)
  if (!alarm.facts.latched) return 'not-latched'
  if (alarm.facts.active) return 'still-active'
  if (!alarm.facts.acked) return 'not-acknowledged'
  const facts = { ...alarm.facts, latched: false }
  const changed = { facts, comment: comment ?? alarm.comment }
  return changeOf(alarm, changed, { type: 'reset', time: at.wall, by, comment })
}

/** The configuration no longer has the rule: nobody watches this any more, which must be seen and not forgotten. */
export function remove(alarm: Alarm, time: number): AlarmEventDraft {
  return changeOf(alarm, { facts: { ...alarm.facts, suppression: 'out-of-service' } }, { type: 'removed', time })
}

/**
 * Nothing measures the condition of an alarm out of service any more, so nothing but a person can ever end it, by either
 * command and from every state. `returnedAt` stays as it is: nobody saw the condition return. A rule that comes back later
 * judges anew.
 */
function end(alarm: Alarm, { type, by, comment, at }: Command): AlarmEventDraft {
  const changed = { facts: NORMAL, acknowledgedAt: at.wall, acknowledgedBy: by, comment: comment ?? alarm.comment }
  const event = type === 'acknowledge' ? 'acknowledged' : 'reset'
  return changeOf(alarm, changed, { type: event, time: at.wall, by, comment })
}

export function restore(alarm: Alarm, time: number): AlarmEventDraft {
  return changeOf(alarm, { facts: { ...alarm.facts, suppression: null } }, { type: 'restored', time })
}

function changeOf(
  before: Alarm,
  changed: Partial<Alarm> & Pick<Alarm, 'facts'>,
  event: { type: AlarmEventType; time: number; by?: string; comment?: string | null },
): AlarmEventDraft {
  return {
    time: event.time,
    type: event.type,
    previousState: stateOf(before.facts),
    by: event.by ?? null,
    comment: event.comment ?? null,
    alarm: { ...before, ...changed, state: stateOf(changed.facts) },
  }
}

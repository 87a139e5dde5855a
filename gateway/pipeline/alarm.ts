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
 * Suppression lies over this: a shelved, inhibited or out-of-service alarm goes through the same states underneath, and shows
 * them when it comes back. Of several reasons for suppression the strongest is shown: out of service, then by design, then
 * shelved.
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
  AlarmVote,
  Command,
  CommandRefusal,
  Priority,
  Suppression,
} from '../alarm-model.ts'
import type { LocalText } from '../model.ts'

/** What made an alarm change. */
export interface Occasion {
  /** Wall clock. */
  readonly time: number
  readonly level: string | null
  readonly priority: Priority
  readonly cause: AlarmCause
  readonly reason: LocalText
  readonly vote?: AlarmVote
}

export const NORMAL: AlarmFacts = { active: false, acked: true, latched: false, suppression: null }

export function stateOf({ active, acked, latched, suppression }: AlarmFacts): AlarmState {
  if (suppression !== null) return suppression
  if (active) return acked ? 'acknowledged' : 'unacknowledged'
  if (latched) return acked ? 'latched-acknowledged' : 'latched-unacknowledged'
  return acked ? 'normal' : 'returned-unacknowledged'
}

const NOT_FIRST: Pick<Alarm, 'firstOut'> = { firstOut: [] }

type SuppressionReasons = Pick<Alarm, 'shelving' | 'outOfService' | 'inhibitedBy' | 'offBySchedule' | 'mode'>

const UNSUPPRESSED: SuppressionReasons = {
  ...{ shelving: null, outOfService: null, inhibitedBy: null },
  ...{ offBySchedule: false, mode: null },
}

function suppressionOf(reasons: SuppressionReasons): Suppression | null {
  const { shelving, outOfService, inhibitedBy, offBySchedule, mode } = reasons
  if (outOfService !== null) return 'out-of-service'
  if (inhibitedBy !== null || offBySchedule || (mode !== null && !mode.dispatch)) return 'suppressed-by-design'
  return shelving === null ? null : 'shelved'
}

/** The row as the present configuration describes it; `previous` is absent before the first raise. */
export function alarmOf(device: Device, rule: Rule, previous: Alarm | undefined): Alarm {
  return {
    id: `${device.id}.${rule.id}`,
    station: device.station,
    device: device.id,
    deviceName: device.name,
    place: device.place,
    ...(device.placeId !== undefined && { placeId: device.placeId }),
    kind: device.kind,
    rule: rule.id,
    name: rule.name,
    class: rule.class,
    priority: previous?.priority ?? 'low',
    level: previous?.level ?? null,
    facts: previous?.facts ?? NORMAL,
    state: stateOf(previous?.facts ?? NORMAL),
    shelving: previous?.shelving ?? null,
    outOfService: previous?.outOfService ?? null,
    inhibitedBy: previous?.inhibitedBy ?? null,
    offBySchedule: previous?.offBySchedule ?? false,
    mode: previous?.mode ?? null,
    mark: previous?.mark ?? null,
    firstOut: previous?.firstOut ?? [],
    occurrence: previous?.occurrence ?? 0,
    raisedAt: previous?.raisedAt ?? 0,
    returnedAt: previous?.returnedAt ?? null,
    acknowledgedAt: previous?.acknowledgedAt ?? null,
    acknowledgedBy: previous?.acknowledgedBy ?? null,
    comment: previous?.comment ?? null,
    ...(previous?.proposal !== undefined && isForPeople(rule) && { proposal: previous.proposal }),
    ...(previous?.vote !== undefined && { vote: previous.vote }),
    ...(previous?.disposition !== undefined && { disposition: previous.disposition }),
    cause: previous?.cause ?? { point: null, value: null, unit: '', quality: 'bad', time: 0, setpoint: null },
    reason: previous?.reason ?? { zh: '', en: '' },
    guidance: rule.guidance,
  }
}

export const UNACKNOWLEDGED = { acknowledgedAt: null, acknowledgedBy: null, comment: null }

/** How an occurrence begins. */
type Begun = Pick<Alarm, 'inhibitedBy' | 'offBySchedule' | 'mode' | 'mark' | 'firstOut'>
const BEGUN: Begun = { inhibitedBy: null, offBySchedule: false, mode: null, mark: null, firstOut: [] }

/** The alarm must not be active. A latched one that was not reset yet stays latched. */
export function raise(
  alarm: Alarm,
  { time, ...occasion }: Occasion,
  { latching, ...begun }: { readonly latching: boolean } & Partial<Begun>,
): AlarmEventDraft {
  const facts = { ...alarm.facts, active: true, acked: false, latched: latching || alarm.facts.latched }
  const occurrence = alarm.occurrence + 1
  const own: Begun = { ...BEGUN, ...begun }
  const changed = { ...occasion, ...UNACKNOWLEDGED, ...own, facts, occurrence, raisedAt: time, returnedAt: null }
  return changeOf(withoutDisposition(alarm), changed, { type: 'raised', time })
}

/** What was found out about one occurrence says nothing about the next. */
export function withoutDisposition({ disposition: _last, ...alarm }: Alarm): Alarm {
  return alarm
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

/** The row keeps its last level and priority: they say what returned. Shelving for one occurrence ends with it. */
export function returnToNormal(alarm: Alarm, { time, level: _, priority: __, ...why }: Occasion): AlarmEventDraft {
  const facts = { ...alarm.facts, active: false }
  const shelving = alarm.shelving?.oneShot === true ? null : alarm.shelving
  return changeOf(alarm, { ...why, facts, returnedAt: time, shelving }, { type: 'returned', time })
}

/** Never clears an active alarm that is watched: it only says that a person knows. */
export function acknowledge(alarm: Alarm, command: Command): AlarmEventDraft | CommandRefusal {
  const { by, comment, at } = command
  if (isRemoved(alarm)) return end(alarm, command)
  if (alarm.facts.acked) return 'nothing-to-acknowledge'
  const facts = { ...alarm.facts, acked: true }
  const changed = { facts, acknowledgedAt: at.wall, acknowledgedBy: by, comment }
  return changeOf(alarm, changed, { type: 'acknowledged', time: at.wall, by, comment })
}

/** Of what is watched, only what has returned and was acknowledged can be reset. */
export function reset(alarm: Alarm, command: Command): AlarmEventDraft | CommandRefusal {
  const { by, comment, at } = command
  if (isRemoved(alarm)) return end(alarm, command)
  if (!alarm.facts.latched) return 'not-latched'
  if (alarm.facts.active) return 'still-active'
  if (!alarm.facts.acked) return 'not-acknowledged'
  // It lifts a level that people have declared.
  if (alarm.proposal !== undefined && comment === null) return 'comment-missing'
  const facts = { ...alarm.facts, latched: false }
  const changed = { facts, comment: comment ?? alarm.comment }
  return changeOf(withoutProposal(alarm), changed, { type: 'reset', time: at.wall, by, comment })
}

/** The configuration no longer has the rule: nobody watches this any more, which must be seen and not forgotten. */
export function remove(alarm: Alarm, time: number): AlarmEventDraft {
  const outOfService = { by: null, comment: null, at: time }
  return changeOf(alarm, { facts: alarm.facts, outOfService }, { type: 'removed', time })
}

/**
 * Nothing measures the condition of an alarm out of service any more, so nothing but a person can ever end it, by either
 * command and from every state. `returnedAt` stays as it is: nobody saw the condition return. A rule that comes back later
 * judges anew.
 */
function end(alarm: Alarm, { type, by, comment, at }: Command): AlarmEventDraft {
  const acknowledged = { acknowledgedAt: at.wall, acknowledgedBy: by, comment: comment ?? alarm.comment }
  const changed = { ...UNSUPPRESSED, ...acknowledged, facts: NORMAL }
  const event = type === 'acknowledge' ? 'acknowledged' : 'reset'
  return changeOf(withoutProposal(alarm), changed, { type: event, time: at.wall, by, comment })
}

function withoutProposal({ proposal: _ended, ...alarm }: Alarm): Alarm {
  return alarm
}

/** People decide about its level. */
export function isForPeople(rule: Rule): boolean {
  return rule.type === 'limit' && rule.confirm === 'person'
}

export function restore(alarm: Alarm, time: number): AlarmEventDraft {
  return changeOf(alarm, { facts: alarm.facts, outOfService: null }, { type: 'restored', time })
}

/** True where the configuration no longer has it. */
export function isRemoved({ outOfService }: Alarm): boolean {
  return outOfService !== null && outOfService.by === null
}

/** Shelving a shelved alarm changes until when. */
export function shelve(
  alarm: Alarm,
  command: Extract<Command, { type: 'shelve' }>,
  { mostMs }: { readonly mostMs: number },
): AlarmEventDraft | CommandRefusal {
  const { by, comment, at, durationMs, oneShot } = command
  if (alarm.outOfService !== null) return 'out-of-service'
  if (comment === null) return 'comment-missing'
  if (!(durationMs > 0 && durationMs <= mostMs)) return 'shelved-too-long'
  const shelving = { by, comment, at: at.wall, until: at.wall + durationMs, oneShot }
  return changeOf(alarm, { facts: alarm.facts, shelving }, { type: 'shelved', time: at.wall, by, comment })
}

/** `by` is null where its time is over. */
export function unshelve(
  alarm: Alarm,
  { time, by, comment }: { readonly time: number; readonly by: string | null; readonly comment: string | null },
): AlarmEventDraft | CommandRefusal {
  if (alarm.shelving === null) return 'not-shelved'
  return changeOf(alarm, { facts: alarm.facts, shelving: null }, { type: 'unshelved', time, by, comment })
}

/** Until a person returns it: for a sensor that is being repaired, under change control. */
export function takeOutOfService(alarm: Alarm, { by, comment, at }: Command): AlarmEventDraft | CommandRefusal {
  if (alarm.outOfService !== null) return 'out-of-service'
  if (comment === null) return 'comment-missing'
  const outOfService = { by, comment, at: at.wall }
  const event = { type: 'taken-out-of-service', time: at.wall, by, comment } as const
  return changeOf(alarm, { facts: alarm.facts, outOfService }, event)
}

export function returnToService(alarm: Alarm, { by, comment, at }: Command): AlarmEventDraft | CommandRefusal {
  if (alarm.outOfService === null) return 'in-service'
  if (isRemoved(alarm)) return 'not-in-configuration'
  const event = { type: 'returned-to-service', time: at.wall, by, comment } as const
  return changeOf(alarm, { facts: alarm.facts, outOfService: null }, event)
}

/** What a person adds to the record; nothing else changes. */
export function addComment(alarm: Alarm, { by, comment, at }: Command): AlarmEventDraft | CommandRefusal {
  if (comment === null) return 'comment-missing'
  return changeOf(alarm, { facts: alarm.facts, comment }, { type: 'commented', time: at.wall, by, comment })
}

/** `inhibitedBy`: the alarm that explains this one, or null when none does any more. */
export function inhibit(
  alarm: Alarm,
  { inhibitedBy, time }: { readonly inhibitedBy: string | null; readonly time: number },
): AlarmEventDraft {
  const type = inhibitedBy === null ? 'unsuppressed' : 'suppressed'
  return changeOf(alarm, { facts: alarm.facts, inhibitedBy }, { type, time })
}

/** Its schedule has switched it off, or on again. What is active then asks people anew, because nobody was told of it. */
export function followSchedule(
  alarm: Alarm,
  { isOff, time }: { readonly isOff: boolean; readonly time: number },
): AlarmEventDraft {
  const asksAnew = !isOff && alarm.facts.active
  const facts = asksAnew ? { ...alarm.facts, acked: false } : alarm.facts
  const changed = { ...(asksAnew && UNACKNOWLEDGED), facts, offBySchedule: isOff }
  return changeOf(alarm, changed, { type: isOff ? 'suppressed' : 'unsuppressed', time })
}

/** As if it were new, but the same occurrence: it was acknowledged long ago and is active still. */
export function reAlarm(alarm: Alarm, time: number): AlarmEventDraft {
  const facts = { ...alarm.facts, acked: false }
  return changeOf(alarm, { ...UNACKNOWLEDGED, facts }, { type: 're-alarmed', time })
}

/**
 * Would have been active at `time`, and nobody knew: for people the same as an alarm that has returned before they saw it.
 * When it returned is not known. Of no occurrence that was live.
 */
export function reportLate(
  alarm: Alarm,
  { time, ...occasion }: Occasion,
  { measuredAt }: { readonly measuredAt: number },
): AlarmEventDraft {
  const facts = { ...alarm.facts, acked: false }
  const changed = { ...occasion, ...UNACKNOWLEDGED, facts, raisedAt: measuredAt, returnedAt: null, mark: null }
  return changeOf(withoutDisposition(alarm), changed, { type: 'reported-late', time })
}

export function changeOf(
  before: Alarm,
  changed: Partial<Alarm> & Pick<Alarm, 'facts'>,
  event: { type: AlarmEventType; time: number; by?: string | null; comment?: string | null },
): AlarmEventDraft {
  const after = { ...before, ...changed }
  const facts = { ...after.facts, suppression: suppressionOf(after) }
  const isOver = stateOf({ ...facts, suppression: null }) === 'normal'
  return {
    time: event.time,
    type: event.type,
    previousState: stateOf(before.facts),
    by: event.by ?? null,
    comment: event.comment ?? null,
    alarm: { ...after, ...(isOver && NOT_FIRST), facts, state: stateOf(facts) },
  }
}

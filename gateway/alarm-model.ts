/** The words of alarms as types: what one is, what happens to it, and what people do about it. Times as in `model.ts`. */
import type { Instant, LocalText, PointValue, Quality, Reading } from './model.ts'

/** Low to urgent, by consequence and time to respond (ISA-18.2 priority). */
export type Priority = 'low' | 'medium' | 'high' | 'urgent'
export const PRIORITIES: readonly Priority[] = ['low', 'medium', 'high', 'urgent']

/** An alarm is about the hazard; a fault is about our ability to see it. They are never mixed (fire-panel practice). */
export type AlarmClass = 'alarm' | 'fault'

export type Suppression = 'shelved' | 'suppressed-by-design' | 'out-of-service'

/** Put aside by a person for a time: the alarm runs on underneath and comes back by itself. */
export interface Shelving {
  readonly by: string
  readonly comment: string
  readonly at: number
  /** At the latest. */
  readonly until: number
  /** Ends with the next return to normal, if that comes first. */
  readonly oneShot: boolean
}

/** Nobody is to rely on it. `by` is null where the configuration no longer has the alarm. */
export interface OutOfService {
  readonly by: string | null
  readonly comment: string | null
  readonly at: number
}

/** The mode that was on when the alarm was raised, or came over it: who is at work, why and until when at the latest. */
export interface AlarmMode {
  readonly id: string
  readonly type: 'maintenance' | 'test'
  readonly by: string
  readonly comment: string
  readonly until: number
  /** Of a test: told as any alarm, but marked. Otherwise the alarm is suppressed by design while the mode is on. */
  readonly dispatch: boolean
}

/** No real alarm. 'exercise': a person triggered it in a drill. 'test': raised by a point that an engineer tests. */
export type AlarmMark = 'exercise' | 'test'

/** What the gateway proposes and people decide, of an alarm whose rule asks them. */
export interface Proposal {
  readonly state: 'proposed' | 'confirmed' | 'declined'
  /** The level that is measured, and proposed; null: to lift the confirmed one, because the condition is over. */
  readonly level: string | null
  /** The level that people have confirmed, which stands until they change it; null: none. */
  readonly confirmed: string | null
  /** Who decided last about this proposal, why and when; null while nobody has. */
  readonly by: string | null
  readonly comment: string | null
  readonly at: number | null
}

/** What people found out about an occurrence. 'test': somebody tried the sensor, and no mode said so. */
export type Verdict = 'real' | 'false' | 'test' | 'unknown'
export const VERDICTS: readonly Verdict[] = ['real', 'false', 'test', 'unknown']

export interface Disposition {
  readonly verdict: Verdict
  readonly by: string
  readonly comment: string
  readonly at: number
}

/** What no sensor sees, and a person reports. */
export const INCIDENT_TYPES = [
  ...(['electric-shock', 'fall', 'lift', 'food-poisoning', 'gas-poisoning'] as const),
  ...(['traffic', 'crowd', 'natural-disaster', 'other'] as const),
] as const
export type IncidentType = (typeof INCIDENT_TYPES)[number]

/** Of an alarm that was reported by a person: it is active until a person closes it. */
export interface IncidentReport {
  readonly type: IncidentType
  /** Id of the registered place; null where the place is only described in words. */
  readonly place: string | null
  /** What is known, in the words of the one who reports. */
  readonly known: string
  /** Who saw it, or called; it is entered by whoever is on duty. */
  readonly reporter: string
  readonly enteredBy: string
}

/** Four independent facts; the state is computed from them by `stateOf`. */
export interface AlarmFacts {
  readonly active: boolean
  readonly acked: boolean
  readonly latched: boolean
  readonly suppression: Suppression | null
}

/** IEC 62682 states, letters A to I of ISA-18.2. */
export type AlarmState =
  | 'normal'
  | 'unacknowledged'
  | 'acknowledged'
  | 'returned-unacknowledged'
  | 'latched-unacknowledged'
  | 'latched-acknowledged'
  | 'shelved'
  | 'suppressed-by-design'
  | 'out-of-service'

/** What was measured when the alarm last changed. */
export interface AlarmCause {
  readonly point: string | null
  readonly value: PointValue | null
  readonly unit: string
  readonly quality: Quality
  /** Time of the measurement. */
  readonly time: number
  /** The setpoint that was crossed, where there is one. */
  readonly setpoint: number | null
}

/** How a group voted when its alarm last changed. */
export interface AlarmVote {
  /** How many members had to be in alarm, after those that are lost. */
  readonly required: number
  /** How many could be counted. */
  readonly healthy: number
  /** All members. */
  readonly total: number
  /** Ids of the devices that were in alarm. */
  readonly counted: readonly string[]
  /** Ids of the devices that could not be counted. */
  readonly lost: readonly string[]
}

/** One gateway on the way of an alarm from below. */
export interface Hop {
  readonly gateway: string
  /** Of its numbering; another one says that its numbers began anew. */
  readonly epoch: number
  /** Number of the alarm's last event in its sequence. */
  readonly seq: number
  /** When the gateway above had that event on disk, by the clock of that gateway. */
  readonly receivedAt: number
}

/** The current table row of one alarm. */
export interface Alarm {
  /** `deviceId.ruleId`; of a report `incident.<type>-<number>`; of an exercise `.exercise` behind it. */
  readonly id: string
  readonly station: string
  readonly device: string
  readonly deviceName: string
  readonly place: string
  /** Of a place that the registry has. */
  readonly placeId?: string
  readonly kind: string
  readonly rule: string
  readonly name: LocalText
  readonly class: AlarmClass
  readonly priority: Priority
  /** Name of the level that is active (e.g. 'orange', 'high-high'), or null where the rule has none. */
  readonly level: string | null
  readonly facts: AlarmFacts
  readonly state: AlarmState
  readonly shelving: Shelving | null
  readonly outOfService: OutOfService | null
  /** Id of the alarm that suppresses this one while it is active. */
  readonly inhibitedBy: string | null
  /** Its schedule has switched it off for now. */
  readonly offBySchedule: boolean
  readonly mode: AlarmMode | null
  /** Null: a real alarm. */
  readonly mark: AlarmMark | null
  /** Ids of the groups in which it was the first alarm; until it is normal again. */
  readonly firstOut: readonly string[]
  /** Counts up at every raise; 0 before the first. */
  readonly occurrence: number
  readonly raisedAt: number
  readonly returnedAt: number | null
  readonly acknowledgedAt: number | null
  readonly acknowledgedBy: string | null
  readonly comment: string | null
  readonly cause: AlarmCause
  /** Where people decide about the level. */
  readonly proposal?: Proposal
  /** Of the alarm of a group. */
  readonly vote?: AlarmVote
  /**
   * Of an alarm of a gateway below: the gateways on its way here, first the one that raised it. Each of them stands before the
   * id too (`street-1:station-1:smoke-1.fire`). All other times of the row are by the clock of the first.
   */
  readonly path?: readonly Hop[]
  /** Of what a person reported. */
  readonly report?: IncidentReport
  /** What people found out about this occurrence; absent while nobody has said. */
  readonly disposition?: Disposition
  /** Why, with its numbers. */
  readonly reason: LocalText
  /** What it means and what to do first. */
  readonly guidance: LocalText
}

export type AlarmEventType =
  | 'raised'
  | 'level-changed'
  /** The condition came, or is of another level, and people are asked to confirm it. */
  | 'proposed'
  | 'confirmed'
  | 'declined'
  | 'returned'
  | 'acknowledged'
  | 'reset'
  /** The configuration no longer has this alarm; it goes out of service, never silently away. */
  | 'removed'
  /** The configuration has it again. */
  | 'restored'
  | 'shelved'
  /** By a person, or because its time is over. */
  | 'unshelved'
  | 'taken-out-of-service'
  | 'returned-to-service'
  /** By design: an alarm that explains it has become active, or people are at work there. */
  | 'suppressed'
  | 'unsuppressed'
  | 'commented'
  /** Still active long after it was acknowledged: somebody must look again. */
  | 're-alarmed'
  /** A reading that came late would have been this alarm when it was measured. It is not active, but somebody must look. */
  | 'reported-late'
  /** A person says more, or something else, about what a person had reported. */
  | 'corrected'
  /** Somebody says what an occurrence was: real, false, a test. */
  | 'disposed'

/** One change of one alarm. `alarm` is the row after the change, so the table is the last event of each alarm. */
export interface AlarmEvent {
  /** 1, 2, 3 … without a gap, over all alarms of this gateway and of those below it. */
  readonly seq: number
  /** Idempotency key, unique for ever; the same on the whole way up. */
  readonly id: string
  /** Whose sequence `seq` is of; where the alarm was raised, its `path` says. */
  readonly gateway: string
  readonly time: number
  readonly type: AlarmEventType
  readonly previousState: AlarmState
  readonly by: string | null
  readonly comment: string | null
  readonly alarm: Alarm
  /** Id of the order of a gateway above that was carried out with it. */
  readonly order?: string
}

/** True for the event with which an occurrence began. */
export function isRaise({ type, time, alarm }: Pick<AlarmEvent, 'type' | 'time' | 'alarm'>): boolean {
  return type === 'raised' || (type === 'proposed' && alarm.raisedAt === time)
}

/** An event before the journal has numbered it. One of a gateway below has its id already. */
export type AlarmEventDraft = Omit<AlarmEvent, 'seq' | 'id' | 'gateway'> & { readonly id?: string }

/** What one step of the pipeline produced. */
export interface Outcome {
  readonly readings: readonly Reading[]
  readonly events: readonly AlarmEventDraft[]
}

/** What a person does to an alarm. */
export type CommandAction =
  | { readonly type: 'acknowledge' }
  | { readonly type: 'reset' }
  | { readonly type: 'shelve'; readonly durationMs: number; readonly oneShot: boolean }
  | { readonly type: 'unshelve' }
  | { readonly type: 'take-out-of-service' }
  | { readonly type: 'return-to-service' }
  | { readonly type: 'comment' }
  /** The level that is proposed, or the one that people have agreed on. */
  | { readonly type: 'confirm'; readonly level: string | null }
  | { readonly type: 'decline' }
  /** Lets the alarm be raised as if it were real, marked, in a drill. `level` null: the most severe. */
  | { readonly type: 'exercise'; readonly level: string | null }
  /** Says what the last occurrence was, while it lasts or afterwards; the last word counts. */
  | { readonly type: 'dispose'; readonly verdict: Verdict }
  /** Of a report: what is known now, and how bad it is. */
  | { readonly type: 'correct'; readonly priority: Priority | null; readonly known: string | null }
  /** Of a report: nothing more needs to be done. */
  | { readonly type: 'close'; readonly verdict: Verdict | null }

/** What a duty officer enters. */
export interface ReportWish {
  readonly type: IncidentType
  /** Of the station that is responsible. */
  readonly station: string
  /** Id of the registered place, or null. */
  readonly placeId: string | null
  /** The place in words. */
  readonly place: string
  /** Null: as bad as such incidents usually are. */
  readonly priority: Priority | null
  readonly known: string
  readonly reporter: string
  readonly by: string
  /** What a list of alarms shows in the place of a device. */
  readonly deviceName: string
  /** Only reported within a drill, marked. */
  readonly exercise: boolean
}

/** Who, why and when. */
export type Command = {
  readonly alarmId: string
  readonly by: string
  readonly comment: string | null
  readonly at: Instant
} & CommandAction

export type CommandRefusal =
  | 'unknown-alarm'
  | 'nothing-to-acknowledge'
  | 'not-acknowledged'
  | 'still-active'
  | 'not-latched'
  | 'comment-missing'
  | 'shelved-too-long'
  | 'not-shelved'
  | 'out-of-service'
  | 'in-service'
  | 'not-in-configuration'
  | 'no-drill'
  | 'really-active'
  | 'unknown-level'
  | 'only-an-exercise'
  | 'nothing-proposed'
  | 'never-raised'
  | 'not-reported'
  | 'only-a-report'
  | 'closed'
  | 'too-many-reports'

export type CommandResult =
  | { readonly ok: true; readonly outcome: Outcome; readonly alarm: Alarm }
  | { readonly ok: false; readonly refusal: CommandRefusal; readonly message: LocalText }

/**
 * The words of Outpost as types. Imports nothing; everything else may import it.
 *
 * Times: `wall` and every `…At`/`time` are milliseconds since 1970-01-01 UTC and may carry microseconds as a fraction;
 * `mono` is milliseconds of a clock that never steps. Delays are measured on `mono`, stamps are taken from `wall`.
 */

/** One moment on both clocks. */
export interface Instant {
  readonly wall: number
  readonly mono: number
}

/** A text that people read, in both languages of the product. */
export interface LocalText {
  readonly zh: string
  readonly en: string
}

export type PointValue = number | string

export type RegisterTable = 'coil' | 'discrete-input' | 'input-register' | 'holding-register'

/** Why a reading is not good. */
export type QualityReason =
  /** Nothing came from the device: time-out, refused connection, closed line, silent gateway. */
  | 'communication-failure'
  /** The device answered that it cannot give this value (a Modbus exception, an error record). */
  | 'device-fault'
  /** The value is one of the device's "no measurement" codes (0xFFFF, 32767, NaN …). */
  | 'sentinel'
  /** The bytes or the JSON could not be understood. */
  | 'malformed'
  /** A number outside the point's physical range. */
  | 'out-of-range'
  /** The last value is older than the point may be. */
  | 'stale'
  /** First value after a time-out on a line where late replies are possible; not yet confirmed. */
  | 'unconfirmed'
  /** The maker's own decoder gave the value with a warning. */
  | 'decoder-warning'
  /** Computed by the gateway, and the data do not support a number. */
  | 'insufficient-data'

export type Quality = 'good' | 'uncertain' | 'bad'

/**
 * What the wire said about one device, or why it said nothing.
 * `at` is the moment of receipt (Modbus: when the reply was complete).
 */
export type Sample = {
  readonly deviceId: string
  readonly at: Instant
  /** By which the message that said it is known when it is delivered again; only the first sample of it bears it. */
  readonly mark?: MessageMark | undefined
} & SampleContent

/** Names one message above QoS 0; kept beside what it said. Whole numbers of at most 32 bits. */
export interface MessageMark {
  readonly session: number
  readonly messageId: number
  readonly content: number
}

export type SampleContent =
  /** Reply to one read request. `words` holds one 16-bit word per register, or 0/1 per coil or discrete input. */
  | {
      readonly type: 'registers'
      readonly table: RegisterTable
      readonly address: number
      readonly words: ArrayLike<number>
      /** True for the first reply after a time-out on a line without transaction ids. */
      readonly unconfirmed?: boolean
      /** How long the reply took, in ms: what it says was measured at most so long ago. */
      readonly tookMs?: number
    }
  /** One read request failed; only the points it covers are bad. */
  | {
      readonly type: 'read-failure'
      readonly table: RegisterTable
      readonly address: number
      readonly count: number
      readonly reason: QualityReason
      readonly detail: string
    }
  /** One message of a device, as it came. `retained`: the broker kept it, so it says nothing about now. */
  | { readonly type: 'message'; readonly payload: Uint8Array; readonly retained: boolean }
  /**
   * What a device said, taken apart already: by its maker's codec, as its part of a batch, or from Sparkplug. The points of
   * its profile stand in each document by their JSON pointers. `problem`: why nothing of it could be understood.
   */
  | {
      readonly type: 'documents'
      readonly documents: readonly MessageDocument[]
      readonly retained: boolean
      readonly problem?: string
    }
  /** The whole device could not be read. */
  | { readonly type: 'device-failure'; readonly reason: QualityReason; readonly detail: string }
  /** Values that need no decoding (the gateway's own health). Keys are point ids of the profile. */
  | { readonly type: 'values'; readonly values: Readonly<Record<string, PointValue>> }
  /** Readings that were stored, to be judged once more at their own time. Keys are point ids of the profile. */
  | {
      readonly type: 'recorded'
      readonly readings: Readonly<Record<string, Pick<Reading, 'value' | 'quality' | 'reason'>>>
    }

/** One reading of a device as parsed JSON. */
export interface MessageDocument {
  readonly json: unknown
  /** When it was measured, in milliseconds since 1970, where the document itself does not say it; null: nobody knows. */
  readonly time: number | null
  /** The device had kept it: it says nothing about now. */
  readonly late?: boolean
  /** How the network server heard it: dBm, and dB. */
  readonly link?: { readonly rssi?: number; readonly snr?: number }
  /** Why its values are no more than probable. */
  readonly doubt?: { readonly reason: 'unconfirmed' | 'decoder-warning'; readonly detail: string }
}

/** One value of one point. */
export interface Reading {
  /** `deviceId.pointId` */
  readonly point: string
  /** When it was measured: the device's own time if it gave a believable one, else the time of receipt. */
  readonly time: number
  /** When the gateway got it. */
  readonly receivedAt: number
  /** Null exactly when nothing usable was read; then `quality` is 'bad'. */
  readonly value: PointValue | null
  readonly quality: Quality
  /** Present exactly when quality is not 'good'. */
  readonly reason?: QualityReason
  /** Measured earlier and delivered late: stored, but never taken for now. */
  readonly replayed?: boolean
  /** Came while an engineer tested the point. */
  readonly test?: boolean
}

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

/** The current table row of one alarm. */
export interface Alarm {
  /** `deviceId.ruleId` */
  readonly id: string
  readonly station: string
  readonly device: string
  readonly deviceName: string
  readonly place: string
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

/** One change of one alarm. `alarm` is the row after the change, so the table is the last event of each alarm. */
export interface AlarmEvent {
  /** 1, 2, 3 … without a gap, over all alarms of this gateway. */
  readonly seq: number
  /** Idempotency key, unique for ever. */
  readonly id: string
  readonly gateway: string
  readonly time: number
  readonly type: AlarmEventType
  readonly previousState: AlarmState
  readonly by: string | null
  readonly comment: string | null
  readonly alarm: Alarm
}

/** True for the event with which an occurrence began. */
export function isRaise({ type, time, alarm }: Pick<AlarmEvent, 'type' | 'time' | 'alarm'>): boolean {
  return type === 'raised' || (type === 'proposed' && alarm.raisedAt === time)
}

/** An event before the journal has numbered it. */
export type AlarmEventDraft = Omit<AlarmEvent, 'seq' | 'id' | 'gateway'>

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

export type CommandResult =
  | { readonly ok: true; readonly outcome: Outcome; readonly alarm: Alarm }
  | { readonly ok: false; readonly refusal: CommandRefusal; readonly message: LocalText }

/** Takes samples from the field. `emit` resolves when everything the sample said is on disk. */
export interface Source {
  readonly id: string
  start(emit: Emit): Promise<void>
  /** Idempotent and bounded in time. */
  stop(): Promise<void>
}
export type Emit = (sample: Sample) => Promise<unknown>

/** A numbered reading, as the journal gives it to deliveries. */
export interface JournaledReading extends Reading {
  readonly seq: number
  /** It waited for its receiver: judged when it was measured, and delivered late. */
  readonly backlog?: true
}

/**
 * Brings a batch to a receiver. Resolves only when the receiver has confirmed all of it.
 * Throws a `DeliveryError` otherwise; any other error counts as 'unreachable'.
 */
export interface Sink<T> {
  readonly id: string
  /** Most items one `write` takes. */
  readonly maxBatch: number
  write(batch: readonly T[], signal: AbortSignal): Promise<void>
  stop(): Promise<void>
}

export type DeliveryFailure =
  /** No answer, or an answer that promises nothing: try again with growing delays. */
  | 'unreachable'
  /** The receiver is alive and asks for time (429, 503). */
  | 'busy'
  /** A person must mend something (401, 403, 404): try slowly and raise an alarm. */
  | 'refused'
  /** These very items can never be accepted (400, 413, 422): isolate them as dead letters. */
  | 'unacceptable'

export class DeliveryError extends Error {
  readonly failure: DeliveryFailure
  /** From `Retry-After`, where the receiver sent one. */
  readonly retryAfterMs: number | null
  constructor(failure: DeliveryFailure, message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'DeliveryError'
    this.failure = failure
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

/** What tells dispatch that the gateway lives. Times in ms since 1970. */
export interface Heartbeat {
  readonly version: 1
  readonly type: 'heartbeat'
  readonly gateway: string
  readonly station: string
  readonly time: number
  readonly startedAt: number
  /** After about three of these without one, it is to be taken for dead. */
  readonly intervalMs: number
  /** `stopping`: it was told to end, and will say nothing more. */
  readonly health: 'ok' | 'degraded' | 'failing' | 'stopping'
  /** Number of its last alarm event: who has not got that far has lost some, or will get them soon. */
  readonly lastSeq: number
}

/** Time, passed to everything that waits, so that tests can hold it. */
export interface Clock {
  now(): Instant
  /** Calls `run` every `ms`; returns the way to end it. */
  every(ms: number, run: () => void): () => void
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** As `sleep`, but also exact to a part of a millisecond, which it spends looking at the clock: for pauses on a wire. */
  pause(ms: number, signal?: AbortSignal): Promise<void>
}

/** The part of pino's logger that the gateway uses; a message is a plain sentence, the object holds the facts. */
export interface Log {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

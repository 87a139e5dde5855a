/**
 * What dispatch has decided and heard, as one numbered sequence: its state is the fold of it. A case is one alarm from the moment people
 * must be told until nobody needs to do anything about it. Times as in `model.ts`.
 */
import type { AlarmClass, AlarmEvent, AlarmMark, Priority } from './alarm-model.ts'
import type { Addressee, Notification, Purpose, ReceiptState } from './dispatch-model.ts'
import type { PlaceKind, RiskGrade } from './registry-model.ts'

/** One step of an escalation. */
export interface Rung {
  /** Since the step before. */
  readonly afterMs: number
  /** Whether the parent of the station that was told last is told, and not that station again. */
  readonly climb: boolean
}

export interface Chain {
  /** The first is taken at once. */
  readonly rungs: readonly Rung[]
  /** So long after the last step it counts as unanswered; null: never. */
  readonly endMs: number | null
  readonly stopsOnReturn: boolean
}

export interface Leg {
  readonly route: string
  readonly stations: readonly string[]
  readonly channels: readonly string[]
}

/** Who is told over what, and who next; fixed when the case is opened. */
export interface Plan {
  readonly legs: readonly Leg[]
  readonly chain: Chain
}

/** By what routes and inhibitions know an alarm. */
export interface CaseFacts {
  /** The responsible one. */
  readonly station: string
  readonly device: string
  readonly place: string | null
  readonly placeKind: PlaceKind | null
  readonly risk: RiskGrade | null
  readonly kind: string
  readonly priority: Priority
  readonly class: AlarmClass
  readonly mark: AlarmMark | null
}

/**
 * 'calling': people are told until somebody acknowledges. 'inhibited': another case explains it. 'in-hand': somebody has acknowledged.
 * 'aside': shelved or suppressed. 'over': normal, out of service, or nothing that anybody must do.
 */
export type CasePhase = 'calling' | 'inhibited' | 'in-hand' | 'aside' | 'over'

/** What is kept of a notification beside its full text. */
export interface NotificationFacts {
  readonly id: string
  readonly seq: number
  readonly channel: string
  readonly station: string
  readonly to: readonly Addressee[]
  readonly purpose: Purpose
  readonly step: number
  readonly priority: Priority
  /** Ids of the alarm events that it tells. */
  readonly events: readonly string[]
  readonly drill: string | null
}

export type DispatchEventContent =
  /** `again`: the case is open already, and people are called anew. */
  | {
      readonly type: 'opened'
      readonly again: boolean
      readonly alarm: string
      readonly occurrence: number
      readonly event: string
      readonly eventSeq: number
      readonly facts: CaseFacts
      readonly plan: Plan
      readonly drill: string | null
      /** Id of the case that explains it. */
      readonly inhibitedBy: string | null
    }
  /** What explained it is over, or it has become urgent. */
  | { readonly type: 'released' }
  /** Waits to be told together with others. */
  | {
      readonly type: 'held'
      readonly group: string
      readonly station: string
      readonly channel: string
      readonly purpose: Purpose
      readonly step: number
      readonly event: AlarmEvent
    }
  /** Need not be told any more, because its channel is gone. */
  | { readonly type: 'dropped'; readonly group: string }
  | { readonly type: 'notified'; readonly group: string | null; readonly notification: NotificationFacts }
  /** `level`: how far up from the responsible station. */
  | { readonly type: 'stepped'; readonly step: number; readonly level: number }
  /** No channel reaches anybody there. */
  | { readonly type: 'unreached'; readonly station: string; readonly step: number }
  /** The chain is at its end, and nobody has acknowledged. */
  | { readonly type: 'unanswered' }
  /** It is not to be sent any more. */
  | { readonly type: 'withdrawn'; readonly notification: string; readonly reason: string }
  /** Nobody is called any more. */
  | {
      readonly type: 'stopped'
      readonly phase: 'in-hand' | 'aside' | 'over'
      /** State of the alarm. */
      readonly reason: string
      readonly by: string | null
    }
  | {
      readonly type: 'receipt'
      readonly notification: string
      readonly state: ReceiptState
      readonly by: string | null
      readonly detail: string | null
    }

export type DispatchEventDraft = {
  readonly time: number
  /** Ids of the cases that it is about, at least one. */
  readonly cases: readonly string[]
} & DispatchEventContent

/** Numbered 1, 2, 3 … over all of this gateway. */
export type DispatchEvent = DispatchEventDraft & { readonly seq: number }

/** One decision, and the full text of the notification where it is one. */
export interface Decision {
  readonly event: DispatchEvent
  readonly notification: Notification | null
}

export const RECEIPT_STATES: readonly ReceiptState[] = ['failed', 'sent', 'delivered', 'seen', 'acknowledged']

/** `alarmId#occurrence` */
export function caseIdOf(alarm: { readonly id: string; readonly occurrence: number }): string {
  return `${alarm.id}#${alarm.occurrence}`
}

export function alarmOfCase(id: string): string {
  return id.slice(0, id.lastIndexOf('#'))
}

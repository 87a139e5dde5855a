/** The words of dispatch: what people are told, over what, and what is known of its way. Times as in `model.ts`. */
import type { AlarmEvent } from './alarm-model.ts'
import type { Place, RegisteredStation } from './registry-model.ts'

/** Why something is told. */
export type Purpose =
  /** The first that a station hears of this occurrence of the alarm. */
  | 'first'
  /** Another level, a comment, a decision, an acknowledgement: the station has heard of it before. */
  | 'update'
  /** Nobody has acknowledged it; the same station once more. */
  | 'reminder'
  /** Nobody below has acknowledged it. First that the parent hears. */
  | 'escalation'
  /** Over, or put aside by people: nobody needs to do anything about it any more. */
  | 'ended'

export interface Addressee {
  /** Id of the person. */
  readonly person: string
  readonly name: string
  /** How the channel reaches this person. */
  readonly address: string
}

/** One message to one station over one channel. It says the same however often it is sent. */
export interface Notification {
  /** Unique for ever, and the idempotency key of its receiver. */
  readonly id: string
  /** 1, 2, 3 … over all notifications of this gateway. */
  readonly seq: number
  readonly createdAt: number
  readonly channel: string
  readonly station: RegisteredStation
  /** People on duty whom this channel can reach; empty where the channel has one receiver. */
  readonly to: readonly Addressee[]
  readonly purpose: Purpose
  /** Which step of the escalation chain says it; 0 is the first. */
  readonly step: number
  /** Each with its row after the change; more than one only where they are told together. */
  readonly events: readonly AlarmEvent[]
  /** Of the device of the first event. */
  readonly place: Place | null
  /** What this channel was told of the same occurrence before, oldest first; the newest twenty. */
  readonly earlier: readonly { readonly id: string; readonly createdAt: number }[]
  /** Id of the drill; null: it is meant. */
  readonly drill: string | null
}

/**
 * How far a notification has come. Each implies those before it; 'failed' is the end where nothing better is known.
 * 'sent': the next machine has taken it. 'delivered': the receiver's device has it. 'seen': a person looked at it.
 * 'acknowledged': a person has taken it on, which acknowledges the alarm.
 */
export type ReceiptState = 'sent' | 'delivered' | 'seen' | 'acknowledged' | 'failed'

export interface Receipt {
  readonly notification: string
  readonly state: ReceiptState
  readonly at: number
  /** The person or the machine that confirmed. */
  readonly by: string | null
  readonly detail: string | null
}

/** What a channel knows when it has handed a notification on. */
export interface Handover {
  readonly state: 'sent' | 'delivered' | 'seen' | 'acknowledged'
  readonly by?: string
  readonly detail?: string
}

/** One way to tell people. A channel is one file with one method; those with a connection also start and stop. */
export interface Channel {
  readonly id: string
  /** How many it takes at a time, where it tells what waits in one message; 1 if absent. */
  readonly atOnce?: number
  /**
   * Resolves when the next machine has confirmed the notification. Throws a `DeliveryError` otherwise; any other error
   * counts as 'unreachable'. It may be asked again with the same notification.
   */
  send(notification: Notification, signal: AbortSignal): Promise<Handover>
  start?(): Promise<void>
  /** Idempotent and bounded in time. */
  stop?(): Promise<void>
}

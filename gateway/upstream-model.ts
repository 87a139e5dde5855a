/** The words between a gateway and the one above it. Times as in `model.ts`; a gateway judges nothing by the clock of another. */
import type { AlarmEvent, CommandAction, CommandRefusal } from './alarm-model.ts'
import type { Heartbeat } from './delivery-model.ts'
import type { LocalText } from './model.ts'

/** What a gateway has of one below: everything of this epoch up to this number. */
export interface Known {
  readonly epoch: number
  readonly seq: number
  /** Of the event with that number; null where it had none of them itself. */
  readonly id: string | null
}

/** Alarm events on their way up: in order, without a gap among them. */
export interface EventBatch {
  readonly version: 1
  readonly gateway: string
  readonly epoch: number
  /** The number before the first of `events`. */
  readonly after: number
  /** There is nothing before it that could be sent: a gap in front of it stays. */
  readonly first: boolean
  /** Those of gateways below the sender have their path. */
  readonly events: readonly AlarmEvent[]
}

export interface EventAnswer {
  /** Id of the gateway above. */
  readonly gateway: string
  /** Null: it knows nothing of this epoch. */
  readonly known: Known | null
  readonly passedOver?: readonly PassedOver[]
}

/** The heartbeat of a gateway that asks for orders with it. */
export interface Report extends Heartbeat {
  readonly epoch: number
  /** Ids of the orders that it has got; those that are open and not among them are the answer. */
  readonly orders: readonly string[]
  /** How orders ended that left no event. */
  readonly refused: readonly RefusedOrder[]
  /** The answer may wait so long for an order, ms. */
  readonly waitMs: number
}

/** An event whose number is taken and whose content is not: it can never be. */
export interface PassedOver {
  readonly seq: number
  readonly problem: string
}

export interface ReportAnswer extends EventAnswer {
  /** Ids of the gateways above the one that answers, the next one first. */
  readonly above: readonly string[]
  readonly orders: readonly SentOrder[]
  /** Of those that the report has refused: what is at its end, and need not be reported again. */
  readonly settled: readonly string[]
}

/** What a person above does to an alarm below, on its way down. */
export interface SentOrder {
  /** Unique for ever; the same on the whole way down. */
  readonly id: string
  /** As the gateway that gets the order names the alarm. */
  readonly alarmId: string
  readonly action: CommandAction
  /** Who, and at which gateway. */
  readonly by: string
  readonly comment: string | null
  /** Not to be carried out later than so long from now, ms. */
  readonly expiresInMs: number
}

export interface OrderRefusal {
  readonly code: CommandRefusal | 'not-from-above' | 'unreachable'
  readonly message: LocalText
}

export interface RefusedOrder {
  readonly id: string
  readonly refusal: OrderRefusal
}

/** 'expired': nobody below has said what became of it. */
export type OrderState = 'pending' | 'done' | 'refused' | 'expired'

/** An order as the gateway that gives it, or hands it on, keeps it. */
export interface Order extends Omit<SentOrder, 'expiresInMs'> {
  /** The gateway below that gets it. Before `alarmId` it makes the id that the alarm has here. */
  readonly child: string
  readonly at: number
  readonly expiresAt: number
  readonly state: OrderState
  readonly refusal: OrderRefusal | null
}

/** What becomes of a batch. */
export type BatchAnswer =
  | { readonly type: 'taken' | 'gap'; readonly answer: EventAnswer }
  /** To be sent again later. */
  | { readonly type: 'busy'; readonly waitMs: number; readonly message: string }

export type ChildState = 'ok' | 'silent' | 'never-heard'

export interface ChildStatus {
  readonly id: string
  readonly state: ChildState
  /** When it was heard last, by our clock; null: not since the start. */
  readonly lastHeardAt: number | null
  /** What it said last of itself. */
  readonly heartbeat: Pick<Heartbeat, 'station' | 'startedAt' | 'health' | 'lastSeq'> | null
  /** How far its clock is ahead of ours, ms, as it was when it spoke. */
  readonly clockOffsetMs: number | null
  /** Everything up to this number of its events is here; null: nothing yet. */
  readonly lastSeq: number | null
  /** It has told more than came. */
  readonly behind: boolean
  /** Since the start: numbers that it no longer had, and events that could not be taken. */
  readonly lostEvents: number
  readonly refusedEvents: number
  readonly repeatedEvents: number
  /** Ids of the gateways below it whose events came through it. */
  readonly gateways: readonly string[]
}

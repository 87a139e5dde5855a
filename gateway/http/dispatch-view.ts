/** Dispatch as HTTP sees it. */
import type { DispatchEvent } from '../dispatch-event.ts'
import type { Notification, Receipt, ReceiptState } from '../dispatch-model.ts'

/** One channel, how it stands and what waits for it. */
export interface ChannelView {
  readonly id: string
  readonly type: string
  readonly state: 'idle' | 'delivering' | 'waiting' | 'refused'
  /** Why it fails; null while it does not. */
  readonly message: string | null
  /** Since when it fails, ms since 1970. */
  readonly since: number | null
  readonly waiting: number
  readonly delivered: number
  /** Notifications that it can never bring. */
  readonly failed: number
}

/** A notification and what was heard of it, oldest first. */
export interface NotificationView {
  readonly notification: Notification
  readonly receipts: readonly Pick<Receipt, 'state' | 'at' | 'by' | 'detail'>[]
  /** Why it was not sent any more; null: it was, or will be. */
  readonly withdrawn: string | null
}

export interface NotificationFilter {
  /** All greater than this number. */
  readonly after: number
  readonly limit: number
  readonly channel: string | null
  readonly station: string | null
  readonly alarm: string | null
}

export interface ReceiptWish {
  readonly notification: string
  readonly state: ReceiptState
  readonly by: string
  readonly detail: string | null
}

export interface DispatchView {
  /** Null: the configuration has no dispatch. */
  channels(): readonly ChannelView[] | null
  notifications(filter: NotificationFilter): Promise<readonly NotificationView[]>
  notification(id: string): Promise<NotificationView | null>
  events(after: number, limit: number): Promise<{ readonly events: readonly DispatchEvent[]; readonly lastSeq: number }>
  /** What was decided and heard of an occurrence of an alarm; null: of the newest. */
  record(alarm: string, occurrence: number | null): Promise<readonly DispatchEvent[]>
  /** Resolves when it is on disk; false where no such notification is known. */
  confirm(receipt: ReceiptWish): Promise<boolean>
}

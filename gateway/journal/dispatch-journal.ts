/** The decisions of dispatch on disk, and what was read back of them. */
import type { DispatchEvent } from '../dispatch-event.ts'
import type { Notification } from '../dispatch-model.ts'
import type { JournalThreads } from './journal-threads.ts'
import type { DispatchRow, NotificationQuery, NotificationRow } from './worker-messages.ts'

const MOST_EVENTS = 1000
const MOST_NOTIFICATIONS = 200

/** One decision as it goes to disk. */
export interface DispatchEntry {
  readonly event: DispatchEvent
  readonly notification: Notification | null
  /** Ids of its cases that are still open. */
  readonly open: readonly string[]
}

/** A notification with what is known of its way, oldest first. */
export interface StoredNotification {
  readonly notification: Notification
  readonly cases: readonly string[]
  readonly receipts: readonly Extract<DispatchEvent, { readonly type: 'receipt' | 'withdrawn' }>[]
}

/** What the journal holds for dispatch when it starts. */
export interface DispatchStart {
  /** 0 before the first. */
  readonly lastSeq: number
  readonly lastNotification: number
  /** All events of the open cases. */
  readonly events: readonly DispatchEvent[]
}

export class DispatchJournal {
  readonly #threads: () => JournalThreads
  readonly #confirm: (accepted: number) => void

  constructor({ threads, confirm }: { threads: () => JournalThreads; confirm: (accepted: number) => void }) {
    this.#threads = threads
    this.#confirm = confirm
  }

  /** Resolves when the entries, and that the alarm events up to `accepted` are done with, are on disk: both or nothing. */
  async record(entries: readonly DispatchEntry[], accepted: number): Promise<void> {
    await this.#threads().writer.call('dispatch', { rows: entries.map(rowOf), accepted })
    this.#confirm(accepted)
  }

  async events(afterSeq: number, limit: number): Promise<readonly DispatchEvent[]> {
    const wanted = { afterSeq, limit: Math.min(limit, MOST_EVENTS) }
    return parsed(await this.#threads().history.call('dispatchEvents', wanted))
  }

  /** Of the newest case of the alarm that began with this occurrence or before it; null: of the newest at all. */
  async recordOf(alarm: string, occurrence: number | null): Promise<readonly DispatchEvent[]> {
    return parsed(await this.#threads().history.call('dispatchRecord', { alarm, occurrence }))
  }

  async notification(id: string): Promise<StoredNotification | null> {
    const row = await this.#threads().history.call('notification', { id })
    return row === null ? null : stored(row)
  }

  async notifications(query: NotificationQuery): Promise<readonly StoredNotification[]> {
    const limit = Math.min(query.limit, MOST_NOTIFICATIONS)
    const rows = await this.#threads().history.call('notifications', { ...query, limit })
    return rows.map(stored)
  }

  /** Over any of these channels, the newest first. */
  async newest(channels: readonly string[], limit: number): Promise<readonly StoredNotification[]> {
    const wanted = { channels, limit: Math.min(limit, MOST_NOTIFICATIONS) }
    return (await this.#threads().history.call('newestNotifications', wanted)).map(stored)
  }
}

function rowOf({ event, notification, open }: DispatchEntry): DispatchRow {
  const isOpen = new Set(open)
  return {
    ...{ seq: event.seq, time: event.time },
    cases: event.cases.map((id) => ({ id, isOpen: isOpen.has(id) })),
    notification: notificationIdOf(event),
    number: notification?.seq ?? null,
    json: JSON.stringify(event),
    body: notification === null ? null : JSON.stringify(notification),
  }
}

function notificationIdOf(event: DispatchEvent): string | null {
  if (event.type === 'notified') return event.notification.id
  return event.type === 'receipt' || event.type === 'withdrawn' ? event.notification : null
}

export function parsed(rows: readonly string[]): readonly DispatchEvent[] {
  return rows.map((json) => JSON.parse(json) as DispatchEvent)
}

function stored({ json, body, receipts }: NotificationRow): StoredNotification {
  const { cases } = JSON.parse(json) as DispatchEvent
  return {
    notification: JSON.parse(body) as Notification,
    cases,
    receipts: parsed(receipts) as StoredNotification['receipts'],
  }
}

/** Dispatch in the words of the API. */
import type { DispatchView, NotificationView } from '../http/dispatch-view.ts'
import type { StoredNotification } from '../journal/dispatch-journal.ts'
import type { Journal } from '../journal/journal-types.ts'
import type { DispatchRoom } from './dispatch-room.ts'

export function createDispatchView(parts: {
  readonly room: DispatchRoom
  readonly journal: Pick<Journal, 'dispatch'>
}): DispatchView {
  const { room, journal } = parts
  return {
    channels: () =>
      room.channels()?.map((channel) => {
        const { state, message, since, delivered, deadLettered } = channel.status()
        const { id, type, waiting } = channel
        return { id, type, state, message, since, waiting, delivered, failed: deadLettered }
      }) ?? null,
    async notifications(filter) {
      return (await journal.dispatch.notifications(filter)).map(viewOf)
    },
    async notification(id) {
      const found = await journal.dispatch.notification(id)
      return found === null ? null : viewOf(found)
    },
    async events(after, limit) {
      return { events: await journal.dispatch.events(after, limit), lastSeq: room.lastSeq }
    },
    record: (alarm, occurrence) => journal.dispatch.recordOf(alarm, occurrence),
    confirm: (receipt) => room.confirm(receipt),
  }
}

function viewOf({ notification, receipts }: StoredNotification): NotificationView {
  return {
    notification,
    receipts: receipts.flatMap((event) =>
      event.type === 'receipt' ? [{ state: event.state, at: event.time, by: event.by, detail: event.detail }] : [],
    ),
    withdrawn: receipts.find((event) => event.type === 'withdrawn')?.reason ?? null,
  }
}

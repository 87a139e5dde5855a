import type { SetAside } from './database.ts'
import type { DeliveryCursors } from './delivery-cursors.ts'
import type { EventQueue } from './event-queue.ts'
import type { GroupCommit } from './group-commit.ts'
import type { DeliveryStats, JournalStats } from './journal-types.ts'
import type { DeliveryRow, HistoryState, WriterState } from './worker-messages.ts'

export interface StatsSources {
  readonly group: GroupCommit
  readonly events: EventQueue
  readonly cursors: DeliveryCursors
  readonly writer: WriterState | null
  readonly history: HistoryState | null
  /** Blocks that were found damaged outside the threads. */
  readonly damaged: number
  readonly setAside: readonly SetAside[]
  readonly failed: string | null
}

export function journalStats(sources: StatsSources): JournalStats {
  const { group, events, cursors, writer, history } = sources
  const firstReadingSeq = writer?.firstReadingSeq ?? group.lastReadingSeq + 1
  return {
    firstEventSeq: writer?.firstEventSeq ?? 1,
    lastEventSeq: events.publishedSeq,
    lastReadingSeq: group.lastReadingSeq,
    storedReadings: Math.max(0, group.lastReadingSeq - firstReadingSeq + 1),
    waitingReadings: group.waitingReadings,
    unsavedEvents: events.unsaved,
    deliveries: cursors.all().map((delivery) => deliveryStats(delivery, { ...sources, firstReadingSeq })),
    dropped: writer?.dropped ?? 0,
    refused: group.refused,
    damaged: (history?.damaged ?? 0) + sources.damaged,
    deadLetters: writer?.deadLetters ?? 0,
    historyLag: history === null ? 0 : Math.max(0, group.lastReadingSeq - history.seen),
    bytes: {
      alarms: writer?.alarmBytes ?? 0,
      readings: writer?.readingBytes ?? 0,
      history: history?.bytes ?? 0,
    },
    setAside: sources.setAside,
    failed: sources.failed ?? group.failed,
    historyFailed: history?.failed ?? null,
  }
}

function deliveryStats(
  delivery: DeliveryRow,
  { group, events, writer, firstReadingSeq }: StatsSources & { readonly firstReadingSeq: number },
): DeliveryStats {
  const { id, journal, cursor } = delivery
  const waiting =
    journal === 'readings' ? group.lastReadingSeq - Math.max(cursor, firstReadingSeq - 1) : events.publishedSeq - cursor
  return {
    id,
    journal,
    cursor,
    waiting: Math.max(0, waiting),
    oldestWaitingAt: waiting > 0 ? (writer?.oldestWaitingAt[id] ?? null) : null,
    dropped: writer?.droppedByDelivery[id] ?? 0,
  }
}
